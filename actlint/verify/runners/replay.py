"""Leads a rewritten program through the runs that the original made, and compares at each.

What is common to the targets; `Framework` is what each target provides.
"""

from __future__ import annotations

import ast
import functools
import os
import time

import numpy as np

from . import compare, evidence, instrument, record
from .program import Stop

FEED = 1e-6
INITIAL = 1e-6
COMPILED_RUNS = 5


class Framework:
    """What a target does in its own way; arrays in, arrays out."""

    float64 = True

    def feed(self, array, original):
        """The recorded feed as the callable's argument; `original` is what the program passed."""
        raise NotImplementedError

    def argument(self, value):
        """An argument that the program passed, as an array."""
        return np.asarray(value)

    def value(self, value):
        """A returned or probed value as an array."""
        raise NotImplementedError

    def read(self, weight):
        """A weight's value as an array."""
        raise NotImplementedError

    def write(self, weight, array):
        """Set a weight."""
        raise NotImplementedError

    def copy(self, value):
        """A returned leaf, such that later steps don't change it."""
        return value

    def is_weight(self, source, weight):
        """Whether a differentiated object is the weight."""
        return source is weight

    def execute(self, function, args, kwargs):
        """Call a run callable."""
        return function(*args, **kwargs)


class Replay:
    """State of one replayed program.

    Args:
        job: the launcher's job.
        framework: the target.
        noise: a `Noise`, or None where the program draws its own.
    """

    def __init__(self, job, framework, noise):
        self.job, self.plan, self.framework, self.noise = job, job["plan"], framework, noise
        self.before = None
        self.rows = compare.Rows(single=not framework.float64)
        self.calls, self.position, self.depth = [], 0, 0
        self.executed, self.last, self.current = 0, {}, None
        self.start, self.locals, self.not_exercised, self.broken = {}, {}, [], []
        self.module, self.ended = None, False
        self.noisy = False

    def wait(self):
        """Wait for the original's results, once."""
        if self.before is not None:
            return
        path = os.path.join(self.job["results"], "before.json")
        while not os.path.exists(path):
            time.sleep(0.05)
        self.before = record.load(self.job["results"], "before")
        for site, executed, count in self.before["calls"]:
            self.calls.append([site, executed, count])

    # what instrumented code calls

    def call(self, name, parameters):
        """Decorator of a run callable."""

        def decorate(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                if self.depth:
                    return function(*args, **kwargs)
                return self._run(name, parameters, function, args, kwargs)

            return wrapper

        return decorate

    def probe(self, name, value):
        """Record a value of a probed variable."""
        if self.current is not None and self.framework.float64:
            self.current["probes"].setdefault(name, []).append(value)
        return value

    def local(self, function, name, value):
        """Register a local variable of a function that owns weights."""
        self.locals[function, name] = value

    # runs

    def _next(self, name):
        self.wait()
        while self.position < len(self.calls) and self.calls[self.position][2] == 0:
            self.position += 1
        if self.position == len(self.calls):
            self.ended = True
            if not self.before["stopped"]:
                self.rows.differences.append("%s is called after the original's last run" % name)
            raise Stop()
        site, executed, _ = self.calls[self.position]
        expected = self.plan["runs"][site]
        if expected["callable"] != name:
            self.ended = True
            text = "order of runs: the rewrite calls %s where the original runs %s"
            self.rows.differences.append(text % (name, expected["site"]))
            raise Stop()
        self.calls[self.position][2] -= 1
        return site, executed

    def _run(self, name, parameters, function, args, kwargs):
        site, executed = self._next(name)
        if not executed:
            return _mapped(self.framework.copy, self.last[site])
        run = self.before["runs"][self.executed]
        label = self.plan["runs"][site]["site"]
        self.give_weights(run, label)
        args, kwargs = self._arguments(run, label, name, parameters, args, kwargs)
        self.current = {"probes": {}, "raw": [], "applied": []}
        if self.noise is not None:
            self.noise.start(self.executed, {(k, o): tuple(s) for k, o, s in run["noise"]})
        self.noisy = self.noisy or bool(run["noise"])
        self.depth += 1
        try:
            result = self.framework.execute(function, args, kwargs)
        finally:
            self.depth -= 1
            shapes = self.noise.stop() if self.noise is not None else {}
        self._compare(run, label, result, shapes)
        self.executed += 1
        self.last[site] = _mapped(self.framework.copy, result)
        return result

    def _arguments(self, run, label, name, parameters, args, kwargs):
        args, kwargs = list(args), dict(kwargs)
        for parameter, feeds in run["feeds"].items():
            place = parameters.index(parameter) if parameter in parameters else None
            if place is not None and place < len(args):
                holder, key = args, place
            elif parameter in kwargs:
                holder, key = kwargs, parameter
            else:
                self.rows.differences.append("%s isn't given '%s', which %s feeds" % (name, parameter, label))
                continue
            single = len(feeds) == 1
            originals = [holder[key]] if single else list(holder[key])
            new = [self._feed(run, label, parameter, f, o) for f, o in zip(feeds, originals)]
            holder[key] = new[0] if single else type(holder[key])(new)
        return args, kwargs

    def _feed(self, run, label, parameter, feed, original):
        given = self.framework.argument(original)
        if given.dtype.kind in "fiub" and feed.dtype.kind in "fiub":
            given = given.astype(feed.dtype)
        self.rows.arrays(label, "feed", parameter, run["step"], feed, given, FEED)
        return self.framework.feed(feed, original)

    # weights

    def resolve(self, path):
        """The object that a weight's path names."""
        scope = dict(self.module.__dict__)
        for (function, name), value in self.locals.items():
            prefix = function + "." + name
            if path == prefix or path.startswith((prefix + ".", prefix + "[")):
                return eval("value" + path[len(prefix) :], dict(scope, value=value))
        return eval(path, scope)

    def assign(self, path, value):
        """Set what a path names, where it is a plain Python number."""
        self.module.__dict__["__value__"] = value
        exec("%s = __value__" % path, self.module.__dict__)
        del self.module.__dict__["__value__"]

    def give_weights(self, run, label):
        """Compare the rewrite's own initial values where they are determined, then copy the original's."""
        for index, captured in run["captured"].items():
            weight = self.plan["weights"][int(index)]
            array = _laid_out(captured["value"], weight["layout"])
            try:
                if weight.get("build"):
                    layer = self.resolve(weight["build"][0])
                    if not layer.built:
                        layer.build(tuple(weight["build"][1]))
                target = self.resolve(weight["path"])
                own = np.asarray(target) if _is_number(target) else self.framework.read(target)
            except Exception as error:
                self.broken.append("the weight %s isn't at %s: %s" % (weight["name"], weight["path"], error))
                continue
            name = weight["name"]
            if captured["deterministic"] or own.shape != array.shape:
                own_ = own.astype(array.dtype) if own.dtype.kind == array.dtype.kind else own
                self.rows.arrays(label, "initial value", name, run["step"], array, own_, INITIAL)
            if own.shape != array.shape:
                continue
            self.start[int(index)] = captured["value"]
            if _is_number(target):
                self.assign(weight["path"], array.item())
            else:
                self.framework.write(target, array)

    def read_weights(self):
        """``index -> value`` in the original's layout."""
        out = {}
        for index in self.start:
            weight = self.plan["weights"][index]
            try:
                target = self.resolve(weight["path"])
                value = np.asarray(target) if _is_number(target) else self.framework.read(target)
            except Exception as error:
                self.broken.append("the weight %s isn't at %s: %s" % (weight["name"], weight["path"], error))
                continue
            out[index] = _laid_back(value, weight["layout"])
        return out

    def weight_index(self, source):
        """Which weight of the plan a differentiated object is, or None."""
        for index in self.start:
            try:
                target = self.resolve(self.plan["weights"][index]["path"])
            except Exception:
                continue
            if self.framework.is_weight(source, target):
                return index
        return None

    def gradient_seen(self, kind, source, gradient):
        """A gradient of the current run: ``raw`` as differentiated, ``applied`` as an optimizer takes it."""
        if self.current is not None and self.framework.float64:
            index = self.weight_index(source)
            if index is not None:
                self.current[kind].append((index, gradient))

    # comparison

    def _compare(self, run, label, result, shapes):
        if self.framework.float64:
            self._compare_fetches(run, label, result, compare.FORWARD * max(1, run["step"]))
            self._compare_probes(run, label)
            self._compare_noise(run, label, shapes)
            if run["gradients"]:
                self._compare_gradients(run, label)
            if "variables" in run:
                self._compare_variables(run["variables"], label, run["step"])
        elif self.executed < COMPILED_RUNS and not self.noisy:
            self._compare_fetches(run, label, result, compare.COMPILED)

    def _compare_fetches(self, run, label, result, tolerance):
        flat = _leaves(result)
        for place, (before, returned) in enumerate(zip(run["fetches"], self.plan["runs"][run["site"]]["returns"])):
            if before is None or returned is None:
                continue
            if returned >= len(flat):
                self.rows.differences.append("%s returns %d values, not %d" % (label, len(flat), returned + 1))
                continue
            value = flat[returned]
            if value is None:
                self.rows.differences.append("value %d of %s is None" % (returned, label))
                continue
            value = self.framework.value(value)
            self.rows.arrays(label, "fetch", str(place), run["step"], before, value, tolerance)

    def _compare_probes(self, run, label):
        roles = {p["id"]: p for p in self.plan["probes"]}
        for name, before in run["probes"].items():
            probe = roles[name]
            if not probe.get("after"):
                continue
            after = self.current["probes"].get(name, [])
            if len(after) != len(before):
                text = "%s '%s' in %s: %d values before, %d after"
                self._note(text % (probe["role"], probe["name"], label, len(before), len(after)))
                continue
            for own, other in zip(before, after):
                if own is None:
                    continue
                tolerance = compare.FORWARD * max(1, run["step"])
                value = self.framework.value(other)
                self.rows.arrays(label, probe["role"], probe["name"], run["step"], own, value, tolerance)

    def _compare_noise(self, run, label, shapes):
        before = sorted([kind, ordinal] for kind, ordinal, _ in run["noise"])
        after = sorted([kind, ordinal] for kind, ordinal in self.noise.counts_list())
        if before != after:
            self._note("%s draws %d random arrays before and %d after" % (label, len(before), len(after)))

    def _compare_gradients(self, run, label):
        compared = False
        for kind in ("raw", "applied"):
            seen = {}
            for index, gradient in self.current[kind]:
                seen.setdefault(str(index), []).append(gradient)
            before = run[kind]
            if not seen or not before:
                continue
            largest = compare.largest([g for own in before.values() for g in own])
            for index in sorted(set(before) | set(seen), key=int):
                own, other = before.get(index, []), seen.get(index, [])
                weight = self.plan["weights"][int(index)]
                own, other = _padded(own, other)
                if len(own) != len(other):
                    self._note("gradient of '%s' in %s: %d before, %d after" % (weight["name"], label, len(own), len(other)))
                    continue
                for g, h in zip(own, other):
                    h = None if h is None else _laid_back(self.framework.value(h), weight["layout"])
                    self.rows.gradient(label, weight["name"], run["step"], g, h, largest)
                    compared = True
        if not compared:
            self._note("no gradient of %s could be observed in the rewrite" % label)

    def _compare_variables(self, before, label, step):
        after = self.read_weights()
        for index, value in before.items():
            if int(index) in after:
                name = self.plan["weights"][int(index)]["name"]
                self.rows.variable(label, name, step, self.start[int(index)], value, after[int(index)])

    def _note(self, text):
        if text not in self.not_exercised:
            self.not_exercised.append(text)

    def finish(self):
        """The program has ended: compare the final variables, and whether runs are missing."""
        self.wait()
        left = sum(count for _, _, count in self.calls)
        if left and not self.ended:
            site = next(site for site, _, count in self.calls if count)
            text = "the rewrite makes %d runs less, the first at %s"
            self.rows.differences.append(text % (left, self.plan["runs"][site]["site"]))
        elif self.framework.float64 and not left:
            self._compare_variables(self.before["final"], "end", self.before["steps"])
        doubts, gaps = evidence.weigh(self.before, self.plan, self.job["budget"])
        return {
            "rows": self.rows.rows,
            "differences": self.rows.differences,
            "doubts": self.rows.doubts + doubts,
            "broken": self.broken,
            "not_exercised": self.not_exercised + gaps,
            "executed": self.executed,
        }


def transformer(job, replay, with_probes):
    """Instruments the rewritten program by the plan's names."""
    plan = job["plan"]
    calls = {run["callable"] for run in plan["runs"] if run["callable"]}
    values = {}
    if with_probes:
        for probe in plan["probes"]:
            after = probe.get("after")
            if after:
                values[after["function"], after["variable"], after["nth"]] = probe["id"]
    paths = [w["path"] for w in plan["weights"]] + [w["build"][0] for w in plan["weights"] if w.get("build")]

    def transform(file, text):
        tree = ast.parse(text)
        names = instrument.function_names(tree)
        locals_ = {}
        for path in paths:
            function = max((n for n in names if path.startswith(n + ".")), key=len, default=None)
            if function:
                variable = path[len(function) + 1 :].split(".")[0].split("[")[0]
                locals_.setdefault(function, set()).add(variable)
        return instrument.Names(calls, values, locals_).visit(tree)

    return transform


def _is_number(value):
    return isinstance(value, (bool, int, float))


def _laid_out(array, layout):
    """The original's array in the rewrite's layout."""
    if layout == "T":
        return array.T
    if layout == "HWIO":
        return np.moveaxis(array, (-1, -2), (0, 1))
    return array


def _laid_back(array, layout):
    """The rewrite's array in the original's layout."""
    if layout == "T":
        return array.T
    if layout == "HWIO":
        return np.moveaxis(array, (0, 1), (-1, -2))
    return array


def _padded(own, other):
    if not own:
        return [None] * len(other), other
    if not other:
        return own, [None] * len(own)
    return own, other


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, (list, tuple)):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


def _mapped(function, value):
    if isinstance(value, dict):
        return {key: _mapped(function, inner) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_mapped(function, inner) for inner in value])
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(function, inner) for inner in value)
    return function(value)
