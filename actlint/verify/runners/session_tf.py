"""Watches a TF1 program's sessions: bounds its runs, and records what each executed run takes and gives."""

from __future__ import annotations

import copy
import sys
import threading

import numpy as np

from .companions import Companions
from .graph_tf import (
    VARIABLES,
    dense,
    elements,
    is_fetchable,
    is_repeatable,
    is_smooth,
    leaves,
    narrow,
    needed,
    reads_variable,
    result_leaves,
    variable_of,
)
from .program import Narrow, Stop
from .training_tf import Training, slots
from .values_tf import InitialValues

STEPS = (1, 3, 10)
MOST_BYTES = 1 << 30
PERTURBATION = 0.01
TURNS = 3


class Recorder:
    """State of one recorded program.

    Args:
        plan: placeholders, probes, runs and weights.
        noise: a `GraphNoise`.
        arrays: where arrays are kept.
        clock: the program's budget.
        limit: executions of one site.
        changed: number of the hyper-parameter that is to be changed, if any.
    """

    def __init__(self, plan, noise, arrays, clock, limit, changed=None):
        self.plan, self.noise, self.arrays, self.clock, self.limit = plan, noise, arrays, clock, limit
        self.ids = [p["id"] for p in plan["placeholders"]] + [p["id"] for p in plan["probes"]]
        self.roles = {p["id"]: p["role"] for p in plan["probes"]}
        self.tensors = {name: [] for name in self.ids}
        self.nth = {p["id"]: p["nth"] for p in plan["placeholders"] if "nth" in p}
        self.made = {name: [] for name in self.nth}
        self.local = threading.local()
        self.variables, self.training = [], Training(changed)
        self.calls, self.runs, self.last, self.counts = [], [], {}, {}
        self.scalars, self.turns = {}, {}
        self.closures = {}
        self.train_steps, self.final, self.final_step = 0, {}, -1
        self.stopped, self.notes, self.inside = False, [], False
        self.initial = InitialValues(len(plan["weights"]), self._array, self.notes)
        self.original, self.until, self.synthetic, self.widened = None, None, None, False
        self.places, self.companions = None, None
        self.by_key = {run["key"]: site for site, run in enumerate(plan["runs"]) if "key" in run}

    # what instrumented code calls

    def probe(self, index, value):
        """Remember the tensor that an expression of the plan yields."""
        ident = self.ids[index]
        known = self.tensors[ident]
        if ident in self.nth and self._place(self.made[ident], value) != self.nth[ident]:
            return value
        if hasattr(value, "op") and hasattr(value, "graph") and not any(value is k for k in known):
            known.append(value)
        return value

    def _place(self, made, value):
        """How many tensors an expression had yielded before this one."""
        place = next((number for number, known in enumerate(made) if known is value), len(made))
        if place == len(made):
            made.append(value)
        return place

    def enter(self, site):
        """A run expression begins."""
        stack = self._stack()
        stack.append([site, False])
        return len(stack)

    def exit(self, depth, value):
        """A run expression has been evaluated."""
        del self._stack()[depth - 1 :]
        return value

    def _stack(self):
        if not hasattr(self.local, "stack"):
            self.local.stack = []
        return self.local.stack

    def _take_site(self, graph, fetches, feed_dict):
        if self.by_key:
            return self._site_by_key(graph, fetches, feed_dict)
        stack = self._stack()
        if not stack or stack[-1][1]:
            return None
        stack[-1][1] = True
        return stack[-1][0]

    def _site_by_key(self, graph, fetches, feed_dict):
        frames = self.places.frames()
        if not frames:
            return None
        site = self.by_key.get(self.places.key(frames[0], graph, fetches, feed_dict))
        if site is None:
            self._note_unknown(frames[0])
        for item in self.plan["placeholders"]:
            for name in item.get("tensors", ()):
                self._remember(item["id"], elements(graph, name))
        return site

    def _remember(self, name, tensors):
        known = self.tensors[name]
        known.extend(t for t in tensors if not any(t is k for k in known))

    def _note_unknown(self, frame):
        text = (
            f"{self.places.relative(frame.f_code.co_filename)}:{frame.f_lineno} makes a run that the map doesn't hold"
        )
        if text not in self.notes:
            self.notes.append(text)

    # variables

    def variable_created(self, variable):
        """A variable has joined the collection of global variables."""
        if self.training.depth == 0 and not _is_rate() and not any(variable is v for v in self.variables):
            self.variables.append(variable)

    def weights(self, graph=None):
        """``index in the plan's weights -> variable``, of one graph or of all."""
        out = {}
        for index, weight in enumerate(self.plan["weights"]):
            order = weight["order"]
            if order < len(self.variables) and (graph is None or self.variables[order].graph is graph):
                out[index] = self.variables[order]
        return out

    def _by_name(self):
        return {v.op.name: v for v in self.variables}

    # runs

    def run(self, session, fetches, feed_dict=None, options=None, run_metadata=None):
        """Stands for ``Session.run``."""
        site = None if self.inside else self._take_site(session.graph, fetches, feed_dict)
        if self.inside or site is None or self.plan["runs"][site]["callable"] is None:
            if self.synthetic and not self.inside:
                self.synthetic.refuse(feed_dict)
            result = self.original(session, fetches, feed_dict, options, run_metadata)
            if not self.inside:
                self._notice(session.graph, fetches, feed_dict)
            return result
        if self.clock.over() or self._is_enough():
            self.stopped = True
            raise Stop()
        kind = self._kind(site, fetches)
        executed = self._is_executed(kind, feed_dict)
        self.clock.tick(executed)
        if executed:
            for key in {site, kind}:
                self.counts[key] = self.counts.get(key, 0) + 1
            self.inside = True
            try:
                result = self._execute(session, site, fetches, feed_dict, options, run_metadata)
            except BaseException:
                for key in {site, kind}:
                    self.counts[key] -= 1
                raise
            finally:
                self.inside = False
            self.last[kind] = copy.deepcopy(result)
        if self.calls and self.calls[-1][:2] == [site, executed]:
            self.calls[-1][2] += 1
        else:
            self.calls.append([site, executed, 1])
        return copy.deepcopy(self.last[kind]) if not executed else result

    def _is_enough(self):
        return self.until is not None and all(self.counts.get(int(s), 0) >= n for s, n in self.until.items())

    def _kind(self, site, fetches):
        """The site, and what is fetched where that is picked by the program."""
        if not self.plan["runs"][site].get("others"):
            return site
        return site, tuple(str(getattr(leaf, "name", leaf)) for leaf in leaves(fetches))

    def _is_executed(self, site, feed_dict):
        """Whether a run is within the limit, or beyond it the first after a fed number has changed, as schedules do."""
        scalars = _scalars(feed_dict)
        turned, self.scalars[site] = self.scalars.get(site, scalars) != scalars, scalars
        if self.counts.get(site, 0) < self.limit:
            return True
        self.turns[site] = self.turns.get(site, 0) + turned
        return turned and self.turns[site] <= TURNS

    def _notice(self, graph, fetches, feed_dict):
        """Note what a run without counterpart does to weights."""
        fed, weights = self._fed(graph, feed_dict), self.weights(graph)
        starts = [e for leaf in leaves(fetches) for e in elements(graph, leaf)]
        self.initial.notice_assignments(weights, needed(starts, fed), fed)
        self.initial.notice_initialisation(weights, starts)

    def _execute(self, session, site, fetches, feed_dict, options, run_metadata):
        graph, plan, origins = session.graph, self.plan["runs"][site], {}
        if self.synthetic:
            feed_dict, origins = self.synthetic.replace(graph, feed_dict, len(self.runs))
        fed = self._fed(graph, feed_dict)
        starts = [e for leaf in leaves(fetches) for e in elements(graph, leaf)]
        operations = self._closure(graph, starts, fed)
        drawn = self._companions(graph, operations, fed)
        operations = operations | needed(drawn, fed) if drawn else operations
        below = narrow(operations) if self.widened else None
        if below is not None:
            raise Narrow(below.type)
        captured = self.initial.capture(session, self.weights(graph), self._by_name(), self.original)
        record = {"site": site, "ordinal": self.counts[site], "captured": captured}
        applied = [g for g in self.training.applied if g["op"] in operations]
        trains = bool(applied) or bool(plan.get("trains"))
        self.train_steps += trains
        record.update(step=self.train_steps, train=trains, gradients=False)
        extras = self._extras(record, graph, operations, fed, applied)
        extras.update((("draw", number), tensor) for number, tensor in enumerate(drawn))
        gradients = self._gradients_first(graph, operations, applied, fed)
        racing = self._racing(graph, fetches, extras, operations, fed, bool(gradients)) if trains else {}
        extras = {key: extra for key, extra in extras.items() if key not in racing}
        self.noise.start(len(self.runs), operations)
        early = self.original(session, {**racing, **gradients}, feed_dict) if racing or gradients else {}
        self.noise.start(len(self.runs), operations)
        feed_dict = {**(feed_dict or {}), **{tensor: early.pop(key) for key, tensor in gradients.items()}}
        try:
            result, values = self.original(session, [fetches, extras], feed_dict, options, run_metadata)
        finally:
            record["noise"] = self.noise.stop()
        flat = result_leaves(fetches, result)
        record["fetches"] = [self._array(early.get(("fetch", place), leaf)) for place, leaf in enumerate(flat)]
        record["smooth"] = self._smooth(graph, fetches, fed)
        self._keep_extras(record, {**early, **values}, graph)
        record["feeds"] = self._parameters(plan, graph, fed, {**early, **values})
        record["origins"] = self._origins(plan, origins)
        if trains and self.counts[site] in STEPS:
            record["variables"] = self._read(session, graph)
            record["slots"] = self._read_slots(session, graph, applied)
        if gradients:
            self._note(
                f"TF1 doesn't order the updates of {plan['site']}; compared as if all gradients were taken first"
            )
        else:
            self._note_race(plan["site"], sorted(key[1] for key in racing if key[0] == "fetch"))
        self.runs.append(record)
        return result

    def _companions(self, graph, operations, fed):
        """Draws that the rewritten program makes though this run doesn't need them."""
        if self.companions is None and self.places is not None:
            self.companions = Companions(self.places.relative)
        return self.companions.of(graph, self.noise.operations, operations, fed) if self.companions else []

    def _extras(self, record, graph, operations, fed, applied):
        """What is fetched along with the user's own fetches, by key."""
        extras = {}
        if self.arrays.bytes < MOST_BYTES:
            self._ask_probes(extras, graph, operations, fed)
        self._ask_inputs(extras, record["site"], graph, operations, fed)
        if record["train"]:
            self._ask_loss(extras, operations, fed)
            if record["ordinal"] in STEPS:
                self._ask_gradients(extras, graph, operations, applied)
            if record["ordinal"] == 1:
                self._ask_perturbations(extras, graph, operations)
        return extras

    def _gradients_first(self, graph, operations, applied, fed):
        """The gradients of a run with several updates, or with updates that nothing keeps from coming too early.

        TF1 leaves open whether a variable is updated before the gradients that depend on it have been taken. They are
        all taken in a run before it, and fed to it.
        """
        gated = all(group["gated"] for _, group in self._groups(operations))
        if not applied or len(applied) == 1 and gated:
            return {}
        found = [part for group in applied for gradient in group["gradients"] for part in _parts(gradient)]
        found = [part for part in found if part.name not in fed and is_fetchable(part)]
        return {("given", t.name): t for t in found} if is_repeatable(self._closure(graph, found, fed)) else {}

    def _racing(self, graph, fetches, extras, operations, fed, everything):
        """Fetched tensors that compute from variables apart from the gradients; or `everything` that is fetched.

        TF1 leaves open whether they do so before or after the update. They are taken before it, as eager code computes
        them, in a run of their own.
        """
        gradients = [g for _, group in self._groups(operations) for g in group["gradients"] if g is not None]
        path = needed([_op(g) for g in gradients], fed)
        candidates = {key: tensor for key, tensor in extras.items() if everything or key[0] in ("probe", "loss")}
        for place, leaf in enumerate(leaves(fetches)):
            tensors = [t for t in elements(graph, leaf) if hasattr(t, "value_index")]
            if len(tensors) == 1 and tensors[0].op.type not in VARIABLES:
                candidates["fetch", place] = tensors[0]
        if everything:
            return candidates
        racing = {}
        for key, tensor in candidates.items():
            own = self._closure(graph, [tensor], fed)
            if gradients and reads_variable(own - path) and is_repeatable(own):
                racing[key] = tensor
        return racing

    def _note_race(self, site, places):
        if not places:
            return
        listed = ", ".join(str(place) for place in places)
        self._note(f"TF1 doesn't order value {listed} of {site} against the update; compared as before it")

    def _note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def _smooth(self, graph, fetches, fed):
        return [is_smooth(self._closure(graph, elements(graph, leaf), fed)) for leaf in leaves(fetches)]

    def _closure(self, graph, starts, fed):
        key = (id(graph), tuple(s.name for s in starts), tuple(sorted(fed)))
        if key not in self.closures:
            self.closures[key] = needed(starts, fed)
        return self.closures[key]

    def _fed(self, graph, feed_dict):
        fed = {}
        for key, value in (feed_dict or {}).items():
            tensors = elements(graph, key)
            if len(tensors) == 1 and hasattr(tensors[0], "op"):
                fed[tensors[0].name] = (tensors[0], value)
            else:
                fed.update({t.name: (t, None) for t in tensors})
        return fed

    def _parameters(self, plan, graph, fed, values):
        out = {}
        for parameter, name in plan.get("parameters", {}).items():
            feeds = []
            for tensor in self.tensors.get(name, []):
                if tensor.graph is graph and tensor.name in fed and fed[tensor.name][1] is not None:
                    array = np.asarray(fed[tensor.name][1], dtype=tensor.dtype.as_numpy_dtype)
                    feeds.append(self._array(array))
                elif ("input", tensor.name) in values:
                    feeds.append(self._array(values["input", tensor.name]))
            if feeds:
                out[parameter] = feeds
        return out

    def _origins(self, plan, origins):
        """How each made-up feed of a parameter was derived in the program; False where it wasn't made up."""
        out = {}
        for parameter, name in plan.get("parameters", {}).items():
            known = [origins.get(tensor.name, False) for tensor in self.tensors.get(name, [])]
            if any(origin is not False for origin in known):
                out[parameter] = [self._array(o) if isinstance(o, np.ndarray) else o for o in known]
        return out

    def _array(self, value):
        if value is None or isinstance(value, (str, bytes)):
            return None
        array = np.asarray(value)
        return self.arrays.add(array) if array.dtype.kind in "fiubc" else None

    # extra fetches

    def _ask_inputs(self, extras, site, graph, operations, fed):
        """Tensors that the rewrite passes though TF1 isn't fed them: placeholders' defaults, a data set's elements."""
        for name in self.plan["runs"][site].get("parameters", {}).values():
            for tensor in self.tensors.get(name, []):
                if (
                    tensor.graph is graph
                    and tensor.name not in fed
                    and tensor.op in operations
                    and is_fetchable(tensor)
                ):
                    extras["input", tensor.name] = tensor

    def _ask_probes(self, extras, graph, operations, fed):
        for name, role in self.roles.items():
            for number, tensor in enumerate(self.tensors[name]):
                if role == "fed" or tensor.graph is not graph or not hasattr(tensor, "value_index"):
                    continue
                if tensor.name in fed or tensor.op not in operations or not is_fetchable(tensor):
                    continue
                if tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool:
                    extras["probe", name, number] = tensor

    def _groups(self, operations):
        for number, group in enumerate(self.training.raw):
            gradients = [g for g in group["gradients"] if g is not None]
            if gradients and all(_op(g) in operations for g in gradients):
                yield number, group

    def _ask_loss(self, extras, operations, fed):
        for number, group in self._groups(operations):
            for place, y in enumerate(group["ys"]):
                if y.name not in fed and y.op in operations and is_fetchable(y):
                    extras["loss", number, place] = y

    def _ask_gradients(self, extras, graph, operations, applied):
        names = {v.op.name: index for index, v in self.weights(graph).items()}
        groups = [("raw", number, g["xs"], g["gradients"]) for number, g in self._groups(operations)]
        groups += [("applied", number, g["variables"], g["gradients"]) for number, g in enumerate(applied)]
        for kind, number, sources, gradients in groups:
            for place, source in enumerate(sources):
                name, gradient = variable_of(source), gradients[place]
                if name in names and (gradient is None or _op(gradient) in operations):
                    extras[kind, number, names[name]] = [] if gradient is None else gradient

    def _ask_perturbations(self, extras, graph, operations):
        """Gradients of 1 % of each loss term, to learn whether such a change would be noticed."""
        names = [name for name, role in self.roles.items() if role == "loss term"]
        terms = [(name, place, t) for name in names for place, t in enumerate(self.tensors[name])]
        terms = [t for t in terms if ("probe",) + t[:2] in extras and t[2].dtype.is_floating]
        for number, group in self._groups(operations):
            weights = {v.op.name: index for index, v in self.weights(graph).items()}
            xs = [x for x in group["xs"] if variable_of(x) in weights]
            for name, place, term in terms:
                for index, change in self._change(graph, group, term, xs, weights):
                    extras["change", name, place, number, index] = change

    def _change(self, graph, group, term, xs, names):
        finalized = graph.finalized
        if finalized:
            graph._unsafe_unfinalize()
        try:
            with graph.as_default(), graph.name_scope("actlint/"):
                upstream = group["differentiate"](group["ys"], [term], None)[0]
                if upstream is None:
                    return []
                changes = group["differentiate"]([term], xs, [upstream])
        except (LookupError, TypeError, ValueError):
            return []
        finally:
            if finalized:
                graph.finalize()
        return [(names[variable_of(xs[i])], change) for i, change in enumerate(changes) if change is not None]

    def _keep_extras(self, record, values, graph):
        probes, raw, applied, changes, losses = {}, {}, {}, {}, []
        variables = self.weights(graph)
        for key, value in values.items():
            if key[0] == "probe":
                probes.setdefault(key[1], []).append(self._array(value))
            elif key[0] == "loss":
                losses.append(float(np.sum(value)))
            elif key[0] in ("raw", "applied"):
                shape = variables[key[2]].shape.as_list()
                kept = None if isinstance(value, list) else self._array(dense(value, shape))
                (raw if key[0] == "raw" else applied).setdefault(str(key[2]), []).append(kept)
            elif key[0] == "change":
                size = float(np.max(np.abs(dense(value, variables[key[4]].shape.as_list())), initial=0.0))
                changes[key[1]] = max(changes.get(key[1], 0.0), PERTURBATION * size)
        record.update(probes=probes, raw=raw, applied=applied, changes=changes, losses=losses)
        record["gradients"] = bool(raw or applied)

    # variables' values

    def _read(self, session, graph):
        captured = {i: v for i, v in self.weights(graph).items() if i in self.initial.captured}
        return {str(i): self._array(v) for i, v in self.original(session, captured).items()}

    def _read_slots(self, session, graph, applied):
        """Slots by the name that TF1's optimizer gives them, then by weight."""
        names = {v.op.name: index for index, v in self.weights(graph).items()}
        wanted = {key: slot for group in applied for key, slot in slots(group, names).items()}
        if not wanted:
            return {}
        found = {}
        for (name, index), value in self.original(session, wanted).items():
            found.setdefault(name, {})[str(index)] = self._array(value)
        return found

    def read_final(self, session):
        """Keep the variables' last values, when the session has run something since they were read."""
        if self.final_step < len(self.runs) and self.runs and not self.inside:
            self.inside = True
            try:
                self.final = self._read(session, session.graph)
                self.final_step = len(self.runs)
            except RuntimeError:
                pass
            finally:
                self.inside = False

    def document(self):
        """Everything recorded, for `record.save`."""
        known = {weight["order"] for weight in self.plan["weights"]}
        missing = [v.name for order, v in enumerate(self.variables) if order not in known and v.trainable]
        self.notes += [f"variable '{name}' isn't compared" for name in missing]
        return {
            "calls": self.calls,
            "runs": self.runs,
            "final": self.final,
            "steps": self.train_steps,
            "stopped": self.stopped,
            "seconds": self.clock.spent(),
            "counts": {str(site): count for site, count in self.counts.items() if isinstance(site, int)},
            "variables": [v.name for v in self.variables],
            "notes": self.notes,
            "hyper": self.training.hyper,
            "draws": self.initial.draws,
            "unkeyed": self.noise.unkeyed,
        }


def _is_rate():
    """Whether a variable is being made by tf.contrib's `optimize_loss`, which keeps the learning rate in one."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "optimize_loss" and "contrib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _scalars(feed_dict):
    """The numbers among what is fed, by name."""
    fed = {getattr(key, "name", str(key)): value for key, value in (feed_dict or {}).items()}
    return {name: float(value) for name, value in fed.items() if isinstance(value, (bool, int, float, np.number))}


def _op(gradient):
    return gradient.values.op if hasattr(gradient, "indices") else gradient.op


def _parts(gradient):
    """The tensors that a gradient consists of."""
    if gradient is None:
        return []
    return [gradient.values, gradient.indices] if hasattr(gradient, "indices") else [gradient]
