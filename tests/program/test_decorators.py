from __future__ import annotations

from tests.program.conftest import Interpret

LAZY = """
import functools
import tensorflow as tf

def lazy(method):
    slot = "_" + method.__name__
    @property
    @functools.wraps(method)
    def getter(self):
        if not hasattr(self, slot):
            with tf.variable_scope(method.__name__):
                setattr(self, slot, method(self))
        return getattr(self, slot)
    return getter

class Net(object):
    def __init__(self, x):
        self.x = x

    @lazy
    def hidden(self):
        return tf.layers.dense(self.x, 3)

    @lazy
    def loss(self):
        return tf.reduce_mean(tf.square(self.hidden))

net = Net(tf.placeholder(tf.float32, [None, 2]))
first = net.loss
second = net.loss
hidden = net.hidden
"""


def test_a_property_of_the_programs_own_is_made_once(interpret: Interpret) -> None:
    model = interpret(LAZY)
    assert model["first"] is model["second"]
    assert model.sizes("hidden") == [None, 3]
    assert [variable.name for variable in model.program.variables] == [
        "loss/hidden/dense/kernel",
        "loss/hidden/dense/bias",
    ]


def test_the_first_reads_are_kept_with_the_scopes_of_their_getters(interpret: Interpret) -> None:
    reads = interpret(LAZY).program.reads
    found = [(read.property.method.name, read.scopes[0][1].const("name_or_scope")) for read in reads]  # type: ignore[union-attr]
    assert found == [("hidden", "hidden"), ("loss", "loss")]


def test_a_plain_property_is_made_at_every_read(interpret: Interpret) -> None:
    model = interpret(
        """
import tensorflow as tf

class Net(object):
    @property
    def noise(self):
        return tf.random_normal([2])

net = Net()
first, second = net.noise, net.noise
"""
    )
    assert model["first"] is not model["second"]
    assert model.symbols().count("random_normal") == 2


def test_cached_properties_are_made_once(interpret: Interpret) -> None:
    model = interpret(
        """
from functools import cached_property
import tensorflow as tf

class Net(object):
    @cached_property
    def noise(self):
        return tf.random_normal([2])

net = Net()
first, second = net.noise, net.noise
"""
    )
    assert model["first"] is model["second"]


def test_a_decorator_that_makes_no_property_leaves_a_function(interpret: Interpret) -> None:
    model = interpret(
        """
import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@logged
def double(x):
    return 2 * x

class Size(object):
    @property
    def wide(self):
        return 3

    @wide.setter
    def wide(self, value):
        pass

four = double(2)
three = Size().wide
"""
    )
    assert (model.python("four"), model.python("three")) == (4, 3)


def test_hasattr_is_known_for_objects_of_the_programs_own_classes(interpret: Interpret) -> None:
    model = interpret(
        """
import torch

class Own(object):
    def __init__(self):
        self.here = 1

class Other(torch.nn.Module):
    pass

own, other = Own(), Other()
found = [hasattr(own, "here"), hasattr(own, "missing"), hasattr(own, "__init__")]
unknown = hasattr(other, "missing")
"""
    )
    assert model.python("found") == [True, False, True]
    assert model.python("unknown") not in (True, False)
