"""Programs that hang, crash, or take more of the machine than they may: each has a verdict, and leaves nothing behind.

The sides run without a framework: the interpreter of these proofs is a script that contains and runs the program as the
real runners do, and answers what an uneventful replay would.
"""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from actlint.verify import Proof, ProofRequest, launch, prove
from actlint.verify.limits import Limits

STUB = """#!{python}
import json, os, sys
sys.path.insert(0, {runners!r})
from runners import passes, program, record
import ast
job = program.read_job(sys.argv[2])
def once(job):
    if job["mode"] != "before":
        passes.wait(job, "before", job["pass"])
    program.isolate(job)
    user = program.Program(job, lambda file, text: ast.parse(text), {{}})
    failure = user.run()
    if failure and job["mode"] == "before":
        program.write_failure(job, failure)
        return
    result = {{"rows": [], "differences": [], "doubts": [], "broken": [], "unkeyed": [], "not_exercised": []}}
    result.update({{"failure": failure}} if failure else {{}})
    record.save(job["results"], passes.label(job["mode"], job["pass"]), result, record.Arrays())
passes.each(dict(job, passes=job["passes"][:{passes}]), once)
os._exit(0)
"""

PLAN = {"placeholders": [], "probes": [], "runs": [], "weights": []}
QUIET = "print('here')\n"
ENDLESS = "while True: pass\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def request(folder: Path, before: str, after: str = QUIET, passes: int = 1, **options: object) -> ProofRequest:
    stub = folder / "python"
    stub.write_text(STUB.format(python=sys.executable, runners=str(launch.RUNNERS.parent), passes=passes))
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    for name, text in (("old", before), ("new", after)):
        (folder / name).mkdir()
        (folder / name / "train.py").write_text(text)
    settings = {"limit": 30.0, "inputs": "replay", **options}
    return ProofRequest(folder / "old", folder / "new", "train.py", "tf2", PLAN, python=str(stub), **settings)


def shown(proof: Proof) -> str:
    return proof.verdict + ": " + "; ".join(f"{r['code']} {r['text']}" for r in proof.reasons)


def test_an_uneventful_program_only_lacks_evidence(tmp_path: Path, temporary: Path) -> None:
    assert shown(prove(request(tmp_path, QUIET))) == "inconclusive: PRF301 nothing was compared"


ENDS = {
    "endless": (ENDLESS, "inconclusive: PRF103 the original program has not ended within 2 s"),
    "exit 0": ("import os\nos._exit(0)", "not run: PRF104 the process of the original program ended with status 0"),
    "exit 3": ("import os\nos._exit(3)", "not run: PRF104 the process of the original program ended with status 3"),
    "segfault": (
        "import ctypes\nctypes.string_at(0)",
        "not run: PRF104 the process of the original program was ended by SIGSEGV",
    ),
    "abort": ("import os\nos.abort()", "not run: PRF104 the process of the original program was ended by SIGABRT"),
    "kill": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "not run: PRF104 the process of the original program was ended by SIGKILL",
    ),
    "stop": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "inconclusive: PRF103"),
    "sys.exit": ("import sys\nsys.exit(2)", "not run: PRF102 the original program fails: the program exits with 2"),
    "sys.exit quietly": ("import sys\nsys.exit()\n1/0", "inconclusive: PRF301"),
    "interrupt": ("raise KeyboardInterrupt", "not run: PRF102 the original program fails: KeyboardInterrupt"),
    "input": ("input('name? ')", "not run: PRF102 the original program fails: EOFError"),
    "memory": ("a = []\nwhile True: a.append(bytearray(10**7))", "not run: PRF105 the original program uses more than"),
    "processes": (
        "import os, time\nfor _ in range(9):\n    os.fork()\ntime.sleep(60)",
        "not run: PRF106 the original program has started more than 256 processes",
    ),
    "large file": (
        "f = open('x', 'wb')\nf.seek(3 * 2**30)\nf.write(b'x')\nf.flush()",
        "not run: PRF102 the original program fails: OSError: [Errno 27] File too large",
    ),
    "printing": ("while True: print('x' * 10**6)", "inconclusive: PRF103"),
    "recursion": ("def f(): f()\nf()", "not run: PRF102 the original program fails: RecursionError"),
    "files": (
        "kept = [open('x', 'a') for _ in range(9999)]",
        "not run: PRF102 the original program fails: OSError: [Errno 24] Too many open files",
    ),
    "child": (
        "import os, time\nif os.fork() == 0:\n    time.sleep(100)\n",
        "inconclusive: PRF301",
    ),
    "thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(100,)).start()",
        "inconclusive: PRF301",
    ),
    "own folder": ("import os, shutil\nshutil.rmtree(os.getcwd())", "inconclusive: PRF301"),
    "elsewhere": ("import os\nos.chdir('/tmp')\nopen('x', 'w')", "inconclusive: PRF301"),
    "no permission": ("import os\nos.makedirs('a/b')\nos.chmod('a', 0)\nos.chmod('.', 0o500)", "inconclusive: PRF301"),
    "closed output": ("import sys\nsys.stdout.close()\nsys.stderr.close()", "inconclusive: PRF301"),
    "closed descriptors": ("import os\nos.closerange(0, 20)", "inconclusive: PRF301"),
    "cheated": (
        "import os\nos.chdir('/')\nos.listdir('/')\nopen('/etc/hosts', 'w').write('x')",
        "inconclusive: PRF301",
    ),
}


