"""Objects with weights: the layers and builder instances of the rewritten program, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import LayerEntry
from actlint.migrate.bodies import Home, name_of
from actlint.migrate.builders import Builder, Step, class_name
from actlint.migrate.expression import Rewriter, Surroundings
from actlint.migrate.names import Names, snake
from actlint.migrate.refusals import Refused
from actlint.migrate.source import code
from actlint.migrate.units import Building
from actlint.migrate.weights import Weights
from actlint.program.binding import BoundCall
from actlint.program.model import Program
from actlint.program.values import Function, Variable

if TYPE_CHECKING:
    from actlint.migrate.promotion import Promotion
    from actlint.migrate.target import Target


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
    instances: dict[tuple, str]
    constructed: set[cst.CSTNode]

    def objects_in(self, node: cst.CSTNode) -> list[cst.Call]:
        """The calls below a statement that make an object with weights, inner ones first."""
        found: list[cst.Call] = []

        def visit(part: cst.CSTNode) -> None:
            if isinstance(part, (cst.Lambda, cst.FunctionDef)):
                return
            for child in part.children:
                visit(child)
            if isinstance(part, cst.Call) and self.makes_object(part):
                found.append(part)

        visit(node)
        return found

    def makes_object(self, call: cst.Call) -> bool:
        binding = self.program.bindings.get(call)
        if isinstance(binding, BoundCall) and isinstance(binding.entry, LayerEntry):
            return any(layer.node is call for layer in self.program.layers)
        return self.builder(call) is not None

    def builder(self, call: cst.Call) -> Builder | None:
        """The builder that a call enters, if it enters one."""
        for value in self.program.values(call.func):
            if (
                isinstance(value, Function)
                and isinstance(value.node, cst.FunctionDef)
                and self.building.is_builder(value.node)
            ):
                if value.node not in self.builders:
                    self.names.release(value.node.name.value)
                    made = Builder(self, value.node, self.names.fresh(class_name(value.node)))
                    self.builders[value.node] = made
                    made.read()
                self.surroundings.builders[call] = self.builders[value.node]
                return self.builders[value.node]
        return None

    def is_forward_argument(self, call: cst.CSTNode, argument: cst.Arg) -> bool:
        """Whether an argument of a layer's or builder's call belongs to the application rather than to the
        constructor."""
        assert isinstance(call, cst.Call)
        builder = self.surroundings.builders.get(call)
        if builder is not None:
            return builder.is_forward_argument(call, argument)
        binding = self.program.bindings[call]
        return (
            isinstance(binding, BoundCall)
            and isinstance(binding.entry, LayerEntry)
            and argument.value is binding.nodes.get(binding.entry.input)
        )

    def construct(self, call: cst.Call, rewriter: Rewriter) -> str:
        """The constructor expression of a layer or builder."""
        builder = self.builder(call)
        rewriter.visit_Call(call)
        arguments = [a if self.is_forward_argument(call, a) else a.visit(rewriter) for a in call.args]
        updated = call.with_changes(args=arguments)
        if builder is not None:
            path = next((frames for frames in self.program.calls[builder.node] if frames[-1].node is call), ())
            name = f"{code(call.func.value)}.{builder.name}" if isinstance(call.func, cst.Attribute) else builder.name
            return f"{name}({', '.join(builder.constructor_arguments(call, updated, path))})"
        binding = self.program.bindings[call]
        assert isinstance(binding, BoundCall)
        return code(rewriter.formed(call, updated, binding))

    def note_weights(self, builder: Builder, step: Step) -> None:
        """A builder keeps a variable of its own in an attribute."""
        self.weights.note(builder, step)

    def base_class(self, builder: Builder) -> str:
        return self.target.base_class(builder)

    def _name_objects(self) -> None:
        """Names for the layers and builder instances of the building scope, shared where TF1 shares weights."""
        for unit in self.building.units:
            if unit.kind not in ("forward", "constructor", "placeholder"):
                continue
            small = unit.small
            target = small.targets[0].target if isinstance(small, cst.Assign) else None
            for call in self.objects_in(unit.node):
                if unit.small is None:
                    raise Refused([self.building.reason("REF104", call, "layers are made in a loop or branch")])
                self.surroundings.applied[call] = self._instance(call, target, unit.home)

    def attribute(self, wanted: str, target: cst.BaseExpression | None, home: Home) -> str:
        """The expression of a new object: a name, or an attribute of the class, where that of the tensor is free."""
        if not home.is_class:
            return self.names.fresh(wanted)
        if isinstance(target, cst.Attribute) and self.promotion.is_gone(target):
            return f"{self.promotion.receiver(home)}.{self.promotion.take(home, target.attr.value)}"
        return f"{self.promotion.receiver(home)}.{self.promotion.fresh(home, wanted)}"

    def _instance(self, call: cst.Call, target: cst.BaseExpression | None, home: Home) -> str:
        builder = self.builder(call)
        if builder is None:
            self.constructed.add(call)
            name = target.value if isinstance(target, cst.Name) else name_of(target) if target is not None else ""
            return self.attribute(f"{name or 'hidden'}_layer", target, home)
        under = [op for op in self.program.ops if any(f.node is call for f in self.building.below(op.calls)[:1])]
        made = {
            v
            for v in self.program.variables
            for f in [v.op.calls]
            if any(frame.function.node is builder.node for frame in f)
        }
        weights = frozenset(id(t) for op in under for t in op.inputs if isinstance(t, Variable) and t in made)
        key = (builder.node, weights)
        if weights and key in self.instances:
            return self.instances[key]
        if any(node is builder.node and weights & other for node, other in self.instances):
            raise Refused(
                [
                    self.building.reason(
                        "REF103", call, f"{builder.node.name.value} shares some of its weights between calls"
                    )
                ]
            )
        self.constructed.add(call)
        self.instances[key] = self.attribute(snake(builder.name), None, home)
        return self.instances[key]

    def objects_of(self, builder: Builder) -> list[Builder]:
        found = []
        for step in builder.steps:
            for call in self.objects_in(step.node):
                if (inner := self.builder(call)) is not None:
                    found.append(inner)
        return found
