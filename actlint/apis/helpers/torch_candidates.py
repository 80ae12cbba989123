"""Helpers for PyTorch code that samples a few classes out of many."""

from __future__ import annotations

from actlint.apis.helpers import Helper

HELPERS = (
    Helper(
        "candidates",
        '''\
def candidates(true_classes, num_sampled, unique, range_max, draw, chance):
    """Sampled classes, and how often the true and the sampled ones are expected among as many."""
    sampled, seen, tries = [], set(), 0
    while len(sampled) < num_sampled:
        for number in draw(torch.rand(num_sampled, dtype=torch.float64)).long().tolist():
            tries += 1
            if not (unique and number in seen):
                sampled.append(number)
                seen.add(number)
            if len(sampled) == num_sampled:
                break
    sampled = torch.tensor(sampled, device=true_classes.device)
    chances = [chance(classes.double()) for classes in (true_classes, sampled)]
    if tries == num_sampled:
        expected = [num_sampled * p for p in chances]
    else:
        expected = [-torch.expm1(tries * torch.log1p(-p)) for p in chances]
    return sampled, *(count.to(torch.get_default_dtype()) for count in expected)
''',
    ),
    Helper(
        "log_uniform_candidate_sampler",
        '''\
def log_uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max):
    """Candidates of which the lower classes are likelier; those in a vocabulary sorted by
    frequency."""
    scale = math.log1p(range_max)

    def draw(uniform):
        return (torch.floor(torch.exp(uniform * scale)) - 1) % range_max

    def chance(classes):
        return torch.log1p(1 / (classes + 1)) / scale

    return candidates(true_classes, num_sampled, unique, range_max, draw, chance)
''',
        imports=("import math",),
        needs=("candidates",),
    ),
    Helper(
        "uniform_candidate_sampler",
        '''\
def uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max):
    """Candidates of which all classes are equally likely."""

    def draw(uniform):
        return uniform * range_max

    def chance(classes):
        return torch.full_like(classes, 1 / range_max)

    return candidates(true_classes, num_sampled, unique, range_max, draw, chance)
''',
        needs=("candidates",),
    ),
    Helper(
        "sampled_logits",
        '''\
def sampled_logits(weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_hits):
    """Logits of each row's true classes and of the sampled ones, and their labels."""
    labels = labels.long().reshape(-1, num_true)
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes)
    sampled, true_expected, sampled_expected = (torch.as_tensor(value).detach() for value in sampled_values)
    true = torch.sum(inputs.unsqueeze(1) * weights[labels], dim=-1) + biases[labels]
    others = torch.matmul(inputs, weights[sampled].T) + biases[sampled]
    if remove_hits:
        # of equal candidates the last one is left out, as in TensorFlow
        again = torch.any(torch.triu(sampled.unsqueeze(-1) == sampled, diagonal=1), dim=1)
        hits = torch.any(labels.unsqueeze(-1) == sampled, dim=1) & ~again
        others = others.masked_fill(hits, torch.finfo(torch.float32).min)
    logits = torch.cat([true - torch.log(true_expected), others - torch.log(sampled_expected)], dim=1)
    return logits, torch.cat([torch.full_like(true, 1 / num_true), torch.zeros_like(others)], dim=1)
''',
        needs=("log_uniform_candidate_sampler",),
    ),
    Helper(
        "nce_loss",
        '''\
def nce_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=False,
):
    """Noise-contrastive estimation: each row's true classes against sampled ones, summed."""
    logits, labels = sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits
    )
    return torch.sum(F.binary_cross_entropy_with_logits(logits, labels, reduction="none"), dim=1)
''',
        needs=("sampled_logits",),
    ),
    Helper(
        "sampled_softmax_loss",
        '''\
def sampled_softmax_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=True,
):
    """Softmax cross entropy of each row over its true classes and sampled ones."""
    logits, labels = sampled_logits(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits
    )
    return -torch.sum(labels * torch.log_softmax(logits, dim=1), dim=1)
''',
        needs=("sampled_logits",),
    ),
)
