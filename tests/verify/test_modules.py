from __future__ import annotations

from pathlib import Path

from actlint.verify.modules import local_files


def test_only_imported_modules_count(tmp_path: Path) -> None:
    texts = {
        "train.py": "import layers.dense\nfrom losses import total\nfrom . import steps\n",
        "layers/__init__.py": "",
        "layers/dense.py": "import numpy, train\n",
        "losses.py": "import terms as t\n",
        "terms.py": "",
        "steps.py": "",
        "another.py": "def train_step(): pass\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [path.relative_to(tmp_path).as_posix() for path in local_files(tmp_path / "train.py")]
    assert found[0] == "train.py"
    assert len(found) == len(set(found))
    assert set(found[1:]) == {"layers/__init__.py", "layers/dense.py", "losses.py", "terms.py", "steps.py"}


def test_relative_imports_count_from_their_own_package(tmp_path: Path) -> None:
    for name, text in {
        "train.py": "from net import model\n",
        "net/model.py": "from .layers import dense\nfrom .. import terms\n",
        "net/layers.py": "",
        "layers.py": "",
        "terms.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {path.relative_to(tmp_path).as_posix() for path in local_files(tmp_path / "train.py")}
    assert found == {"train.py", "net/model.py", "net/layers.py", "terms.py"}


def test_what_is_no_python_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import broken\n")
    (tmp_path / "broken.py").write_text("import terms\ndef (\n")
    (tmp_path / "terms.py").write_text("")
    assert local_files(tmp_path / "train.py") == [tmp_path / "train.py", tmp_path / "broken.py"]
