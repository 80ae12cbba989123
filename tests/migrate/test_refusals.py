"""Every refusal that the migration gives: code, line and words. `#!` marks the line in the program."""

from __future__ import annotations

import pytest

from .conftest import Refusals
from .update import TARGETS

HEAD = """import sys
import numpy as np
import tensorflow as tf

data = np.ones((8, 2), np.float32)
x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(data[:2, :1])
"""
NET = HEAD + "out = tf.matmul(x, w)\n"
TRAIN = """loss = tf.reduce_mean(tf.square(out - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
UPDATED = """loss = tf.reduce_mean(tf.square(out - 1.0))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
START = """sess = tf.Session()
sess.run(tf.global_variables_initializer())
"""
RUN = START + "print(sess.run([train, loss], {x: data})[1])\n"
READY = NET + TRAIN + START

CONDITIONAL = (
    NET
    + """count = tf.Variable(0.0, trainable=False)
chosen = tf.cond(tf.reduce_sum(x) > 0.0, {}, {})  #!
train = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_mean(tf.square(chosen)) + tf.reduce_sum(out))
"""
    + START
    + "sess.run(train, {{x: data}})\n"
)
RECURRENT = """import numpy as np
import tensorflow as tf

cell = {}
x = tf.placeholder(tf.float32, {})
outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32){}
loss = tf.reduce_mean(tf.square(outputs))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {{x: np.ones((8, 3, 2))}})[1])
"""

