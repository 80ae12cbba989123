"""Executes a user's program as ``__main__``, instrumented, and says in the user's terms where it failed."""

from __future__ import annotations

import ast
import importlib.machinery
import json
import os
import re
import sys
import time
import traceback
import types

from . import contain, framework_files, passes, record, seeds

REPLAY, SYNTHETIC = "replay", "synthetic"
QUIET = 10.0
GENERATED = re.compile(r"gen_\w+_ops\.py$")
NO_KERNEL = re.compile(
    r"float64 not in list of allowed values|No OpKernel was registered.*DT_DOUBLE|not implemented for 'Double'"
    r"|Could not find device for node|DataType double for attr|type float32 that does not match type float64"
    r"|expected to be a float tensor but is a double tensor|passed double expected float"
    r"|DT_(FLOAT vs. DT_DOUBLE|DOUBLE vs. DT_FLOAT)|double does not equal original dtype float",
    re.DOTALL,
)


class Stop(BaseException):
    """Ends the program from inside a run."""


class Narrow(BaseException):
    """An operation turns out to compute in fewer bits than it was asked to."""


def read_job(path):
    """The job file's content. From here on this process ends when the launcher does."""
    contain.die_with_parent()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=contain.die_with_parent)
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def write_failure(job, failure):
    """Tell the launcher why a side has no results."""
    record.write(passes.outcome(job, job.get("pass", passes.NATURAL), "failed"), failure)


def isolate(job):
    """Contain this pass in its folder, and seed Python's and numpy's generators."""
    contain.install(passes.folder(job), job["results"])
    seeds.fix(job["seed"])


