"""Builder functions, which make weights or inputs as well as tensors, become classes: one instance per owning call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.expression import Rewriter
from actlint.migrate.names import camel, snake
from actlint.migrate.refusals import Refused
from actlint.migrate.source import code
from actlint.migrate.statements import assignment, function, replaced_targets, statement
from actlint.migrate.units import graph_tensors, walk
from actlint.program.binding import python_value
from actlint.program.calls import assigned_names
from actlint.program.values import (
    Const,
    DimValue,
    Frame,
    Function,
    Handle,
    Mapping,
    Module,
    Op,
    Sequence,
    Tensor,
    Value,
    Variable,
    is_host,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


@dataclass(eq=False)
class Step:
    """One statement of a builder's body, and what it makes."""

    node: cst.BaseStatement
    kind: str
    name: str = ""


@dataclass(eq=False)
class Builder:
    """The class that a builder function becomes."""

    emitter: Emitter
    node: cst.FunctionDef
    name: str
    steps: list[Step] = field(default_factory=list)
    tensors: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    captured: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    dimensions: dict[str, cst.BaseExpression] = field(default_factory=dict)
    definition: cst.ClassDef | None = None

    # -- reading the function

    @property
    def building(self):  # noqa: ANN201
        return self.emitter.building

    @property
    def program(self):  # noqa: ANN201
        return self.emitter.program

    def paths(self) -> list[tuple[Frame, ...]]:
        return self.program.calls[self.node]

    def ops(self, node: cst.CSTNode) -> list[Op]:
        """What a statement of the body made, in every call of the function."""
        inside = {id(part) for part in walk(node)}
        found: list[Op] = []
        for op in self.program.ops:
            for depth, frame in enumerate(op.calls):
                if frame.function.node is self.node:
                    at = op.calls[depth + 1].node if depth + 1 < len(op.calls) else op.node
                    if id(at) in inside:
                        found.append(op)
                    break
        return found

    def body(self) -> list[cst.BaseStatement]:
        """The statements of the body; scopes around them disappear."""
        found: list[cst.BaseStatement] = []

        def collect(block: cst.BaseSuite) -> None:
            for node in block.body:
                if isinstance(node, cst.With) and all(
                    isinstance(v, Handle) for item in node.items for v in self.program.values(item.item)
                ):
                    first = len(found)
                    collect(node.body)
                    if first < len(found) and node.leading_lines:
                        lines = [
                            *node.leading_lines,
                            *(line for line in found[first].leading_lines if line.comment is not None),
                        ]  # type: ignore[attr-defined]
                        found[first] = found[first].with_changes(leading_lines=lines)  # type: ignore[call-arg]
                else:
                    found.append(node)  # type: ignore[arg-type]

        collect(self.node.body)
        return found

    def read(self) -> None:
        """Sort the parameters and the statements."""
        parameters = self.node.params
        called = {id(part.func) for part in self.building.everything() if isinstance(part, cst.Call)}
        for part in self.building.everything():
            if (
                isinstance(part, cst.Name)
                and id(part) not in called
                and any(isinstance(v, Function) and v.node is self.node for v in self.program.values(part))
            ):
                raise Refused(
                    [
                        self.building.reason(
                            "REF103", part, f"{self.node.name.value}, which builds layers, is passed around as a value"
                        )
                    ]
                )
        for part in called_indirectly(self):
            raise Refused(
                [
                    self.building.reason(
                        "REF103", part, f"{self.node.name.value}, which builds layers, is called through another name"
                    )
                ]
            )
        if parameters.star_kwarg is not None or isinstance(parameters.star_arg, cst.Param):
            raise Refused(
                [
                    self.building.reason(
                        "REF103",
                        self.node,
                        f"{self.node.name.value} builds layers and takes a variable number of arguments",
                    )
                ]
            )
        for parameter in (*parameters.params, *parameters.kwonly_params):
            values = self._parameter_values(parameter.name.value)
            carries = [bool(graph_tensors(v)) for v in values]
            if any(carries) and not all(carries):
                raise Refused(
                    [
                        self.building.reason(
                            "REF103",
                            parameter,
                            f"{parameter.name.value} is a tensor in one call and a Python value in another",
                        )
                    ]
                )
            (self.tensors if any(carries) else self.hosts).append(parameter.name.value)
        for node in self.body():
            self.steps.append(self._step(node))
        self._derive()

    def _parameter_values(self, name: str) -> list[Value]:
        found = [
            v
            for part in walk(self.node.body)
            if isinstance(part, cst.Name) and part.value == name
            for v in self.program.values(part)
        ]
        return found

    def _step(self, node: cst.BaseStatement) -> Step:
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
            if not self.ops(node) and isinstance(node, cst.FunctionDef):
                return Step(node, "host")
            raise Refused(
                [
                    self.building.reason(
                        "REF103", node, f"{self.node.name.value} makes weights and has a loop or branch in its body"
                    )
                ]
            )
        small = node.body[0]
        ops = self.ops(node)
        if isinstance(small, cst.Return):
            return Step(node, "return")
        if isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString)):
            return Step(node, "docstring")
        kinds = {op.kind for op in ops}
        target = (
            small.targets[0].target.value
            if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name)
            else ""
        )
        forward = any(self.building.forward(op) for op in ops)
        if "placeholder" in kinds and not forward and target:
            self.placeholders.append(target)
            return Step(node, "placeholder", target)
        if "placeholder" in kinds:
            raise Refused(
                [
                    self.building.reason(
                        "REF103", node, "a placeholder is made inside a larger expression of a builder function"
                    )
                ]
            )
        if forward:
            return Step(node, "forward", target)
        if "variable" in kinds or self._is_weight(small):
            if not target:
                raise Refused(
                    [
                        self.building.reason(
                            "REF103",
                            node,
                            "variables of a builder function are assigned to something other than a name",
                        )
                    ]
                )
            return Step(node, "weight", target)
        if kinds & {"op", "loss"} and not any(op in self.building.initial for op in ops):
            return Step(node, "dead")
        reads = any(
            graph_tensors(v) for part in walk(node) if isinstance(part, cst.Name) for v in self.program.values(part)
        )
        return Step(node, "shape" if reads else "host", target)

    def _is_weight(self, small: cst.BaseSmallStatement) -> bool:
        if not isinstance(small, cst.Assign):
            return False
        values = self.program.values(small.value)
        return bool(values) and all(isinstance(v, Variable) for v in values)

    def _derive(self) -> None:
        """Names computed from a tensor's static shape: passed to the constructor where weights need them."""
        for step in self.steps:
            if step.kind in ("weight", "host", "forward"):
                self._inner_shapes(step.node, constructing=step.kind != "forward")
        needed = {
            part.value
            for step in self.steps
            if step.kind in ("weight", "host")
            for part in walk(step.node)
            if isinstance(part, cst.Name)
        }
        for step in self.steps:
            if step.kind == "shape" and step.name in needed:
                step.kind = "derived"
                self.derived.append(step.name)
            elif step.kind == "shape":
                step.kind = "forward"

    def _inner_shapes(self, node: cst.CSTNode, constructing: bool) -> None:
        """Dimensions of a tensor that a weight's own expression reads: `tf.Variable(rng.randn(int(x.get_shape()[-1]),
        n))`."""
        if isinstance(node, cst.Call) and not constructing and self.emitter.makes_object(node):
            for argument in node.args:
                if not any(graph_tensors(v) for v in self.program.values(argument.value)):
                    self._inner_shapes(argument.value, constructing=True)
                else:
                    self._inner_shapes(argument.value, constructing=False)
            return
        if constructing and isinstance(node, cst.BaseExpression):
            values = self.program.values(node)
            reads = any(
                isinstance(part, cst.Name) and any(graph_tensors(v) for v in self.program.values(part))
                for part in walk(node)
            )
            if (
                reads
                and values
                and all(isinstance(v, DimValue) or isinstance(v, Const) and type(v.value) is int for v in values)
            ):
                name = next(
                    part.value
                    for part in walk(node)
                    if isinstance(part, cst.Name) and any(graph_tensors(v) for v in self.program.values(part))
                )
                text = code(node)
                known = next((n for n, other in self.dimensions.items() if code(other) == text), None)
                found = known or self.emitter.names.fresh(f"{name}_size")
                self.dimensions.setdefault(found, node)
                if known is None:
                    self.derived.append(found)
                self.emitter.surroundings.substituted[node] = found
                return
        for child in node.children:
            self._inner_shapes(child, constructing)

    # -- writing the class

    def write(self) -> None:
        """Make the class definition."""
        self._name_attributes()
        forward_names = self._forward_names()
        hosts_made = {
            name for step in self.steps if step.kind in ("host", "derived") for name in assigned_names(step.node)
        } | set(self.derived)
        self.kept = [name for name in [*self.hosts, *sorted(hosts_made)] if name in forward_names]
        for name in self.kept:
            self.attributes.setdefault(name, f"self.{name}")
        constructor = self._constructor()
        forward = self._forward()
        used = {name.value for part in (*constructor, *forward) for name in walk(part) if isinstance(name, cst.Name)}
        self.dropped = {name for name in self.hosts if name not in used}
        self.kept = [name for name in self.kept if name not in self.dropped]
        self.definition = self._class(constructor, forward)

    def _name_attributes(self) -> None:
        """One attribute per layer or inner builder, named after what it computes."""
        taken: set[str] = set(self.emitter.target.reserved)
        for step in self.steps:
            if step.kind == "weight":
                self.attributes[step.name] = "self." + _free(step.name, taken)
                self.emitter.note_weights(self, step)
            elif step.kind in ("forward", "return"):
                for call in self.emitter.objects_in(step.node):
                    inner = self.emitter.builder(call)
                    base = step.name or (
                        snake(inner.name) if inner is not None else snake(code(call.func).rpartition(".")[2])
                    )
                    name = _free(base if inner is not None else f"{base}_layer", taken)
                    self.emitter.surroundings.applied[call] = "self." + name

    def _forward_names(self) -> set[str]:
        return {
            part.value
            for step in self.steps
            if step.kind in ("forward", "return")
            for part in walk(step.node)
            if isinstance(part, cst.Name) and part in self.program.facts and not self._in_constructor(part)
        }

    def _in_constructor(self, name: cst.Name) -> bool:
        """Whether a name is read by an argument that goes to the constructor of a layer."""
        child: cst.CSTNode = name
        parent = self.building.parent.get(name)
        while parent is not None and parent is not self.node:
            if parent in self.emitter.surroundings.applied and isinstance(child, cst.Arg):
                return not self.emitter.is_forward_argument(parent, child)
            child, parent = parent, self.building.parent.get(parent)
        return False

    def _rewriter(self, forward: bool) -> Rewriter:
        renames = {name: path for name, path in self.attributes.items() if forward or name not in self.kept}
        return Rewriter(self.emitter.surroundings, renames)

    def _constructor(self) -> list[cst.BaseStatement]:
        made: list[cst.BaseStatement] = []
        for step in self.steps:
            if step.kind == "host":
                made.append(step.node.visit(self._rewriter(False)))  # type: ignore[arg-type]
            elif step.kind == "weight":
                rewritten = step.node.visit(self._rewriter(False))
                made.append(replaced_targets(rewritten, {step.name: self.attributes[step.name]}))  # type: ignore[arg-type]
            elif step.kind in ("forward", "return"):
                for call in self.emitter.objects_in(step.node):
                    text = self.emitter.construct(call, self._rewriter(False))
                    made.append(statement(f"{self.emitter.surroundings.applied[call]} = {text}"))
        return made

    def _forward(self) -> list[cst.BaseStatement]:
        made: list[cst.BaseStatement] = []
        for step in self.steps:
            if step.kind == "forward":
                made.append(step.node.visit(self._rewriter(True)))  # type: ignore[arg-type]
            elif step.kind == "return":
                returned = self._return(step.node)
                if returned is not None:
                    made.append(returned)
        return made

    def returned_value(self) -> Value | None:
        """What the function returned in its first call."""
        node = next((s.node.body[0] for s in self.steps if s.kind == "return"), None)  # type: ignore[attr-defined]
        values = self.program.values(node.value) if node is not None and node.value is not None else []
        return values[0] if values else None

    def kept_parts(self) -> list[int] | None:
        """The places of a returned tuple that the forward pass still returns; None when it isn't a tuple."""
        value = self.returned_value()
        node = next((s.node.body[0].value for s in self.steps if s.kind == "return"), None)  # type: ignore[attr-defined]
        if not isinstance(value, Sequence) or not isinstance(node, cst.Tuple):
            return None
        return [i for i, item in enumerate(value.items) if not self._left_out(item, node.elements[i].value)]

    def _left_out(self, item: Value, node: cst.BaseExpression) -> bool:
        if isinstance(item, Tensor) and item.op.kind == "placeholder":
            return True
        return isinstance(node, cst.Name) and node.value in self.captured

    def _return(self, node: cst.BaseStatement) -> cst.BaseStatement | None:
        rewritten = node.visit(self._rewriter(True))
        parts = self.kept_parts()
        small = rewritten.body[0]  # type: ignore[union-attr]
        if parts is None or len(parts) == len(small.value.elements):
            return rewritten  # type: ignore[return-value]
        if not parts:
            return None
        elements = [small.value.elements[i] for i in parts]
        text = ", ".join(code(element.value) for element in elements)
        return rewritten.with_changes(body=[small.with_changes(value=cst.parse_expression(text))])  # type: ignore[union-attr,return-value]

    def _class(self, constructor: list[cst.BaseStatement], forward: list[cst.BaseStatement]) -> cst.ClassDef:
        parameters = {p.name.value: p for p in (*self.node.params.params, *self.node.params.kwonly_params)}
        words: list[str] = []
        for name in [*self.derived, *[h for h in self.hosts if h not in self.dropped]]:
            default = parameters[name].default if name in parameters else None
            words.append(name + (f"={code(default.visit(self._rewriter(False)))}" if default is not None else ""))  # type: ignore[union-attr]
        target = self.emitter.target
        stored = [
            statement(f"self.{name} = {name}") for name in self.kept if name in self.hosts or name in self.derived
        ]
        inits = [
            s
            for name in self.kept
            if name not in self.hosts and name not in self.derived
            for s in [statement(f"self.{name} = {name}")]
        ]
        init = function("__init__", ["self", *words], [statement("super().__init__()"), *stored, *constructor, *inits])
        call = function(target.method(self), ["self", *self.tensors, *self.placeholders], forward)
        docs = [step.node for step in self.steps if step.kind == "docstring"]
        definition = cst.parse_statement(f"class {self.name}({self.emitter.base_class(self)}):\n    pass\n")
        assert isinstance(definition, cst.ClassDef)
        first = init.with_changes(leading_lines=[cst.EmptyLine(indent=False)] if docs else [])
        members = [*docs, first, call.with_changes(leading_lines=[cst.EmptyLine(indent=False)])]
        return definition.with_changes(body=cst.IndentedBlock(members), leading_lines=self.node.leading_lines)

    # -- calls

    def constructor_arguments(self, call: cst.Call, updated: cst.Call, path: tuple[Frame, ...]) -> list[str]:
        """The arguments of a call that go to the constructor, with derived dimensions in front."""
        made = [self._derived_value(name, call, path) for name in self.derived]
        names = [p.name.value for p in (*self.node.params.params, *self.node.params.kwonly_params)]
        gap = False
        for place, (before, after) in enumerate(zip(call.args, updated.args, strict=False)):
            name = before.keyword.value if before.keyword is not None else names[place] if place < len(names) else ""
            if name not in self.hosts or name in self.dropped:
                continue
            positional = before.keyword is None and not gap
            skipped = [n for n in self.hosts if n not in self.dropped][: len(made) - len(self.derived)]
            expected = [n for n in self.hosts if n not in self.dropped]
            index = len(made) - len(self.derived)
            if positional and index < len(expected) and expected[index] == name and len(skipped) == index:
                made.append(code(after.value))
            else:
                gap = True
                made.append(f"{name}={code(after.value)}")
        return made

    def _derived_value(self, name: str, call: cst.Call, path: tuple[Frame, ...]) -> str:
        node = self.dimensions.get(name)
        if node is None:
            node = next(s for s in self.steps if s.name == name).node.body[0].value  # type: ignore[attr-defined]
        for evaluation in self.program.facts.get(node, []):
            if evaluation.calls and evaluation.calls[-1].node is call:
                value = evaluation.value
                if isinstance(value, DimValue) and value.dim.source:
                    return value.dim.source
                found = python_value(value)
                if isinstance(value, (Const, DimValue)) and isinstance(found, int):
                    return repr(found)
        raise Refused(
            [self.building.reason("REF102", call, f"{name} comes from a tensor's shape, which isn't known here")]
        )

    def forward_arguments(self, original: cst.Call, updated: cst.Call) -> list[cst.Arg]:
        """The arguments of a call that go to the forward pass, and the inputs that the function made itself."""
        names = [p.name.value for p in (*self.node.params.params, *self.node.params.kwonly_params)]
        passed = [
            after
            for place, (before, after) in enumerate(zip(original.args, updated.args, strict=False))
            if (before.keyword.value if before.keyword is not None else names[place] if place < len(names) else "")
            in self.tensors
        ]
        for name in self.placeholders:
            step = next(s for s in self.steps if s.kind == "placeholder" and s.name == name)
            tensors = [
                e.value
                for e in self.program.facts.get(step.node.body[0].value, [])
                if e.calls and e.calls[-1].node is original
            ]  # type: ignore[attr-defined]
            parameter = next(
                (
                    p
                    for t in tensors
                    if isinstance(t, Tensor) and (p := self.emitter.flow.parameters.get(("p", t.op.index)))
                ),
                None,
            )
            if parameter is None:
                raise Refused(
                    [
                        self.building.reason(
                            "REF110",
                            step.node,
                            f"the placeholder {name} isn't returned by {self.node.name.value}, so no run can feed it by"
                            " name",
                        )
                    ]
                )
            keyword = any(argument.keyword is not None for argument in passed)
            passed.append(cst.Arg(cst.Name(parameter.name), keyword=cst.Name(name) if keyword else None))
        return passed

    def is_forward_argument(self, call: cst.Call, argument: cst.Arg) -> bool:
        names = [p.name.value for p in (*self.node.params.params, *self.node.params.kwonly_params)]
        place = list(call.args).index(argument)
        name = argument.keyword.value if argument.keyword is not None else names[place] if place < len(names) else ""
        return name in self.tensors


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found


