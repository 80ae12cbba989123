"""Making statements: parsed text, functions, assignments with other targets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import libcst as cst

BLANK = cst.EmptyLine(indent=False)


def statement(text: str, width: int | None = None) -> cst.BaseStatement:
    """One statement from its text, with one argument or element on a line where it is longer than `width`."""
    made = cst.parse_statement(text)
    if width is None or len(text.split("\n")[0]) <= width or not isinstance(made, cst.SimpleStatementLine):
        return made
    small = made.body[0]
    if isinstance(small, (cst.Assign, cst.Return, cst.Expr)) and isinstance(small.value, (cst.Call, cst.List)):
        return made.with_changes(body=[small.with_changes(value=broken(small.value))])
    return made


def broken(node: cst.Call | cst.List) -> cst.Call | cst.List:
    """A call or list with one argument or element on a line."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    outer = cst.ParenthesizedWhitespace(indent=True)
    parts = list(node.args if isinstance(node, cst.Call) else node.elements)
    spaced_ = [part.with_changes(comma=cst.Comma(whitespace_after=inner)) for part in parts[:-1]]
    spaced_ += [part.with_changes(comma=cst.Comma(whitespace_after=outer)) for part in parts[-1:]]
    if isinstance(node, cst.Call):
        last = [part.with_changes(whitespace_after_arg=cst.SimpleWhitespace("")) for part in spaced_]
        return node.with_changes(args=last, whitespace_before_args=inner)
    return node.with_changes(elements=spaced_, lbracket=cst.LeftSquareBracket(whitespace_after=inner))


def bracketed(opening: str, parts: Sequence[str], closing: str, width: int) -> str:
    """The text of a call or a display, with a line for each part where one line is too short."""
    text = f"{opening}{', '.join(parts)}{closing}"
    return text if len(text) <= width else "".join([opening, "\n", *(f"    {part},\n" for part in parts), closing])


def is_docstring(node: cst.CSTNode) -> bool:
    """Whether a statement is a string by itself."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else node
    return isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))


def statements(text: str) -> list[cst.BaseStatement]:
    """Several statements from a dedented text, with the blank lines between them."""
    return list(cst.parse_module(textwrap.dedent(text)).body)  # type: ignore[arg-type]


def as_statements(visited: object) -> list[cst.BaseStatement]:
    """What a transformer made of one statement: one, none or several."""
    if isinstance(visited, cst.FlattenSentinel):
        return [node for node in visited if isinstance(node, cst.BaseStatement)]
    return [visited] if isinstance(visited, cst.BaseStatement) else []


def function(
    name: str, parameters: Iterable[str], body: Sequence[cst.BaseStatement], decorators: Iterable[str] = ()
) -> cst.FunctionDef:
    """A function definition; an empty body becomes `pass`."""
    head = "".join(f"@{decorator}\n" for decorator in decorators)
    made = cst.parse_statement(f"{head}def {name}({', '.join(parameters)}):\n    pass\n")
    assert isinstance(made, cst.FunctionDef)
    kept = [tidy(node, first=place == 0) for place, node in enumerate(body)]
    return made.with_changes(body=cst.IndentedBlock(kept)) if kept else made


def tidy(node: cst.BaseStatement, first: bool) -> cst.BaseStatement:
    """A moved statement's leading lines: comments and single blank lines stay, none in front of the first one."""
    lines = list(getattr(node, "leading_lines", ()))
    kept: list[cst.EmptyLine] = []
    for line in lines:
        if line.comment is None and (not kept and first or kept and kept[-1].comment is None):
            continue
        kept.append(line if line.comment is not None else BLANK)
    return node.with_changes(leading_lines=kept)  # type: ignore[call-arg]


def spaced(node: cst.BaseStatement, lines: int) -> cst.BaseStatement:
    """A statement with so many blank lines in front of it, its comments kept."""
    comments = [line for line in getattr(node, "leading_lines", ()) if line.comment is not None]
    return node.with_changes(leading_lines=[BLANK] * lines + comments)  # type: ignore[call-arg]


def assignment(
    targets: Sequence[str], value: cst.BaseExpression | str, like: cst.BaseStatement | None = None
) -> cst.BaseStatement:
    """`a, b = value`; comments of `like` are kept."""
    text = value if isinstance(value, str) else cst.Module([]).code_for_node(value)
    made = cst.parse_statement(f"{', '.join(targets)} = {text}")
    return made.with_changes(leading_lines=like.leading_lines) if like is not None else made  # type: ignore[attr-defined]


class _Targets(cst.CSTTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        super().__init__()
        self.names = names

    def leave_AssignTarget(self, original_node: cst.AssignTarget, updated_node: cst.AssignTarget) -> cst.AssignTarget:
        if isinstance(updated_node.target, cst.Name) and updated_node.target.value in self.names:
            return updated_node.with_changes(target=cst.parse_expression(self.names[updated_node.target.value]))
        return updated_node


def replaced_targets(node: cst.BaseStatement, names: dict[str, str]) -> cst.BaseStatement:
    """An assignment whose target names are other expressions (`w` -> `self.w`)."""
    return node.visit(_Targets(names))  # type: ignore[return-value]


def local_name(wanted: str, body: Sequence[cst.BaseStatement], parameters: Iterable[str]) -> str:
    """A name for a local of a function that nothing in its body uses."""
    taken = set(parameters)
    todo: list[cst.CSTNode] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Name):
            taken.add(node.value)
        todo.extend(node.children)
    return next(
        name for name in (wanted, f"total_{wanted}", *(f"{wanted}_{i}" for i in range(2, 99))) if name not in taken
    )
