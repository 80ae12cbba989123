"""What an emitter needs from a target."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.helpers import Helper, helpers
from actlint.migrate.bodies import name_of
from actlint.migrate.names import training_word
from actlint.migrate.savers import SAVERS
from actlint.migrate.source import code
from actlint.migrate.statements import is_docstring, statement
from actlint.migrate.summaries import IMAGES
from actlint.program.binding import BoundCall
from actlint.program.values import Variable

if TYPE_CHECKING:
    from actlint.migrate.bodies import Home
    from actlint.migrate.builders import Builder
    from actlint.migrate.callables import Call, Region
    from actlint.migrate.emit import Emitter
    from actlint.migrate.expression import Rewriter
    from actlint.migrate.flow import Item, Parameter
    from actlint.migrate.sites import Site
    from actlint.migrate.summaries import Summaries
    from actlint.migrate.training import Differentiation
    from actlint.migrate.units import Unit

Statements = list[cst.BaseStatement]


class Target(ABC):
    """TensorFlow 2 or PyTorch: how training, runs, variables and imports are written there."""

    name: str
    moves_optimizer = False
    """Whether an optimizer is made where the training operation was, because its constructor takes the variables."""
    reserved: tuple[str, ...] = ()
    members: frozenset[str] = frozenset()
    """More names of the base class, which no layer may take."""
    emitter: Emitter

    def attach(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def helpers(self) -> dict[str, Helper]:
        """The helpers that rewritten code may ask for."""
        return {**helpers(self.name), **{helper.name: helper for helper in (IMAGES, *SAVERS[self.name])}}

    def clashes(self) -> dict[str, str]:
        """Short module names that the user's file uses for something else, with what is written instead."""
        return {}

    def prepare(self) -> None:  # noqa: B027
        """Called once, after layers and builders have names."""

    @abstractmethod
    def imports(self, node: cst.BaseStatement) -> Statements:
        """An import statement of the user's, in the target."""

    @abstractmethod
    def import_lines(self, text: str) -> Statements:
        """The imports that the rewritten text needs in addition."""

    @abstractmethod
    def structural(
        self, rewriter: Rewriter, name: str, original: cst.Call, updated: cst.Call, binding: BoundCall
    ) -> cst.BaseExpression | None:
        """The form of a structural symbol's call; None when there is none."""

    @abstractmethod
    def training(self, unit: Unit) -> Statements:
        """What stays of the statement that makes a training operation: the optimizer."""

    @abstractmethod
    def inner_gradient(self, call: Differentiation, rewriter: Rewriter, first: bool) -> str:
        """Gradients that a forward pass takes, or the `first` of them."""

    def taped(self, body: Statements, parameters: Iterable[str], wanted: str) -> Statements:
        """The body of a function with what its gradients need around the statements that they differentiate."""
        return body

    @abstractmethod
    def count(self, path: str) -> str:
        """A statement that adds 1 to a variable."""

    @abstractmethod
    def callable(self, call: Call) -> Statements:
        """The function that a run becomes."""

    @abstractmethod
    def method(self, builder: Builder) -> str:
        """The name of the forward pass of the class that a builder becomes."""

    @abstractmethod
    def base_class(self, builder: Builder) -> str:
        """The base of the class that a builder becomes."""

    @abstractmethod
    def fetched(self, applied: str) -> str:
        """A call that answers one tensor, as a numpy value."""

    @abstractmethod
    def fetched_several(self, applied: str) -> str:
        """A call that answers several tensors, for an unpacking."""

    @abstractmethod
    def fetched_list(self, applied: str, count: int, trained: int, kind: str) -> str:
        """A call whose answers are used as one list."""

    @abstractmethod
    def array(self, text: str) -> str:
        """The numpy value of a variable that an expression gives."""

    @abstractmethod
    def variable_value(self, variable: Variable) -> str:
        """The numpy value of a variable, in TF1's layout."""

    def counter(self, rewriter: Rewriter, call: cst.Call, made: str) -> str:
        """The counter of training steps, at a call that makes it or finds it."""
        variable = next((v for v in rewriter.values(call) if isinstance(v, Variable)), None)
        if variable is None:
            rewriter.refuse("REF102", call, "which variable counts the steps isn't known")
        return made if variable.op.node is call else self.emitter.weights.path(variable)

    def laid_out(self, variable: Variable) -> str:
        """A variable in TF1's layout."""
        return self.emitter.weights.path(variable)

    def variable_values(self, variables: list[Variable], kind: str) -> str:
        """The numpy values of several variables."""
        texts = [self.variable_value(variable) for variable in variables]
        return f"({', '.join(texts)},)" if kind == "tuple" else f"[{', '.join(texts)}]"

    def region_call(self, region: Region, read: set[str], home: Home) -> Statements:
        """The statement that calls a region's function and unpacks what it returns, in code of a home."""
        outputs = self.returned(region)
        applied = f"{self.emitter.callee(region.name or '', region.home, home)}({', '.join(region.inputs)})"
        after = self.captured_outputs(region, read)
        wanted = [name if name in read else "_" for name in outputs]
        if not outputs or all(name == "_" for name in wanted):
            return [statement(applied), *after]
        return [statement(f"{', '.join(wanted)} = {applied}"), *after]

    def returned(self, region: Region) -> list[str]:
        """The names that a region's function returns."""
        return region.outputs

    def captured_outputs(self, region: Region, read: set[str]) -> Statements:
        """Statements that fetch a region's hooked tensors after its call."""
        return []

    def captured_after(self, item: Item) -> Statements:
        """Statements that fetch hooked tensors after an item's own statement."""
        return []

    def effect(self, made: Statements) -> Statements:
        """Statements that only change variables, among those of a callable."""
        return made

    def summaries_note(self) -> str:
        """What the user has to know where summaries are written."""
        return "summaries are written through TensorBoard: pip install tensorboard"

    def fetched_structure(self, applied: str) -> str:
        """A call that answers containers of tensors."""
        return applied

    def summary_value(self, text: str) -> str:
        """One value of a merged summary, inside the callable that computes it."""
        return text

    @abstractmethod
    def summary_writer(self, summaries: Summaries) -> Statements:
        """The function that writes the merged summaries."""

    def shape_kept(self, parameter: Parameter) -> cst.BaseExpression | None:
        """The shape expression of a placeholder that its callable states in its body."""
        return None

    settled: frozenset[str] = frozenset()
    """Arguments of layers that decide the layer's form, so that they have to be the same in all calls."""

    def object_list(self, site: Site) -> str:
        """An empty list for the objects that a loop makes."""
        return "[]"

    def container(self, node: cst.BaseExpression) -> str:
        """What a class keeps variables in that it makes one by one, for an empty list or dict."""
        return code(node)

    def kept(self, value: cst.BaseExpression, site: Site) -> cst.BaseExpression:
        """What a class keeps, for an expression that makes one or several variables."""
        return value

    def groups(self, ordered: bool) -> list[tuple[str, list[int]]]:
        """Expressions that iterate over several variables at once, with the identities of these variables; `ordered`
        ones go through them in TF1's order."""
        return []

    def import_place(self, body: list[cst.CSTNode]) -> int:
        """Where additional imports go: after the docstring and future imports, behind the user's framework import."""
        place = 0
        for i, node in enumerate(body):
            if isinstance(node, cst.SimpleStatementLine):
                first = node.body[0]
                if isinstance(first, (cst.Import, cst.ImportFrom)):
                    place = i + 1
                elif place == 0 and is_docstring(first):
                    place = i + 1
                    continue
                elif place:
                    break
            else:
                break
        return place

    @abstractmethod
    def parameters(self, variables: list[Variable], unit: Unit | None) -> str:
        """Source of the list of variables that an optimizer's constructor takes."""

    def optimizer_name(self, unit: Unit) -> str:
        """The name of the optimizer object of a training statement."""
        training = unit.trainings[0]
        assert isinstance(training.node, cst.Call) and isinstance(training.node.func, cst.Attribute)
        owner = training.node.func.value
        if isinstance(owner, (cst.Name, cst.Attribute)):
            return self.emitter.promotion.expression(owner)
        known = self._optimizers.get(unit.order)
        if known is None:
            several = len(self.emitter.program.trainings) > 1
            small = unit.small
            word = name_of(small.targets[0].target) if several and isinstance(small, cst.Assign) else ""
            word = training_word(word) if word else "optimizer"
            name = word if word.endswith("optimizer") else f"{word}_optimizer"
            known = self._optimizers[unit.order] = self.emitter.attribute(name, None, unit.home)
        return known

    def __init__(self) -> None:
        self._optimizers: dict[int, str] = {}


