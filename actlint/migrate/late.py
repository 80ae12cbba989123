"""Python values that the graph had frozen while it was built: refused where the program changes them afterwards.

The proof runs every site a bounded number of times, so a change that comes later has to be excluded from the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import Body
from actlint.migrate.rebound import last_use
from actlint.migrate.refusals import Reason
from actlint.migrate.source import walk
from actlint.migrate.units import Unit
from actlint.program.calls import assigned_names, framework_name
from actlint.program.values import (
    Class,
    Const,
    Function,
    Handle,
    Host,
    Instance,
    Module,
    Optimizer,
    Session,
    Symbol,
    Tensor,
    Value,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.migrate.flow import Flow
    from actlint.program import Program

_IN_PLACE = {
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "sort",
    "reverse",
    "clear",
    "update",
    "setdefault",
    "popitem",
    "fill",
    "put",
    "itemset",
    "resize",
    "partition",
    "add",
    "discard",
    "shuffle",
    "setattr",
}
_HELP = "Give the changed value a name of its own, or feed it."


_PURE_METHODS = {
    "astype",
    "reshape",
    "copy",
    "mean",
    "sum",
    "max",
    "min",
    "std",
    "dot",
    "transpose",
    "ravel",
    "flatten",
    "get",
    "keys",
    "values",
    "items",
    "format",
    "join",
    "split",
    "upper",
    "lower",
    "strip",
    "replace",
    "as_list",
    "index",
    "count",
    "get_shape",
    "tolist",
    "item",
    "startswith",
    "endswith",
    "iteritems",
    "itervalues",
    "num_elements",
    "append",
    "extend",
    "insert",
    "update",
    "ndims",
}


def impure_calls(flow: Flow) -> list[Reason]:
    """A reason per call that TF1 made once, while the graph was built, and that forward code would make at every
    step."""
    found: list[Reason] = []
    for unit in flow.items:
        roots = [unit.node, *(f.body for f in _functions(flow, unit) if not flow.building.is_builder(f))]
        for root in roots:
            for call in _calls(flow, root):
                values = flow.program.values(call)
                if values and all(_is_python(v) for v in values) and not is_pure(flow.program, call):
                    text = cst.Module([]).code_for_node(call.func)
                    found.append(
                        flow.building.reason(
                            "REF106",
                            call,
                            f"{text}(...) was called once, while the graph was built; in a step it would be called"
                            " every time",
                            "Assign its result to a name in a statement of its own, in front of this one.",
                        )
                    )
    return list(dict.fromkeys(found))


def _functions(flow: Flow, unit: Unit) -> list[cst.FunctionDef | cst.Lambda]:
    """The functions that compute tensors of a unit; those that only make initial values run once in the rewrite,
    too."""
    return [
        f
        for f in flow.called(unit)
        if isinstance(f, (cst.FunctionDef, cst.Lambda)) and "forward" in flow.building.makes.get(f, set())
    ]


def _calls(flow: Flow, node: cst.CSTNode) -> Iterator[cst.Call]:
    """Calls below a node that a step would make: not those in arguments of a layer's or builder's constructor."""
    if isinstance(node, (cst.FunctionDef, cst.Lambda)):
        return
    if isinstance(node, cst.Call):
        yield node
        makes = flow.makes_object(node)
        for argument in node.args:
            if not makes or any(True for v in flow.program.values(argument.value) for _ in tensors_in(v)):
                yield from _calls(flow, argument)
        yield from _calls(flow, node.func)
        return
    for child in node.children:
        yield from _calls(flow, child)


def is_pure(program: Program, call: cst.Call) -> bool:
    """Whether calling it again gives the same and does nothing else."""
    for value in program.values(call.func):
        if isinstance(value, Symbol):
            if value.name.startswith(("numpy.", "math.")) and not value.name.startswith("numpy.random"):
                return True
            if value.name.startswith("builtins.") and value.name.partition(".")[2] not in (
                "open",
                "input",
                "next",
                "print",
                "setattr",
                "exec",
                "eval",
            ):
                return True
            if framework_name(value.name) is not None:
                return True
        if isinstance(value, Function):
            return all(is_pure(program, inner) for inner in walk(value.node) if isinstance(inner, cst.Call))
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _PURE_METHODS


def late_values(flow: Flow) -> list[Reason]:
    """A reason per name that forward code reads and that something changes after the graph was built."""
    building = flow.building
    found: list[Reason] = []
    aliases = _aliases(flow)
    found += _late_attributes(flow)
    for (body, name), (order, node, mutable) in _reads(flow).items():
        changed = next(_changes(flow, name, order, mutable, body), None)
        for other in aliases.get(name, set()) if mutable and changed is None else ():
            found_ = _changes(flow, other, order, True, body)
            changed = changed or next((c for c in found_ if not _rebinds(c, other)), None)
        if changed is not None and not _after_all(flow, name, changed):
            found.append(
                building.reason(
                    "REF106",
                    node,
                    f"{name} is read while the graph is built, and line {building.line(changed)} changes it afterwards",
                    _HELP,
                )
            )
    return found


def _after_all(flow: Flow, name: str, changed: cst.CSTNode) -> bool:
    """Whether a value only changes when nothing is run any more of what was built with it."""
    unit = flow.building.unit_of.get(changed)
    if unit is None or isinstance(unit.node, (cst.FunctionDef, cst.ClassDef)):
        return False
    readers = [
        item
        for item in flow.items
        for root in (item.node, *(f.body for f in _functions(flow, item)))
        if any(isinstance(part, cst.Name) and part.value == name for part in walk(root))
    ]
    earlier = {op for item in readers if item.order < unit.order for op in item.ops}
    return last_use(flow, earlier) < unit.order


def _late_attributes(flow: Flow) -> list[Reason]:
    """Attributes of Python objects that forward code reads and a function, a method or later code stores."""
    read: dict[str, tuple[int, cst.CSTNode]] = {}
    for unit in flow.items:
        for root in (unit.node, *(f.body for f in _functions(flow, unit))):
            for part in walk(root):
                if isinstance(part, cst.Attribute) and part.attr.value not in read:
                    values, owners = flow.program.values(part), flow.program.values(part.value)
                    if (
                        values
                        and owners
                        and all(_is_python(v) for v in values)
                        and any(isinstance(v, (Host, Instance)) for v in owners)
                    ):
                        read[part.attr.value] = unit.order, part
    found: list[Reason] = []
    for name, (order, node) in read.items():
        for unit in flow.building.units:
            definition = isinstance(unit.node, (cst.FunctionDef, cst.ClassDef))
            if not definition and (unit.order <= order or unit in flow.items):
                continue
            parts = _outside_bodies(flow, unit.node) if definition else walk(unit.node)
            stores = (part for part in parts if _stores(part, name) and not _in_constructor(flow, part))
            store = next((part for part in stores if not _on_another(flow, part, node)), None)
            if store is not None:
                found.append(
                    flow.building.reason(
                        "REF106",
                        node,
                        f".{name} is read while the graph is built, and line {flow.building.line(store)} changes it"
                        " afterwards",
                        _HELP,
                    )
                )
                break
    return found


def _outside_bodies(flow: Flow, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes of a definition without those of functions whose statements are building statements themselves."""
    if node in flow.building.bodies.of_node:
        return
    yield node
    for child in node.children:
        yield from _outside_bodies(flow, child)


