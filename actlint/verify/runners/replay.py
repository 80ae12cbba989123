"""Leads a rewritten program through the runs that the original made, and compares at each.

The targets have it in common; what each provides is a `Framework`. The decisive replay is eager, in the original's
precision and with its noise; the compiled one leaves the program and its framework as they are.
"""

from __future__ import annotations

import ast
import functools
import inspect

import numpy as np

from . import (
    aliases,
    branches,
    compare,
    evidence,
    initial,
    instrument,
    passes,
    program,
    record,
    seeds,
    standing,
)
from .noise import Noise
from .weights import Weights, laid_back

COMPILED_RUNS = 5
UPDATES = ("gradient", "variable", "slot")
SLOTS = {
    "momentum": ("momentum", "momentum_buffer", "momentums"),
    "m": ("m", "exp_avg", "momentums"),
    "v": ("v", "exp_avg_sq", "exp_inf", "velocities", "u"),
    "rms": ("rms", "mean_square", "square_avg", "velocities"),
    "mg": ("mg", "mean", "grad_avg", "average_gradients"),
    "accumulator": ("accumulator", "sum", "accumulators"),
    "accum": ("accum", "square_avg", "accumulator", "accumulated_grads", "accumulators"),
    "accum_update": ("accum_update", "acc_delta", "accumulated_delta_vars"),
    "linear": ("linear", "linears"),
}
"""Names under which optimizers of the targets, stock or helper, keep what TF1 calls so."""


