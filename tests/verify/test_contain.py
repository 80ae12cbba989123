"""What a contained process does to the disk and the network, in Python alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.verify import launch

PYTHONS = [sys.executable, *filter(None, [os.environ.get("ACTLINT_TF1_PYTHON")])]
START = """import os, sys
sys.path.insert(0, {runners!r})
from runners import contain
contain.install({folder!r}, {results!r})
contain.begin()
os.chdir({work!r})
OUT, USER = {outside!r}, {user!r}
def refused(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return "being verified" in str(error)
    return False
"""


class Box:
    """A scratch folder with a working copy at its own path, and the user's real files."""

    def __init__(self, base: Path) -> None:
        self.scratch, self.user, self.outside = base / "scratch", base / "user" / "project", base / "outside"
        self.layer = self.scratch / "side" / "elsewhere"
        self.work = self.above(self.user)
        for folder in (self.work, self.user, self.outside, self.scratch / "results"):
            folder.mkdir(parents=True)
        (self.outside / "old.txt").write_text("old")
        (self.user.parent / "data.csv").write_text("1,2")
        (self.user / "notes.txt").write_text("notes")

    def above(self, path: Path) -> Path:
        return self.layer / path.relative_to(path.anchor)

    def run(self, python: str, code: str) -> str:
        start = START.format(
            runners=str(launch.RUNNERS.parent),
            folder=str(self.scratch / "side"),
            results=str(self.scratch / "results"),
            work=str(self.work),
            outside=str(self.outside),
            user=str(self.user),
        )
        before = self.snapshot()
        (self.scratch / "side" / "tmp").mkdir()
        result = subprocess.run(
            [python, "-c", start + code],
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
            env=dict(os.environ, TMPDIR=str(self.scratch / "side" / "tmp"), TF_CPP_MIN_LOG_LEVEL="3"),
        )
        assert result.returncode == 0, result.stderr
        assert self.snapshot() == before
        return result.stdout

    def snapshot(self) -> list[tuple[str, bytes, int]]:
        found = []
        for folder in (self.user.parent, self.outside):
            for path in sorted(folder.rglob("*")):
                found.append((str(path), path.read_bytes() if path.is_file() else b"", path.lstat().st_mtime_ns))
        return found


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path.resolve())


WRITES = {
    "open": "open(OUT + '/new.txt', 'w').write('x')",
    "io": "import io; io.open(OUT + '/new.txt', 'wb').write(b'x')",
    "os": "f = os.open(OUT + '/new.txt', os.O_WRONLY | os.O_CREAT); os.write(f, b'x')",
    "pathlib": "import pathlib; pathlib.Path(OUT, 'new.txt').write_text('x')",
    "makedirs": "os.makedirs(OUT + '/a/b'); open(OUT + '/new.txt', 'x').write('x')",
    "shutil": "import shutil; open('x', 'w').write('x'); shutil.copy('x', OUT + '/new.txt')",
    "move": "import shutil; open('x', 'w').write('x'); shutil.move('x', OUT + '/new.txt')",
    "replace": "open('x', 'w').write('x'); os.replace('x', OUT + '/new.txt')",
    "numpy": "import numpy as np; np.savetxt(OUT + '/new.txt', [1]); np.save(OUT + '/new', [1])",
    "tofile": "import numpy as np; np.arange(3).tofile(OUT + '/new.txt')",
    "bytes": "open(os.fsencode(OUT) + b'/new.txt', 'w').write('x')",
    "chdir": "os.chdir(OUT); open('new.txt', 'w').write('x')",
    "link": "os.symlink(OUT, 'link'); open('link/new.txt', 'w').write('x')",
    "gzip": "import gzip; gzip.open(OUT + '/new.txt', 'wt').write('x')",
    "zip": "import zipfile; zipfile.ZipFile(OUT + '/new.txt', 'w').close()",
    "from os": "from os import open as o; os.write(o(OUT + '/new.txt', os.O_RDWR | os.O_CREAT), b'x')",
    "dir_fd": "f = os.open(OUT, os.O_RDONLY); os.open('new.txt', os.O_RDWR | os.O_CREAT, dir_fd=f)",
    "tempfile": "import tempfile; tempfile.NamedTemporaryFile(dir=OUT); open(OUT + '/new.txt', 'w')",
}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("way", list(WRITES))
def test_what_is_written_outside_lands_in_the_layer(box: Box, way: str, python: str) -> None:
    box.run(python, f"{WRITES[way]}\nassert os.path.exists(OUT + '/new.txt')")
    assert (box.above(box.outside) / "new.txt").exists()