def _stores(node: cst.CSTNode, name: str) -> bool:
    """Whether a statement stores an attribute of this name, on whatever object."""
    targets = (
        [t.target for t in node.targets]
        if isinstance(node, cst.Assign)
        else [node.target]
        if isinstance(node, cst.AugAssign)
        else []
    )
    for target in targets:
        while isinstance(target, cst.Subscript):
            target = target.value
        if isinstance(target, cst.Attribute) and target.attr.value == name:
            return True
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _IN_PLACE:
        owner = node.func.value
        while isinstance(owner, cst.Subscript):
            owner = owner.value
        return isinstance(owner, cst.Attribute) and owner.attr.value == name
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "setattr"


def _on_another(flow: Flow, store: cst.CSTNode, read: cst.CSTNode) -> bool:
    """Whether a statement surely stores attributes of other objects than the one that an attribute is read of."""
    place = flow.keys.place(read)
    targets = [flow.keys.place(t.target) for t in store.targets] if isinstance(store, cst.Assign) else []
    return bool(targets) and all(
        other is not None and place is not None and isinstance(other[0], Instance) and other[0] is not place[0]
        for other in targets
    )


def _in_constructor(flow: Flow, node: cst.CSTNode) -> bool:
    current = flow.building.parent.get(node)
    while current is not None and not isinstance(current, cst.FunctionDef):
        current = flow.building.parent.get(current)
    return current is not None and current.name.value == "__init__"