REFUSED = {
    "list of inputs that is fed in part": (
        "REF110",
        "the list of inputs scales isn't fed as a whole",
        NET
        + """scales = [tf.placeholder(tf.float32, []) for _ in range(2)]
loss = tf.reduce_mean(tf.square(out - 1.0)) * scales[0] + scales[1]
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
        + START
        + "sess.run(train, {x: data, scales[0]: 1.0, scales[1]: 2.0})  #!\n",
    ),
    "pick among what takes different inputs": (
        "REF110",
        "what is run here is chosen from functions that take or give different things",
        NET
        + """y = tf.placeholder(tf.float32, [None, 1])
first = tf.reduce_mean(tf.square(out - y))
second = tf.reduce_mean(tf.abs(out))
values = [first, second]
train = tf.train.GradientDescentOptimizer(0.1).minimize(first)
"""
        + START
        + """sess.run(train, {x: data, y: data[:, :1]})
for i in range(2):
    print(sess.run(values[i], {x: data, y: data[:, :1]}))  #!
""",
    ),
    "summary in a loop of a function": (
        "REF103",
        "makes a summary of its own tensors",
        HEAD
        + """

def network(x):
    for _ in range(2):
        x = tf.matmul(x, tf.ones([2, 2]))
        tf.summary.histogram("x", x)  #!
    return tf.matmul(x, w)


out = network(x)
"""
        + TRAIN
        + START
        + """merged = tf.summary.merge_all()
writer = tf.summary.FileWriter("logs")
writer.add_summary(sess.run([train, merged], {x: data})[1], 0)
""",
    ),
    "variable that one branch alone reads": (
        "REF109",
        "only one branch of tf.cond reads a variable",
        CONDITIONAL.format("lambda: tf.reduce_sum(out)", "lambda: tf.reduce_sum(x)"),
    ),
    "branch that gives a number": (
        "REF108",
        "gives something else than one tensor",
        CONDITIONAL.format("lambda: 0.5", "lambda: tf.reduce_sum(x)"),
    ),
    "pipeline within the graph": (
        "REF101",
        "tf.data.Dataset.from_tensor_slices reads data within the graph",
        HEAD + "data = tf.data.Dataset.from_tensor_slices(data)  #!\nout = tf.matmul(x, w)\n" + TRAIN + RUN,
    ),
    "distribution that isn't carried over": (
        "REF101",
        "tf.distributions.Beta has no exact form",
        NET + "beta = tf.distributions.Beta(2.0, 1.0)  #!\n" + TRAIN.replace("- 1.0", "- beta.mean()") + RUN,
    ),
    "distribution that checks its parameters": (
        "REF108",
        "validate_args has no counterpart",
        NET
        + "normal = tf.distributions.Normal(out, 1.0, validate_args=True)  #!\n"
        + TRAIN.replace("out - 1.0", "normal.sample()")
        + RUN,
    ),
    "sampler that learns": (
        "REF101",
        "learned_unigram_candidate_sampler has no exact form",
        NET
        + "found = tf.nn.learned_unigram_candidate_sampler(tf.ones([1, 1], tf.int64), 1, 2, True, 5)  #!\n"
        + TRAIN.replace("out - 1.0", "out - found[2][0]")
        + RUN,
    ),
    "cell with peepholes": (
        "REF108",
        "use_peepholes can't be carried over",
        RECURRENT.format("tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True)  #!", "[None, 3, 2]", ""),
    ),
    "cell with an activation of the user's": (
        "REF108",
        "isn't one of TensorFlow's",
        RECURRENT.format("tf.nn.rnn_cell.GRUCell(4, activation=lambda t: t)  #!", "[None, 3, 2]", ""),
    ),
    "cell of the user's": (
        "REF101",
        "isn't one of TensorFlow's",
        "import tensorflow as tf\nclass Cell(tf.nn.rnn_cell.RNNCell):\n    pass\n"
        + RECURRENT.format("Cell()", "[None, 3, 2]", "  #!"),
    ),
    "cell without an initialiser of its own in a scope that sets one": (
        "REF108",
        "initializer",
        RECURRENT.format("tf.nn.rnn_cell.BasicLSTMCell(4)", "[None, 3, 2]", "").replace(
            "outputs, state",
            "with tf.variable_scope('net', initializer=tf.ones_initializer()):  #!\n    outputs, state",
        ),
    ),
    "cell whose input's size isn't known": (
        "REF102",
        "the size of the cell's input isn't known",
        RECURRENT.format("tf.nn.rnn_cell.GRUCell(4)  #!", "None", ""),
    ),
    "assignment beside training": (
        "REF111",
        "neither waits for the other",
        NET
        + TRAIN
        + "c = tf.Variable(0.0, trainable=False)\nmove = c.assign(loss)\n"
        + START
        + "sess.run([train, move], {x: data})  #!\n",
    ),
    "assignment behind training": (
        "REF111",
        "is assigned in the run that trains it",
        NET + TRAIN + "with tf.control_dependencies([train]):\n"
        "    clip = w.assign(tf.clip_by_value(w, -1.0, 1.0))\n" + START + "sess.run(clip, {x: data})  #!\n",
    ),
    "variable assigned twice": (
        "REF111",
        "assigned twice in one run",
        READY
        + "print(sess.run([train, loss], {x: data})[1])\n"
        + "first, second = w.assign(2.0 * w), w.assign(w + 1.0)\nsess.run([first, second])  #!\n",
    ),
    "variable read beside its assignment": (
        "REF111",
        "is read in the run that assigns it",
        NET + TRAIN + "move = w.assign(2.0 * w)\n" + RUN + "sess.run([move, loss], {x: data})  #!\n",
    ),
    "some weights shared": (
        "REF103",
        "but not all",
        HEAD
        + "def net(t, name, reuse=None):\n    with tf.variable_scope('n', reuse=reuse):\n"
        + "        h = tf.layers.dense(t, 4, name='h')\n    return tf.layers.dense(h, 1, name=name)\n"
        + "out = net(x, 'a') + net(2.0 * x, 'b', True)  #!\n"
        + TRAIN
        + RUN,
    ),
    "weights shared by two functions": (
        "REF103",
        "belongs to",
        HEAD
        + "def a(t):\n    with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
        + "        return tf.layers.dense(t, 1, name='d')\n"
        + "def b(t):\n    with tf.variable_scope('s', reuse=tf.AUTO_REUSE):\n"
        + "        return 2.0 * tf.layers.dense(t, 1, name='d')  #!\n"
        + "out = a(x) + b(x)\n"
        + TRAIN
        + RUN,
    ),
    "dtype of a scope": (
        "REF108",
        "sets the dtype",
        HEAD
        + "with tf.variable_scope('s', dtype=tf.float64):  #!\n    v = tf.get_variable('v', [2, 1])\n"
        + "out = tf.matmul(x, v)\n"
        + TRAIN
        + RUN,
    ),
    "builder with any number of arguments": (
        "REF103",
        "variable number",
        HEAD
        + "def net(t, *sizes):  #!\n    for size in sizes:\n        t = tf.layers.dense(t, size)\n    return t\n"
        + "out = net(x, 3, 1)\n"
        + TRAIN
        + RUN,
    ),
    "unknown symbol": (
        "REF101",
        "contrib.layers.layer_norm",
        HEAD + "out = tf.contrib.layers.layer_norm(x)  #!\n" + TRAIN + RUN,
    ),
    "moving averages updated twice in a run": (
        "REF111",
        "updated twice in one run",
        HEAD
        + "def norm(t, again):\n"
        + "    return tf.layers.batch_normalization(t, training=True, name='n', reuse=again)\n"
        + "out = tf.layers.dense(norm(x, False) + norm(2.0 * x, True), 1)\n"
        + UPDATED
        + RUN.rstrip()
        + "  #!\n",
    ),
    "moving averages updated in some runs only": (
        "REF108",
        "without updating their moving averages",
        HEAD
        + "out = tf.layers.dense(tf.layers.batch_normalization(x, training=True), 1)\n"
        + UPDATED
        + RUN
        + "print(sess.run(loss, {x: data}))  #!\n",
    ),
    "moving averages of a layer that a run doesn't compute": (
        "REF111",
        "that nothing else in it needs",
        HEAD
        + "other = tf.layers.batch_normalization(2.0 * x, training=True)\n"
        + "out = tf.layers.dense(x, 1)\n"
        + UPDATED
        + RUN.rstrip()
        + "  #!\n",
    ),
    "moving averages read while they are updated": (
        "REF111",
        "is read in the run that updates it",
        HEAD
        + "def norm(t, train, again):\n"
        + "    return tf.layers.batch_normalization(t, training=train, name='n', reuse=again)\n"
        + "out = tf.layers.dense(norm(x, True, False) + norm(x, False, True), 1)\n"
        + UPDATED
        + RUN.rstrip()
        + "  #!\n",
    ),
    "assignment in a function that some runs compute without it": (
        "REF111",
        "waits for this assignment",
        HEAD
        + "c = tf.Variable(0.0, trainable=False)\n"
        + "def centred(t):\n    mean = tf.reduce_mean(t)\n    kept = tf.assign(c, mean)  #!\n"
        + "    with tf.control_dependencies([kept]):\n        rest = t - mean\n    return rest, mean\n"
        + "rest, mean = centred(x)\nout = tf.matmul(rest, w)\n"
        + TRAIN
        + RUN
        + "print(sess.run(mean, {x: data}))\n",
    ),
    "batch renormalization": (
        "REF108",
        "renorm",
        HEAD + "out = tf.layers.dense(tf.layers.batch_normalization(x, renorm=True), 1)  #!\n" + TRAIN + RUN,
    ),
    "batch normalization of another axis": (
        "REF108",
        "an axis other than the last one",
        HEAD + "out = tf.layers.dense(tf.layers.batch_normalization(x, axis=0), 1)  #!\n" + TRAIN + RUN,
    ),
    "known symbol without a form": (
        "REF101",
        "last_checkpoints",
        READY + "saver = tf.train.Saver()\nsaver.set_last_checkpoints([])  #!\n" + "sess.run(train, {x: data})\n",
    ),
    "saver with an argument that changes what is saved": (
        "REF108",
        "reshape",
        NET + TRAIN + "saver = tf.train.Saver(reshape=True)  #!\n" + RUN,
    ),
    "new session without its weights": (
        "REF110",
        "initialised again",
        READY
        + "saver = tf.train.Saver([w])\nadam = tf.train.AdamOptimizer(0.1).minimize(loss)\nsess.run(adam, {x: data})\n"
        + "sess.run(tf.global_variables_initializer())  #!\nsaver.restore(sess, 'model')\nsess.run(adam, {x: data})\n",
    ),
    "key on a condition": (
        "REF110",
        "on a condition",
        READY
        + "feed = {x: data}\nif len(sys.argv) > 1:\n    feed[out] = data[:, :1]\nprint(sess.run(loss, feed))  #!\n",
    ),
    "another tensor at each call": (
        "REF110",
        "depends on the call",
        READY
        + "def show(t):\n    print(sess.run(t, {x: data}))  #!\n\n"
        + "def both():\n    show(loss)\n    show(out)\n\nboth()\n",
    ),
    "tensor of a function that does more than run it": (
        "REF110",
        "does more than run it",
        READY + "def show(t):\n    print(sess.run(t, {x: data}), t)  #!\n\nshow(loss)\n",
    ),
    "layer in a loop": (
        "REF104",
        "left early",
        HEAD
        + "out = x\nfor size in [3, 1, 2]:  #!\n    out = tf.layers.dense(out, size)\n"
        + "    if size == 1:\n        break\n"
        + TRAIN
        + RUN,
    ),
    "weights made in the session": (
        "REF104",
        "also runs the session",
        READY
        + "for step in range(3):\n    error = tf.reduce_sum(tf.matmul(out, tf.Variable([[1.0]])))  #!\n"
        + "    print(sess.run(error, {x: data}))\n",
    ),
    "tensor carried from one iteration to the next": (
        "REF104",
        "reads what it was before",
        READY
        + "total = loss\nfor k in range(3):\n    print(sess.run(total, {x: data}))\n    total = total + loss  #!\n",
    ),
    "tensor of the iteration before": (
        "REF104",
        "another iteration or branch",
        READY
        + "for k in range(3):\n    error = before + 1.0 if k else loss\n    before = tf.abs(error)  #!\n"
        + "    print(sess.run(before, {x: data}))\n",
    ),
    "tensor of either branch": (
        "REF104",
        "at several places",
        READY
        + "for k in range(3):\n    if k % 2:\n        shown = tf.abs(loss)  #!\n    else:\n        shown = -loss\n"
        + "    print(sess.run(shown, {x: data}))\n",
    ),
    "value of an earlier iteration": (
        "REF106",
        "with the values of that moment",
        READY
        + "for k in range(4):\n    if k % 2 == 0:\n        shown = loss * k\n"
        + "    print(sess.run(shown, {x: data}))  #!\n",
    ),
    "changing axis": (
        "REF106",
        "as axis of tf.reduce_sum",
        READY + "for k in range(2):\n    print(sess.run(tf.reduce_sum(out, k), {x: data}))  #!\n",
    ),
    "variable under a name used again": (
        "REF103",
        "w gets another meaning",
        HEAD
        + "hidden = tf.tanh(tf.matmul(x, w))\nw = tf.Variable([[2.0]])  #!\nout = tf.matmul(hidden, w)\n"
        + TRAIN
        + RUN,
    ),
    "optimizer under a name used again": (
        "REF103",
        "opt gets another meaning",
        NET
        + "loss = tf.reduce_mean(tf.square(out - 1.0))\nopt = tf.train.GradientDescentOptimizer(0.1)\n"
        + "train = opt.minimize(loss)\nopt = tf.train.GradientDescentOptimizer(0.2)  #!\nfine = opt.minimize(loss)\n"
        + START
        + "sess.run(train, {x: data})\nsess.run(fine, {x: data})\n",
    ),
    "mixed function called twice": (
        "REF103",
        "called several times",
        READY
        + "def near(t):  #!\n    return tf.reduce_mean(tf.abs(t - sess.run(out, {x: data})))\n\n"
        + "print(sess.run([near(out), near(2.0 * out)], {x: data}))\n",
    ),
    "training helper with two ends": (
        "REF103",
        "the graph is built in training, which is called several times",
        NET
        + "loss = tf.reduce_mean(tf.square(out - 1.0))\n\n"
        + "def training(loss, rate=None):  #!\n    if rate is None:\n"
        + "        return tf.train.AdamOptimizer().minimize(loss)\n"
        + "    return tf.train.GradientDescentOptimizer(rate).minimize(loss)\n\n"
        + "slow, fast = training(loss, 0.1), training(loss)\n"
        + START
        + "sess.run(slow, {x: data})\nsess.run(fast, {x: data})\n",
    ),
    "slots made in the loop": (
        "REF109",
        "keeps state of its own",
        READY
        + "adam = tf.train.AdamOptimizer(0.1)\nfor k in range(2):\n    step = adam.minimize(loss)  #!\n"
        + "    sess.run(step, {x: data})\n",
    ),
    "late number": (
        "REF106",
        "scale is read",
        HEAD + "scale = 2.0\nout = tf.matmul(x, w) * scale  #!\n" + TRAIN + "scale = 3.0\n" + RUN,
    ),
    "late number of a regularizer": (
        "REF106",
        "scale is read",
        HEAD
        + "scale = 2.0\nout = tf.layers.dense(x, 1, kernel_regularizer=lambda k: scale * tf.nn.l2_loss(k))  #!\n"
        + "scale = 3.0\nloss = tf.reduce_mean(out) + tf.losses.get_regularization_loss()\n"
        + TRAIN.partition("\n")[2]
        + RUN,
    ),
    "collection that a branch joins": (
        "REF102",
        "which losses",
        NET
        + "if sys.argv[1:]:\n    tf.add_to_collection('all', tf.nn.l2_loss(w))\n"
        + "loss = tf.reduce_mean(out) + sum(tf.get_collection('all'))  #!\n"
        + TRAIN.partition("\n")[2]
        + RUN,
    ),
    "collection of another scope": (
        "REF102",
        "which losses",
        NET
        + "tf.add_to_collection('all', tf.nn.l2_loss(w))\n"
        + "loss = tf.reduce_mean(out) + sum(tf.get_collection('all', scope='a'))  #!\n"
        + TRAIN.partition("\n")[2]
        + RUN,
    ),
    "loss rebound before its collection is read": (
        "REF103",
        "loss is rebound",
        NET
        + "loss = tf.reduce_mean(out)\ntf.losses.add_loss(loss)\nloss = loss * 2.0\n"
        + "loss = tf.losses.get_total_loss()  #!\n"
        + TRAIN.partition("\n")[2]
        + RUN,
    ),
    "late number in a function": (
        "REF106",
        "scale is read",
        HEAD
        + "scale = 2.0\ndef scaled(t):\n    return t * scale  #!\n\nout = scaled(tf.matmul(x, w))\n"
        + TRAIN
        + "scale = 3.0\n"
        + RUN,
    ),
    "late loop variable": (
        "REF106",
        "step is read",
        HEAD
        + "step = 2.0\nout = tf.matmul(x, w) * step  #!\n"
        + TRAIN
        + START
        + "for step in range(3): sess.run(train, {x: data})\n",
    ),
    "late item": (
        "REF106",
        "conf is read",
        HEAD + "conf = {'s': 2.0}\nout = tf.matmul(x, w) * conf['s']  #!\n" + TRAIN + "conf['s'] = 3.0\n" + RUN,
    ),
    "late array": (
        "REF106",
        "mask is read",
        HEAD + "mask = np.ones(2, np.float32)\nout = tf.matmul(x * mask, w)  #!\n" + TRAIN + "mask[0] = 0.0\n" + RUN,
    ),
    "compared tensor": (
        "REF108",
        "== compares tensors by identity",
        HEAD + "out = tf.matmul(x, w)\nout = out if (out == x) else 2.0 * out  #!\n" + TRAIN + RUN,
    ),
    "two updates of a variable in a run": (
        "REF109",
        "update the same variables",
        NET
        + TRAIN
        + "more = tf.train.AdamOptimizer(0.1).minimize(loss)\n"
        + START
        + "sess.run([train, more], {x: data})  #!\n",
    ),
    "two updates of an Adam in a run": (
        "REF109",
        "share an optimizer that counts its updates",
        NET
        + """loss = tf.reduce_mean(tf.square(out - 1.0))
b = tf.Variable(1.0)
optimizer = tf.train.AdamOptimizer(0.1)
train = optimizer.minimize(loss, var_list=[w])
more = optimizer.minimize(loss * b, var_list=[b])
"""
        + START
        + "sess.run([train, more], {x: data})  #!\n",
    ),
    "gradient cut in two ways": (
        "REF109",
        "taken with stop_gradients",
        NET
        + """loss = tf.reduce_mean(tf.square(out - 1.0))
slope = tf.gradients(loss, w, stop_gradients=[out])  #!
"""
        + START
        + "sess.run(slope, {x: data})\n",
    ),
    "fed momentum": (
        "REF108",
        "momentum is a tensor",
        NET
        + """momentum = tf.placeholder(tf.float32, [])
loss = tf.reduce_mean(tf.square(out - 1.0))
train = tf.train.MomentumOptimizer(0.1, momentum).minimize(loss)  #!
"""
        + START
        + "sess.run(train, {x: data, momentum: 0.9})\n",
    ),
    "variable beside its update": (
        "REF111",
        "a variable is fetched in the run that updates it",
        READY + "sess.run([train, w], {x: data})  #!\n",
    ),
    "counter of resource variables beside its increment": (
        "REF111",
        "a counter of steps is fetched in the run that increments it",
        (NET + TRAIN)
        .replace("import tensorflow as tf", "import tensorflow.compat.v1 as tf")
        .replace("minimize(loss)", "minimize(loss, global_step=tf.train.get_or_create_global_step())")
        + START
        + "sess.run([train, tf.train.get_global_step()], {x: data})  #!\n",
    ),
    "fetch by name": ("REF110", "isn't a tensor (const)", READY + "sess.run('MatMul:0', {x: data})  #!\n"),
    "feed by name": (
        "REF110",
        "has a key that isn't a tensor",
        READY + "sess.run(loss, {'MatMul:0': data})  #!\n",
    ),
    "feed of a function": (
        "REF110",
        "isn't a dict whose keys are known",
        "import json\n" + READY + "sess.run(loss, json.loads(sys.argv[1]))  #!\n",
    ),
    "star import": ("REF103", "import", "from tensorflow import *  #!\n" + NET + TRAIN + RUN),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", list(REFUSED))
def test_refused(refusals: Refusals, name: str, target: str) -> None:
    code, words, text = REFUSED[name]
    reasons = refusals(text, target)
    (marked,) = [row for row, line in enumerate(text.splitlines(), 1) if line.endswith("#!")]
    assert [(reason.code, reason.line) for reason in reasons] == [(code, marked)]
    assert words in reasons[0].text
    assert reasons[0].file.name == "program.py"
    assert reasons[0].help


@pytest.mark.parametrize("target", TARGETS)
def test_every_reason_is_given(refusals: Refusals, target: str) -> None:
    text = READY + "sess.run('a:0')\nsess.run('b:0')\n"
    assert [(reason.code, reason.line) for reason in refusals(text, target)] == [("REF110", 13), ("REF110", 14)]
