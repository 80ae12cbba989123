"""The page of a rule, and of a reason for which a migration is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TextIO

from actlint.report.terminal import Line, draw, line
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from actlint.migrate.refusals import Refusal
    from actlint.verify.reasons import Kind

_FIXES = {
    "none": "No automatic fix.",
    "safe": "`actlint check --fix` repairs it where the code leaves no doubt.",
    "unsafe": "`actlint check --fix --unsafe-fixes` repairs it; look at what it changes.",
    "migrate": "`actlint fix --to tf2` or `--to torch` migrates the program.",
}


@dataclass(frozen=True)
class Page:
    """A page in parts; those that don't apply are empty."""

    code: str
    name: str
    message: str
    what: str
    why: str = ""
    bad: str = ""
    good: str = ""
    fix: str = ""
    help: str = ""
    sources: tuple[str, ...] = ()


def page(explained: Rule | Refusal | Kind) -> Page:
    """The page of a rule or of a refusal."""
    if isinstance(explained, Rule):
        parts = {name: getattr(explained, name) for name in ("code", "name", "message", "what", "why", "bad", "good")}
        return Page(**parts, fix=_FIXES[explained.fix], sources=explained.sources)
    message = "`actlint fix` leaves the program as it is"
    return Page(explained.code, explained.name, message, explained.what, help=explained.help)


def as_json(page: Page) -> dict[str, Any]:
    """The page for programs."""
    return asdict(page)


def show(pages: Sequence[Page], stream: TextIO) -> None:
    """Print pages one below the other."""
    draw((line_ for number, page in enumerate(pages) for line_ in _page(page, first=not number)), stream)


def _page(page: Page, *, first: bool) -> Iterator[Line]:
    if not first:
        yield line()
        yield line()
    title = f"{page.name} ({page.code})"
    yield line((title, "bold"))
    yield line(("=" * len(title), "bold"))
    yield line()
    yield line((page.message, "italic"))
    sections = (
        ("What it does", page.what),
        ("Why it matters", page.why),
        ("Bad", page.bad),
        ("Good", page.good),
        ("Fix", page.fix),
        ("What to do", page.help),
        ("Sources", "\n".join(f"- {source}" for source in page.sources)),
    )
    for heading, body in sections:
        if body:
            yield line()
            yield line((heading, "bold underline"))
            indent = "    " if heading in ("Bad", "Good") else ""
            for text in body.strip("\n").splitlines():
                yield line(indent + text)
