"""Lets stand-ins come in where a program's data isn't there, and keeps the program's own control flow.

Assignments, returns, calls, loops' and with-blocks' expressions and imports of the user's files are guarded. Where one
fails because something outside the program is missing, stand-ins take the place of its result: at the outermost guarded
statement below which no graph and no model is built, so that both sides of a proof do it at the same place.
"""

from __future__ import annotations

import ast
import copy
import http.client
import os
import signal
import sys
import time

from . import outline as outlines
from . import passes, stand

ABSENT = "__actlint_absent__"
STAND = "__actlint_stand__"
CHAIN = 6
PRESENT = (FileExistsError, BrokenPipeError, InterruptedError, ChildProcessError)
TICK = 0.5
HOST_ERRORS = (NameError, SyntaxError, stand.StandError, MemoryError, RecursionError)

TENSORFLOW = "tensorflow.python."
UNBROKEN = (TENSORFLOW + "framework", TENSORFLOW + "ops", TENSORFLOW + "client", f"{__package__}.session_tf")
"""Modules that make, run or record a graph: an exception in between would leave it damaged, or the run out."""


class Slow(OSError):
    """Set-up takes too long."""


class Guard:
    """Instruments a program's files, and decides where stand-ins come in.

    Args:
        root: the program's root folder.
        relative: ``path -> path relative to the root, or None``.
    """

    def __init__(self, root, relative):
        self.root, self.relative = root, relative
        self.home = stand.Home()
        self.outlines, self.guards, self.noted = {}, [], []
        self._paths, self._marker = {}, None
        stand.install_numpy(self.home, self._file)

    def names(self):
        """What guarded code calls, by name."""
        return {ABSENT: self.absent, STAND: self.stand}

    def is_local(self, name):
        """Whether a top-level module is one of the program's files."""
        folders = {os.path.dirname(os.path.join(self.root, file)) for file in self.outlines} | {self.root}
        paths = [os.path.join(folder, name) for folder in folders]
        return any(os.path.isfile(path + ".py") or os.path.isdir(path) for path in paths)

    def instrument(self, file, tree):
        """Guard the statements of one file's tree."""
        self.outlines[file] = None
        outline = self.outlines[file] = outlines.Outline(file, tree, self.is_local)
        return ast.fix_missing_locations(_Inserter(self.guards, outline).visit(tree))

    # what guarded code calls

    def absent(self, index):
        """Whether the exception being handled is to be answered by a stand-in, here."""
        error, guard = sys.exc_info()[1], self.guards[index]
        frame = sys._getframe(1)
        if guard.module is not None:
            return self._module_missing(error, guard.module) and not self._handled(frame, error)
        inner = self._inner(error.__traceback__, frame)
        if not (self._missing(error) or self._caused(error, guard, frame, inner)):
            return False
        return self._outermost(frame, inner, error) is frame

    def stand(self, index, name=None):
        """The stand-in for a guarded statement's result, or for one imported name."""
        error, guard = sys.exc_info()[1], self.guards[index]
        label = name or guard.label
        made = self.home.root(label)
        if not any(entry["label"] == label and entry["line"] == guard.first for entry in self.noted):
            why = why_missing(error)
            entry = {"label": label, "file": guard.file, "line": guard.first, "why": why, "module": guard.module}
            self.noted.append(entry)
        if isinstance(error, Slow):
            with open(self._marker, "w", encoding="utf-8") as stream:
                stream.write(label)
        return made

    # decisions

    def _module_missing(self, error, module):
        if not isinstance(error, ImportError):
            return False
        top, missing = module.split(".")[0], error.name or module
        if module.startswith("tensorflow.examples"):
            return True
        if top in outlines.FRAMEWORKS or missing.split(".")[0] in outlines.FRAMEWORKS:
            return False
        return not self.is_local(top)

    def _missing(self, error):
        for _ in range(CHAIN):
            if isinstance(error, (OSError, http.client.HTTPException)):
                return not isinstance(error, PRESENT)
            if isinstance(error, ImportError):
                top = (error.name or "").split(".")[0]
                return bool(top) and top not in outlines.FRAMEWORKS and not self.is_local(top)
            error = error.__cause__ or error.__context__
            if error is None:
                return False
        return False

    def _caused(self, error, guard, frame, inner):
        """Whether a failure comes from an earlier stand-in."""
        if not self.home.made or isinstance(error, HOST_ERRORS):
            return False
        values = [scope[name] for name in guard.names for scope in (frame.f_locals, frame.f_globals) if name in scope]
        values += [value for f in inner for value in list(f.f_locals.values())]
        return any(stand.holds(value, 2) for value in values)

    def involved(self, error):
        """Whether values held by the frames of a failure are stand-ins."""
        frames = self._inner(error.__traceback__, None)
        local = [f for f in frames if f.f_code.co_name != "<module>"]
        values = [value for f in local for value in list(f.f_locals.values())]
        values += [f.f_globals[n] for f in frames if f not in local for n in f.f_code.co_names if n in f.f_globals]
        return bool(self.home.made) and any(stand.holds(value, 2) for value in values)

    def _file(self, frame):
        path = frame.f_code.co_filename
        if path not in self._paths:
            self._paths[path] = self.relative(path) if os.path.isabs(path) else None
        return self._paths[path] if self.outlines.get(self._paths[path]) else None

    def _inner(self, traceback, frame):
        """The user's frames of a traceback, without the given one."""
        frames = []
        while traceback is not None:
            if traceback.tb_frame is not frame and self._file(traceback.tb_frame):
                frames.append(traceback.tb_frame)
            traceback = traceback.tb_next
        return frames

    def _function(self, frame):
        return self.outlines[self._file(frame)].function_at(frame.f_lineno)

    def _guard_at(self, frame, names):
        """The guarded statement that a frame is in, if it may be stood in for."""
        file, line, function = self._file(frame), frame.f_lineno, self._function(frame)
        own = [g for g in self.guards if g.file == file and g.function is function and g.first <= line <= g.last]
        own = [g for g in own if g.module is None and not g.marked and not g.calls & names]
        return max(own, key=lambda g: g.first) if own else None

    def _outermost(self, frame, inner, error):
        """The outermost frame with a guard below which nothing is built, or None where the user's code handles it."""
        found, names = outlines.building([o for o in self.outlines.values() if o is not None])
        below = [self._function(f) for f in inner]
        chosen, passed = None, []
        while frame is not None:
            if self._file(frame):
                if any(f in found or (f.name == "<module>") for f in below):
                    break
                passed.append(frame)
                if self._guard_at(frame, names):
                    if any(self._handled(f, error) for f in passed):
                        return None
                    chosen = frame
                below = [self._function(frame)]
            frame = frame.f_back
        return chosen

    def _handled(self, frame, error):
        """Whether a ``try`` of the user's around a frame's current statement takes the exception."""
        function, line = self._function(frame), frame.f_lineno
        for caught in self.outlines[self._file(frame)].tries:
            if caught.function is not function or not caught.first <= line <= caught.last:
                continue
            for kind in caught.types:
                taken = _evaluated(kind, frame)
                if isinstance(error, taken) and (caught.broad_counts or not _is_broad(taken)):
                    return True
        return False

    # slow set-up

    def watch(self, job, first, waiting):
        """After half of the budget, raise `Slow` inside the user's data code for as long as no run has been reached.

        A machine that is busy with other work gets half as much time again: what counts is the work that was done.

        Args:
            job: the launcher's job.
            first: whether this is the original's side; the other side does it only where that one did.
            waiting: whether no run has been reached.
        """
        worked, latest = time.process_time(), time.monotonic() + 0.75 * job["budget"]
        marker = self._marker = passes.outcome(dict(job, mode="before"), job["pass"], "slow")

        def tick(number, frame):
            if not waiting():
                signal.setitimer(signal.ITIMER_REAL, 0)
                return
            if time.process_time() - worked < job["budget"] / 4 and time.monotonic() < latest:
                return
            while frame is not None and not self._file(frame):
                if frame.f_globals.get("__name__", "").startswith(UNBROKEN):
                    return
                frame = frame.f_back
            error = Slow("it takes too long")
            if frame is not None and (first or os.path.exists(marker)) and self._outermost(frame, [], error):
                raise error

        signal.signal(signal.SIGALRM, tick)
        signal.setitimer(signal.ITIMER_REAL, job["budget"] / 2, min(TICK, job["budget"] / 8))