class Replay:
    """State of one replayed program.

    Args:
        job: the launcher's job.
        framework: the target.
        noise: a `Noise`, or None where the program draws its own.
    """

    def __init__(self, job, framework, noise):
        self.job, self.plan, self.framework, self.noise = job, job["plan"], framework, noise
        self.decisive = framework.decisive
        self.scaled, self.drawing = job["pass"] == passes.SCALED, job["pass"].startswith(passes.DRAWN)
        gates = compare.COMPILED if not self.decisive else compare.GATES[job["precision"]]
        self.rows = compare.Rows(gates, f" (loss x {passes.SCALE:.0e})" if self.scaled else "")
        self.weights = Weights(self.plan["weights"], framework, self.rows)
        self.handed = aliases.Handed(framework.value)
        self.before, self.calls, self.position = None, [], 0
        self.depth, self.executed, self.last, self.current = 0, 0, {}, None
        self.not_exercised, self.ended, self.noisy = [], False, False
        self.marks = branches.Marks()
        tolerance = compare.FEED if self.decisive else compare.COMPILED.forward
        self.feeds, self.guard = standing.Feeds(self.rows, framework.value, self._note, tolerance), None

    def wait(self):
        """Wait for the original's results, once."""
        if self.before is not None:
            return
        name = passes.NATURAL if self.drawing else self.job["pass"]
        passes.wait(self.job, "before", name)
        self.before = record.load(self.job["results"], passes.label("before", name))
        self.calls = [list(call) for call in self.before["calls"]]

    # what instrumented code calls

    def call(self, name, parameters, method=False):
        """Decorator of a run callable."""

        def decorate(function):
            called = instrument.callable_as(function, method)

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                if self.depth:
                    return called(*args, **kwargs)
                return self._run(name, parameters, called, args, kwargs)

            return instrument.alike(wrapper, function)

        return decorate

    def probe(self, name, value):
        """Record a value of a probed variable."""
        if self.current is not None and self.decisive:
            self.current["probes"].setdefault(name, []).append(value)
        return value

    def gradient_seen(self, kind, source, gradient):
        """A gradient of the current run: ``raw`` as differentiated, ``applied`` as an optimizer takes it."""
        if self.current is not None and self.decisive:
            index = self.weights.index(source)
            if index is not None:
                self.current[kind].setdefault(str(index), []).append(gradient)

    # runs

    def _next(self, name):
        self.wait()
        while self.position < len(self.calls) and self.calls[self.position][2] == 0:
            self.position += 1
        if self.position == len(self.calls):
            self.ended = True
            if not self.before["stopped"] and not self.before.get("cut"):
                self.rows.differences.append(f"{name} is called after the original's last run")
            raise program.Stop()
        site, executed, _ = self.calls[self.position]
        expected = self.plan["runs"][site]
        if name not in (expected["callable"], *expected.get("others", ())):
            self.ended = True
            self.rows.differences.append(
                f"order of runs: the rewrite calls {name} where the original makes the run of {expected['site']}"
            )
            raise program.Stop()
        self.calls[self.position][2] -= 1
        return site, executed

    def _run(self, name, parameters, function, args, kwargs):
        site, executed = self._next(name)
        if not executed:
            return _mapped(self.framework.copy, self.last[site, name])
        run = self.before["runs"][self.executed]
        if self.drawing:
            self.weights.give(run["captured"], "", 0)
            raise program.Stop()
        label = self.plan["runs"][site]["site"]
        self.weights.give(run["captured"], label, run["step"])
        if self.decisive:
            self.weights.identify()
        args, kwargs = self._arguments(run, label, name, parameters, function, args, kwargs)
        self.current = {"probes": {}, "raw": {}, "applied": {}}
        self.framework.stepped = []
        if self.noise is not None:
            self.noise.start(self.executed, run["noise"])
        self.noisy = self.noisy or bool(run["noise"] or self.before["unkeyed"])
        self.feeds.drawn = self.noisy and not self.decisive
        seen = {} if self.decisive else self.handed.look()
        self.depth += 1
        try:
            result = function(*args, **kwargs)
        finally:
            self.depth -= 1
            if self.noise is not None:
                self.noise.stop()
        if not self.decisive:
            self._compare_handed(seen, name, site, result)
        self._compare(run, label, result)
        self.current = None
        self.executed += 1
        self.last[site, name] = _mapped(self.framework.copy, result)
        return result

    def _arguments(self, run, label, name, parameters, function, args, kwargs):
        args, kwargs = list(args), dict(kwargs)
        for parameter, feeds in run["feeds"].items():
            holder, key = kwargs, parameter
            if parameter in parameters and parameters.index(parameter) < len(args):
                holder, key = args, parameters.index(parameter)
            elif parameter not in kwargs:
                default = _default(function, parameter)
                if default is inspect.Parameter.empty:
                    self.rows.differences.append(f"{name} isn't given '{parameter}', which {label} feeds")
                    continue
                kwargs[parameter] = default
            origins = run.get("origins", {}).get(parameter, [False] * len(feeds))
            if len(feeds) == 1:
                holder[key] = self._feed(run, label, parameter, feeds[0], holder[key], origins[0])
            elif len(feeds) == len(holder[key]):
                given = zip(feeds, holder[key], origins, strict=True)
                new = [self._feed(run, label, parameter, *each) for each in given]
                holder[key] = type(holder[key])(new)
            else:
                self.rows.differences.append(
                    f"'{parameter}' of {name} has {len(holder[key])} elements, not {len(feeds)}"
                )
        return args, kwargs

    def _feed(self, run, label, parameter, feed, original, origin):
        if self.feeds.compare(label, parameter, run["step"], feed, original, origin):
            original = feed.astype(np.float32) if feed.dtype == np.float64 else feed
        return self.framework.feed(feed, original) if self.decisive else original

    # comparison

    def _compare(self, run, label, result):
        if not self.decisive:
            if self.executed < COMPILED_RUNS and not self.noisy:
                self._compare_fetches(run, label, result)
            return
        if not self.scaled:
            first = len(self.rows.rows)
            self._compare_fetches(run, label, result)
            self._compare_probes(run, label)
            if not all(row["ok"] for row in self.rows.rows[first:]):
                self._compare_noise(run, label)
        if run["gradients"]:
            self._compare_gradients(run, label)
        if "variables" in run:
            self._compare_variables(run["variables"], label, run["step"])
            self._compare_slots(run["slots"], label, run["step"])

    def _compare_fetches(self, run, label, result):
        flat, site = leaves(result), self.plan["runs"][run["site"]]
        for place, before in enumerate(run["fetches"]):
            returned = site["returns"][place] if place < len(site["returns"]) else None
            if before is None or not (self.decisive or run["smooth"][place]):
                continue
            if returned is None and place in site.get("unread", ()):
                continue
            if returned is None:
                self._miss(run, site, place, label)
                continue
            value = flat[returned] if returned < len(flat) else None
            if value is None:
                self.rows.differences.append(f"{site['callable']} returns no value {returned}, which {label} fetches")
                continue
            self.rows.forward(label, "fetch", str(place), run["step"], before, self.framework.value(value))

    def _miss(self, run, site, place, label):
        """A fetched value has no counterpart: open, unless the plan's maker knows that, or another one is the same."""
        others = [run["fetches"][other] for other, own in enumerate(site["returns"]) if own is not None]
        same = any(other is not None and np.array_equal(run["fetches"][place], other) for other in others)
        if site.get("settled", True) or same:
            self._note(f"value {place} of {label} isn't returned by the rewrite")
            return
        name = site["names"][place]
        text = f"{site['callable']} doesn't return '{name}', which {label} fetches; if it needn't, say -1 in the map"
        if text not in self.rows.doubts:
            self.rows.doubts.append(text)

    def _compare_probes(self, run, label):
        for probe in self.plan["probes"]:
            before = run["probes"].get(probe["id"])
            if not before or not probe.get("after"):
                continue
            after = self.current["probes"].get(probe["id"], [])
            if len(after) != len(before):
                what = f"{probe['role']} '{probe['name']}' in {label}"
                self._note(f"{what}: {len(before)} values before, {len(after)} after")
                continue
            for own, other in zip(before, after, strict=True):
                if own is not None:
                    value = self.framework.value(other)
                    self.rows.forward(label, probe["role"], probe["name"], run["step"], own, value)

    def _compare_handed(self, seen, name, site, result):
        for other, place in self.handed.changed(seen):
            where = self.plan["runs"][other]["site"]
            text = f"{name} changes value {place} that {where} has returned before: it isn't a copy"
            if text not in self.rows.differences:
                self.rows.differences.append(text)
        self.handed.keep(site, leaves(result))

    def _compare_noise(self, run, label):
        before = {draw[0]: 0 for draw in run["noise"]}
        for kind, *_ in run["noise"]:
            before[kind] += 1
        if before != self.noise.counts:
            counts = [sum(c.values()) for c in (before, self.noise.counts)]
            self._note(f"{label} draws {counts[0]} random arrays before, {counts[1]} after")

    def _compare_gradients(self, run, label):
        compared = False
        for kind in ("raw", "applied"):
            seen, before = self.current[kind], run[kind]
            if not seen or not before:
                continue
            largest = compare.largest([g for own in before.values() for g in own])
            for index in sorted(set(before) | set(seen), key=int):
                weight = self.plan["weights"][int(index)]
                own, other = before.get(index, []), seen.get(index, [])
                if kind == "raw" and not other and index in self.current["applied"]:
                    continue
                own, other = own or [None] * len(other), other or [None] * len(own)
                if len(own) != len(other):
                    counts = f"{len(own)} before, {len(other)} after"
                    self._note(f"gradient of '{weight['name']}' in {label}: {counts}")
                    continue
                for g, h in zip(own, other, strict=True):
                    shape = self.weights.start[int(index)].shape
                    h = None if h is None else laid_back(self.framework.value(h), weight["layout"], shape)
                    self.rows.gradient(label, weight["name"], run["step"], g, h, largest)
                    compared = True
        if not compared:
            self._note(f"no gradient of {label} could be observed in the rewrite")

    def _compare_variables(self, before, label, step):
        after = self.weights.read()
        for index, value in before.items():
            if int(index) in after:
                name = self.plan["weights"][int(index)]["name"]
                self.rows.variable(label, name, step, self.weights.start[int(index)], value, after[int(index)])

    def _compare_slots(self, before, label, step):
        state = {}
        for weight, name, value in self.framework.slots():
            index = self.weights.index(weight)
            if index is not None:
                state.setdefault(index, {})[name.lstrip("_")] = value
        for slot, values in before.items():
            for index, value in values.items():
                weight, own = self.plan["weights"][int(index)], state.get(int(index), {})
                found = next((own[name] for name in SLOTS.get(slot, (slot,)) if name in own), None)
                if found is None:
                    self._note(f"slot '{slot}' of the optimizer in {label} isn't found in the rewrite")
                else:
                    after = laid_back(self.framework.value(found), weight["layout"], value.shape)
                    self.rows.slot(label, f"{weight['name']}/{slot}", step, value, after)

    def _note(self, text):
        if text not in self.not_exercised:
            self.not_exercised.append(text)

    def finish(self, failure):
        """The program has ended: compare the final variables, and whether runs are missing; answer the result."""
        self.wait()
        left = sum(count for _, _, count in self.calls)
        if left and not self.ended and not failure:
            site = next(site for site, _, count in self.calls if count)
            where = self.plan["runs"][site]["site"]
            self.rows.differences.append(f"the rewrite makes {left} runs less than the original, the first at {where}")
        elif self.decisive and not left and not failure:
            self._compare_variables(self.before["final"], "end", self.before["steps"])
        doubts, gaps = evidence.weigh(self.before, self.plan)
        gaps += branches.original(self.before["unentered"])
        if self.decisive and not failure:
            gaps += branches.rewritten(self.marks.gaps(), self.before["unentered"])
        rows = [row for row in self.rows.rows if not self.scaled or row["quantity"].startswith(UPDATES)]
        result = {
            "rows": rows,
            "differences": self.rows.differences,
            "doubts": self.rows.doubts + doubts,
            "broken": self.weights.broken,
            "unkeyed": self._unkeyed(),
            "not_exercised": self.not_exercised + self.before["notes"] + gaps,
        }
        return standing.settle(result, failure, self.guard, self.before, not left)

    def _unkeyed(self):
        own = self.noise.unkeyed if self.noise is not None else []
        sides = (("before", self.before["unkeyed"]), ("after", own))
        return [f"{what} draws on its own {side}" for side, listed in sides for what in listed]


