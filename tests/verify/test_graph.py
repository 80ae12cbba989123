"""Questions about a TF1 graph, on graphs of the installed TensorFlow."""

from __future__ import annotations

import pytest

from actlint.verify.runners import graph_tf

tf = pytest.importorskip("tensorflow").compat.v1


@pytest.mark.parametrize("resource", [False, True])
def test_what_changes_a_variable_is_not_repeatable(resource):
    with tf.Graph().as_default():
        weight = tf.get_variable("w", [2], use_resource=resource)
        loss = tf.reduce_sum(weight * 2.0)
        update = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.control_dependencies([update]):
            after = tf.identity(loss)
        repeatable = [
            graph_tf.is_repeatable(graph_tf.needed([tensor])) for tensor in (loss, after, weight.assign([1, 1]))
        ]
    assert repeatable == [True, False, False]
