"""ACT900: `# noqa` comments with codes of actlint that silence nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterable[Finding]:
    """Nothing: comments are judged when all findings are known; see `actlint.suppress`."""
    return ()


RULE = Rule(
    code="ACT900",
    name="unused-noqa",
    message="`# noqa` that silences nothing",
    what="A `# noqa` or `# actlint: ignore` comment names a code of actlint that isn't found on its line although the "
    "rule is selected, or a code that no rule has. Codes of other tools, and comments without codes, are not judged. "
    "The rule is off unless it is selected by its code, a prefix of it, or ALL.",
    why="A comment that silences nothing hides the next finding on its line. What is found in a module can depend on "
    "the programs that import it: check the whole project, not single files, before you believe this rule.",
    bad="""\
import torch

x = torch.ones(2)  # noqa: ACT301
""",
    good="""\
import torch

x = torch.ones(2)
""",
    sources=("https://docs.astral.sh/ruff/rules/unused-noqa/",),
    fix="safe",
    check=check,
    triggers=(b"noqa",),
    reads="comments",
    optional=True,
)