def conduct(job, framework, prepare):
    """Replay a job's program, once for each pass.

    Args:
        job: the launcher's job.
        framework: the target.
        prepare: called with the job, the replay and its noise before a decisive replay, to patch the framework.
    """

    def replay_pass(job):
        if job["pass"] == passes.SCALED and not passes.wait(job, "before", job["pass"]):
            with open(passes.outcome(job, job["pass"], "skipped"), "w"):
                return
        program.isolate(job)
        framework.seed(seeds.SEED + job["seed"], fixed=job["pass"].startswith(passes.DRAWN))
        noise = Noise() if framework.decisive else None
        if noise is not None:
            noise.watch("numpy's own generator", seeds.numpy_state)
        player = Replay(job, framework, noise)
        if framework.decisive:
            prepare(job, player, noise)
        names = {
            instrument.CALL: player.call,
            instrument.VALUE: player.probe,
            instrument.LOCAL: player.weights.register,
            branches.MARK: player.marks.hits.add,
        }
        transform = transformer(job["plan"], framework.decisive)
        user = program.Program(job, player.marks.marking(transform) if framework.decisive else transform, names)
        player.weights.user = user
        if user.guard:
            player.guard = user.guard
            standing.install(framework.module)
            user.guard.watch(job, False, lambda: player.before is None)
        failure = user.run()
        name = passes.label(job["mode"], job["pass"])
        if player.drawing:
            initial.save(job, name, player.weights.drawn)
            return
        if job["pass"] == passes.NATURAL and framework.decisive:
            initial.save(job, initial.FIRST, player.weights.drawn)
        record.save(job["results"], name, player.finish(failure), record.Arrays())

    passes.each(job, replay_pass)
    if "pass" not in job and len(job["passes"]) > 1:
        initial.weigh(job, replay_pass)


