"""Records what genuine TensorFlow 1.15 answers for the rows of parity tests, and the errors of the rewrites.

usage: ACTLINT_TF1_PYTHON=PATH python tests/apis/record.py [MODULE]...

Writes tests/apis/parity/reference/MODULE.json, and actlint/docs/operations.md from all of them; without modules the
page alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tests.apis import page  # noqa: E402
from tests.apis.parity.reference import FOLDER  # noqa: E402


def record(modules: list[str], tf1: str) -> None:
    """Run the modules' tests, then their rows on TensorFlow 1."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACTLINT_RECORD": folder, "PYTHONPATH": str(ROOT)}
        tests = [str(HERE / "parity" / f"{module}.py") for module in modules]
        subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=ROOT, env=environment, check=True)
        subprocess.run([tf1, str(HERE / "parity" / "reference_tf1.py"), folder], check=True)
        for module in modules:
            rows, answers = Path(folder, f"{module}.json"), Path(folder, f"{module}.answers.json")
            write(module, json.loads(rows.read_text()), json.loads(answers.read_text()))


def write(module: str, rows: dict[str, Any], answers: dict[str, Any]) -> None:
    """Write the record of one module."""
    kept = ("source", "forms", "errors")
    for row in rows.values():
        row["errors"] = {name: [_rounded(error) for error in found] for name, found in row["errors"].items()}
    merged = {key: {name: row[name] for name in kept} | answers[key] for key, row in rows.items()}
    FOLDER.mkdir(exist_ok=True)
    lines = [f"{json.dumps(key)}: {json.dumps(row, sort_keys=True)}" for key, row in sorted(merged.items())]
    text = '{"tensorflow": "1.15.5", "rows": {\n' + ",\n".join(lines) + "\n}}\n"
    (FOLDER / f"{module}.json").write_text(text, encoding="utf-8")


def _rounded(error: float | None) -> float | None:
    return None if error is None else float(f"{error:.0e}")


def main() -> None:
    if sys.argv[1:]:
        record(sys.argv[1:], os.environ["ACTLINT_TF1_PYTHON"])
    page.PAGE.write_text(page.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
