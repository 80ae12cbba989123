"""Long lines of rewritten text, wrapped at brackets and operators as formatters do it."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

WIDTH = 100
_OPEN, _CLOSE = "([{", ")]}"
_COMPREHENSION, _COMMA, _TERNARY, _LOGIC, _COMPARISON = 20, 18, 16, 14, 10
_BINARY = {
    "and": _LOGIC,
    "or": _LOGIC,
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "!=", "in", "not", "is"), _COMPARISON),
    **{"|": 9, "^": 8, "&": 7, "<<": 6, ">>": 6, "+": 5, "-": 5, "*": 4, "/": 4, "//": 4, "%": 4, "@": 4},
}
_VALUES = ("None", "True", "False")
_ASSIGNING = re.compile(r"(=|[-+*/]=)$")
_START = re.compile(r"\s*[^=(]*[=(]?")


@dataclass(frozen=True)
class Atom:
    """A token with the white space in front of it; `forced` is a comma behind which the line has to end."""

    text: str
    space: str = ""
    forced: bool = False

    @property
    def operand(self) -> bool:
        """Whether a binary operator can follow."""
        if self.text in _VALUES or self.text[-1] in _CLOSE:
            return True
        return self.text not in _BINARY and not keyword.iskeyword(self.text) and bool(re.search(r"[\w'\"]$", self.text))


def wrapped(text: str, before: str, width: int = WIDTH) -> str:
    """A rewritten text with its long lines wrapped, but for those that the original has, or has as long."""
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(ending)
    if any("\r" in line or "\n" in line for line in lines):
        return text
    original = {line.strip() for line in before.splitlines()}
    allowed: dict[str, int] = {}
    for line in before.splitlines():
        allowed[_start(line)] = max(len(line), allowed.get(_start(line), width))
    long = {
        number
        for number, line in enumerate(lines, 1)
        if len(line) > allowed.get(_start(line), width) and line.strip() not in original
    }
    if not long:
        return text
    made, done = [], 0
    for tokens in _statements("\n".join(lines)):
        first, last = tokens[0].start[0], tokens[-1].end[0]
        if not long & set(range(first, last + 1)):
            continue
        new = _statement(tokens, lines, width)
        if new is not None:
            made += [*lines[done : first - 1], *new]
            done = last
    return ending.join([*made, *lines[done:]])


def _start(line: str) -> str:
    """What a line begins with, by which that of the original is known again."""
    found = _START.match(line)
    return found.group().strip() if found else ""


def _statements(text: str) -> Iterator[list[tokenize.TokenInfo]]:
    """The tokens of each statement, or of its head up to the colon, where it fills whole lines."""
    found: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        if token.type in (tokenize.NL, tokenize.COMMENT) and not found:
            continue
        if token.type == tokenize.NEWLINE:
            if found:
                yield found
            found = []
        else:
            found.append(token)


def _statement(tokens: list[tokenize.TokenInfo], lines: list[str], width: int) -> list[str] | None:
    """The lines of a statement; None where it stays as it is."""
    comment = ""
    if tokens[-1].type == tokenize.COMMENT:
        comment = "  " + tokens[-1].string
        tokens = tokens[:-1]
    inner = any(token.type == tokenize.COMMENT for token in tokens)
    strings = any(token.start[0] != token.end[0] for token in tokens if token.type != tokenize.NL)
    if inner or strings or not tokens:
        return None
    atoms = _atoms(tokens, lines)
    first = lines[tokens[0].start[0] - 1]
    indent = first[: len(first) - len(first.lstrip())]
    unit = "\t" if indent.startswith("\t") else "    "
    made = _split(atoms, indent, unit, width, True)
    return [*made[:-1], made[-1] + comment] if len(made) > 1 else None


def _atoms(tokens: list[tokenize.TokenInfo], lines: list[str]) -> list[Atom]:
    """The tokens of a statement as on one line."""
    found: list[Atom] = []
    whole = _whole_strings(tokens, lines)
    for place, (string, start, _, broken) in enumerate(whole):
        space = ""
        if place:
            previous = whole[place - 1]
            if previous[2][0] == start[0]:
                space = lines[start[0] - 1][previous[2][1] : start[1]]
            elif previous[0] not in _OPEN and string not in _CLOSE:
                space = " "
        if string in _CLOSE and found and found[-1].text == "," and broken:
            found[-1] = Atom(",", found[-1].space, True)
        found.append(Atom(string, space))
    return found


def _whole_strings(tokens: list[tokenize.TokenInfo], lines: list[str]) -> list[tuple]:
    """Text, start and end of each token (strings with expressions in them are one), and whether a line ends before."""
    found: list[tuple] = []
    starting, ending = getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)
    depth, broken, opened = 0, False, (0, 0)
    for token in tokens:
        if token.type == starting:
            opened = opened if depth else token.start
            depth += 1
        elif token.type == ending:
            depth -= 1
            if not depth:
                found.append((lines[opened[0] - 1][opened[1] : token.end[1]], opened, token.end, broken))
        elif token.type == tokenize.NL:
            broken = True
            continue
        elif not depth:
            found.append((token.string, token.start, token.end, broken))
        broken = broken and bool(depth)
    return found


def _text(atoms: list[Atom]) -> str:
    return "".join(atom.text if place == 0 else atom.space + atom.text for place, atom in enumerate(atoms))


def _split(atoms: list[Atom], indent: str, unit: str, width: int, whole: bool) -> list[str]:
    """The lines of a statement (`whole`) or of a part of it."""
    line = indent + _text(atoms)
    if len(line) <= width and not any(atom.forced for atom in atoms):
        return [line]
    pairs = _pairs(atoms)
    if whole:
        start = _value(atoms, pairs)
        if start and start < len(atoms) and _delimiters(atoms[start:]) and not _ends_bracketed(atoms[start:]):
            head = indent + _text(atoms[:start]) + " ("
            return [head, *_inside(atoms[start:], indent + unit, unit, width, _has_comma(atoms[start:])), indent + ")"]
    for opened, closed in sorted(pairs, reverse=True):
        if closed == opened + 1 or len(indent + _text(atoms[: opened + 1])) > width:
            continue
        if len(indent + _text(atoms[closed:])) > width:
            continue
        body = atoms[opened + 1 : closed]
        comma = atoms[opened].text != "[" or not opened or not atoms[opened - 1].operand
        made = _inside(body, indent + unit, unit, width, comma)
        return [indent + _text(atoms[: opened + 1]), *made, indent + _text(atoms[closed:])]
    return [line]


def _inside(atoms: list[Atom], indent: str, unit: str, width: int, comma: bool) -> list[str]:
    """The lines between two brackets."""
    delimiters = _delimiters(atoms)
    commas = [place for place, priority in delimiters.items() if priority == _COMMA]
    calls = [place for place in (*commas, len(atoms)) if atoms[place - 1].text == ")"]
    forced = bool(atoms) and atoms[-1].forced or len(calls) > 1 and len(calls) == len({*commas, len(atoms)})
    if not forced and len(indent + _text(atoms)) <= width:
        return [indent + _text(atoms)]
    strongest = max(delimiters.values(), default=0)
    places = [place for place, priority in delimiters.items() if priority == strongest]
    if not places:
        return _split(atoms, indent, unit, width, False)
    parts, start = [], 0
    for place in places:
        cut = place + 1 if strongest == _COMMA else place
        parts.append(atoms[start:cut])
        start = cut
    if start < len(atoms):
        parts.append(atoms[start:])
    if strongest == _COMMA and parts[-1][-1].text != "," and comma:
        parts[-1] = [*parts[-1], Atom(",")]
    made = []
    for part in parts:
        clean = [Atom(a.text, a.space) if a is part[-1] else a for a in part]
        made += _split(clean, indent, unit, width, False)
    return made


def _pairs(atoms: list[Atom]) -> list[tuple[int, int]]:
    """The outermost brackets."""
    found, opened, depth = [], 0, 0
    for place, atom in enumerate(atoms):
        if atom.text in _OPEN:
            opened = opened if depth else place
            depth += 1
        elif atom.text in _CLOSE:
            depth -= 1
            if not depth:
                found.append((opened, place))
    return found


def _value(atoms: list[Atom], pairs: list[tuple[int, int]]) -> int:
    """The place of the value that a statement returns or assigns; 0 where there is none."""
    if atoms[0].text == "return":
        return 1
    inside = {place for opened, closed in pairs for place in range(opened, closed + 1)}
    return max((p + 1 for p, a in enumerate(atoms) if p not in inside and _ASSIGNING.fullmatch(a.text)), default=0)


def _ends_bracketed(atoms: list[Atom]) -> bool:
    """Whether a value with one operator ends with brackets that it can be split at: `rate * (... + ...)`."""
    delimiters = _delimiters(atoms)
    strongest = max(delimiters.values())
    single = strongest < _COMPARISON and list(delimiters.values()).count(strongest) == 1
    return single and len(_pairs(atoms)) == 1 and _pairs(atoms)[0][1] == len(atoms) - 1


def _has_comma(atoms: list[Atom]) -> bool:
    return _COMMA in _delimiters(atoms).values()


def _delimiters(atoms: list[Atom]) -> dict[int, int]:
    """The places outside of brackets where a line can end behind a comma or in front of an operator."""
    found: dict[int, int] = {}
    depth = lambdas = 0
    comprehension = False
    for place, atom in enumerate(atoms):
        depth += (atom.text in _OPEN) - (atom.text in _CLOSE)
        if depth or atom.text in _CLOSE or not place:
            lambdas += not depth and atom.text == "lambda"
            continue
        operand = atoms[place - 1].operand
        if atom.text == "lambda":
            lambdas += 1
        elif lambdas:
            lambdas -= atom.text == ":"
        elif atom.text == ",":
            found[place] = _COMMA
        elif atom.text == "for":
            found[place], comprehension = _COMPREHENSION, True
        elif atom.text in ("if", "else"):
            found[place] = _COMPREHENSION if comprehension else _TERNARY
        elif atom.text in _BINARY and operand and not (comprehension and atom.text == "in"):
            found[place] = _BINARY[atom.text]
    return found
