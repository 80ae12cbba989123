from __future__ import annotations

from pathlib import Path

from actlint.files.scratch import Limits, copy_folder, remove_folder


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
    assert contents(copy) == ["a.py", "big.bin"]
    assert (copy / "big.bin").readlink() == big


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


def test_a_link_stands_for_a_file_over_the_limits(tmp_path: Path) -> None:
    root, copy, again = tmp_path / "root", tmp_path / "copy", tmp_path / "again"
    big = make(root / "data" / "big.bin", 100)
    copy_folder(root, copy, [], Limits(file=50))
    copy_folder(copy, again, [], Limits(file=50))
    assert (again / "data" / "big.bin").readlink() == big.resolve()


def test_empty_folders_are_copied_and_read_only_files_can_be_written_in_the_copy(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "logs").mkdir(parents=True)
    make(root / "a.csv").chmod(0o400)
    copy_folder(root, copy, [])
    assert (copy / "logs").is_dir()
    assert (copy / "a.csv").stat().st_mode & 0o777 == 0o600


def test_a_folder_without_permissions_is_removed(tmp_path: Path) -> None:
    make(tmp_path / "scratch" / "a" / "b" / "x")
    (tmp_path / "scratch" / "a").chmod(0)
    remove_folder(tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()