@pytest.mark.parametrize("end", list(ENDS))
def test_each_end_has_a_verdict_and_leaves_nothing(tmp_path: Path, temporary: Path, end: str) -> None:
    code, expected = ENDS[end]
    limit = 2.0 if "PRF103" in expected else 30.0
    proof = prove(request(tmp_path, code, limit=limit, memory=0.5))
    assert shown(proof).startswith(expected)
    assert list(temporary.iterdir()) == []
    assert not [name for name in commands() if str(tmp_path) in name]


AFTER = {
    "endless": (ENDLESS, "inconclusive: PRF103 the rewritten program"),
    "exit": ("import os\nos._exit(0)", "inconclusive: PRF104 the process of the rewritten program ended with status 0"),
    "kill": ("import os\nos.kill(os.getpid(), 9)", "inconclusive: PRF104 the process of the rewritten program was"),
    "memory": (
        "a = []\nwhile True: a.append(bytearray(10**7))",
        "inconclusive: PRF105 the rewritten program uses more",
    ),
    "exception": ("1/0", "differs: PRF201 the rewritten program fails: ZeroDivisionError"),
}


@pytest.mark.parametrize("end", list(AFTER))
def test_a_rewrite_that_ends_so_is_never_called_proved(tmp_path: Path, temporary: Path, end: str) -> None:
    code, expected = AFTER[end]
    limit = 2.0 if "PRF103" in expected else 30.0
    assert shown(prove(request(tmp_path, QUIET, code, limit=limit, memory=0.5))).startswith(expected)


def test_too_much_on_the_disk_ends_a_side(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actlint.verify.limits.DISK_EVERY", 0.1)
    monkeypatch.setattr("actlint.verify.launch.Limits", partial(Limits, disk=2**20))
    proof = prove(request(tmp_path, "import time\nopen('x', 'wb').write(b'x' * 10**7)\ntime.sleep(60)"))
    assert shown(proof).startswith("not run: PRF107 the original program has written more than")


def test_passes_take_the_disk_one_after_the_other(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actlint.verify.limits.DISK_EVERY", 0.05)
    monkeypatch.setattr("actlint.verify.launch.Limits", partial(Limits, disk=10 * 2**20))
    asked = request(tmp_path, "import time\ntime.sleep(0.3)", passes=4)
    (tmp_path / "old" / "data.bin").write_bytes(b"x" * 3 * 2**20)
    assert shown(prove(asked)).startswith("inconclusive: PRF301")


def test_a_failure_names_the_paths_that_the_program_meant(tmp_path: Path, temporary: Path) -> None:
    asked = request(tmp_path, "open('data.csv')\n")
    asked.origin = Path("/nowhere/project")
    assert shown(prove(asked)).endswith("No such file or directory: 'data.csv'")
    (tmp_path / "old" / "train.py").write_text("import os\nopen(os.path.abspath('data.csv'))\n")
    assert shown(prove(asked)).endswith("No such file or directory: '/nowhere/project/data.csv'")


def test_large_data_is_read_where_it_lies(tmp_path: Path, temporary: Path) -> None:
    reading = (
        "open('big.bin').seek(0, 2)\nassert open('big.bin').seek(0, 2) == 60 * 2**20\nopen('big.bin', 'w').write('x')"
    )
    asked = request(tmp_path, reading)
    with (tmp_path / "old" / "big.bin").open("wb") as stream:
        stream.truncate(60 * 2**20)
    assert shown(prove(asked)).startswith("inconclusive: PRF301")
    assert (tmp_path / "old" / "big.bin").stat().st_size == 60 * 2**20


def commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_actlint(tmp_path: Path, temporary: Path, number: int) -> None:
    request(tmp_path, "import os\nos.fork()\nopen('started', 'w')\n" + ENDLESS)
    code = (
        "import signal, sys, tempfile; from pathlib import Path; from actlint.verify import *\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"tempfile.tempdir = {str(temporary)!r}\n"
        f"f = Path({str(tmp_path)!r})\n"
        f"prove(ProofRequest(f / 'old', f / 'new', 'train.py', 'tf2', {PLAN!r}, python=str(f / 'python')))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, start_new_session=True)
    wait(lambda: any(temporary.rglob("started")))
    process.send_signal(number)
    process.wait(timeout=60)
    wait(lambda: not [name for name in commands() if str(tmp_path) in name])
    if number == signal.SIGINT:
        assert list(temporary.iterdir()) == []


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()
