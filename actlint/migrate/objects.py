"""Objects with weights: the layers and builder instances of the rewritten program, and what they are called."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import LayerEntry
from actlint.migrate.bodies import Body, Home
from actlint.migrate.builders import Builder, class_name
from actlint.migrate.expression import Rewriter, Surroundings
from actlint.migrate.moving import is_untracked
from actlint.migrate.names import Names
from actlint.migrate.parts import Step
from actlint.migrate.refusals import Refused
from actlint.migrate.sites import Site, Sites
from actlint.migrate.sizes import Track, overridden
from actlint.migrate.source import code, walk
from actlint.migrate.staging import Staging
from actlint.migrate.units import Building, Unit, graph_tensors
from actlint.migrate.weights import Weights
from actlint.program.binding import BoundCall
from actlint.program.model import Program
from actlint.program.values import Cell, Const, Function, Variable

if TYPE_CHECKING:
    from actlint.migrate.promotion import Promotion
    from actlint.migrate.target import Target

_SCOPE_DEFAULTS = ("initializer", "regularizer", "partitioner", "custom_getter", "dtype", "constraint")


class Objects:
    """The part of the emitter that knows layers and builders."""

    building: Building
    program: Program
    names: Names
    target: Target
    weights: Weights
    promotion: Promotion

    @property
    def surroundings(self) -> Surroundings:
        raise NotImplementedError

    builders: dict[cst.CSTNode, Builder]
    sites: Sites
    staged: dict[Unit, Staging]

    def objects_in(self, node: cst.CSTNode) -> list[cst.Call]:
        """The calls below a statement that make an object with weights, inner ones first."""
        return [call for call, kind in self.sites.find(node) if kind != "weight"]

    def builder(self, call: cst.Call) -> Builder | None:
        """The builder that a call enters, if it enters one."""
        functions = [v for v in self.program.values(call.func) if isinstance(v, Function)]
        found = [f.node for f in functions if isinstance(f.node, cst.FunctionDef) and self.building.is_builder(f.node)]
        if not found:
            return None
        if any(f.node is not found[0] for f in functions):
            raise Refused([self.building.reason("REF103", call, "one call enters several functions that build layers")])
        node = found[0]
        assert isinstance(node, cst.FunctionDef)
        if node not in self.builders:
            self.names.release(node.name.value)
            made = self.builders[node] = Builder(self, node, self.names.fresh(class_name(node)))  # type: ignore[arg-type]
            made.read()
        self.surroundings.builders[call] = self.builders[node]
        return self.builders[node]

    def renames_builder(self, name: cst.Name) -> bool:
        """Whether a read of a builder function only gives it another name: `model_fn = cnn`."""
        unit = self.building.unit_of.get(name)
        small = unit.small if unit is not None else None
        if not isinstance(small, cst.Assign) or small.value is not name or len(small.targets) != 1:
            return False
        target = small.targets[0].target
        if not isinstance(target, cst.Name):
            return False
        self.builder_names.add(unit)  # type: ignore[arg-type]
        return True

    builder_names: set[Unit]
    """Statements that give a builder function another name; they go when it becomes a class."""

    def is_forward_argument(self, call: cst.CSTNode, argument: cst.Arg) -> bool:
        """Whether an argument of a layer's or builder's call belongs to the application."""
        assert isinstance(call, cst.Call)
        builder = self.builder(call)
        if builder is not None:
            return builder.is_forward_argument(call, argument)
        binding = self.program.bindings[call]
        if not isinstance(binding, BoundCall) or not isinstance(binding.entry, LayerEntry):
            return False
        applied = (binding.entry.input, *binding.entry.applied)
        return any(argument.value is binding.nodes.get(name) for name in applied)

    def construct(self, call: cst.Call, body: Staging | None, step: Step | None = None) -> str:
        """The constructor expression of a layer or builder."""
        builder = self.builder(call)
        rewriter = body.rewriter(False) if body is not None else Rewriter(self.surroundings, hoisting=False)
        rewriter.visit_Call(call)
        if body is not None:
            for argument in call.args:
                if not self.is_forward_argument(call, argument):
                    body.sizes.within(argument, step)
        arguments = [a if self._is_tensor(call, a) else a.visit(rewriter) for a in call.args]
        updated = call.with_changes(args=arguments)
        if builder is not None:
            name = f"{code(call.func.value)}.{builder.name}" if isinstance(call.func, cst.Attribute) else builder.name
            return f"{name}({', '.join(builder.constructor_arguments(call, updated, body))})"
        return code(rewriter.formed(call, updated, self._layer(call, body, step)))

    def _is_tensor(self, call: cst.Call, argument: cst.Arg) -> bool:
        builder = self.builder(call)
        if builder is None:
            return self.is_forward_argument(call, argument)
        return builder.parameter_of(call, argument) in builder.tensors

    def _layer(self, call: cst.Call, body: Staging | None, step: Step | None) -> BoundCall:
        """A layer's arguments, with the size of its input as the constructor knows it."""
        first, *others = [layer.call for layer in self.program.layers if layer.node is call]
        entry = first.entry
        assert isinstance(entry, LayerEntry)
        values = dict(first.values)
        for other in others:
            for name in sorted((first.values.keys() | other.values.keys()) - {*entry.applied}):
                left, right = values.get(name, Const(None)), other.values.get(name, Const(None))
                apart = (left == Const(None)) != (right == Const(None))
                if name in self.target.settled and (apart or left != right) or apart and self.target.name == "torch":
                    text = f"the layer's {name} differs between calls"
                    raise Refused([self.building.reason("REF108", call, text, "Write a layer for each.")])
                values[name] = right if left == Const(None) else left
        values["untracked"] = Const(is_untracked(self.building, self.sites.known[call].made))
        merged = replace(first, values=values)
        if body is None or self.target.name != "torch":
            return merged
        text = body.sizes.fan_in(self.sites.known[call], step)  # type: ignore[arg-type]
        return overridden(merged, entry.input, text) if text is not None else merged

    @cached_property
    def tensor_names(self) -> set[str]:
        """Names that stand for tensors somewhere in the program."""
        facts = self.program.facts.items()
        return {n.value for n, found in facts if isinstance(n, cst.Name) and any(graph_tensors(e.value) for e in found)}

    @cached_property
    def bound_once(self) -> set[str]:
        """Names that the file binds in one place only, and not in a loop."""
        bound: list[str] = []
        for part in walk(self.building.tree.module):
            if isinstance(part, (cst.AssignTarget, cst.AnnAssign, cst.NamedExpr)):
                bound += [p.value for p in walk(part.target) if isinstance(p, cst.Name)]
            elif isinstance(part, (cst.AugAssign, cst.For, cst.CompFor)):
                bound += 2 * [p.value for p in walk(part.target) if isinstance(p, cst.Name)]
            elif isinstance(part, cst.ImportAlias):
                bound.append((part.evaluated_alias or part.evaluated_name).partition(".")[0])
        return {name for name in bound if bound.count(name) == 1}

    def writing(self, home: Home) -> AbstractContextManager[None]:
        raise NotImplementedError

    def base_class(self, builder: Builder) -> str:
        return self.target.base_class(builder)

    def _name_objects(self) -> None:
        """Names for the layers and builder instances of the building scope, shared where TF1 shares weights."""
        self._refuse_scope_defaults()
        earlier: list[Site] = []
        tracks: dict[Body, list[Track]] = {}
        for unit in self.building.units:
            if unit.kind not in ("forward", "constructor", "placeholder") or not list(self.sites.find(unit.node)):
                continue
            if unit.kind == "constructor" and not self.objects_in(unit.node):
                continue
            block = cst.IndentedBlock([unit.node])
            home, carried = unit.home, tracks.setdefault(unit.body, [])
            with self.writing(home):
                staging = self.staged[unit] = Staging(
                    self,
                    None,
                    block,
                    lambda wanted, target, home=home: self.attribute(wanted, target, home),
                    earlier,
                    carried,
                )
                staging.name_sites()

    def attribute(self, wanted: str, target: cst.BaseExpression | None, home: Home) -> str:
        """The expression of a new object: a name, or an attribute of the class, where that of the tensor is free."""
        if not home.is_class:
            return self.names.fresh(wanted)
        if isinstance(target, cst.Attribute) and self.promotion.is_gone(target):
            return f"{self.promotion.receiver(home)}.{self.promotion.take(home, target.attr.value)}"
        return f"{self.promotion.receiver(home)}.{self.promotion.fresh(home, wanted)}"

    def inherited(self, home: Home) -> set[str]:
        """What the other classes of the program speak of, where a class derives from one of them."""
        classes = [part for part in self.building.everything() if isinstance(part, cst.ClassDef)]
        own = home.node
        named = {name.value for base in getattr(own, "bases", ()) for name in walk(base) if isinstance(name, cst.Name)}
        if not named & {other.name.value for other in classes}:
            return set()
        return {name for other in classes if other is not own for name in Names.of_members(other).taken}

    fetches: set[cst.CSTNode]
    """Calls of the building scope that ask for a variable by its name which another call has made."""

    def _find_fetches(self) -> None:
        for node, made in self.sites.records:
            if not made.weights:
                continue
            (variable, *rest) = made.weights
            if rest or variable.op.node is node or self.building.below(made.calls) or variable.layer is node:
                continue
            if node in self.sites.known or node not in self.building.unit_of:
                continue
            place = self.weights.place(variable)
            if place.layout != "same":
                text = f"{variable.name} is asked for by its name, and the layer that has it keeps it in another layout"
                raise Refused([self.building.reason("REF103", node, text)])
            self.fetches.add(node)
            self.surroundings.hoisted[node] = place.path

    def object_groups(self) -> list[tuple[Site, str, list[Variable]]]:
        """The objects of the building scope that hold layers or more, each as an expression and with its variables."""
        found = []
        for site in self.sites.known.values():
            outer = site.made and not self.building.below(site.made[0].calls)
            cells = any(isinstance(made.value, Cell) for made in site.made)
            listed = site.listed and site.name and not cells
            if outer and site.shares is None and (site.kind == "builder" or listed):
                home = self.building.bodies.entered(site.made[0].calls).home
                text = self.weights.seen(site.name, home, site.node)
                found.append((site, text, list({id(v): v for made in site.made for v in made.weights}.values())))
        return found

    def _refuse_scope_defaults(self) -> None:
        for call, binding in self.program.bindings.items():
            if isinstance(binding, BoundCall) and binding.entry.name in ("variable_scope", "variable_op_scope"):
                given = [name for name in _SCOPE_DEFAULTS if binding.given(name)]
                if given:
                    raise Refused(
                        [
                            self.building.reason(
                                "REF108",
                                call,
                                f"a variable scope sets the {given[0]} of what is made in it",
                                "Pass it to each variable or layer.",
                            )
                        ]
                    )

    def objects_of(self, builder: Builder) -> list[Builder]:
        """The builders whose instances a builder makes."""
        found = []
        for step in builder.steps:
            for site in step.sites:
                if site.kind == "builder" and (inner := self.builder(site.node)) is not None:  # type: ignore[arg-type]
                    found.append(inner)
        return found
