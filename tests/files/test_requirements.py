"""What projects require."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.requirements import admits, requirements, version


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("requirements.txt", "numpy>=1\nkeras>=3.5,<4  # comment\n", [((">=", (3, 5)), ("<", (4,)))]),
        ("requirements.txt", "Keras == 2.4.3\n", [(("==", (2, 4, 3)),)]),
        ("requirements.txt", "keras-cv==0.9\nmykeras==1\n# keras==2\n", []),
        ("requirements/base.txt", "keras\n", [()]),
        ("environment.yml", "dependencies:\n  - keras=2.10\n", [(("=", (2, 10)),)]),
        ("pyproject.toml", '[project]\ndependencies = ["a", "keras[x]>=3.1"]\n', [((">=", (3, 1)),)]),
        ("pyproject.toml", '[tool.poetry.dependencies]\nkeras = "^3.2"\n', [(("^", (3, 2)),)]),
        ("setup.py", "setup(install_requires=['keras~=2.9', 'x'])\n", [(("~=", (2, 9)),)]),
        ("other.txt", "keras==1\n", []),
    ],
)
def test_requirements(file: str, text: str, found: object, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert requirements(tmp_path, "keras") == found


def test_folders_up_to_the_root(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("keras==1\n")
    inner = tmp_path / "project" / "src"
    inner.mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").write_text('[project]\ndependencies = ["keras==2.0"]\n')
    (inner / "requirements.txt").write_text("keras==3.0\n")
    assert requirements(inner, "keras") == [(("==", (3, 0)),), (("==", (2, 0)),)]


@pytest.mark.parametrize(
    ("clause", "inside", "outside"),
    [
        (("==", (2, 4)), "2.4.3 2.4", "2.5 3"),
        (("!=", (2, 4)), "2.5", "2.4.1"),
        ((">=", (3, 14)), "3.14 3.14.0 4", "3.13.9"),
        ((">", (3, 14)), "3.15", "3.14 3.14.0 3.13"),
        (("<", (3,)), "2.15", "3.0 3"),
        (("<=", (3,)), "3 3.0 2.9", "4"),
        (("~=", (2, 9)), "2.9 2.15", "3.0 2.8"),
        (("^", (3, 2)), "3.2 3.9", "4.0 3.1"),
        (("=", (2, 10)), "2.10 2.10.1", "2.1"),
    ],
)
def test_admits(clause: tuple[str, tuple[int, ...]], inside: str, outside: str) -> None:
    assert [v for v in inside.split() if not admits((clause,), version(v))] == []
    assert [v for v in outside.split() if admits((clause,), version(v))] == []
