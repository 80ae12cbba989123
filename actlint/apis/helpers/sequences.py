"""Losses of sequences, for both targets."""

from __future__ import annotations

from actlint.apis.helpers import Helper

TF2 = (
    Helper(
        "sequence_loss",
        '''\
def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
    """Weighted cross entropy of sequences, [batch, time]; an average divides by the sum of the
    weights."""
    losses = weights * tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    axes = [axis for axis, average in enumerate((average_across_batch, average_across_timesteps)) if average]
    if not axes:
        return losses
    return tf.math.divide_no_nan(tf.reduce_sum(losses, axes), tf.reduce_sum(weights, axes))
''',
    ),
    Helper(
        "sequence_loss_by_example",
        '''\
def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True):
    """Weighted cross entropy of each sequence, from lists of its steps."""
    losses = tf.add_n(
        [
            weight * tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(target, [-1]), logit)
            for logit, target, weight in zip(logits, targets, weights)
        ]
    )
    return losses / (tf.add_n(weights) + 1e-12) if average_across_timesteps else losses
''',
    ),
    Helper(
        "legacy_sequence_loss",
        '''\
def legacy_sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
    """The sum of the losses of all sequences, over their number if it's averaged."""
    total = tf.reduce_sum(sequence_loss_by_example(logits, targets, weights, average_across_timesteps))
    return total / tf.cast(tf.shape(targets[0])[0], total.dtype) if average_across_batch else total
''',
        needs=("sequence_loss_by_example",),
    ),
)

TORCH = (
    Helper(
        "sequence_loss",
        '''\
def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
    """Weighted cross entropy of sequences, [batch, time]; an average divides by the sum of the
    weights."""
    losses = weights * F.cross_entropy(logits.mT, targets.long(), reduction="none")
    dims = [dim for dim, average in enumerate((average_across_batch, average_across_timesteps)) if average]
    if not dims:
        return losses
    return divide_no_nan(torch.sum(losses, dims), torch.sum(weights, dims))
''',
        needs=("divide_no_nan",),
    ),
    Helper(
        "sequence_loss_by_example",
        '''\
def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True):
    """Weighted cross entropy of each sequence, from lists of its steps."""
    losses = sum(
        weight * F.cross_entropy(logit, target.reshape(-1).long(), reduction="none")
        for logit, target, weight in zip(logits, targets, weights)
    )
    return losses / (sum(weights) + 1e-12) if average_across_timesteps else losses
''',
    ),
    Helper(
        "legacy_sequence_loss",
        '''\
def legacy_sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
    """The sum of the losses of all sequences, over their number if it's averaged."""
    total = torch.sum(sequence_loss_by_example(logits, targets, weights, average_across_timesteps))
    return total / len(targets[0]) if average_across_batch else total
''',
        needs=("sequence_loss_by_example",),
    ),
)
