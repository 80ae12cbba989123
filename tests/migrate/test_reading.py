"""Rewrites read as if a person had written them: names, sizes and calls."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from .conftest import Migrate
from .update import TARGETS

Convert = Callable[..., str]

SIZES = """
import argparse
import numpy as np
import tensorflow as tf


def fc(x, n_out, name):
    with tf.variable_scope(name):
        w = tf.get_variable('w', [int(x.get_shape()[1]), n_out])
        return tf.nn.relu(tf.matmul(x, w))


class Net(object):
    def __init__(self, n_in, hidden, wide=7):
        self.hidden = hidden
        wide = wide + 1
        self.x = tf.placeholder(tf.float32, [None, n_in])
        h = fc(self.x, self.hidden, 'one')
        h = tf.layers.dense(h, hidden, name='encoder/inner')
        h = fc(h, wide, 'two')
        self.out = fc(h, 3, 'three')
        self.loss = tf.reduce_mean(tf.square(self.out))
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss)


parser = argparse.ArgumentParser()
parser.add_argument('--hidden', type=int, default=12)
args = parser.parse_args()
net = Net(4, args.hidden)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(net.train, {net.x: np.ones((2, 4))})
"""

PLAIN = """
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(np.ones((4, 1), np.float32))


def net(x):
    return tf.matmul(x, w)


out = net(x)
per_row = tf.nn.sigmoid_cross_entropy_with_logits(logits=out, labels=y)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=out, labels=y))
total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(logits=out, labels=y))
rows = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(logits=out, labels=y), 1)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(train, {x: np.ones((2, 4)), y: np.ones((2, 1))})
    print(sess.run([total, rows, per_row], {x: np.ones((2, 4)), y: np.ones((2, 1))}))
    print(sess.run(net(x), {x: np.ones((2, 4))}))
    print(sess.run(tf.sigmoid(out), {x: np.ones((2, 4))}))
    print(sess.run(net(x), {x: np.zeros((2, 4))}))
"""


def test_sizes_are_those_that_the_program_has(convert: Convert) -> None:
    text = convert(SIZES, "torch")
    assert "self.one = Fc(n_in, self.hidden)" in text
    assert "self.inner = linear(self.hidden, hidden)" in text
    assert "self.two = Fc(hidden, wide)" in text
    assert "self.three = Fc(8, 3)" in text, "wide is assigned to, so what it was isn't sure"


def test_layers_have_the_names_of_the_program(convert: Convert) -> None:
    text = convert(SIZES, "tf2")
    for name in ("one", "inner", "two", "three"):
        assert f"self.{name} = " in text


@pytest.mark.parametrize("target", TARGETS)
def test_one_function_for_what_is_computed_twice(convert: Convert, target: str) -> None:
    text = convert(PLAIN, target)
    assert text.count("def compute_net(x):") == text.count("def compute_out_sigmoid(x):") == 1
    assert text.count("compute_net(np.") == 2
    assert "_2" not in text


def test_means_and_sums_of_losses_are_direct(convert: Convert) -> None:
    text = convert(PLAIN, "torch")
    assert "loss = F.binary_cross_entropy_with_logits(out, y)\n" in text
    assert 'total = F.binary_cross_entropy_with_logits(out, y, reduction="sum")\n' in text
    assert 'rows = torch.sum(F.binary_cross_entropy_with_logits(out, y, reduction="none"), 1)\n' in text
    assert 'per_row = F.binary_cross_entropy_with_logits(out, y, reduction="none")\n' in text


UNREAD = """
import numpy as np
import tensorflow as tf

z = tf.placeholder(tf.float32, [None, 3])
x = tf.placeholder(tf.float32, [None, 4])
g = tf.Variable(np.ones((3, 4), np.float32))
d = tf.Variable(np.ones((4, 1), np.float32))
fake = tf.matmul(tf.matmul(z, g), d)
real = tf.matmul(x, d)
g_loss = tf.reduce_mean(tf.square(fake - 1.0))
fake_loss = tf.reduce_mean(tf.square(fake))
real_loss = tf.reduce_mean(tf.square(real - 1.0))
d_loss = fake_loss + real_loss
g_train = tf.train.GradientDescentOptimizer(0.1).minimize(g_loss, var_list=[g])
d_train = tf.train.GradientDescentOptimizer(0.1).minimize(d_loss, var_list=[d])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(d_train, {z: np.ones((2, 3)), x: np.ones((2, 4))})
        sess.run(g_train, {z: np.ones((2, 3))})
        print(sess.run(g_loss, {z: np.ones((2, 3))}))
        print(sess.run(d_loss, {z: np.ones((2, 3)), x: np.ones((2, 4))}))
