"""Variables that are read in the run that updates them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Migrate, Refusals
from .update import TARGETS

Convert = Callable[..., str]

COUNTED = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(tf.zeros([3, 1]))
scale = tf.Variable(2.0, trainable=False)
loss = tf.reduce_mean(tf.square(scale * tf.matmul(x, w) - 1.0))
tf.summary.histogram('w', w)
merged = tf.summary.merge_all()
count = tf.Variable(0, trainable=False, name='count')
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=count)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        _, step, value = sess.run([train, FETCHED, loss], {x: np.ones((4, 3))})
        print(step, value)
"""


@pytest.mark.parametrize(
    ("target", "counted", "answered"),
    [
        ("tf2", "count.assign_add(1)", "return count, loss"),
        ("torch", "count.add_(1)", "return to_numpy(count), to_numpy(loss)"),
    ],
)
def test_a_counter_is_read_after_the_step_that_counts(
    convert: Convert, target: str, counted: str, answered: str
) -> None:
    text = convert(COUNTED.replace("FETCHED", "count"), target)
    assert f"    {counted}\n    {answered}\n" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_variable_that_the_run_leaves_alone_can_be_fetched(convert: Convert, target: str) -> None:
    text = convert(COUNTED.replace("FETCHED", "scale"), target)
    assert ("return scale, loss" if target == "tf2" else "return to_numpy(scale), to_numpy(loss)") in text


@pytest.mark.parametrize("target", TARGETS)
def test_summaries_of_weights_are_taken_after_the_update_and_the_report_says_so(migrate: Migrate, target: str) -> None:
    made = migrate(COUNTED.replace("FETCHED", "merged"), target)
    assert any("summaries hold the variables as they are after the update" in note for note in made.notes)


@pytest.mark.parametrize("target", TARGETS)
def test_old_variables_of_the_compatible_module_are_counted_first(convert: Convert, target: str) -> None:
    text = COUNTED.replace("FETCHED", "count").replace(
        "import tensorflow as tf\n", "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\n"
    )
    assert "count" in convert(text, target)


@pytest.mark.parametrize("target", TARGETS)
def test_a_counter_of_resource_variables_is_refused(refusals: Refusals, target: str) -> None:
    text = COUNTED.replace("FETCHED", "count").replace("name='count'", "use_resource=True")
    text = text.replace("import tensorflow as tf\n", "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\n")
    assert [reason.code for reason in refusals(text, target)] == ["REF111"]


WAITING = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(tf.zeros([3, 1]))
v = tf.Variable(tf.zeros([1]))
slow = tf.Variable(tf.zeros([3, 1]), trainable=False)
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + v - 1.0))
first = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[w])
with tf.control_dependencies([first]):
    STATEMENT
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        print(sess.run([fetched, loss], {x: np.ones((4, 3))})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_training_operation_that_waits_for_another_is_refused(refusals: Refusals, target: str) -> None:
    statement = "fetched = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[v])"
    assert "is trained itself" in "".join(r.text for r in refusals(WAITING.replace("STATEMENT", statement), target))


@pytest.mark.parametrize("target", TARGETS)
def test_an_assignment_without_a_name_in_a_group_that_trains_is_refused(refusals: Refusals, target: str) -> None:
    text = WAITING.replace("STATEMENT", "fetched = tf.group(first, tf.assign(slow, w))")
    assert "has no name" in "".join(reason.text for reason in refusals(text, target))


@pytest.mark.parametrize("target", TARGETS)
def test_an_assignment_beside_a_training_operation_is_refused(refusals: Refusals, target: str) -> None:
    text = WAITING.replace("with tf.control_dependencies([first]):\n    STATEMENT", "f = tf.assign(slow, w)")
    text = text.replace("f = tf.assign(slow, w)", "f = tf.assign(slow, w)\nfetched = tf.group(first, f)")
    assert "neither waits for the other" in "".join(reason.text for reason in refusals(text, target))
