"""Builder functions, which make weights or inputs as well as tensors, become classes: one instance per owning call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.docstrings import without_parameters
from actlint.migrate.expression import Rewriter
from actlint.migrate.names import attribute_name, camel
from actlint.migrate.parts import Step, names_read
from actlint.migrate.refusals import Refused
from actlint.migrate.sites import Path
from actlint.migrate.sizes import Size
from actlint.migrate.source import code, walk
from actlint.migrate.staging import Staging
from actlint.migrate.statements import function, statement
from actlint.program.binding import python_value
from actlint.program.calls import assigned_names
from actlint.program.values import (
    NONE,
    Const,
    Function,
    Handle,
    Sequence,
    Symbol,
    Tensor,
    Value,
    Variable,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


def _is_number(value: Value) -> bool:
    """Whether a value is a number that operations take as they take a tensor."""
    return isinstance(value, Const) and type(value.value) in (int, float)


@dataclass(eq=False)
class Builder:
    """The class that a builder function becomes."""

    emitter: Emitter
    node: cst.FunctionDef
    name: str
    tensors: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    """Python arguments that differ between calls of one instance: the forward pass takes them."""
    placeholders: list[str] = field(default_factory=list)
    derived: dict[str, list[Size]] = field(default_factory=dict)
    """Parameters of the constructor that the function worked out from its tensors and scopes."""
    kept: list[str] = field(default_factory=list)
    captured: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    early: set[str] = field(default_factory=set)
    """Names that the constructor reads."""
    named: bool = False
    definition: cst.ClassDef | None = None

    # -- reading the function

    @property
    def building(self):  # noqa: ANN201
        return self.emitter.building

    @property
    def program(self):  # noqa: ANN201
        return self.emitter.program

    @property
    def paths(self) -> list[Path]:
        return self.program.calls[self.node]

    @cached_property
    def parameters(self) -> list[cst.Param]:
        return [*self.node.params.params, *self.node.params.kwonly_params]

    @cached_property
    def parameter_names(self) -> set[str]:
        return {p.name.value for p in self.parameters}

    @cached_property
    def body(self) -> Staging:
        taken = {*self.emitter.target.reserved, *self.parameter_names}
        return Staging(self.emitter, self, self.node.body, lambda name, target: _free(name, taken))

    @property
    def steps(self) -> list[Step]:
        return self.body.steps

    @property
    def own_weights(self) -> bool:
        """Whether the class holds variables itself, beside those of its layers."""
        return any(step.kind == "weight" or any(s.kind == "weight" for s in step.sites) for step in self.steps)

    def refuse(self, node: cst.CSTNode, text: str) -> Refused:
        return Refused([self.building.reason("REF103", node, f"{self.node.name.value}{text}")])

    def read(self) -> None:
        """Sort the parameters and the statements."""
        self._refuse_other_uses()
        if self.node.params.star_kwarg is not None or isinstance(self.node.params.star_arg, cst.Param):
            raise self.refuse(self.node, " builds layers and takes a variable number of arguments")
        for parameter in self.parameters:
            name = parameter.name.value
            values = [path[-1].arguments[name] for path in self.paths if name in path[-1].arguments]
            carries = [bool(list(tensors_in(v))) for v in values]
            if any(carries) and not all(c or v == NONE or _is_number(v) for c, v in zip(carries, values, strict=True)):
                raise self.refuse(parameter, f": {name} is a tensor in one call and a Python value in another")
            if any(list(tensors_in(v)) for v in self.program.values(parameter.default or parameter)):
                raise self.refuse(parameter, f" has a tensor as the default of {name}")
            (self.tensors if any(carries) else self.hosts).append(name)
        for step in self.steps:
            if step.kind == "placeholder":
                self.placeholders.append(step.name)
                if step.loops or step.branches:
                    raise self.refuse(step.node, " makes a placeholder in a loop or branch")
        self.late = [name for name in self.hosts if self._varies(name)]

    def _refuse_other_uses(self) -> None:
        """The function may be called, by its own name or by another one, and nothing else."""
        called = {id(part.func) for part in self.building.everything() if isinstance(part, cst.Call)}
        for part in self.building.everything():
            if not isinstance(part, cst.Name) or id(part) in called:
                continue
            here = [v for v in self.program.values(part) if isinstance(v, Function) and v.node is self.node]
            if here and not self.emitter.renames_builder(part):
                raise self.refuse(part, ", which builds layers, is passed around as a value")

    def _varies(self, name: str) -> bool:
        """Whether calls that share their weights pass different values."""
        groups: dict[tuple[int, ...], list[Value]] = {}
        for path in self.paths:
            key = tuple(id(v) for v in self.emitter.sites.under(path))
            value = path[-1].arguments.get(name)
            if key and value is not None:
                groups.setdefault(key, []).append(value)
        return any(not _alike(first, other) for first, *rest in groups.values() for other in rest)

    def derive(self, wanted: str, values: list[Size]) -> str:
        """A parameter of the constructor for a value that each call of the function works out."""
        for name, known in self.derived.items():
            if name.rstrip("_0123456789") == wanted.rstrip("_0123456789") and _same_values(known, values):
                return name
        name = _free(
            wanted,
            {*self.derived, *(self.parameter_names - {wanted} if wanted in self.scopes else self.parameter_names)},
        )
        self.derived[name] = values
        return name

    @cached_property
    def scopes(self) -> set[str]:
        """Parameters that only name variable scopes."""
        found = set()
        for name in self.hosts:
            reads = [p for p in walk(self.node.body) if isinstance(p, cst.Name) and p.value == name]
            if reads and all(self._names_scope(read) for read in reads):
                found.add(name)
        return found

    def _names_scope(self, name: cst.Name) -> bool:
        parent = self.building.parent.get(name)
        call = self.building.parent.get(parent) if isinstance(parent, cst.Arg) else None
        binding = self.program.bindings.get(call) if isinstance(call, cst.Call) else None
        return getattr(getattr(binding, "entry", None), "name", "") in ("variable_scope", "name_scope")

    def scope_of(self, node: cst.BaseExpression) -> str:
        """The name of the scope that a call asks for, where it is always the same."""
        paths = [path for path in self.paths if path[-1].node is node]
        names = [python_value(path[-1].arguments.get(name)) for name in self.scopes for path in paths]
        return attribute_name(names[0]) if names and all(name == names[0] for name in names) else ""

    @cached_property
    def is_several(self) -> bool:
        """Whether the function's calls make weights of their own."""
        return len({frozenset(id(v) for v in self.emitter.sites.under(path)) for path in self.paths}) > 1

    def scope_name(self, node: cst.CSTNode) -> str:
        """The parameter that takes a scope's full name: the one that named it, where it does nothing else."""
        return min(self.scopes) if len(self.scopes) == 1 else "scope_name"

    # -- writing the class

    def write(self) -> None:
        """Make the class definition."""
        if not self.named:
            self.named = True
            self.body.name_sites()
            self._sort_hosts()
        self.derived = {}
        self.body.renames = {}
        bound = {name for step in self.steps if step.kind in ("host", "shape") for name in assigned_names(step.node)}
        self.body.constructor()
        computed = {name for step in self.steps if step.kind == "forward" for name in assigned_names(step.node)}
        known = {*self.hosts, *bound, *self.derived} - set(self.late) - computed
        known -= {name for step in self.body.late for name in assigned_names(step.node)}
        known -= {
            name
            for step in self.steps
            if step.loops and step.kind in ("host", "shape")
            for name in assigned_names(step.node)
        }
        forward_reads = self.body.read_forward()
        self.kept = [name for name in [*self.hosts, *sorted(known - set(self.hosts))] if name in known & forward_reads]
        taken = {*self.emitter.target.reserved, *(s.name for step in self.steps for s in step.sites if s.name)}
        for name in self.kept:
            self.body.renames[name] = f"self.{_free(name, taken)}"
        constructor = self.body.constructor()
        forward = self.emitter.taped(self.body.forward(), self.hosts)
        self.early = {name.value for part in constructor for name in names_read(part)}
        used = self.early | {name.value for part in forward for name in walk(part) if isinstance(name, cst.Name)}
        self.dropped = {name for name in self.hosts if name not in used or name in self.derived}
        computing = {name.value for part in forward for name in names_read(part)}
        self.late = [name for name in self.late if name in computing]
        self.definition = self._class(constructor, forward)

    def _sort_hosts(self) -> None:
        """Statements of plain Python that the forward pass has to run itself: what depends on its own arguments."""
        late = set(self.late) | {name for s in self.steps if s.kind == "forward" for name in assigned_names(s.node)}
        found: set[Step] = set()
        for step in self.steps:
            if step.kind != "host" or step.loops:
                continue
            read = {part.value for part in walk(step.node) if isinstance(part, cst.Name)}
            if read & late and (read & set(self.late) or assigned_names(step.node) & late):
                found.add(step)
                late |= assigned_names(step.node)
        self.body.late = frozenset(found)

    def returned_value(self) -> Value | None:
        """What the function returned in its first call."""
        node = self._only_return()
        values = self.program.values(node.value) if node is not None and node.value is not None else []
        return values[0] if values else None

    def returned_node(self) -> cst.BaseExpression | None:
        """The expression of the only return statement."""
        small = self._only_return()
        return small.value if small is not None else None

    def _only_return(self) -> cst.Return | None:
        found = [s for s in self.steps if s.kind == "return"]
        small = found[0].small if len(found) == 1 and not found[0].branches else None
        return small if isinstance(small, cst.Return) else None

    def kept_parts(self) -> list[int] | None:
        """The places of a returned tuple that the forward pass still returns; None when it isn't a tuple."""
        value, small = self.returned_value(), self._only_return()
        node = small.value if small is not None else None
        if not isinstance(value, Sequence) or not isinstance(node, cst.Tuple):
            return None
        return [i for i, item in enumerate(value.items) if not self._left_out(item, node.elements[i].value)]

    def _left_out(self, item: Value, node: cst.BaseExpression) -> bool:
        if isinstance(item, Tensor) and item.op.kind == "placeholder":
            return True
        return isinstance(node, cst.Name) and node.value in self.captured

    def returned(self, step: Step, rewriter: Rewriter) -> cst.BaseStatement | None:
        """A return statement of the forward pass: without inputs, and without tensors that a hook captures."""
        rewritten = step.node.visit(rewriter)
        parts = self.kept_parts() if step.small is self._only_return() else None
        small = rewritten.body[0]  # type: ignore[union-attr]
        if parts is None or len(parts) == len(small.value.elements):
            return rewritten  # type: ignore[return-value]
        if not parts:
            return None
        elements = [small.value.elements[i] for i in parts]
        text = ", ".join(code(element.value) for element in elements)
        return rewritten.with_changes(body=[small.with_changes(value=cst.parse_expression(text))])  # type: ignore[union-attr,return-value]

    def _class(self, constructor: list[cst.BaseStatement], forward: list[cst.BaseStatement]) -> cst.ClassDef:
        target = self.emitter.target
        words = [*self.derived, *(self._parameter(name) for name in self.constructed_hosts)]
        early = [name for name in self.kept if name in self.hosts and name not in self._reassigned]
        early += [name for name in self.kept if name in self.derived]
        stored = [statement(f"{self.body.renames[name]} = {name}") for name in early if name not in self.dropped]
        inits = [
            statement(f"{self.body.renames[name]} = {name}")
            for name in self.kept
            if name not in early and name not in self.dropped
        ]
        init = function("__init__", ["self", *words], [statement("super().__init__()"), *stored, *constructor, *inits])
        inputs = [p for p in self.parameter_order if p in self.tensors or p in self.late]
        inputs = [p for p in inputs if not self._optional(p)] + [
            f"{p}={self._default(p)}" for p in inputs if self._optional(p)
        ]
        plain = [p for p in inputs if "=" not in p]
        optional = [p for p in inputs if "=" in p]
        call = function(target.method(self), ["self", *plain, *self.placeholders, *optional], forward)
        gone = self.parameter_names - {name.partition("=")[0] for name in (*words, *inputs)}
        docs = [without_parameters(step.node, sorted(gone)) for step in self.steps if step.kind == "docstring"]
        definition = cst.parse_statement(f"class {self.name}({self.emitter.base_class(self)}):\n    pass\n")
        assert isinstance(definition, cst.ClassDef)
        first = init.with_changes(leading_lines=[cst.EmptyLine(indent=False)] if docs else [])
        members = [*docs, first, call.with_changes(leading_lines=[cst.EmptyLine(indent=False)])]
        return definition.with_changes(body=cst.IndentedBlock(members), leading_lines=self.node.leading_lines)

    @cached_property
    def _reassigned(self) -> set[str]:
        return {name for step in self.steps if step.kind == "host" for name in assigned_names(step.node)}

    @cached_property
    def parameter_order(self) -> list[str]:
        return [p.name.value for p in self.parameters]

    @property
    def constructed_hosts(self) -> list[str]:
        """The user's parameters that the constructor takes."""
        return [h for h in self.hosts if h not in self.dropped and (h not in self.late or h in self.early)]

    def _parameter(self, name: str) -> str:
        default = next(p for p in self.parameters if p.name.value == name).default
        return name + (f"={code(default.visit(self.body.rewriter(False)))}" if default is not None else "")  # type: ignore[arg-type]

    def _optional(self, name: str) -> bool:
        return next(p for p in self.parameters if p.name.value == name).default is not None

    def _default(self, name: str) -> str:
        default = next(p for p in self.parameters if p.name.value == name).default
        return code(default.visit(self.body.rewriter(False)))  # type: ignore[union-attr,arg-type]

    # -- calls

    def _names(self, call: cst.Call) -> list[str]:
        """The parameter that each argument of a call goes to."""
        order = self.parameter_order
        return [
            a.keyword.value if a.keyword is not None else order[i] if i < len(order) and not a.star else ""
            for i, a in enumerate(call.args)
        ]

    def constructor_arguments(self, call: cst.Call, updated: cst.Call, body: Staging | None) -> list[str]:
        """The arguments of a call that go to the constructor, with derived sizes in front."""
        made = [self._derived_value(name, call, body) for name in self.derived]
        expected = self.constructed_hosts
        gap, index = False, 0
        for name, before, after in zip(self._names(call), call.args, updated.args, strict=True):
            if name not in expected:
                continue
            if before.keyword is None and not gap and index < len(expected) and expected[index] == name:
                made.append(code(after.value))
            else:
                gap = True
                made.append(f"{name}={code(after.value)}")
            index += 1
        return made

    def _derived_value(self, name: str, call: cst.Call, body: Staging | None) -> str:
        values = [
            replace(size, calls=size.calls[:-1], turns=size.calls[-1].turns)
            for size in self.derived[name]
            if size.calls and size.calls[-1].node is call
        ]
        if body is None:
            texts = {size.text for size in values}
            if len(texts) != 1 or None in texts:
                raise Refused(
                    [
                        self.building.reason(
                            "REF102", call, f"{name} comes from a tensor's shape, which isn't known here"
                        )
                    ]
                )
            return texts.pop()  # type: ignore[return-value]
        step = next((s for s in body.steps if any(site.node is call for site in s.sites)), None)
        argument = next(
            (a.value for n, a in zip(self._names(call), call.args, strict=True) if n in self.tensors), call.func
        )
        return body.sizes.argument(values, argument, step, name)

    def forward_arguments(self, original: cst.Call, updated: cst.Call) -> list[cst.Arg]:
        """The arguments of a call that go to the forward pass, and the inputs that the function made itself."""
        names = self._names(original)
        inputs = [p for p in self.parameter_order if p in self.tensors or p in self.late]
        inputs = [p for p in inputs if not self._optional(p)] + [p for p in inputs if self._optional(p)]
        passed: list[cst.Arg] = []
        gap = False
        for name, before, after in zip(names, original.args, updated.args, strict=True):
            if name not in inputs:
                continue
            in_order = len(passed) < len(inputs) and inputs[len(passed)] == name and not gap
            if before.keyword is None and (not in_order or self._by_name(name)):
                after = after.with_changes(keyword=cst.Name(name), equal=_PLAIN)
            gap |= after.keyword is not None
            passed.append(after)
        for name in self.placeholders:
            passed.append(self._placeholder_argument(name, original, gap or self._by_name(name)))
        return passed

    def _by_name(self, name: str) -> bool:
        """Whether the forward pass has to be told the name of an argument: Keras passes `training` on by itself, and
        takes nothing but tensors by position."""
        return (name in ("training", "mask") or name in self.late) and self.emitter.target.method(self) == "call"

    def _placeholder_argument(self, name: str, original: cst.Call, keyword: bool) -> cst.Arg:
        step = next(s for s in self.steps if s.kind == "placeholder" and s.name == name)
        tensors = [
            e.value
            for e in self.program.facts.get(step.small.value, [])  # type: ignore[union-attr]
            if e.calls and e.calls[-1].node is original
        ]
        parameter = next(
            (
                p
                for t in tensors
                if isinstance(t, Tensor) and (p := self.emitter.flow.parameters.get(("p", t.op.index)))
            ),
            None,
        )
        if parameter is None:
            text = f"the placeholder {name} isn't returned by {self.node.name.value}, so no run can feed it by name"
            raise Refused([self.building.reason("REF110", step.node, text)])
        return cst.Arg(
            cst.Name(parameter.name),
            keyword=cst.Name(name) if keyword else None,
            equal=_PLAIN if keyword else cst.MaybeSentinel.DEFAULT,
        )

    def parameter_of(self, call: cst.Call, argument: cst.Arg) -> str:
        """The parameter that an argument goes to."""
        return self._names(call)[list(call.args).index(argument)]

    def is_forward_argument(self, call: cst.Call, argument: cst.Arg) -> bool:
        name = self.parameter_of(call, argument)
        return name in self.tensors or name in self.late


_PLAIN = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _alike(left: Value, right: Value) -> bool:
    """Whether two arguments are surely the same Python value."""
    if left is right:
        return True
    if isinstance(left, (Const, Symbol)) and type(left) is type(right):
        return left == right
    if isinstance(left, Function) and isinstance(right, Function):
        return left.node is right.node
    if isinstance(left, Handle) and isinstance(right, Handle):
        return left.op.node is right.op.node
    if isinstance(left, Sequence) and isinstance(right, Sequence) and len(left.items) == len(right.items):
        return all(_alike(a, b) for a, b in zip(left.items, right.items, strict=True))
    return isinstance(left, Variable) and left is right


def _same_values(left: list[Size], right: list[Size]) -> bool:
    def table(sizes: list[Size]) -> dict:
        return {(tuple((f.node, f.turns) for f in s.calls), s.turns): (s.value, s.dim.formula) for s in sizes}

    one, other = table(left), table(right)
    return one.keys() == other.keys() and one == other


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found


def imported_from(builder: Builder, file: FilePath) -> dict[str, str]:
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