def _aliases(flow: Flow) -> dict[str, set[str]]:
    """Names that may stand for the same object, because one was assigned to the other."""
    found: dict[str, set[str]] = {}
    for part in flow.building.everything():
        if isinstance(part, cst.Assign) and (root := _root(part.value)):
            for target in part.targets:
                if isinstance(target.target, cst.Name):
                    group = found.get(root, {root}) | found.get(target.target.value, {target.target.value})
                    for name in group:
                        found[name] = group
    return {name: group - {name} for name, group in found.items()}


def _rebinds(node: cst.CSTNode, name: str) -> bool:
    """Whether a change only binds the name to another object."""
    return not any(True for _ in mutations(node, name))


def _reads(flow: Flow) -> dict[tuple[Body | None, str], tuple[int, cst.CSTNode, bool]]:
    """Names of Python values that forward code reads, with the body that has them as locals: when (order of the unit),
    where, and whether they can change in place."""
    found: dict[tuple[Body | None, str], tuple[int, cst.CSTNode, bool]] = {}

    def collect(root: cst.CSTNode, order: int, local: set[str], body: Body | None) -> None:
        local = local | _loop_names(root)
        if isinstance(root, (cst.FunctionDef, cst.Lambda)):
            local = local | _own_names(root)
        for part in root.children:
            collect(part, order, local, body)
        if not isinstance(root, cst.Name) or root.value in local:
            return
        key = _local_to(flow, root.value, body), root.value
        values = flow.program.values(root)
        if key in found or any(flow.building.bodies.home_of(value) is not None for value in values):
            return
        if values and all(_is_python(value) for value in values):
            found[key] = (
                order,
                root,
                not all(isinstance(v, Const) and not isinstance(v.value, (list, dict)) for v in values),
            )

    for spot in flow.collected.moved:
        made = flow.building.unit(spot.calls, spot.node)
        collect(
            spot.node,
            made.order if made is not None else 0,
            flow.collected.locals(spot),
            flow.building.body_of(spot.node),
        )
    for unit in flow.items:
        collect(unit.node, unit.order, _targets(unit.node), unit.body)
        for function in _functions(flow, unit):
            collect(function.body, unit.order, _own_names(function), unit.body)
    return found


def _own_names(function: cst.FunctionDef | cst.Lambda) -> set[str]:
    """The parameters and locals of a function."""
    parameters = {p.name.value for p in (*function.params.params, *function.params.kwonly_params)}
    return parameters | assigned_names(function.body)


def _local_to(flow: Flow, name: str, body: Body | None) -> Body | None:
    """The body, or the one around it, that has a name as a local; None for one of a module."""
    while body is not None and name not in body.locals:
        body = None if isinstance(body.node, cst.Module) else flow.building.body_of(body.node)
    return body


def _targets(node: cst.CSTNode) -> set[str]:
    """The names that a loop's header binds: the loop keeps binding them where it stands in a function."""
    if not isinstance(node, cst.For):
        return set()
    return {part.value for part in walk(node.target) if isinstance(part, cst.Name)}


def _is_python(value: Value) -> bool:
    return not isinstance(value, (Tensor, Symbol, Function, Class, Module, Handle, Optimizer, Session)) and not any(
        True for _ in tensors_in(value)
    )


