"""Graphs that classes build: attributes become locals of methods, locals that these need become attributes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .update import TARGETS

Convert = Callable[..., str]

PROGRAM = """import numpy as np
import tensorflow as tf

class Model(object):
    def __init__(self, n, rate):
        self.n = n
        self.sess = None
        self.cost = None
        self._build(rate)

    def _build(self, rate):
        scale = 0.5
        self.x = tf.placeholder(tf.float32, [None, self.n])
        w = tf.Variable(np.ones((2, 2), np.float32))
        self.params = {'v': tf.Variable(np.ones((2, 1), np.float32)), 'c': tf.Variable(np.zeros(1, np.float32))}
        p = self.params
        self.hidden = tf.nn.tanh(tf.matmul(self.x, w))
        out = tf.matmul(self.hidden, p['v']) + p['c']
        loss = tf.reduce_mean(tf.square(out)) + scale * rate * tf.reduce_mean(tf.abs(self.hidden))
        self.cost = loss
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.cost)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def fit(self, x):
        return self.sess.run([self.train, self.cost], {self.x: x})[1]

    def value(self, key):
        return self.sess.run(self.params[key])

    def close(self):
        self.sess.close()

model = Model(2, 0.01)
for _ in range(3):
    print(model.fit(np.ones((4, 2))))
print(model.value('v'), model.value('c'))
print(model.sess.run(model.hidden, {model.x: np.ones((1, 2))}))
model.close()
"""


@pytest.mark.parametrize("target", TARGETS)
def test_what_only_the_graph_needed_disappears(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert "sess" not in text
    assert "self.cost" not in text
    assert "self.x" not in text


@pytest.mark.parametrize("target", TARGETS)
def test_locals_that_methods_need_become_attributes(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert "self.w = " in text
    assert "self.scale = 0.5" in text
    assert "self.rate = rate" in text
    assert "p = self.params" not in text
    assert "matmul(hidden, self.params['v']) + self.params['c']" in text


@pytest.mark.parametrize("target", TARGETS)
def test_runs_become_calls_of_methods(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert "self.train_step(x)" in text
    assert "model.compute_hidden(np.ones((1, 2)))" in text
    assert "self.params[key]" in text


def test_sizes_of_the_object_are_stated_in_the_method(convert: Convert) -> None:
    text = convert(PROGRAM, "tf2")
    assert "x = tf.ensure_shape(x, [None, self.n])" in text


NETWORK = """import tensorflow as tf

def layers(t, n):
    h = tf.layers.dense(t, n, activation=tf.nn.relu)
    return tf.layers.dense(h, 1)

def loss(a, b):
    return tf.reduce_mean(tf.square(a - b))
"""
TRAIN = """import numpy as np
import tensorflow as tf
import network
from network import layers as make, loss

x = tf.placeholder(tf.float32, [None, 2])
out = {call}(x, 5)
cost = loss(out, x)
train = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
print(sess.run([train, cost], {{x: np.ones((4, 2))}})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("call", "made"), [("network.layers", "network.Layers(5)"), ("make", "= Layers(5)")])
def test_builders_of_another_file_become_its_classes(
    migrate: Callable[..., object], target: str, call: str, made: str
) -> None:
    files = migrate(TRAIN.format(call=call), target, "hook", {"network.py": NETWORK}).files  # type: ignore[attr-defined]
    texts = {path.name: text for path, text in files.items()}
    assert made in texts["program.py"]
    assert "from network import Layers, loss" in texts["program.py"]
    assert "class Layers(" in texts["network.py"]
    assert "def loss(a, b):" in texts["network.py"]


