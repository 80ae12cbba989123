from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from actlint.files.discover import NOTEBOOKS, python_files


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def found(root: Path, *paths: str, **options: object) -> list[str]:
    return [file.relative_to(root).as_posix() for file in python_files(paths or (".",), cwd=root, **options)]


def test_folders_are_walked_without_caches_and_environments(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a.py", "sub/c.py", "sub/d.txt", ".venv/lib/e.py", "sub/__pycache__/f.py", ".actlint/g.py")
    assert found(tmp_path) == ["a.py", "b.py", "sub/c.py"]
    assert found(tmp_path, "sub", "a.py", "./a.py") == ["a.py", "sub/c.py"]


@pytest.mark.parametrize("repository", [False, True])
def test_notebooks_where_they_are_wanted(tmp_path: Path, repository: bool) -> None:
    make(tmp_path, "a.py", "sub/b.ipynb", "sub/.ipynb_checkpoints/b.ipynb")
    if repository:
        git(tmp_path, "init", "-q")
    assert found(tmp_path) == ["a.py"]
    assert found(tmp_path, suffixes=NOTEBOOKS) == ["a.py", "sub/b.ipynb"]


def test_git_says_which_files_there_are(tmp_path: Path) -> None:
    make(tmp_path, "tracked.py", "gone.py", "sub/new.py", "ignored/build.py", "venv/x.py", "with\nnewline.py")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "tracked.py", "gone.py")
    (tmp_path / "gone.py").unlink()
    assert found(tmp_path) == ["sub/new.py", "tracked.py", "with\nnewline.py"]
    assert found(tmp_path, "sub") == ["sub/new.py"]


def test_ignored_folder_that_is_named_is_walked(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "ignored/build.py")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    git(tmp_path, "init", "-q")
    assert found(tmp_path, "ignored") == ["ignored/build.py"]
    assert found(tmp_path, "ignored/build.py") == ["ignored/build.py"]


def test_repositories_inside_are_entered(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    make(inner, "model.py")
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "m")
    make(outer, "a.py", "clone/b.py")
    git(outer, "init", "-q")
    git(outer / "clone", "init", "-q")
    git(outer, "submodule", "add", "-q", str(inner), "third.party")
    assert found(outer) == ["a.py", "clone/b.py", "third.party/model.py"]


def test_git_environment_of_a_hook_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "here/a.py", "other/b.py")
    for folder in ("here", "other"):
        git(tmp_path / folder, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert found(tmp_path, "here") == ["here/a.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("sub", ["a.py", "test_a.py"]),
        ("sub/", ["a.py", "test_a.py"]),
        ("test_*.py", ["a.py", "sub/b.py", "sub/deep/c.py"]),
        ("sub/deep", ["a.py", "sub/b.py", "test_a.py"]),
        ("./sub/*.py", ["a.py", "test_a.py"]),
    ],
)
def test_exclude(tmp_path: Path, pattern: str, left: list[str]) -> None:
    make(tmp_path, "a.py", "test_a.py", "sub/b.py", "sub/deep/c.py")
    assert found(tmp_path, exclude=[pattern]) == left


def test_named_file_is_taken_unless_exclusion_is_forced(tmp_path: Path) -> None:
    make(tmp_path, "sub/b.py")
    (tmp_path / "script").write_text("x = 1\n")
    assert found(tmp_path, "sub/b.py", exclude=["sub"]) == ["sub/b.py"]
    assert found(tmp_path, "sub/b.py", exclude=["sub"], force_exclude=True) == []
    assert found(tmp_path, "script") == ["script"]


def test_exclude_counts_from_the_project(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py", "src/gen/b.py")
    files = python_files(["."], ["src/gen"], cwd=tmp_path / "src", root=tmp_path)
    assert [file.name for file in files] == ["a.py"]


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.py"):
        python_files(["nowhere.py"], cwd=tmp_path)


def test_broken_link_and_linked_folder_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "real/a.py")
    (tmp_path / "broken.py").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert found(tmp_path) == ["real/a.py"]


@pytest.mark.parametrize("folder", [".actlint", ".actlint/train.py/1", ".actlint_cache"])
def test_own_folders_are_never_looked_into(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "a.py").write_text("")
    assert python_files([folder, "."], cwd=tmp_path) == []