_NUMBER = re.compile(r"\((?:value=)?(-?[0-9.]+(?:[eE]-?[0-9]+)?)\)")


def filled_with(initializer: str, constant: str) -> float | None:
    """The number that an initialiser fills a tensor with, where its text says so; `constant` makes such ones."""
    if re.fullmatch(r"(tf|nn\.init)\.(zeros|ones)(_initializer\(\)|_)", initializer):
        return float("ones" in initializer)
    found = (
        _NUMBER.fullmatch(initializer.removeprefix(constant)) if constant and initializer.startswith(constant) else None
    )
    return float(found.group(1)) if found else None


GONE = ("tensorflow.contrib", "tensorflow.python.ops")
"""Packages without a counterpart; what is used of them is written otherwise."""


def is_gone_import(node: cst.BaseStatement) -> bool:
    """Whether an import statement binds only parts of packages that have no counterpart."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.ImportFrom) or small.module is None or isinstance(small.names, cst.ImportStar):
        return False
    name = code(small.module)
    return any(name == package or name.startswith(package + ".") for package in GONE)


def is_framework_import(node: cst.BaseStatement) -> bool:
    """Whether an import statement imports TensorFlow or a part of it."""
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    small = node.body[0]
    code = cst.Module([]).code_for_node
    if isinstance(small, cst.Import):
        return any(code(alias.name).split(".")[0] == "tensorflow" for alias in small.names)
    return (
        isinstance(small, cst.ImportFrom)
        and small.module is not None
        and code(small.module).split(".")[0] == "tensorflow"
    )