def called_indirectly(builder: Builder) -> list[cst.Call]:
    """Calls of the builder function by something else than its name, an import of it, or its module's attribute."""
    return [
        part
        for part in builder.building.everything()
        if isinstance(part, cst.Call)
        and any(isinstance(v, Function) and v.node is builder.node for v in builder.program.values(part.func))
        and not _is_direct(builder, part.func)
    ]


def _is_direct(builder: Builder, function: cst.BaseExpression) -> bool:
    if isinstance(function, cst.Attribute) and function.attr.value == builder.node.name.value:
        return all(isinstance(v, Module) for v in builder.program.values(function.value))
    name = builder.node.name.value
    return isinstance(function, cst.Name) and (
        function.value == name or imported_from(builder, builder.building.file_of(function)).get(function.value) == name
    )


def imported_from(builder: Builder, file: Path) -> dict[str, str]:
    """The names of a file that an import bound to the builder function, with its own name."""
    scope = builder.program.scopes[file]
    found: dict[str, str] = {}
    for part in walk(builder.program.trees[file].module):
        if isinstance(part, cst.ImportFrom) and not isinstance(part.names, cst.ImportStar):
            for alias in part.names:
                bound = alias.evaluated_alias or alias.evaluated_name
                value = scope.names.get(bound)
                if isinstance(value, Function) and value.node is builder.node:
                    found[bound] = alias.evaluated_name
    return found


def class_name(node: cst.FunctionDef) -> str:
    return camel(node.name.value)


__all__ = ["Builder", "Function", "Mapping", "Step", "assignment", "class_name", "is_host", "tensors_in"]
