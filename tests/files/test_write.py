from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.files.discover import python_files
from actlint.files.scratch import copy_folder
from actlint.files.write import write_all

ROOT = Path(__file__).parents[2]


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.startswith(".actlint")]


def test_bytes_are_written_and_nothing_is_left_behind(tmp_path: Path) -> None:
    old, new = tmp_path / "old.py", tmp_path / "deep" / "er" / "new.py"
    old.write_bytes(b"a = 1\n")
    write_all({old: b"a = 2\r\n", new: b"b = 1\n"})
    assert old.read_bytes() == b"a = 2\r\n"
    assert new.read_bytes() == b"b = 1\n"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o664])
def test_mode_is_kept(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"")
    file.chmod(mode)
    write_all({file: b"x = 1\n"})
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_all({tmp_path / "a.py": b""})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o640


def test_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.py", tmp_path / "a.py"
    target.write_bytes(b"old\n")
    link.symlink_to(target)
    write_all({link: b"new\n"})
    assert link.is_symlink()
    assert target.read_bytes() == b"new\n"


def test_replacement_is_staged_beside_the_target_and_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"old\n")
    events: list[tuple[str, object]] = []
    replace, fsync = os.replace, os.fsync

    def record_replace(source: Path, target: Path) -> None:
        events.append(("replace", Path(source).parent))
        assert Path(source).read_bytes() == b"new\n"
        assert file.read_bytes() == b"old\n"
        replace(source, target)

    def record_fsync(descriptor: int) -> None:
        events.append(("fsync", stat.S_ISREG(os.fstat(descriptor).st_mode)))
        fsync(descriptor)

    monkeypatch.setattr(os, "replace", record_replace)
    monkeypatch.setattr(os, "fsync", record_fsync)
    write_all({file: b"new\n"})
    assert events[:2] == [("fsync", True), ("replace", tmp_path)]
    assert file.read_bytes() == b"new\n"


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_all_or_nothing_when_a_replacement_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py", tmp_path / "sub" / "new.py"]
    for file in files[:2]:
        file.write_bytes(file.name.encode())
        file.chmod(0o640)
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if target == files[failing] and Path(source).read_bytes() == b"new\n":
            raise PermissionError(13, "no", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        write_all(dict.fromkeys(files, b"new\n"))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.py", "b.py"]
    for file in files[:2]:
        assert file.read_bytes() == file.name.encode()
        assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_nothing_changes_when_a_file_cannot_be_staged(tmp_path: Path) -> None:
    first = tmp_path / "a.py"
    first.write_bytes(b"old\n")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError):
        write_all({first: b"new\n", tmp_path / "file" / "b.py": b"new\n"})
    assert first.read_bytes() == b"old\n"
    assert leftovers(tmp_path) == []


def test_removed_file_comes_back_when_a_later_step_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = tmp_path / "a.py", tmp_path / "b.py"
    kept.write_bytes(b"a\n")
    gone.write_bytes(b"b\n")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == gone:
            raise PermissionError(13, "no", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PermissionError):
        write_all({kept: b"new\n"}, remove=[gone])
    assert kept.read_bytes() == b"a\n"
    assert gone.read_bytes() == b"b\n"
    monkeypatch.undo()
    write_all({kept: b"new\n"}, remove=[gone])
    assert not gone.exists()
    assert leftovers(tmp_path) == []


def test_old_content_survives_a_failed_restoration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_bytes(b"a\n")
    second.write_bytes(b"b\n")
    replace = os.replace
    calls: list[Path] = []

    def refuse(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) > 1:
            raise OSError(5, "input/output error", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="could not be restored") as raised:
        write_all({first: b"new\n", second: b"new\n"})
    kept = [tmp_path / name for name in leftovers(tmp_path)]
    assert [path.read_bytes() for path in kept] == [b"a\n"]
    assert str(kept[0]) in str(raised.value)


KILLED = """
import os, signal, sys
from pathlib import Path
from actlint.files.write import write_all

replaced = os.replace

def replace(source, target):
    replaced(source, target)
    os.kill(os.getpid(), signal.SIGKILL)

os.replace = replace
folder = Path(sys.argv[1])
write_all({folder / name: b"new\\n" for name in ("a.py", "b.py")})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("in_git", [False, True])
def test_what_a_killed_process_leaves_is_no_source_and_in_nobodys_way(tmp_path: Path, in_git: bool) -> None:
    if in_git:
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.write_bytes(b"old\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    left = {name: (tmp_path / name).read_bytes() for name in leftovers(tmp_path)}
    assert sorted(left.values()) == [b"new\n", b"old\n", b"old\n"]
    assert python_files([tmp_path]) == files
    assert copy_folder(tmp_path, copied := tmp_path.with_name(f"{tmp_path.name}-copy"), []) == []
    assert sorted(os.listdir(copied)) == ["a.py", "b.py"]
    write_all(dict.fromkeys(files, b"newer\n"))
    assert [file.read_bytes() for file in files] == [b"newer\n"] * 2
    assert {name: (tmp_path / name).read_bytes() for name in leftovers(tmp_path)} == left
