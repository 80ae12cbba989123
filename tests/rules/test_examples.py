"""What holds for every rule: its examples, its metadata, silence on other frameworks and on unknown code."""

from __future__ import annotations

import ast

import pytest

from actlint.rules.registry import all_rules

_RULES = [rule for rule in all_rules() if rule.reads != "comments"]
_GRAPH_RULES = [rule for rule in all_rules() if rule.code.startswith(("ACT0", "ACT1"))]

_TORCH = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(10):
    hidden = model[1](model[0](torch.zeros(2, 4)))
    loss = model[2](hidden).square().mean() + 0.1 * hidden.abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
print(model.eval()(torch.zeros(1, 4)))
"""

_TF2 = """\
import tensorflow as tf

first, last = tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)
optimizer = tf.keras.optimizers.SGD(0.1)
for step in range(10):
    with tf.GradientTape() as tape:
        hidden = first(tf.zeros([2, 4]))
        loss = tf.reduce_mean(tf.square(last(hidden))) + 0.1 * tf.reduce_mean(tf.abs(hidden))
    variables = first.trainable_variables + last.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
"""

_UNKNOWN = """\
import tensorflow as tf
from nowhere import build, batches, make_feed

model = build(tf.placeholder)
with model.session() as sess:
    for batch in batches():
        sess.run(model.train, make_feed(batch))
        value = sess.run(model.hidden, make_feed(batch))
        model.loss(value).run(tf.abs(model.hidden))
"""


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_bad_example_is_found(rule, check):
    assert check(rule.code, rule.bad)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_good_example_is_not(rule, check):
    assert check(rule.code, rule.good) == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_metadata(rule):
    ast.parse(rule.bad)
    ast.parse(rule.good)
    assert rule.what and rule.why and rule.sources
    assert not rule.triggers or any(trigger in rule.bad.encode() for trigger in rule.triggers)


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_findings_are_complete(rule, check):
    for finding in check(rule.code, rule.bad):
        assert (finding.code, finding.name) == (rule.code, rule.name)
        assert finding.help
        assert finding.start < finding.end


@pytest.mark.parametrize("rule", _GRAPH_RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("text", [_TORCH, _TF2], ids=["torch", "tf2"])
def test_graph_rules_are_silent_on_eager_code(rule, text, check):
    assert check(rule.code, text) == []


@pytest.mark.parametrize("rule", _GRAPH_RULES, ids=lambda rule: rule.code)
def test_graph_rules_are_silent_on_unknowns(rule, check):
    assert check(rule.code, _UNKNOWN) == []
