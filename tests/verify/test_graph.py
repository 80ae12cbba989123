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


@pytest.mark.parametrize("resource", [False, True])
def test_assignments_say_whether_their_value_is_determined(resource):
    with tf.Graph().as_default():
        weight, other = (tf.get_variable(name, [2], use_resource=resource) for name in "wv")
        feed = tf.placeholder(tf.float32, [2])
        cases = [
            weight.assign([1.0, 2.0]),
            weight.assign(other),
            weight.assign(tf.random_normal([2])),
            weight.assign(feed),
        ]
        found = [
            [(name, fixed) for name, _, fixed in graph_tf.assignments(graph_tf.needed([case], fed), fed)]
            for case, fed in zip(cases, [(), (), (), (feed.name,)], strict=True)
        ]
    assert found == [[("w", True)], [("w", False)], [("w", False)], [("w", True)]]
