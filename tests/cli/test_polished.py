"""A migration that is proved, polished by hand, proved again, and undone: with the real proof."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ORIGINAL = ROOT / "fixtures/kl_sparsity/tf1.py"
STEP = """\
def train_step(X):
    X = torch.as_tensor(X, dtype=torch.float32)
    _, _, cost = losses(X)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()
"""
POLISHED_STEP = """\
# one step down the gradient
def train_step(inputs):
    inputs = torch.as_tensor(inputs, dtype=torch.float32)
    *_, total = losses(inputs)
    descend(total)
"""
HELPER = """\
def make_descent(optimizer):
    def descend(objective):
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
    return descend
"""


def actlint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "actlint", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ORIGINAL, folder / "train.py")
    os.utime(folder / "train.py", ns=(1_111_111_111_222_333_444,) * 2)
    done = actlint(folder, "fix", "--to", "torch", "train.py")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def project(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "project", copy_function=shutil.copy2))


def edit(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)


def polish(project: Path) -> None:
    (project / "descent.py").write_text(HELPER)
    edit(
        project / "train.py",
        (STEP, POLISHED_STEP),
        ("import torch\n", "import torch\nfrom descent import make_descent\n"),
        ("optimizer = RMSProp", "# as TensorFlow 1 did\noptimizer = RMSProp"),
        (
            "    code = encode(X)\n    X_rec = decode(code)\n    return code, X_rec",
            "    h = encode(X)\n    return h, decode(h)",
        ),
    )
    text = (project / "train.py").read_text()
    at = text.index("# one step")
    (project / "train.py").write_text(f"{text[:at]}descend = make_descent(optimizer)\n\n\n{text[at:]}")


def test_polished_rewrite_is_proved_again(project: Path) -> None:
    polish(project)
    done = actlint(project, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train.py -> torch: proved" in done.stdout
    assert "- hidden 'code': `code` in forward is no longer assigned" in done.stdout
    assert "train.py:71 executed 11 of 30 times" in done.stdout


def test_wrong_edit_is_noticed(project: Path) -> None:
    polish(project)
    edit(project / "train.py", ("l2_cost = decay * (", "l2_cost = 1.01 * decay * ("))
    done = actlint(project, "verify", "train.py")
    assert done.returncode == 1
    assert "train.py -> torch: differs" in done.stdout


def test_renamed_weight_is_reported_by_name_and_settled_in_the_map(project: Path) -> None:
    edit(project / "train.py", ("weights = {", "kernels = {"), ("weights[", "kernels["), ("*weights.", "*kernels."))
    done = actlint(project, "verify")
    assert done.returncode == 1
    assert "train.py -> torch: inconclusive" in done.stdout
    assert "PRF304 the weight W_enc:0 can't be found at weights['encoder']: NameError" in done.stdout
    assert "write its new place into .actlint/train.py/1/map.toml" in done.stdout
    edit(project / ".actlint/train.py/1/map.toml", ("weights['", "kernels['"))
    done = actlint(project, "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def test_undone_migration_is_the_original_to_the_byte_and_nanosecond(project: Path) -> None:
    polish(project)
    assert actlint(project, "fix", "--undo").returncode == 1
    assert actlint(project, "fix", "--undo", "--force").returncode == 0
    assert (project / "train.py").read_bytes() == ORIGINAL.read_bytes()
    assert (project / "train.py").stat().st_mtime_ns == 1_111_111_111_222_333_444
    assert (project / "train.py").stat().st_mode == ORIGINAL.stat().st_mode
