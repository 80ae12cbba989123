"""In which order TF1's gradients and updates are taken: what it leaves open is noticed, and settled."""

from __future__ import annotations

import pytest

from actlint.verify.runners.graph_tf import needed
from actlint.verify.runners.session_tf import Recorder
from actlint.verify.runners.training_tf import Training

tf = pytest.importorskip("tensorflow").compat.v1


@pytest.fixture
def recorder(monkeypatch):
    """A recorder that watches gradients and updates, as far as this test goes."""
    from tensorflow.python.ops import gradients_util
    from tensorflow.python.training.optimizer import Optimizer

    for owner, name in ((gradients_util, "_GradientsHelper"), (Optimizer, "apply_gradients")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    made = Recorder.__new__(Recorder)
    made.training, made.closures = Training(), {}
    made.training.install(1.0)
    return made


def _first(recorder, *updates):
    """The names of the gradients that are taken in front of a run of these updates."""
    operations = needed(list(updates))
    applied = [group for group in recorder.training.applied if group["op"] in operations]
    return sorted(t.name for t in recorder._gradients_first(updates[0].graph, operations, applied, {}).values())


def _two_layers():
    first, second = (tf.get_variable(name, [1, 1], use_resource=False) for name in ("first", "second"))
    return first, second, tf.reduce_sum(tf.matmul(tf.tanh(first), second))


def test_minimize_keeps_updates_behind_gradients(recorder):
    with tf.Graph().as_default():
        *_, loss = _two_layers()
        update = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        assert _first(recorder, update) == []


def test_gradients_that_nothing_keeps_in_front_are_taken_first(recorder):
    with tf.Graph().as_default():
        *variables, loss = _two_layers()
        gradients = tf.gradients(loss, variables)
        update = tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(gradients, variables, strict=True))
        assert _first(recorder, update) == sorted(g.name for g in gradients)


def test_gradients_of_several_updates_are_taken_first(recorder):
    with tf.Graph().as_default():
        first, second, loss = _two_layers()
        updates = [tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[v]) for v in (first, second)]
        gradients = [g for group in recorder.training.applied for g in group["gradients"]]
        assert _first(recorder, *updates) == sorted(g.name for g in gradients)


def test_a_gradient_of_rounding_alone_is_zero(recorder):
    recorder.training.settling = True
    with tf.Graph().as_default(), tf.Session() as session:
        weights = [tf.get_variable(n, [2], tf.float64, use_resource=False) for n in ("lost", "small", "large", "no")]
        gradients = [tf.constant([v, -v], tf.float64) for v in (1e-16, 1e-12, 1.0)]
        pairs = [*zip(gradients, weights, strict=False), (None, weights[3])]
        tf.train.GradientDescentOptimizer(0.1).apply_gradients(pairs)
        *found, none = recorder.training.applied[0]["gradients"]
        assert none is None
        assert [value.tolist() for value in session.run(found)] == [[0.0, 0.0], [1e-12, -1e-12], [1.0, -1.0]]


def test_gradients_are_changed_by_rounding(recorder):
    recorder.training.rounding = True
    with tf.Graph().as_default(), tf.Session() as session:
        table, weight = (
            tf.get_variable(n, initializer=[[3.0], [1.0]], use_resource=False) for n in ("table", "weight")
        )
        loss = tf.reduce_sum(tf.nn.embedding_lookup(table, [1, 1])) + tf.reduce_sum(weight)
        gradients = tf.gradients(loss, [table, weight])
        tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(gradients, (table, weight), strict=True))
        session.run(tf.global_variables_initializer())
        sparse, dense = recorder.training.applied[0]["gradients"]
        assert session.run(sparse.indices).tolist() == [1, 1]
        for rounded, exact in ((sparse.values, gradients[0].values), (dense, gradients[1])):
            moved = tf.abs(tf.cast(rounded - exact, tf.float64))
            assert 0 <= session.run(tf.reduce_max(moved)) < 1e-6