TWO = """import numpy as np
import tensorflow as tf

class Net(object):
    def __init__(self, n, units, scope):
        with tf.variable_scope(scope):
            self.x = tf.placeholder(tf.float32, [None, n])
            hidden = tf.layers.dense(self.x, units, tf.nn.relu)
            self.out = tf.layers.dense(hidden, 1)
            self.loss = tf.reduce_mean(tf.square(self.out))
            self.train = tf.train.AdamOptimizer(0.1).minimize(self.loss)

    def fit(self, sess, x):
        return sess.run([self.train, self.loss], {self.x: x})[1]

first = Net(2, 4, 'first')
second = Net(2, 4, 'second')
sess = tf.Session()
sess.run(tf.global_variables_initializer())
x = np.ones((3, 2))
print(first.fit(sess, x), second.fit(sess, x))
print(sess.run(second.out, {second.x: x}))
both = sess.run([first.out, second.out], {first.x: x, second.x: x})
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_class_is_written_once_for_all_its_objects(convert: Convert, target: str) -> None:
    text = convert(TWO, target)
    assert text.count("class Net(") == text.count("def train_step(self, x)") == text.count("def forward(self, x)") == 1
    assert "second.compute_out(x)" in text
    assert "out = first.forward(x)" in text
    assert "out_2 = second.forward(x_2)" in text
    assert "_2" not in text[text.index("class Net(") : text.index("first = Net(")]


@pytest.mark.parametrize("target", TARGETS)
def test_an_optimizer_has_the_weights_that_its_loss_depends_on(convert: Convert, target: str) -> None:
    assert "first." not in convert(TWO, target).partition("first = Net(")[0]


@pytest.mark.parametrize("target", TARGETS)
def test_objects_that_one_expression_makes_are_refused(refusals: Callable[..., list], target: str) -> None:
    text = TWO.replace("second = Net(2, 4, 'second')", "second = [Net(2, 4, 's%d' % i) for i in range(2)][0]")
    assert {reason.code for reason in refusals(text, target)} == {"REF103"}


@pytest.mark.parametrize("target", TARGETS)
def test_a_function_that_makes_objects_is_written_out(convert: Convert, target: str) -> None:
    text = TWO.replace("Net(2, 4, 'first')", "make('first')").replace("Net(2, 4, 'second')", "make('second')")
    made = convert(text.replace("first =", "def make(scope):\n    return Net(2, 4, scope)\n\nfirst =", 1), target)
    assert "first = Net(2, 4, 'first')\nsecond = Net(2, 4, 'second')" in made


def test_sizes_that_differ_between_objects_follow_the_parameter(convert: Convert) -> None:
    text = convert(TWO.replace("Net(2, 4, 'second')", "Net(3, 4, 'second')"), "torch")
    assert "self.hidden_layer = nn.Sequential(linear(n, units), nn.ReLU())" in text


def test_sizes_that_differ_and_that_the_class_cannot_tell_are_refused(refusals: Callable[..., list]) -> None:
    text = TWO.replace("Net(2, 4, 'second')", "Net(3, 4, 'second')")
    text = text.replace("\nclass Net", "\nsizes = [2, 3]\n\nclass Net").replace("[None, n]", "[None, sizes.pop(0)]")
    (reason,) = refusals(text, "torch")
    assert (reason.code, reason.line) == ("REF103", 7)


LAYERS = """import numpy as np
import tensorflow as tf

class Model(object):
    def __init__(self, n, units):
        self.factor = 0.5
        self.activation = tf.nn.relu
        self.x = tf.placeholder(tf.float32, [None, n])
        h = self._dense(self.x, units, 'one')
        h = self._dense(h, units, 'two')
        self.loss = tf.reduce_mean(tf.square(h - 1))
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss)

    def _dense(self, x, n, name):
        with tf.variable_scope(name):
            h = tf.layers.dense(x, n)
            return self.activation(h) * self.factor

model = Model(2, 4)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
print(sess.run([model.train, model.loss], {model.x: np.ones((3, 2))})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
def test_methods_that_make_layers_become_classes_that_are_handed_what_they_read(convert: Convert, target: str) -> None:
    text = convert(LAYERS, target)
    assert text.index("class Dense(") < text.index("class Model(")
    assert "_dense(self" not in text
    assert "units, self.activation, self.factor)" in text
    assert "self.activation(h) * self.factor" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_method_that_makes_layers_and_counts_them_on_its_object_is_refused(
    refusals: Callable[..., list], target: str
) -> None:
    text = LAYERS.replace("h = tf.layers.dense(x, n)", "h = tf.layers.dense(x, n)\n            self.factor += 1")
    assert refusals(text, target)