"""


@pytest.mark.parametrize("target", TARGETS)
def test_no_call_for_nothing(convert: Convert, target: str) -> None:
    lines = [line.strip() for line in convert(UNREAD, target).splitlines()]
    assert [line for line in lines if line.startswith(("losses(", "compute_", "forward("))] == []


@pytest.mark.parametrize("target", TARGETS)
def test_helpers_have_one_name_in_all_files(migrate: Migrate, target: str) -> None:
    model = textwrap.dedent(
        """
        import tensorflow as tf


        class Net(object):
            def __init__(self):
                self.x = tf.placeholder(tf.float32, [None, 4])
                self.out = tf.layers.dense(self.x, 1)

            def predict(self, sess, x):
                '''The outputs.

                Args:
                    sess: an open session
                    x: the inputs
                '''
                return sess.run(self.out, {self.x: x})
        """
    )
    program = textwrap.dedent(
        """
        import numpy as np
        import tensorflow as tf
        from model import Net

        net = Net()
        loss = tf.reduce_mean(tf.square(net.out))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for i in range(3):
                _, value = sess.run([train, loss], {net.x: np.ones((2, 4))})
                print(value)
            print(net.predict(sess, np.ones((2, 4))))
        """
    )
    files = migrate(program, target, modules={"model.py": model}).files
    text = "".join(files.values())
    assert "to_numpy_2" not in text
    assert "x: the inputs" in text and "sess" not in text


INITIAL = """
import numpy as np
import tensorflow as tf
import sys

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 2])
w = tf.get_variable('w', [4, 2], initializer=tf.truncated_normal_initializer(stddev=0.1))
b = tf.get_variable('b', [2], initializer=tf.constant_initializer(0.1))
s = tf.get_variable('s', [2], initializer=tf.constant_initializer(1))
z = tf.get_variable('z', [2], tf.float32, tf.zeros_initializer())
out = (tf.matmul(x, w) + b) * s + z
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=out))
own = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(out), logits=out))
soft = tf.losses.softmax_cross_entropy(tf.nn.softmax(out), out)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss + own + soft)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(train, {x: np.ones((2, 4)), y: np.ones((2, 2))})
"""


def test_variables_that_start_from_a_number(convert: Convert) -> None:
    text = convert(INITIAL, "torch")
    assert "b = nn.Parameter(torch.full([2], 0.1))" in text
    assert "s = nn.Parameter(torch.ones([2]))" in text
    assert "z = nn.Parameter(torch.zeros([2]))" in text
    assert "def constant(" not in text, "nothing calls the helper"
    text = convert(INITIAL, "tf2")
    assert "b = tf.Variable(tf.constant(0.1, shape=[2]), name='b')" in text
    assert "s = tf.Variable(tf.ones([2]), name='s')" in text
    assert "z = tf.Variable(tf.zeros([2]), name='z')" in text


def test_labels_that_are_fed_need_no_stop(convert: Convert) -> None:
    text = convert(INITIAL, "tf2")
    assert "tf.nn.softmax_cross_entropy_with_logits(y, out)" in text
    assert text.count("tf.stop_gradient(") == 1
    text = convert(INITIAL, "torch")
    assert "softmax_cross_entropy(y, out)" in text
    assert "softmax_cross_entropy(torch.softmax(out, dim=-1).detach(), out)" in text


def test_imports_of_the_standard_library_stand_together(convert: Convert) -> None:
    lines = convert(INITIAL, "torch").splitlines()
    places = [
        place
        for place, line in enumerate(lines)
        if line in ("import sys", "import math", "from functools import partial")
    ]
    assert places == list(range(places[0], places[0] + len(places)))


DERIVED = """
import numpy as np
import tensorflow as tf


class Base(object):
    def hidden(self):
        return 3


class Net(Base):
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, 4])
        h = tf.layers.dense(self.x, 5, name='hidden')
        out = tf.layers.dense(h, 1, name='fc/last')
        self.loss = tf.reduce_mean(tf.square(out))
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss)


net = Net()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(net.hidden()):
        sess.run(net.train, {net.x: np.ones((2, 4))})
"""


@pytest.mark.parametrize("target", TARGETS)
def test_layers_hide_no_inherited_method(convert: Convert, target: str) -> None:
    text = convert(DERIVED, target)
    assert "self.last = " in text
    assert "self.h_layer = " in text and "self.hidden = " not in text


INITIALISED = """
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
h = tf.layers.dense(x, 3, tf.tanh, kernel_initializer=tf.random_normal_initializer(stddev=0.1))
out = tf.layers.dense(h, 1)
loss = tf.reduce_mean(tf.square(out - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(3):
        sess.run(train, {x: np.ones((2, 4)), y: np.ones((2, 1))})
        print(sess.run(loss, {x: np.ones((2, 4)), y: np.ones((2, 1))}), sess.run(out, {x: np.ones((2, 4))}))
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_random_initialiser_draws_nothing_in_a_step(convert: Convert, target: str) -> None:
    text = convert(INITIALISED, target)
    forward = text[text.index("def forward(x):") :].partition("\n\n")[0]
    assert "h = hidden_layer(x)" in forward or "h = h_layer(x)" in forward
    assert "return out" in forward