def _changes(flow: Flow, name: str, order: int, mutable: bool, body: Body | None) -> Iterator[cst.CSTNode]:
    """Places that bind the name again, or change what it stands for in place, after the given unit; `body` has it as
    a local."""
    building = flow.building
    for unit in building.units:
        if isinstance(unit.node, cst.FunctionDef):
            if unit.node not in building.bodies.of_node:
                yield from _in_function(unit.node, name, mutable)
        elif isinstance(unit.node, cst.ClassDef):
            for part in walk(unit.node):
                if isinstance(part, cst.FunctionDef) and part not in building.bodies.of_node:
                    yield from _in_function(part, name, mutable)
        elif unit.order > order and unit not in flow.items and _local_to(flow, name, unit.body) is body:
            if name in assigned_names(unit.node):
                yield unit.node
            if mutable:
                yield from mutations(unit.node, name)
                yield from _passed(flow, unit, name)


def _in_function(function: cst.FunctionDef, name: str, mutable: bool) -> Iterator[cst.CSTNode]:
    """Changes of a global name inside a function, whenever it is called."""
    declared = {
        item.name.value
        for part in walk(function)
        if isinstance(part, (cst.Global, cst.Nonlocal))
        for item in part.names
    }
    parameters = {p.name.value for p in (*function.params.params, *function.params.kwonly_params)}
    if name in declared and name in assigned_names(function.body):
        yield function
    local = parameters | (assigned_names(function.body) - declared)
    if mutable and name not in local:
        yield from mutations(function.body, name)


def mutations(root: cst.CSTNode, name: str) -> Iterator[cst.CSTNode]:
    """Statements that change the object behind a name: its elements, attributes, by a method or as `out=`."""
    for part in walk(root):
        targets = (
            [t.target for t in part.targets]
            if isinstance(part, cst.Assign)
            else [part.target]
            if isinstance(part, cst.AugAssign)
            else []
        )
        if any(_root(target) == name and not isinstance(target, cst.Name) for target in targets):
            yield part
        if isinstance(part, cst.AugAssign) and _root(part.target) == name:
            yield part
        if isinstance(part, cst.Call):
            if (
                isinstance(part.func, cst.Attribute)
                and part.func.attr.value in _IN_PLACE
                and _root(part.func.value) == name
            ):
                yield part
            last = (
                part.func.attr.value
                if isinstance(part.func, cst.Attribute)
                else part.func.value
                if isinstance(part.func, cst.Name)
                else ""
            )
            for argument in part.args:
                if _root(argument.value) == name and (
                    last in ("shuffle", "setattr") or argument.keyword is not None and argument.keyword.value == "out"
                ):
                    yield part


def _passed(flow: Flow, unit: Unit, name: str) -> Iterator[cst.CSTNode]:
    """Calls that hand the object to a function of the user's which changes its parameter in place."""
    for part in walk(unit.node):
        if not isinstance(part, cst.Call):
            continue
        for value in flow.program.values(part.func):
            if not isinstance(value, Function) or not isinstance(value.node, cst.FunctionDef):
                continue
            parameters = [p.name.value for p in value.node.params.params][1 if value.bound is not None else 0 :]
            for place, argument in enumerate(part.args):
                if _root(argument.value) != name:
                    continue
                parameter = (
                    argument.keyword.value
                    if argument.keyword is not None
                    else parameters[place]
                    if place < len(parameters)
                    else ""
                )
                if any(True for _ in mutations(value.node.body, parameter)):
                    yield part


def _root(node: cst.CSTNode) -> str:
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def _loop_names(node: cst.CSTNode) -> set[str]:
    """The names that a loop or a comprehension binds before its body reads them."""
    if isinstance(node, cst.For):
        return {part.value for part in walk(node.target) if isinstance(part, cst.Name)}
    if isinstance(node, cst.BaseComp):
        found: set[str] = set()
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            found |= {part.value for part in walk(loop.target) if isinstance(part, cst.Name)}
            loop = loop.inner_for_in
        return found
    return set()
