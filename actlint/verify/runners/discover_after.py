"""Learns what a program's functions take, give and train, and where its weights are, by running it as it is."""

from __future__ import annotations

import ast
import functools
import sys
import threading

import numpy as np

from . import instrument, passes, program, reach, record

EXAMPLES = 2
EXECUTIONS = 12
MOST_CALLS = 40000
MOST_LEAVES = 40
MOST_FORMS = 6
LOOKS = 30


class Hooks:
    """What a framework tells about its objects."""

    def array(self, value):
        """A value as an array, or None for what isn't numeric."""
        raise NotImplementedError

    def children(self, path, value, is_own):
        """What a value holds, as ``(path, value)``."""
        raise NotImplementedError

    def weight(self, value):
        """``(kind, array, trainable)`` of a weight, or None for another object."""
        raise NotImplementedError

    def build(self, value):
        """``(path of the layer, input shape)`` that make a weight exist, or None."""
        return None

    def age(self, value):
        """Rank of a weight's making, or None where it isn't known."""
        return None

    def watch(self, watcher):
        """Let optimizers and changes of weights report to the watcher."""
        raise NotImplementedError

    def changes(self, weights):
        """A number that grows when one of the weights is changed."""
        return 0


class Watcher:
    """State of one observed program.

    Args:
        hooks: the framework's `Hooks`.
        clock: the program's budget.
    """

    def __init__(self, hooks, clock):
        self.hooks, self.clock = hooks, clock
        self.user = None
        self.functions, self.numbers, self.sequence = [], {}, []
        self.local_values, self.assigned, self.weights = {}, {}, {}
        self.stacks = threading.local()
        self.inline, self.applying, self.steps, self.entries = {}, 0, 0, 0
        self.truncated, self.stopped = False, False

    # what instrumented code calls

    def seen(self, name, parameters, method):
        """Decorator of every function."""

        def decorate(function):
            if name not in self.numbers:
                self.numbers[name] = len(self.functions)
                self.functions.append(_Function(name))

            called = instrument.callable_as(function, method)

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return self._call(self.functions[self.numbers[name]], parameters, called, args, kwargs)

            return instrument.alike(wrapper, function)

        return decorate

    def local(self, function, name, value):
        """A local variable has been assigned, or a parameter passed."""
        self.local_values[function, name] = value
        self.assigned[function, name] = self.assigned.get((function, name), 0) + 1

    def applied(self, count=1):
        """An optimizer has changed weights."""
        if self.applying:
            return
        self.steps += count
        stack = self._stack()
        place = self._place()
        if stack:
            stack[-1].direct += count
        if place is not None:
            key = place + (stack[-1].name if stack else "",)
            self.inline[key] = self.inline.get(key, 0) + count

    def _stack(self):
        if not hasattr(self.stacks, "stack"):
            self.stacks.stack = []
        return self.stacks.stack

    def _place(self):
        frame = sys._getframe(2)
        while frame is not None:
            file = self.user.relative(frame.f_code.co_filename)
            if file is not None:
                return file, frame.f_lineno
            frame = frame.f_back
        return None

    def _call(self, function, parameters, original, args, kwargs):
        if self.clock.over():
            self.stopped = True
            raise program.Stop()
        stack = self._stack()
        self._log(function, len(stack))
        function.count += 1
        single = function.direct or function.steps == {1}
        if single and function.executed >= EXECUTIONS and function.last is not None:
            self.steps += max(function.steps)
            return function.last[0]
        function.executed += 1
        example = self._example(function, parameters, args, kwargs)
        self.entries += 1
        if not self.steps and (self.entries <= LOOKS or self.entries & (self.entries - 1) == 0):
            self.look()
        before, changed = self.steps, self.hooks.changes(self.weights)
        stack.append(function)
        try:
            result = original(*args, **kwargs)
        finally:
            stack.pop()
        if self.steps == before and self.hooks.changes(self.weights) > changed:
            self.applied_by(function)
        function.steps.add(self.steps - before)
        if example is not None:
            example["results"] = self._leaves(result)
            function.calls.append(example)
        function.last = (result,)
        return result

    def _example(self, function, parameters, args, kwargs):
        """The first calls, and later ones whose arguments have other forms."""
        form = self._form(args), self._form(kwargs)
        if function.forms.get(form, 0) >= EXAMPLES or len(function.forms) > MOST_FORMS:
            return None
        function.forms[form] = function.forms.get(form, 0) + 1
        return {"arguments": self._arguments(parameters, args, kwargs), "results": []}

    def _form(self, value):
        if isinstance(value, dict):
            return tuple((str(key), self._form(inner)) for key, inner in value.items())
        if isinstance(value, (list, tuple)):
            return tuple(self._form(inner) for inner in value[:MOST_LEAVES])
        shape = getattr(value, "shape", None)
        return str(type(value)) if shape is None else str(tuple(shape))

    def applied_by(self, function):
        """A function has changed weights by hand."""
        self.steps += 1
        function.direct += 1

    def _log(self, function, depth):
        if len(self.sequence) < MOST_CALLS:
            self.sequence.append([self.numbers[function.name], depth])
        else:
            self.truncated = True

    # values

    def _arguments(self, parameters, args, kwargs):
        named = [(parameters[i] if i < len(parameters) else f"*{i}", v) for i, v in enumerate(args)]
        named += list(kwargs.items())
        return [{"name": name, "leaves": self._leaves(value)} for name, value in named if name not in ("self", "cls")]

    def _leaves(self, value, name=""):
        if isinstance(value, dict):
            return [leaf for key, inner in value.items() for leaf in self._leaves(inner, str(key))][:MOST_LEAVES]
        if isinstance(value, (list, tuple)):
            names = getattr(value, "_fields", [""] * len(value))
            pairs = zip(names, value)  # noqa: B905
            return [leaf for own, inner in pairs for leaf in self._leaves(inner, own)][:MOST_LEAVES]
        array = self.hooks.array(value)
        if array is None:
            return [{"name": name, "kind": None, "shape": None, "sketch": None}]
        return [{"name": name, "kind": reach.kind(array), "shape": list(array.shape), "sketch": reach.sketch(array)}]

    # weights

    def _roots(self):
        """Groups of ``(path, value)``, those first whose paths will mean the same in another execution."""
        return [list(self._globals())] + self._locals()

    def _globals(self):
        for name, value in list(vars(self.user.module).items()):
            if not name.startswith("__"):
                yield name, value
        for name, module in self.user.modules().items():
            for inner, value in list(vars(module).items()):
                if not inner.startswith("__"):
                    yield f"{name}.{inner}", value

    def _locals(self):
        groups = [[], [], []]
        for (function, name), value in list(self.local_values.items()):
            group = 2 if self.assigned[function, name] > 1 else 1 if function.endswith("__init__") else 0
            groups[group].append((f"{function}.{name}", value))
        return groups

    def look(self, last=False):
        """Find the weights that there are; `last` puts them in order too."""

        def children(path, value):
            if isinstance(value, type) or callable(value) and hasattr(value, "__code__"):
                return []
            return self.hooks.children(path, value, self.user.is_own)

        groups = self._roots()
        for key, (path, value) in reach.reached(groups, children).items():
            found = self.hooks.weight(value)
            if found is None:
                continue
            known = self.weights.get(key)
            if known is None:
                kind, array, trainable = found
                self.weights[key] = known = {
                    "object": value,
                    "kind": kind,
                    "shape": list(array.shape),
                    "dtype": reach.kind(array),
                    "trainable": bool(trainable),
                    "initial": None if self.steps else reach.sketch(array),
                    "build": self.hooks.build(value),
                }
            known["path"] = path
        if last:
            order = reach.in_order([root for group in groups for root in group], children)
            for key, weight in self.weights.items():
                age = self.hooks.age(weight["object"])
                weight["order"] = order.get(key, len(order)) if age is None else age

    def document(self):
        """Everything discovered."""
        weights = sorted(self.weights.values(), key=lambda weight: weight["order"])
        return {
            "functions": [f.document() for f in self.functions],
            "sequence": self.sequence,
            "weights": [{k: v for k, v in weight.items() if k != "object"} for weight in weights],
            "inline": [list(key) + [count] for key, count in self.inline.items()],
            "stopped": self.stopped or self.truncated,
        }


