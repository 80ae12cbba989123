"""Learns what runs a TF1 program makes, from what and of what, without knowing its source."""

from __future__ import annotations

import copy

import numpy as np

from . import reach
from .graph_tf import ASSIGNMENTS, COPIES, VARIABLES, elements, is_deterministic, leaves, result_leaves, variable_of
from .program import Stop
from .session_tf import Recorder

NO_PLAN = {"placeholders": [], "probes": [], "runs": [], "weights": []}
EXAMPLES = 2


class Discovery(Recorder):
    """Stands in the place of a `Recorder`.

    Args:
        noise: a `GraphNoise`.
        arrays: where arrays are kept.
        clock: the program's budget.
        limit: executions of one run.
    """

    def __init__(self, noise, arrays, clock, limit):
        super().__init__(NO_PLAN, noise, arrays, clock, limit)
        self.sites, self.by_key, self.sequence = [], {}, []
        self.names, self.sketches = {}, {}

    def run(self, session, fetches, feed_dict=None, options=None, run_metadata=None):
        """Stands for ``Session.run``."""
        frames = [] if self.inside else self.places.frames()
        if not frames:
            return self.original(session, fetches, feed_dict, options, run_metadata)
        if self.clock.over():
            self.stopped = True
            raise Stop()
        key = self.places.key(frames[0], session.graph, fetches, feed_dict)
        if key not in self.by_key:
            self.by_key[key] = len(self.sites)
            self._name_objects(frames)
            self.sites.append(self._site(key, frames[0], session.graph, fetches, feed_dict))
        site = self.by_key[key]
        if self.sequence and self.sequence[-1][0] == site:
            self.sequence[-1][1] += 1
        else:
            self.sequence.append([site, 1])
        count = self.counts[site] = self.counts.get(site, 0) + 1
        executed = count <= self.limit or self.sites[site]["silent"]
        self.clock.tick(executed)
        if executed:
            self._look(session, site, feed_dict)
            result = self.original(session, fetches, feed_dict, options, run_metadata)
            if count == 1:
                self._see_results(site, fetches, result)
            self.last[site] = copy.deepcopy(result)
            return result
        return copy.deepcopy(self.last[site])

    def _name_objects(self, frames):
        """Note which expressions of the program reach tensors, operations and variables."""
        roots = []
        for frame in frames:
            roots.extend(frame.f_locals.items())
        for frame in frames:
            roots.extend((k, v) for k, v in frame.f_globals.items() if not k.startswith("__"))
        found = reach.reached([roots], lambda path, value: reach.plain_children(path, value, self.places.is_own))
        for path, value in found.values():
            if type(value).__module__.startswith(("tensorflow", "tf_keras")):
                name = getattr(value, "name", None)
                if isinstance(name, str) and path not in self.names.setdefault(name, []):
                    self.names[name].append(path)

    def _site(self, key, frame, graph, fetches, feed_dict):
        fed = self._fed(graph, feed_dict)
        fetched = [self._fetch(graph, leaf, fed) for leaf in leaves(fetches)]
        feeds = [
            {"tensor": name, "shape": _shape(tensor), "kind": _kind(tensor), "examples": []}
            for name, (tensor, value) in fed.items()
            if value is not None
        ]
        return {
            "key": key,
            "file": self.places.relative(frame.f_code.co_filename),
            "line": frame.f_lineno,
            "fetches": fetched,
            "feeds": feeds,
            "trains": any(fetch["trains"] for fetch in fetched),
            "silent": all(fetch["silent"] for fetch in fetched),
        }

    def _fetch(self, graph, leaf, fed):
        own = elements(graph, leaf)
        tensors = [e for e in own if hasattr(e, "value_index")]
        closure = self._closure(graph, own, fed)
        trains = self._trains(closure)
        return {
            "name": own[0].name if own else str(leaf),
            "tensor": bool(tensors),
            "kind": _kind(tensors[0]) if tensors else None,
            "shape": None,
            "trains": trains,
            "silent": not trains and all(_is_silent(e) for e in own),
        }

    def _trains(self, closure):
        if any(group["op"] in closure for group in self.training.applied):
            return True
        variables = {v.op.name for v in self.variables if v.trainable}
        assigned = any(op.type in ASSIGNMENTS and variable_of(op.inputs[0]) in variables for op in closure)
        return assigned and any(True for _ in self._groups(closure))

    def _look(self, session, site, feed_dict):
        for feed in self.sites[site]["feeds"]:
            value = next((v for t, v in self._fed(session.graph, feed_dict).values() if t.name == feed["tensor"]), None)
            if value is not None and len(feed["examples"]) < EXAMPLES:
                array = np.asarray(value)
                feed["examples"].append({"shape": list(array.shape), "sketch": reach.sketch(array)})
        if not self.sites[site]["silent"] and not self.sketches:
            self._read_initial(session)

    def _read_initial(self, session):
        own = {v.name: v for v in self.variables if v.graph is session.graph}
        self.inside = True
        try:
            ready = self.original(session, {n: self.initial.check(v) for n, v in own.items()})
            values = self.original(session, {name: v for name, v in own.items() if ready[name]})
        finally:
            self.inside = False
        by_name = self._by_name()
        for name, value in values.items():
            fixed = is_deterministic(own[name], by_name)
            self.sketches[name] = {layout: reach.sketch(a) for layout, a in _layouts(value)} if fixed else None

    def _see_results(self, site, fetches, result):
        for fetch, value in zip(self.sites[site]["fetches"], result_leaves(fetches, result)):  # noqa: B905
            if fetch["tensor"] and not hasattr(value, "indices"):
                fetch["shape"] = list(np.shape(value))

    def document(self):
        """Everything discovered."""
        for site in self.sites:
            for item in site["fetches"]:
                item["names"] = self.names.get(item["name"], [])[:4]
            for item in site["feeds"]:
                item["names"] = self.names.get(item["tensor"], [])[:4]
        variables = [
            {
                "name": v.name,
                "shape": v.shape.as_list() if v.shape.ndims is not None else None,
                "kind": _kind(v),
                "trainable": bool(v.trainable),
                "names": self.names.get(v.name, [])[:4],
                "initial": self.sketches.get(v.name),
            }
            for v in self.variables
        ]
        return {
            "sites": self.sites,
            "sequence": self.sequence,
            "variables": variables,
            "stopped": self.stopped,
        }


def _is_silent(element):
    """Whether fetching shows no number that isn't a variable's: initialisers, assignments, summaries, variables."""
    if not hasattr(element, "value_index") or _kind(element) == "other":
        return True
    op = element.op
    while op.type in COPIES and op.inputs:
        op = op.inputs[0].op
    return op.type in VARIABLES + ASSIGNMENTS


def _kind(tensor):
    dtype = tensor.dtype.base_dtype
    return "f" if dtype.is_floating else "b" if dtype.is_bool else "i" if dtype.is_integer else "other"


def _shape(tensor):
    return None if tensor.shape.ndims is None else tensor.shape.as_list()


def _layouts(value):
    array = np.asarray(value)
    yield "same", array
    if array.ndim == 2:
        yield "T", array.T
    if array.ndim > 2:
        yield "HWIO", np.moveaxis(array, (-1, -2), (0, 1))
    yield "reshape", array.ravel()