def why_missing(error):
    """What is missing, in a few words."""
    first = error
    for _ in range(CHAIN):
        if isinstance(error, Slow):
            return "it takes too long"
        if isinstance(error, ImportError):
            return f"no module {error.name!r}" if error.name else str(error)
        if isinstance(error, FileNotFoundError) and error.filename is not None:
            return f"no file {os.path.basename(str(error.filename)) or error.filename!r}"
        if isinstance(error, OSError) and "no network" in str(error):
            return "no network"
        error = error.__cause__ or error.__context__
        if error is None:
            break
    lines = str(first).strip().splitlines()
    return f"{type(first).__name__}: {lines[0][:120]}" if lines else type(first).__name__


def _evaluated(kind, frame):
    if kind is None:
        return BaseException
    try:
        expression = ast.Expression(kind)
        value = eval(compile(expression, "<handler>", "eval"), frame.f_globals, frame.f_locals)
        isinstance(None, value)
    except Exception:
        return ()
    return value


def _is_broad(taken):
    kinds = taken if isinstance(taken, tuple) else (taken,)
    return any(kind in (BaseException, Exception) for kind in kinds)


class _Inserter(ast.NodeTransformer):
    """Puts each guarded statement into a ``try`` of its own.

    Args:
        guards: where guarded statements are listed; a statement's number is its place there.
        outline: the file's outline.
    """

    def __init__(self, guards, outline):
        self.guards, self.outline = guards, outline
        self.function = outline.functions[0]

    def _scope(self, node):
        outer = self.function
        self.function = self.outline.function_at(node.lineno) if isinstance(node, outlines.FUNCTIONS) else outer
        node.body = [each for statement in node.body for each in _listed(self.visit(statement))]
        self.function = outer
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _scope

    def visit_Lambda(self, node):
        return node

    def visit_Assign(self, node):
        return self._guarded(node, node.value, node.targets)

    def visit_AnnAssign(self, node):
        return self._guarded(node, node.value, [node.target])

    def visit_AugAssign(self, node):
        return self._guarded(node, node.value, [node.target])

    def visit_Expr(self, node):
        return self._guarded(node, node.value, [])

    def visit_Return(self, node):
        return self._guarded(node, node.value, None)

    def _guarded(self, node, value, targets):
        if value is None or not any(isinstance(n, ast.Call) for n in ast.walk(value)):
            return node
        label = ", ".join(_text(t) for t in targets) if targets else self.function.name
        call = _call(STAND, self._register(node, label))
        if targets is None:
            answer = [ast.Return(call)]
        elif targets:
            answer = [ast.Assign([copy.deepcopy(t) for t in targets], call)]
        else:
            answer = [ast.Expr(call)]
        return self._try(node, answer)

    def _register(self, node, label):
        marked, called = self.outline.used(node)
        self.guards.append(outlines.Guarded(self.outline.file, self.function, node, label, called, marked))
        return len(self.guards) - 1

    def _try(self, node, answer):
        condition = ast.UnaryOp(ast.Not(), _call(ABSENT, len(self.guards) - 1))
        body = [ast.If(condition, [ast.Raise(None, None)], [])] + answer
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, body)
        return _placed(ast.Try([node], [handler], [], []), node)

    def visit_For(self, node):
        before = self._moved(node, "iter", node.iter, _text(node.target))
        self.generic_visit(node)
        return before + [node]

    def visit_With(self, node):
        if len(node.items) > 1:
            inner = _placed(ast.With(node.items[1:], node.body), node)
            return self.visit_With(_placed(ast.With(node.items[:1], [inner]), node))
        item = node.items[0]
        label = _text(item.optional_vars) if item.optional_vars else self.function.name
        before = self._moved(item, "context_expr", item.context_expr, label)
        self.generic_visit(node)
        return before + [node]

    def _moved(self, holder, field, value, label):
        """Evaluate an expression in front of a statement, guarded."""
        if not any(isinstance(n, ast.Call) for n in ast.walk(value)) or self.outline.used(value)[0]:
            return []
        name = f"__actlint_value_{len(self.guards)}__"
        assign = _placed(ast.Assign([ast.Name(name, ast.Store())], value), value)
        call = _call(STAND, self._register(assign, label))
        setattr(holder, field, _placed(ast.Name(name, ast.Load()), value))
        return [self._try(assign, [ast.Assign([ast.Name(name, ast.Store())], call)])]

    def visit_Import(self, node):
        return [self._import(node, ast.Import([alias]), alias.name, _bound(alias)) for alias in node.names]

    def visit_ImportFrom(self, node):
        if node.level or node.module == "__future__" or any(alias.name == "*" for alias in node.names):
            return node
        return [
            self._import(node, ast.ImportFrom(node.module, [alias], 0), node.module, alias.asname or alias.name)
            for alias in node.names
        ]

    def _import(self, node, own, module, name):
        own = _placed(own, node)
        if module.split(".")[0] in outlines.FRAMEWORKS and not module.startswith("tensorflow.examples"):
            return own
        index = self._register(own, name)
        self.guards[index].module = module
        stood = _call(STAND, index)
        stood.args.append(ast.Constant(name))
        return self._try(own, [ast.Assign([ast.Name(name, ast.Store())], stood)])


def _listed(result):
    return result if isinstance(result, list) else [result]


def _bound(alias):
    return alias.asname or alias.name.split(".")[0]


def _call(function, index):
    return ast.Call(ast.Name(function, ast.Load()), [ast.Constant(index)], [])


def _placed(node, at):
    for inner in ast.walk(node):
        if "lineno" in inner._attributes and not hasattr(inner, "lineno"):
            ast.copy_location(inner, at)
    return node


def _text(node):
    """An assignment's target as source text; `ast.unparse` is younger than Python 3.7."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_text(node.value)}.{node.attr}"
    if isinstance(node, ast.Starred):
        return f"*{_text(node.value)}"
    if isinstance(node, (ast.Tuple, ast.List)):
        inner = ", ".join(_text(e) for e in node.elts)
        return f"({inner},)" if len(node.elts) == 1 else f"({inner})"
    if isinstance(node, ast.Subscript):
        return f"{_text(node.value)}[...]"
    return "..."
