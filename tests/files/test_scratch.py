from __future__ import annotations

from pathlib import Path

from actlint.files.scratch import Limits, copy_folder


def make(file: Path, size: int = 1) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    return file


def contents(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_hidden_files_and_environments_stay_behind(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    for name in ("train.py", "data/x.csv", ".git/config", ".secret", "venv/lib.py", "__pycache__/a.pyc"):
        make(root / name)
    assert copy_folder(root, copy, []) == []
    assert contents(copy) == ["data/x.csv", "train.py"]


def test_limits_leave_out_files_and_say_so(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    big = make(root / "big.bin", 100)
    make(root / "a.py", 10)
    make(root / "deep" / "b.py", 10)
    left_out = copy_folder(root, copy, [], Limits(file=50, total=10, count=10))
    assert left_out == [big, root / "deep"]
    assert contents(copy) == ["a.py"]


def test_needed_files_are_always_copied(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    needed = make(root / "deep" / "model.py", 100)
    needed.chmod(0o750)
    copy_folder(root, copy, [needed], Limits(file=1))
    assert contents(copy) == ["deep/model.py"]
    assert (copy / "deep" / "model.py").stat().st_mode & 0o777 == 0o750


def test_links_are_followed_once(tmp_path: Path) -> None:
    root, copy, data = tmp_path / "root", tmp_path / "copy", tmp_path / "data"
    make(data / "x.csv")
    make(root / "a.py")
    (root / "data").symlink_to(data)
    (data / "back").symlink_to(data)
    copy_folder(root, copy, [])
    assert contents(copy) == ["a.py", "data/x.csv"]
    assert not (copy / "data").is_symlink()