class _Function:
    def __init__(self, name):
        self.name, self.calls, self.forms, self.steps = name, [], {}, set()
        self.count, self.executed, self.direct, self.last = 0, 0, 0, None

    def document(self):
        return {"name": self.name, "calls": self.calls, "count": self.count, "steps": sorted(self.steps)}


def transform(file, text):
    """Instrument every function of a file, its parameters and every assigned local name."""
    tree = ast.parse(text)
    names = instrument.functions(tree)
    locals_ = {}

    def walk(node, path):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                walk(child, path + [child.name])
                continue
            if isinstance(child, ast.Lambda):
                continue
            function = ".".join(path)
            if function in names and isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                locals_.setdefault(function, set()).add(child.id)
            elif function in names and isinstance(child, ast.arg):
                locals_.setdefault(function, set()).add(child.arg)
            walk(child, path)

    walk(tree, [])
    called = {name for name in names if not name.endswith("__") or name.endswith("__call__")}
    return instrument.Names(called, {}, locals_).visit(tree)


def conduct(job, hooks):
    """Run the job's program and record what was seen."""

    def observe(job):
        program.isolate(job)
        watcher = Watcher(hooks, program.Clock(job["budget"]))
        names = {instrument.CALL: watcher.seen, instrument.LOCAL: watcher.local}
        user = watcher.user = program.Program(job, transform, names)
        hooks.watch(watcher)
        failure = user.run()
        if failure:
            program.write_failure(job, failure)
            return
        watcher.look(last=True)
        record.save(job["results"], passes.label(job["mode"], job["pass"]), watcher.document(), record.Arrays())

    passes.each(job, observe)


def as_numeric(value):
    """A Python or numpy value as a numeric array, or None."""
    if not isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "fiub" else None
