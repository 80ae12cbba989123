"""What a rewrite leaves alone stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .update import TARGETS

HEAD = '''#!/usr/bin/env python
# -*- coding: utf-8 -*-
"""A docstring,
  oddly   indented."""
from __future__ import print_function
import os , sys
import numpy as np   # arrays
'''
HELPERS = """
RATE=0.1;  STEPS = 3 # two statements on a line


def   batches( n,step = 2 ) :   # odd spacing
\tfor i in range (0, n, step):
\t\tyield slice(i,i+step)   ;   # a tab, a semicolon


class Log(object):

    lines=[]   # shared

    def add(self,line): self.lines.append( line )
"""
GRAPH = """
x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(np.ones((2, 1), np.float32))
loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)
"""
LOOP = """
log = Log()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # the loop
    for step in range( STEPS ):
        for batch in batches(4):   # small
            _, value = sess.run([train, loss], feed_dict={x: np.ones((2, 2))[batch]})  # one step

        log.add("é %s"%value)
"""
TAIL = """

print( log.lines [0] , end = '' )
# the end"""
PROGRAM = HEAD + "import tensorflow as tf\n" + HELPERS + GRAPH + LOOP + TAIL + "\n"

both = pytest.mark.parametrize("target", TARGETS)
Convert = Callable[..., str]


@both
def test_untouched_code_stays(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert text.startswith(HEAD)
    assert HELPERS in text
    assert text.endswith(TAIL + "\n")


@both
def test_comments_and_blank_lines_of_the_session_stay(convert: Convert, target: str) -> None:
    call = {"tf2": "train_step(np.ones((2, 2))[batch]).numpy()", "torch": "train_step(np.ones((2, 2))[batch])"}[target]
    loop = f"""
log = Log()
# the loop
for step in range( STEPS ):
    for batch in batches(4):   # small
        value = {call}  # one step

    log.add("é %s"%value)
"""
    assert loop in convert(PROGRAM, target)


@both
def test_line_endings_stay(convert: Convert, target: str) -> None:
    unix = convert(PROGRAM, target)
    assert convert(PROGRAM.replace("\n", "\r\n"), target) == unix.replace("\n", "\r\n")


@both
def test_missing_newline_at_the_end_stays(convert: Convert, target: str) -> None:
    assert convert(PROGRAM[:-1], target) == convert(PROGRAM, target)[:-1]


@both
def test_tabs_stay(convert: Convert, target: str) -> None:
    tabbed = (HEAD + "import tensorflow as tf\n" + HELPERS + GRAPH + LOOP.replace("    ", "\t")).rstrip("\n")
    assert "\n\tfor batch in batches(4):   # small\n\t\tvalue = " in convert(tabbed, target)


@both
def test_a_program_without_graph_code_is_left_alone(migrate: Callable[..., object], target: str) -> None:
    assert migrate("import tensorflow as tf\n\nprint(tf.reduce_sum([1.0]))\n", target).files == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("hidden", "hooked"), [("hook", True), ("return", False)])
def test_hidden_tensors_are_hooked_or_returned(convert: Convert, hidden: str, hooked: bool) -> None:
    text = convert(
        """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 2])


def net(x):
    h = tf.layers.dense(x, 3, tf.nn.relu)
    return h, tf.layers.dense(h, 1)


h, out = net(x)
loss = tf.reduce_mean(out) + tf.reduce_sum(tf.abs(h))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, {x: np.ones((4, 2))})
""",
        "torch",
        hidden,
    )
    returned = "        h = self.h_layer(x)\n        return self.dense_layer(h)\n"
    assert ("register_forward_hook" in text) is hooked
    assert (returned in text) is hooked
    assert ("        return h, self.dense_layer(h)\n" in text) is not hooked
    assert ('    h = captured["h"]\n' in text) is hooked
    assert ("    h, out = net(x)\n" in text) is not hooked
