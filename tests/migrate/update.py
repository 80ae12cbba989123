"""Writes the rewrites into `cases/*.txt`: what actlint makes of each TF1 program today. Review the difference."""

from __future__ import annotations

import tempfile
from pathlib import Path

from actlint.files.source import read
from actlint.migrate import rewrite
from actlint.program import analyze

CASES = Path(__file__).resolve().parent / "cases"
TARGETS = ("tf2", "torch")


def sections(path: Path) -> dict[str, str]:
    """The texts of a case by form: "tf1" and the targets."""
    found: dict[str, str] = {}
    for part in path.read_text(encoding="utf-8").split("=== ")[1:]:
        form, _, text = part.partition("\n")
        found[form] = text
    return found


def rewritten(text: str, target: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")
        program.write_text(text, encoding="utf-8")
        return rewrite(analyze(program, read), target).files[program.resolve()]


def main() -> None:
    for path in sorted(CASES.glob("*.txt")):
        before = sections(path)["tf1"]
        texts = {"tf1": before} | {target: rewritten(before, target) for target in TARGETS}
        content = "".join(f"=== {form}\n{text}" for form, text in texts.items())
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
