"""Headers of loops, for a half of the body that needs other names than the whole: `for size, layer in zip(sizes,
layers)`."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.source import code

Pair = tuple[str, str]
"""A target and the iterable that it goes through, as texts."""


def header(target: cst.BaseExpression, iterable: cst.BaseExpression, used: set[str], extra: list[Pair]) -> Pair:
    """The target and iterable of a loop that binds the names of `target` which are used, and goes through more lists
    beside."""
    pair = _whole(target, iterable, used, extra)
    if pair is not None:
        return pair
    name = _called(iterable)
    inner = iterable.args[0].value if name == "enumerate" else iterable  # type: ignore[attr-defined]
    return "_", code(inner)


def _whole(target: cst.BaseExpression, iterable: cst.BaseExpression, used: set[str], extra: list[Pair]) -> Pair | None:
    called = _called(iterable)
    if called == "enumerate" and isinstance(target, (cst.Tuple, cst.List)) and len(target.elements) == 2:
        return _enumerated(target, iterable, used, extra)  # type: ignore[arg-type]
    if called == "range" and len(iterable.args) == 1 and extra and _uses(target, used):  # type: ignore[attr-defined]
        inner = _joined(extra)
        return (f"{code(target)}, {_grouped(inner[0])}", f"enumerate({inner[1]})") if inner else None
    own = _own(target, iterable, used, bool(extra))
    return _joined([*own, *extra])


def _enumerated(target: cst.Tuple, iterable: cst.Call, used: set[str], extra: list[Pair]) -> Pair | None:
    place, element = target.elements[0].value, target.elements[1].value
    inner = _whole(element, iterable.args[0].value, used, extra)
    if not _uses(place, used):
        return inner
    if inner is None:
        inner = "_", code(iterable.args[0].value)
    rest = "".join(
        f", {code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT))}" for argument in iterable.args[1:]
    )
    return f"{code(place)}, {_grouped(inner[0])}", f"enumerate({inner[1]}{rest})"


def _own(target: cst.BaseExpression, iterable: cst.BaseExpression, used: set[str], beside: bool) -> list[Pair]:
    """The part of the loop's own header that is still needed."""
    if not _uses(target, used):
        return []
    if _called(iterable) == "zip" and isinstance(target, (cst.Tuple, cst.List)) and beside:
        arguments = [argument.value for argument in iterable.args]  # type: ignore[attr-defined]
        if len(arguments) == len(target.elements):
            return [
                (code(element.value), code(argument))
                for element, argument in zip(target.elements, arguments, strict=True)
                if _uses(element.value, used)
            ]
    return [(code(target.with_changes(lpar=[], rpar=[])), code(iterable))]


def _joined(pairs: list[Pair]) -> Pair | None:
    if len(pairs) < 2:
        return pairs[0] if pairs else None
    return ", ".join(_grouped(target) for target, _ in pairs), f"zip({', '.join(iterable for _, iterable in pairs)})"


def _grouped(target: str) -> str:
    return f"({target})" if "," in target and not target.startswith("(") else target


def _called(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.args:
        return node.func.value
    return ""


def _uses(target: cst.CSTNode, used: set[str]) -> bool:
    if isinstance(target, cst.Name):
        return target.value in used
    return any(_uses(child, used) for child in target.children)
