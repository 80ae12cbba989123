"""Several executions of one program in a process that has imported its framework once.

Importing a framework costs seconds, a pass after it mostly tenths of one: each pass is a fork. Where forking isn't
safe, a pass is a process of its own. What the first pass has imported of the installed packages is imported before the
others begin.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings

from . import record
from .overlay import LAYER

NATURAL, SCALED, AGAIN, ROUNDED = "natural", "scaled", "again", "rounded"
HYPER, PLAIN, DRAWN = "hyper", "plain", "drawn"
SCALE = 1e-6
POLL = 0.02


def label(mode, name):
    """The name under which a pass keeps its results."""
    return mode if name == NATURAL else mode + "-" + name


def folder(job):
    """The folder of a pass: all that the program may write to."""
    return os.path.join(job["folder"], job["pass"])


def outcome(job, name, suffix):
    """Path of a pass's ``json``, ``failed`` or ``skipped`` file."""
    return os.path.join(job["results"], label(job["mode"], name) + "." + suffix)


def each(job, action):
    """Execute ``action(job)`` for each of the job's passes, one after the other.

    The first pass decides: where it leaves no result, the process ends as it did. Others begin while there is time.

    Args:
        job: the launcher's job. A pass sees it with ``"pass"`` and with folders of its own.
        action: the whole of a pass.

    """
    if "pass" in job:
        _settle(folder(job))
        action(job)
        return
    for name in job["passes"]:
        if name != NATURAL and time.time() > job["extras_end"]:
            with open(outcome(job, name, "skipped"), "w"):
                pass
            continue
        status = execute(dict(job, **{"pass": name}), action)
        if name == NATURAL and not os.path.exists(outcome(job, name, "json")):
            _end_like(status)
        if name == NATURAL and len(job["passes"]) > 1:
            _warm(outcome(job, name, "imports"))


def execute(job, action):
    """Execute one pass in folders of its own, gone afterwards; answers its exit status, negative for a signal."""
    own = folder(job)
    job = dict(job, root=os.path.join(own, LAYER, job["place"]))
    shutil.copytree(os.path.join(job["folder"], "pristine"), job["root"], symlinks=True)
    try:
        return _process(job, own, action)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _process(job, own, action):
    if not sys.platform.startswith("linux"):
        path = os.path.join(own, "job.json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(job, stream)
        return subprocess.call([sys.executable, sys.argv[0], path])
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    status, known = 1, set(sys.modules)
    try:
        _settle(own)
        action(job)
        status = 0
        if job["pass"] == NATURAL:
            record.write(outcome(job, NATURAL, "imports"), _imported(known))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _imported(known):
    """Names of the installed packages' modules that have been imported since `known` were, in their order."""
    folders = tuple(
        os.path.realpath(path) + os.sep for path in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    )
    found = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if name not in known and isinstance(origin, str) and os.path.realpath(origin).startswith(folders):
            found.append(name)
    return found


def _warm(path):
    """Import the modules that a pass has listed, as far as they can be."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as stream:
        names = json.load(stream)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            try:
                importlib.import_module(name)
            except Exception:
                continue


def wait(job, mode, name):
    """Wait for another side's pass; answers whether it left a result."""
    other = dict(job, mode=mode)
    while True:
        if os.path.exists(outcome(other, name, "json")):
            return True
        if any(os.path.exists(outcome(other, name, suffix)) for suffix in ("failed", "skipped")):
            return False
        time.sleep(POLL)


def _settle(own):
    for name, variable in (("home", "HOME"), ("tmp", "TMPDIR")):
        path = os.path.join(own, name)
        os.makedirs(path)
        os.environ[variable] = path
    tempfile.tempdir = None


def _end_like(status):
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)