CHANGES = {
    "append": ("open(OLD, 'a').write('er')", "older"),
    "update": ("open(OLD, 'r+').write('OL')", "OLd"),
    "overwrite": ("open(OLD, 'w').write('new')", "new"),
    "truncate": ("os.truncate(OLD, 1)", "o"),
    "chmod": ("os.chmod(OLD, 0o600); os.utime(OLD, (1, 1)); assert os.stat(OLD).st_mtime == 1", "old"),
    "rename": ("os.rename(OLD, OUT + '/x'); assert not os.path.exists(OLD); os.rename(OUT + '/x', OLD)", "old"),
    "removed and made": ("os.remove(OLD); assert not os.path.exists(OLD); open(OLD, 'x').write('again')", "again"),
    "hard link": (
        "os.link(OLD, 'mine'); open('mine', 'a').write('er'); assert open('mine').read() == 'older'",
        "older",
    ),
    "memmap": ("import numpy as np; np.memmap(OLD, mode='r+')[0] = 79", "Old"),
}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("change", list(CHANGES))
def test_changes_to_the_users_files_are_seen_by_the_program_alone(box: Box, change: str, python: str) -> None:
    code, content = CHANGES[change]
    printed = box.run(python, f"OLD = OUT + '/old.txt'\n{code}\nprint(open(OLD).read())")
    assert printed.strip() == content


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "code",
    [
        "import shutil; shutil.rmtree(OUT); assert not os.path.exists(OUT); os.makedirs(OUT); names = os.listdir(OUT)",
        "open(OUT + '/new', 'w'); os.remove(OUT + '/old.txt'); names = os.listdir(OUT); assert names == ['new']",
        "names = [e.name for e in os.scandir(OUT)]; assert names == ['old.txt']",
        "open(OUT + '/b', 'w'); names = sorted(os.listdir(OUT)); assert names == ['b', 'old.txt']",
        "open(OUT + '/b', 'w'); import glob; assert len(glob.glob(OUT + '/*')) == 2",
        "import pathlib; open(OUT + '/b', 'w'); assert len(list(pathlib.Path(OUT).iterdir())) == 2",
        "open('a', 'w'); assert sorted(os.listdir()) == ['a', 'notes.txt']",
        "os.chdir('..'); assert 'data.csv' in os.listdir('.')",
    ],
)
def test_folders_show_what_is_there_and_what_was_written(box: Box, code: str, python: str) -> None:
    box.run(python, code)


@pytest.mark.parametrize("python", PYTHONS)
def test_paths_that_climb_out_of_the_copy_lead_to_the_users_files(box: Box, python: str) -> None:
    box.run(
        python,
        "assert open('../data.csv').read() == '1,2'\n"
        "assert open('notes.txt').read() == open(USER + '/notes.txt').read() == 'notes'\n"
        "open('../out.txt', 'w').write('x')\nopen(USER + '/mine.txt', 'w').write('y')\n"
        "assert open('mine.txt').read() == 'y' and os.path.samefile('../out.txt', os.path.dirname(USER) + '/out.txt')",
    )
    assert (box.above(box.user.parent) / "out.txt").read_text() == "x"