def transformer(plan, with_probes):
    """Instruments the rewritten program by the plan's names."""
    calls = {name for run in plan["runs"] for name in (run["callable"], *run.get("others", ())) if name}
    values = {}
    if with_probes:
        for probe in plan["probes"]:
            after = probe.get("after")
            if after:
                key = after["function"], after["variable"], after["nth"]
                values.setdefault(key, []).append(probe["id"])
    paths = [w["path"] for w in plan["weights"]] + [w["build"][0] for w in plan["weights"] if w.get("build")]

    def transform(file, text):
        tree = ast.parse(text)
        names = instrument.functions(tree)
        locals_ = {}
        for path in paths:
            function = max((n for n in names if path.startswith(n + ".")), key=len, default=None)
            if function:
                variable = path[len(function) + 1 :].split(".")[0].split("[")[0]
                locals_.setdefault(function, set()).add(variable)
        return instrument.Names(calls, values, locals_).visit(tree)

    return transform


def _default(function, parameter):
    try:
        signature = inspect.signature(getattr(function, "python_function", function))
    except (TypeError, ValueError):
        return inspect.Parameter.empty
    known = signature.parameters.get(parameter)
    return known.default if known is not None else inspect.Parameter.empty


def leaves(value):
    """The leaves of a returned nest, in order."""
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, (list, tuple)):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


def _mapped(function, value):
    if isinstance(value, dict):
        return {key: _mapped(function, inner) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_mapped(function, inner) for inner in value])
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(function, inner) for inner in value)
    return function(value)