class Program:
    """The program below a root folder.

    Args:
        job: root, entry, arguments and setup as the launcher wrote them.
        transform: ``(relative path, source text) -> ast.Module`` for every file below the root.
        names: what instrumented code calls, by name.
    """

    def __init__(self, job, transform, names):
        self.root = os.path.realpath(job["root"])
        self.entry = job["entry"]
        self.path = os.path.join(self.root, *self.entry.split("/"))
        self.arguments = job.get("arguments", [])
        self.setup = job.get("setup")
        self.transform = transform
        self.known = {}
        self.names = names
        self.guard = None
        if job.get("inputs", REPLAY) != REPLAY:
            from . import guard

            self.guard = guard.Guard(self.root, self.relative)
            self.names = dict(names, **self.guard.names())
        self.module = types.ModuleType("__main__")

    def relative(self, path):
        """The path relative to the root, with slashes, or None outside of it."""
        if path not in self.known:
            real = os.path.realpath(path)
            below = real.startswith(self.root + os.sep)
            self.known[path] = real[len(self.root) + 1 :].replace(os.sep, "/") if below else None
        return self.known[path]

    def is_own(self, cls):
        """Whether a class is one of the program's."""
        return cls.__module__ == "__main__" or self._is_module(sys.modules.get(cls.__module__))

    def modules(self):
        """The program's imported modules, by name."""
        found = list(sys.modules.items())
        return {name: module for name, module in found if name != "__main__" and self._is_module(module)}

    def _is_module(self, module):
        file = getattr(module, "__file__", None)
        return bool(file) and self.relative(file) is not None

    def compile(self, path):
        """The instrumented code of a file below the root."""
        from . import instrument

        text = instrument.read_source(path)
        ast.parse(text, path)
        tree = self.transform(self.relative(path), text)
        if self.guard:
            tree = self.guard.instrument(self.relative(path), tree)
        return compile(tree, path, "exec", dont_inherit=True)

    def _patch_imports(self):
        original = importlib.machinery.SourceFileLoader.get_code
        program = self

        def get_code(loader, fullname):
            path = loader.get_filename(fullname)
            if program.relative(path) is None:
                return original(loader, fullname)
            return program.compile(path)

        importlib.machinery.SourceFileLoader.get_code = get_code

    def run(self):
        """Execute setup and program.

        Returns:
            None when the program ended by itself or by `Stop`, else the failure ``{"text", "file", "line", "setup"}``.
        """
        import builtins

        contain.begin()
        framework_files.redirect()
        for name, value in self.names.items():
            setattr(builtins, name, value)
        os.chdir(os.path.dirname(self.path))
        sys.argv = [self.path] + list(self.arguments)
        sys.path.insert(0, os.path.dirname(self.path))
        if self.setup:
            failure = self._execute_setup()
            if failure:
                return failure
        self._patch_imports()
        self.module.__dict__.update(__file__=self.path, __builtins__=builtins)
        sys.modules["__main__"] = self.module
        seeds.restart()
        return self._guarded(lambda: exec(self.compile(self.path), self.module.__dict__))

    def _execute_setup(self):
        with open(self.setup, "rb") as stream:
            source = stream.read()
        namespace = {"__name__": "__setup__", "__file__": self.setup}
        failure = self._guarded(lambda: exec(compile(source, self.setup, "exec", dont_inherit=True), namespace))
        if failure:
            failure["setup"] = True
        return failure

    def _guarded(self, action):
        try:
            action()
        except Stop:
            return None
        except SystemExit as exit_:
            if exit_.code in (None, 0):
                return None
            return self.failure(exit_, f"the program exits with {exit_.code!r}")
        except BaseException as error:
            return self.failure(error)
        finally:
            contain.lift()
        return None

    def failure(self, error, text=None):
        """What went wrong, at the innermost line of the user's files; `kernel` names an operation without float64."""
        file, line, kernel = "", 0, None
        for frame in traceback.extract_tb(error.__traceback__):
            relative = self.relative(frame.filename)
            if relative is not None:
                file, line = relative, frame.lineno or 0
            if GENERATED.search(frame.filename):
                kernel = frame.name
        for path, number in re.findall(r'File "([^"]+)", line (\d+)', str(error)):
            if self.relative(path) is not None:
                file, line = self.relative(path), int(number)
        if isinstance(error, SyntaxError) and error.filename and self.relative(error.filename):
            file, line = self.relative(error.filename), error.lineno or 0
        own = contain.plain(text or (str(error) if type(error).__name__ == "StandError" else _sentence(error)))
        involved = bool(self.guard) and self.guard.involved(error)
        named = re.search(r"Op(?:<name=| '?)(\w+)", str(error))
        if isinstance(error, Narrow):
            kernel = str(error)
        elif NO_KERNEL.search(str(error)):
            kernel = named.group(1) if named else kernel or "an operation"
            kernel = f"an input of {kernel}" if "DT_FLOAT vs." in str(error) else kernel
        else:
            kernel = None
        found = {"text": own, "file": file, "line": line, "setup": False, "kernel": kernel}
        return dict(found, involved=involved, module=missing_module(error))


def missing_module(error):
    """Name of the package that an exception says isn't installed, or None."""
    if type(error).__name__ == "TBNotInstalledError":
        return "tensorboard"
    return (error.name or "").split(".")[0] or None if isinstance(error, ModuleNotFoundError) else None


def _sentence(error):
    """Type and message on one line; of a message in many lines, the one that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    noise = ("File ", "Detected at", "[[", "in user code", "Graph execution error", "node ", "^", "~")
    useful = [line for line in lines if not line.startswith(noise) and not line.endswith(":")] or lines
    name = type(error).__name__
    if not useful:
        return name
    chosen = useful[-1] if len(lines) > 1 and "user code" in lines[0] else useful[0]
    return (chosen if chosen.startswith(name) else f"{name}: {chosen}")[:400]


class Clock:
    """A budget of wall-clock time, and of processor time in a row of runs that are only counted."""

    def __init__(self, seconds):
        self.start = time.time()
        self.seconds = seconds
        self.since = None

    def tick(self, executed):
        """A run is made, and `executed` or only counted."""
        if executed:
            self.since = None
        elif self.since is None:
            self.since = time.process_time()

    def spent(self):
        """Seconds since the beginning."""
        return time.time() - self.start

    def over(self):
        """Whether the budget is spent."""
        quiet = 0.0 if self.since is None else time.process_time() - self.since
        return self.spent() > self.seconds or quiet > QUIET