@pytest.mark.parametrize("python", PYTHONS)
def test_a_link_that_stands_for_a_large_file_is_not_written_through(box: Box, python: str) -> None:
    (box.work / "notes.txt").symlink_to(box.user / "notes.txt")
    box.run(
        python,
        "assert open('notes.txt').read() == 'notes'\nopen('notes.txt', 'a').write('!')\n"
        "assert open('notes.txt').read() == open(USER + '/notes.txt').read() == 'notes!'\n"
        "os.remove('notes.txt')\nassert not os.path.exists(USER + '/notes.txt')",
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_errors_are_those_of_the_real_paths(box: Box, python: str) -> None:
    box.run(
        python,
        "def kind(call, *arguments):\n"
        "    try:\n        call(*arguments)\n    except OSError as error:\n        return type(error)\n"
        "assert kind(open, OUT + '/no/x', 'w') is FileNotFoundError\n"
        "assert kind(open, OUT + '/old.txt', 'x') is FileExistsError\n"
        "assert kind(os.mkdir, OUT) is FileExistsError\n"
        "assert kind(os.remove, OUT + '/no') is FileNotFoundError\n"
        "assert kind(os.remove, OUT) is IsADirectoryError\n"
        "assert kind(open, OUT, 'w') is IsADirectoryError\n"
        "assert kind(os.rmdir, OUT) is OSError and kind(os.rmdir, OUT + '/old.txt') is NotADirectoryError\n"
        "os.makedirs(OUT, exist_ok=True)",
    )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    "call",
    [
        "import subprocess; assert refused(subprocess.run, ['touch', OUT + '/x'])",
        "assert refused(os.system, 'touch ' + OUT + '/x')",
        "assert refused(os.execv, '/bin/true', ['true'])",
        "import socket; assert refused(socket.create_connection, ('127.0.0.1', 9))",
        "import socket; assert refused(socket.socket().connect, ('127.0.0.1', 9))",
        "import socket; assert refused(socket.socket().bind, ('127.0.0.1', 0))",
        "import urllib.request; assert refused(urllib.request.urlopen, 'http://127.0.0.1:9')",
        "assert refused(os.kill, os.getppid(), 9)",
        "assert refused(os.setsid)",
        "import multiprocessing as m; assert m.get_context('fork').Pool(2).map(abs, [-1, -2]) == [1, 2]",
        "import platform, ctypes.util; platform.uname(); ctypes.util.find_library('m')",
    ],
)
def test_network_and_other_programs_are_refused_and_workers_are_not(box: Box, call: str, python: str) -> None:
    box.run(python, call)


@pytest.mark.skipif(sys.version_info < (3, 8), reason="needs audit hooks")
def test_calls_past_the_replaced_functions_are_refused(box: Box) -> None:
    box.run(
        sys.executable,
        "import posix, _io\n"
        "assert refused(posix.open, OUT + '/x', os.O_CREAT | os.O_WRONLY) and refused(_io.FileIO, OUT + '/x', 'w')\n"
        "assert refused(posix.mkdir, OUT + '/y') and refused(posix.remove, OUT + '/old.txt')\n"
        "assert refused(posix.rename, OUT + '/old.txt', 'x') and refused(posix.chmod, OUT + '/old.txt', 0)\n"
        "import sqlite3; assert refused(sqlite3.connect, OUT + '/x.db')\n"
        "f = posix.open(OUT, os.O_RDONLY); assert refused(lambda: posix.unlink('old.txt', dir_fd=f))",
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_the_kernel_refuses_what_c_code_writes_outside(box: Box, python: str) -> None:
    printed = box.run(
        python,
        "import ctypes\nfrom runners import landlock\n"
        "library = ctypes.CDLL(None, use_errno=True)\n"
        "known = library.syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) >= 3\n"
        "if known:\n"
        "    made = library.creat((OUT + '/x').encode(), 0o600)\n"
        "    assert library.truncate((OUT + '/old.txt').encode(), ctypes.c_long(0)) == -1\n"
        "    assert library.creat(b'y', 0o600) >= 0 and library.rename(b'y', b'z') == 0\n"
        "    print(made)",
    )
    assert printed.strip() in ("", "-1")
