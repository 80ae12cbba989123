"""How whole numbers follow from the options of a command line, in a form in which equal sums of products are equal.

The value of an option is known here only as its default. Two sizes that agree by their defaults are one size only if
they have the same formula, and a size that has a formula is never written as a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

_TERMS, _LENGTH = 50, 500
"""Where formulas that a loop makes longer with each turn stop to grow."""

Product = tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """A sum of products of options, each with its factor."""

    terms: frozenset[tuple[Product, int]]

    def __str__(self) -> str:
        return " + ".join(" * ".join((str(factor), *product)) for product, factor in sorted(self.terms)) or "0"


Operand = tuple[object, Formula | None]
"""A Python value, and its formula where it follows from options."""


def option(name: str) -> Formula:
    """The formula of an option itself."""
    return Formula(frozenset({((name,), 1)}))


def combined(operation: str, *operands: Operand) -> Formula | None:
    """The formula of what an operation makes of values; None where it doesn't follow from options."""
    if all(formula is None for _, formula in operands):
        return None
    found = [_formula(value, formula) for value, formula in operands]
    made = _ARITHMETIC[operation](*found) if operation in _ARITHMETIC and None not in found else None  # type: ignore[arg-type]
    if made is None or len(made.terms) > _TERMS:
        text = f"{operation}({', '.join(_texts(operands))})"
        return option(text if len(text) < _LENGTH else f"{operation} {sha256(text.encode()).hexdigest()}")
    return made if any(product for product, _ in made.terms) else None


def _texts(operands: tuple[Operand, ...]) -> list[str]:
    return [repr(value) if formula is None else str(formula) for value, formula in operands]


def _formula(value: object, formula: Formula | None) -> Formula | None:
    if formula is not None:
        return formula
    return _summed([((), value)]) if type(value) is int else None


def _summed(terms: list[tuple[Product, int]]) -> Formula:
    factors: dict[Product, int] = {}
    for product, factor in terms:
        factors[product] = factors.get(product, 0) + factor
    return Formula(frozenset((product, factor) for product, factor in factors.items() if factor))


def _add(left: Formula, right: Formula) -> Formula:
    return _summed([*left.terms, *right.terms])


def _subtract(left: Formula, right: Formula) -> Formula:
    return _summed([*left.terms, *((product, -factor) for product, factor in right.terms)])


def _multiply(left: Formula, right: Formula) -> Formula:
    return _summed([(tuple(sorted(p + q)), a * b) for p, a in left.terms for q, b in right.terms])


def _divide(left: Formula, right: Formula) -> Formula | None:
    """A quotient that leaves no rest, whatever the options are."""
    if len(right.terms) != 1:
        return _summed([((), 1)]) if left == right else None
    ((divisor, by),) = right.terms
    terms: list[tuple[Product, int]] = []
    for product, factor in left.terms:
        rest = list(product)
        for name in divisor:
            if name not in rest:
                return None
            rest.remove(name)
        if factor % by:
            return None
        terms.append((tuple(rest), factor // by))
    return _summed(terms)


_ARITHMETIC = {"add": _add, "subtract": _subtract, "multiply": _multiply, "floordiv": _divide}
