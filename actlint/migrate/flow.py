"""Dataflow between the units of the building scope: which names carry tensors from which unit to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.migrate.bodies import nodes, receiver_of
from actlint.migrate.collected import Collected
from actlint.migrate.feeds import Feeds
from actlint.migrate.keys import Keys, bindings
from actlint.migrate.late import impure_calls, late_values
from actlint.migrate.moving import moves, untracked
from actlint.migrate.named import expression_of, locals_of
from actlint.migrate.passed import Passed
from actlint.migrate.picks import Picks
from actlint.migrate.plumbing import prints
from actlint.migrate.rebound import rebound_variables
from actlint.migrate.refusals import Reason, Refused
from actlint.migrate.savers import restored_after
from actlint.migrate.source import code, walk
from actlint.migrate.units import Building, Unit, graph_tensors, initialises
from actlint.migrate.updates import grouped, is_in_order, late_summaries, needs_callable, only_trains, races
from actlint.migrate.zipped import lists, members
from actlint.program.calls import assigned_names
from actlint.program.model import Evaluation
from actlint.program.values import (
    EFFECTS,
    Function,
    Handle,
    Mapping,
    Op,
    Run,
    Sequence,
    Tensor,
    Training,
    Value,
    Variable,
)

HostNames = frozenset[str]


@dataclass(eq=False)
class Parameter:
    """A name that is fed: a placeholder, an inner tensor that some run feeds, or a list of placeholders."""

    name: str
    tensor: Tensor
    unit: Unit
    members: tuple[Tensor, ...] = ()
    """The placeholders of a list, the first of which is `tensor`."""

    @property
    def placeholder(self) -> bool:
        return self.tensor.op.kind == "placeholder"


@dataclass(eq=False)
class Item:
    """A forward unit: the tensors that it defines and reads, by name."""

    unit: Unit
    defs: dict[str, Value] = field(default_factory=dict)
    uses: dict[str, Item | Parameter] = field(default_factory=dict)
    runs: set[Run] = field(default_factory=set)
    available: frozenset[int] = frozenset()
    head: bool = False

    @property
    def order(self) -> int:
        return self.unit.order

    @property
    def updates(self) -> bool:
        """Whether it changes variables."""
        return any(op.kind in ("assign", "group") for op in self.unit.ops)

    @property
    def random(self) -> bool:
        """Whether it draws anew in every run; what variables start from is drawn once."""
        return any(
            op.symbol.startswith("random") or "dropout" in op.symbol or getattr(lookup(op.symbol), "random", None)
            for op in self.unit.ops
            if op.kind != "initial"
        )


@dataclass(eq=False)
class Leaf:
    """One fetched value of a run: the expression that gives it, and its value."""

    node: cst.BaseExpression | None
    value: Value
    uses: dict[str, Item | Parameter] = field(default_factory=dict)
    unread: bool = False
    """Whether it is a variable's new value that the program doesn't look at."""

    @property
    def trains(self) -> bool:
        """Whether it is run for its effect alone."""
        return self.unread or isinstance(self.value, Tensor) and self.value.op.kind in EFFECTS


class Flow:
    """Items, parameters and the leaves of every run."""

    def __init__(self, building: Building, keys: Keys) -> None:
        self.building = building
        self.program = building.program
        self.keys = keys
        self.items: dict[Unit, Item] = {}
        self.parameters: dict[tuple, Parameter] = {}
        self.captures: dict[cst.CSTNode, list[str]] = {}
        self.substituted: dict[cst.CSTNode, str] = {}
        """What stands for names and attributes in functions."""
        self.reasons: list[Reason] = []
        self.notes: list[str] = []
        self.fed = Feeds(building)
        self.passed = Passed(self.program, building.bodies.of_node, building.aside.parameters, self.fed.keys)
        self._defined: dict[str, Item | Parameter] = {}
        self._history: list[tuple[int, str, Item | Parameter]] = []
        self.leaves: dict[Run, list[Leaf]] = {}
        self.derived: set[str] = set()
        """Names of values that go along with tensors: dimensions, and variables beside their gradients."""
        self.differentiated: set[Unit] = set()
        """Units that take gradients, or read some."""
        self.feeds: dict[Run, dict[str, tuple[Parameter, cst.BaseExpression | None]]] = {}
        self.looked_up: dict[cst.Call, str] = {}
        self.summaries: dict[Op, dict[str, Item | Parameter]] = {}
        self.picks = Picks(building)
        self.collected = Collected(self)
        self._find_captures()
        for unit in building.units:
            self._find_lists(unit)
        for unit in building.units:
            self._visit(unit)
        self._runs()
        self.notes += untracked(building)
        self.collected.prepare()
        self.reasons += late_values(self) + impure_calls(self) + rebound_variables(self)
        if self.reasons:
            raise Refused(list(dict.fromkeys(self.reasons)))

    # -- names and values

    def here(self, node: cst.CSTNode) -> list[Evaluation]:
        """The evaluations of an expression on the level of the building scope."""
        body = self.building.body_of(node)
        return [e for e in self.program.facts.get(node, []) if body is not None and nodes(e.calls) == body.path]

    def value(self, node: cst.CSTNode) -> Value | None:
        found = self.here(node)
        return found[-1].value if found else None

    def tensor_names(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, str]]:
        """The names and attributes read below a node that carry graph tensors, with their keys."""
        for part in walk(node):
            if isinstance(part, (cst.Name, cst.Attribute)) and (values := [e.value for e in self.here(part)]):
                key = self.keys.key(part)
                if key is not None and (key in self.derived or any(graph_tensors(v) for v in values)):
                    yield part, key
            elif isinstance(part, cst.Call) and self.collected.reads(part):
                yield from self._collected(part)

    def _collected(self, call: cst.Call) -> Iterator[tuple[cst.CSTNode, str]]:
        """The tensors that a call stands for which reads a collection of losses."""
        for part, key, tensor in self.collected.keys(call):
            known = self._defined.get(key)
            value = known.tensor if isinstance(known, Parameter) else known.defs.get(key) if known else None
            if isinstance(value, Tensor) and (value.op, value.index) != (tensor.op, tensor.index):
                self.reasons.append(
                    self.building.reason(
                        "REF103", part, f"{key} is rebound before the collection that holds its earlier value is read"
                    )
                )
            yield part, key

    def _find_captures(self) -> None:
        """Tensors of the building scope that a function reads as free names: they become parameters of it."""
        tensors: set[str] = set()
        for unit in self.building.units:
            for name, value in self._bound(unit):
                if graph_tensors(value):
                    tensors.add(name)
        around = self._around()
        for node, made in self.building.makes.items():
            if (
                not isinstance(node, (cst.FunctionDef, cst.Lambda))
                or self.building.is_builder(node)
                or node in self.building.bodies.of_node
            ):
                continue
            if made & {"run", "train"}:
                continue
            parameters = {p.name.value for p in (*node.params.params, *node.params.kwonly_params)}
            local = parameters | assigned_names(node.body) | around.get(node, set())
            names = []
            for part in walk(node.body):
                if isinstance(part, cst.Name) and part.value in local:
                    continue
                key = self.keys.key(part)
                if key in tensors and any(graph_tensors(v) for v in self.program.values(part)):
                    names.append(key)
                    self.substituted[part] = key
            names += [key for _, key, _ in self.collected.keys(node.body) if key in tensors]
            if names:
                self.captures[node] = list(dict.fromkeys(names))
        changed = True
        while changed:
            changed = False
            for node in self.building.makes:
                if (
                    not isinstance(node, cst.FunctionDef)
                    or self.building.is_builder(node)
                    or node in self.building.bodies.of_node
                ):
                    continue
                inner = [
                    name
                    for part in walk(node.body)
                    if isinstance(part, cst.Call)
                    for v in self.program.values(part.func)
                    if isinstance(v, Function)
                    for name in self.captures.get(v.node, [])
                ]
                missing = [name for name in dict.fromkeys(inner) if name not in self.captures.get(node, [])]
                if missing and "forward" in self.building.makes[node]:
                    self.captures[node] = [*self.captures.get(node, []), *missing]
                    changed = True

    def _around(self) -> dict[cst.CSTNode, set[str]]:
        """The names that functions find in functions around them, which are no part of the building scope."""
        found: dict[cst.CSTNode, set[str]] = {}
        for node in self.building.makes:
            if isinstance(node, (cst.FunctionDef, cst.Lambda)) and node not in self.building.bodies.of_node:
                parameters = {p.name.value for p in (*node.params.params, *node.params.kwonly_params)}
                for inner in walk(node.body):
                    if isinstance(inner, (cst.FunctionDef, cst.Lambda)):
                        found.setdefault(inner, set()).update(parameters | assigned_names(node.body))
        return found

    def _bound(self, unit: Unit) -> Iterator[tuple[str, Value]]:
        """The keys that a unit's assignments bind, with their values."""
        for target, value in bindings(self.building, unit):
            key = self.keys.key(target)
            if key is not None:
                yield key, value

    def called(self, unit: Unit) -> list[cst.CSTNode]:
        """The functions that a unit's evaluation entered."""
        return list(dict.fromkeys(f.function.node for op in unit.ops for f in self.building.below(op.calls)))

    def makes_object(self, call: cst.Call) -> bool:
        """Whether a call makes a layer, or enters a builder."""
        if any(layer.node is call for layer in self.program.layers):
            return True
        return any(isinstance(v, Function) and self.building.is_builder(v.node) for v in self.program.values(call.func))

    def _mutated(self, unit: Unit) -> list[tuple[str, Value]]:
        """Containers of tensors that a unit changes in place: `acts["h"] = t`, `layers.append(t)`, also inside a
        loop."""
        found: list[tuple[str, Value]] = []
        for part in walk(unit.node):
            target: cst.CSTNode | None = None
            if isinstance(part, cst.Assign) and isinstance(part.targets[0].target, cst.Subscript):
                target = part.targets[0].target.value
            elif isinstance(part, cst.AugAssign):
                target = part.target.value if isinstance(part.target, cst.Subscript) else part.target
            elif (
                isinstance(part, cst.Call)
                and isinstance(part.func, cst.Attribute)
                and part.func.attr.value in ("append", "extend", "insert", "update")
            ):
                target = part.func.value
            if target is None or not isinstance(value := self.value(target), (Mapping, Sequence)):
                continue
            if (key := self.keys.key(target)) is not None:
                found.append((key, value))
        return found

    def _find_lists(self, unit: Unit) -> None:
        """Lists of placeholders are inputs as a whole; the statements that make them disappear."""
        for name, found in lists(self._bound(unit)):
            if ("p", found[0].op.index) not in self.parameters:
                parameter = Parameter(name, found[0], unit, found)
                self.parameters.update({("p", tensor.op.index): parameter for tensor in found})
                if unit.kind == "host":
                    unit.kind = "placeholder"

    def _visit(self, unit: Unit) -> None:
        if unit.kind == "summary":
            for op in unit.made("summary"):
                self.summaries[op] = {
                    key: self._defined[key] for _, key in self.tensor_names(unit.node) if key in self._defined
                }
            return
        if unit.kind in ("definition", "import", "training", "dropped", "constructor") or unit in self.keys.same:
            return
        if self.building.registers(unit):
            return
        if unit.enters or isinstance(unit.small, cst.Return) and isinstance(unit.body.node, cst.FunctionDef):
            self._check_entered(unit)
            return
        bound = list(self._bound(unit))
        for name, found in lists(iter(bound)):
            self._define(name, self.parameters[("p", found[0].op.index)], unit)
        for name, value in bound:
            if isinstance(value, Tensor) and value.op.kind == "placeholder":
                parameter = self.parameters.setdefault(("p", value.op.index), Parameter(name, value, unit))
                if parameter.unit is unit or parameter.name == name:
                    self._define(name, parameter, unit)
        if unit.kind == "placeholder" and not any(f for f in self.called(unit)):
            return
        mutated = self._mutated(unit)
        carries = [
            (name, value)
            for name, value in [*bound, *mutated]
            if graph_tensors(value) and not self._own_placeholder(value, unit)
        ]
        reads = [(node, key) for node, key in self.tensor_names(unit.node) if not self.fed.is_key(node)]
        for call, tensor in self._looked_up(unit.node):
            text = self.named(tensor, unit.order)
            if text is not None:
                self.looked_up[call] = text
                names = [part for part in walk(cst.parse_expression(text)) if isinstance(part, cst.Name)]
                reads += [(call, name.value) for name in names]
        if unit.runs:
            dropped = [a for part in walk(unit.node) if isinstance(part, cst.Call) for a in self.passed.dropped(part)]
            inside = {id(part) for node in [*(run.node for run in unit.runs), *dropped] for part in walk(node)}
            outside = [(node, key) for node, key in reads if id(node) not in inside and not self.picks.holds(node)]
            if outside:
                self.reasons.append(
                    self.building.reason(
                        "REF107", outside[0][0], f"{code(outside[0][0])} is a tensor and is used by Python code here"
                    )
                )
            return
        for function in self.called(unit):
            reads += [(function, name) for name in self.captures.get(function, [])]
        if self._is_feed(unit):
            return
        if self._is_differentiated(unit, reads):
            self.derived |= {name for name, _ in bound}
            carries += [pair for pair in bound if pair[0] not in {name for name, _ in carries}]
        if unit.kind != "forward" and not carries and not reads:
            return
        if unit.kind == "dead" and not carries:
            return
        if unit.kind == "host" and not carries and prints(self.program, unit.small):
            unit.kind = "dropped"
            line = self.building.line(unit.node)
            self.notes.append(f"line {line}: prints what the graph calls a tensor, not a value, so it is left out")
            return
        if unit.kind == "host" and not carries and not self._shapes(unit, bound):
            self.reasons.append(
                self.building.reason("REF107", unit.node, f"{reads[0][1]} is a tensor and is used by Python code here")
            )
            return
        item = self.items[unit] = Item(unit)
        for part, key in reads:
            if (definition := self.given(part, unit) or self._defined.get(key)) is not None:
                item.uses[key] = definition
        for op in unit.made("placeholder"):
            parameter = self.parameters.get(("p", op.index))
            if parameter is not None and unit.kind == "forward":
                item.uses[parameter.name] = parameter
        item.uses.update(self.awaited(op for op in unit.ops if op.kind != "train"))
        for name, value in [*carries, *((n, v) for n, v in bound if n in self.derived)]:
            item.defs[name] = value
            self._define(name, item, unit)

    def awaited(self, ops: Iterable[Op]) -> dict[str, Item | Parameter]:
        """The assignments that operations wait for, by their names."""
        found: dict[str, Item | Parameter] = {}
        pairs = [(control, op) for op in ops for control in op.controls]
        for waiting in dict.fromkeys(control for control, op in pairs if not is_in_order(self.building, control, op)):
            key = self.collected.key_of(waiting)
            if key is not None and key in self._defined:
                found[key] = self._defined[key]
            elif waiting.kind in ("assign", "group") and not only_trains(waiting):
                text, help = "something waits for this assignment, which has no name", "Give it a name."
                self.reasons.append(self.building.reason("REF111", waiting.node, text, help))
        return found

    def _check_entered(self, unit: Unit) -> None:
        """What a function that builds returns has to be known under the name that it gets."""
        for name, value in self._bound(unit) if unit.enters else ():
            if graph_tensors(value) and name not in self._defined:
                self.reasons.append(
                    self.building.reason(
                        "REF103",
                        unit.node,
                        f"{unit.enters[-1].name} builds the graph and returns something else than a name for {name}",
                        "Return tensors that have names.",
                    )
                )

    def _looked_up(self, node: cst.CSTNode) -> Iterator[tuple[cst.Call, Tensor]]:
        """The calls below a node that look up a tensor by its name."""
        for part in walk(node):
            if (
                isinstance(part, cst.Call)
                and isinstance(part.func, cst.Attribute)
                and part.func.attr.value == "get_tensor_by_name"
                and isinstance(value := self.value(part), Tensor)
            ):
                yield part, value

    def given(self, name: cst.CSTNode | None, unit: Unit) -> Parameter | None:
        """The parameter for a Python value that the graph takes as a constant while runs go on."""
        given = self.building.tree.given.get(name) if name is not None else None
        tensor = self.program.given.get(given) if given is not None else None
        if given is None or tensor is None:
            return None
        return self.parameters.setdefault(("p", tensor.op.index), Parameter(given.name, tensor, unit))

    def _is_differentiated(self, unit: Unit, reads: list[tuple[cst.CSTNode, str]]) -> bool:
        """Whether a statement takes gradients or reads some: then all that it binds belongs to a step."""
        if any(op.symbol == "gradients" for op in unit.ops):
            self.differentiated.add(unit)
        for _, name in reads:
            definition = self._defined.get(name)
            if isinstance(definition, Item) and definition.unit in self.differentiated:
                self.differentiated.add(unit)
        return unit in self.differentiated

    def _shapes(self, unit: Unit, bound: list[tuple[str, Value]]) -> bool:
        """Whether a statement only reads static shapes: an assertion, `set_shape`, or names for dimensions."""
        small = unit.small
        if isinstance(small, cst.Assert):
            return True
        if isinstance(small, cst.Expr):
            return (
                isinstance(small.value, cst.Call)
                and isinstance(small.value.func, cst.Attribute)
                and small.value.func.attr.value == "set_shape"
            )
        if not isinstance(small, cst.Assign) or not bound:
            return False
        self.derived |= {name for name, _ in bound}
        return True

    def _own_placeholder(self, value: Value, unit: Unit) -> bool:
        """Whether a value is a placeholder that this unit names for the first time: a parameter, not something to
        compute."""
        if members(value):
            return True
        if not isinstance(value, Tensor) or value.op.kind != "placeholder":
            return False
        parameter = self.parameters.get(("p", value.op.index))
        return parameter is None or parameter.unit is unit

    def _is_feed(self, unit: Unit) -> bool:
        """Whether a unit only makes a dict that is fed to runs."""
        small = unit.small
        return isinstance(small, cst.Assign) and any(
            run.feed is not None and run.feed is self.value(small.value) for run in self.program.runs
        )

    def _define(self, name: str, definition: Item | Parameter, unit: Unit) -> None:
        self._defined[name] = definition
        self._history.append((unit.order, name, definition))

    def definition(self, name: str, order: int) -> Item | Parameter | None:
        """What a name means to a statement at this place in the order of units."""
        found = None
        for place, defined, definition in self._history:
            if defined == name and place <= order:
                found = definition
        return found

    # -- runs

    def _runs(self) -> None:
        started = False
        initialised: set[Variable] = set()
        for run in self.program.runs:
            if initialises(run):
                again = _again(run, initialised) and (started or run.loops)
                if again and not restored_after(self.program, run):
                    self.reasons.append(
                        self.building.reason(
                            "REF110",
                            run.node,
                            "variables are initialised again after the program has run its graph",
                            "Start again in a process of its own, or port this part by hand.",
                        )
                    )
                continue
            started = True
            self.reasons += races(self, run)
            self.reasons += moves(self.building, run)
            self.notes += [note for note in late_summaries(self, run) if note not in self.notes]
            if not needs_callable(run):
                continue
            unit = self.building.unit_of.get(run.node)
            order = unit.order if unit is not None and unit.runs else len(self.building.units)
            if unit is not None and isinstance(unit.node, cst.FunctionDef):
                order = len(self.building.units)
            if run.variants and run not in self.picks.of:
                text = "the run fetches an element of a container, chosen by a value that isn't known here"
                self.reasons.append(self.building.reason("REF110", run.node, text))
            self.leaves[run] = [
                Leaf(node, value, self._leaf_uses(run, node, value, order), self._is_unread(run, value))
                for node, value in (
                    (self._global_leaf(run, *leaf, order), leaf[1]) for leaf in self._leaf_nodes(run, order)
                )
            ]
            self._read_feeds(run)

    def _is_unread(self, run: Run, value: Value) -> bool:
        """Whether a run only makes an assignment, as a statement of its own."""
        assigns = isinstance(value, Tensor) and value.op.kind == "assign"
        return assigns and isinstance(self.building.parent.get(run.node), cst.Expr)

    def named(self, tensor: Tensor, order: int) -> str | None:
        """The expression that stands for a tensor in the building scope, for a statement at this place."""
        if isinstance(tensor, Variable):
            return self.program.names.get(tensor)
        for place, name, definition in sorted(reversed(self._history), key=lambda known: _is_held(*known[1:])):
            if place > order or self.definition(name, order) is not definition:
                continue
            value = definition.tensor if isinstance(definition, Parameter) else definition.defs.get(name)
            text = expression_of(value, name, tensor)
            if text is not None:
                return text
        return None

    def _global_leaf(
        self, run: Run, node: cst.BaseExpression | None, value: Value, order: int
    ) -> cst.BaseExpression | None:
        """A fetch that a function names by its own names, as the building scope names it."""
        if not isinstance(value, Tensor) or node is None or value.op.kind in (*EFFECTS, "summary"):
            return node
        local: set[str] = set()
        if self.building.below(run.calls):
            function = run.calls[-1].function
            local = locals_of(function.node)
            if self.building.bodies.home_of(function.bound) is not None and isinstance(function.node, cst.FunctionDef):
                local.discard(receiver_of(function.node))
        if not isinstance(node, cst.SimpleString) and not any(
            isinstance(part, cst.Name) and part.value in local and part in self.program.facts for part in walk(node)
        ):
            return node
        text = self.named(value, order)
        if text is None:
            self.reasons.append(
                self.building.reason(
                    "REF110", run.node, f"{code(node)}, which is fetched here, has no name in the building code"
                )
            )
            return node
        return cst.parse_expression(text)

    def _leaf_nodes(self, run: Run, order: int) -> list[tuple[cst.BaseExpression | None, Value]]:
        """The expression of each fetched leaf, in the order of the flattened fetches."""
        if run.variants:
            return self._named_leaves(run, run.fetches, order)
        if run.form in ("eval", "run"):
            assert isinstance(run.node.func, cst.Attribute)
            return [(run.node.func.value, run.leaves[0])]
        return self._spread(run, run.fetch_node, run.fetches, order)

    def _spread(
        self, run: Run, node: cst.BaseExpression | None, value: Value, order: int
    ) -> list[tuple[cst.BaseExpression | None, Value]]:
        if isinstance(value, Sequence):
            if isinstance(node, (cst.List, cst.Tuple)) and len(node.elements) == len(value.items):
                return [
                    pair
                    for element, item in zip(node.elements, value.items, strict=False)
                    for pair in self._spread(run, element.value, item, order)
                ]
            literal = self._literal(node)
            if isinstance(literal, (cst.List, cst.Tuple)) and len(literal.elements) == len(value.items):
                return [
                    pair
                    for element, item in zip(literal.elements, value.items, strict=False)
                    for pair in self._spread(run, element.value, item, order)
                ]
            if not value.partial and not isinstance(node, cst.Name):
                return [pair for item in value.items for pair in self._named_leaves(run, item, order)]
            if value.partial:
                self.reasons.append(
                    self.building.reason("REF110", run.node, "what is fetched can't be listed one by one")
                )
                return []
            assert isinstance(node, cst.Name)
            return [(cst.parse_expression(f"{node.value}[{i}]"), item) for i, item in enumerate(value.items)]
        if node is None:
            self.reasons.append(self.building.reason("REF110", run.node, "what is fetched isn't written in the call"))
            return []
        if isinstance(value, Mapping):
            literal = node if isinstance(node, cst.Dict) else self._literal(node)
            nodes = (
                {
                    id(v): e.value
                    for e, v in zip(literal.elements, value.items.values(), strict=False)
                    if isinstance(e, cst.DictElement)
                }
                if isinstance(literal, cst.Dict)
                else {}
            )
            return [
                pair
                for key, item in value.items.items()
                for pair in self._spread(
                    run, nodes.get(id(item)) or cst.parse_expression(f"{code(node)}[{key!r}]"), item, order
                )
            ]
        if not isinstance(value, Tensor):
            what = getattr(value, "reason", None) or f"something that isn't a tensor ({type(value).__name__.lower()})"
            self.reasons.append(self.building.reason("REF110", run.node, f"the run fetches {what}"))
        return [(node, value)]

    def _named_leaves(self, run: Run, value: Value, order: int) -> list[tuple[cst.BaseExpression | None, Value]]:
        """The leaves of fetches that an expression puts together, by what the building code calls them."""
        if isinstance(value, (Sequence, Mapping)):
            items = value.items if isinstance(value, Sequence) else value.items.values()
            return [pair for item in items for pair in self._named_leaves(run, item, order)]
        if isinstance(value, Tensor) and value.op.kind in (*EFFECTS, "summary"):
            return [(None, value)]
        text = self.named(value, order) if isinstance(value, Tensor) else None
        if text is None:
            self.reasons.append(self.building.reason("REF110", run.node, "what is fetched can't be listed one by one"))
            return []
        return [(cst.parse_expression(text), value)]

    def _literal(self, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
        """The list that a name was assigned, when it is assigned once."""
        if not isinstance(node, cst.Name):
            return None
        found = [
            part.value
            for unit in self.building.units
            for part in walk(unit.node)
            if isinstance(part, cst.Assign)
            for target in part.targets
            if isinstance(target.target, cst.Name) and target.target.value == node.value
        ]
        return found[0] if len(found) == 1 else None

    def _leaf_uses(
        self, run: Run, node: cst.BaseExpression | None, value: Value, order: int
    ) -> dict[str, Item | Parameter]:
        uses: dict[str, Item | Parameter] = {}
        if isinstance(value, Tensor) and value.op.kind == "summary":
            for op in (value.op, *(t.op for t in value.op.inputs)):
                uses.update(self.summaries.get(op, {}))
            return uses
        if run.trains and isinstance(value, Tensor) and value.op.kind in EFFECTS:
            named = self._grouped(value.op, order)
            if named is not None:
                return named
        for part in walk(node) if node is not None else ():
            key = self.keys.key(part) if node in self.building.parent else getattr(part, "value", None)
            if key is not None and (definition := self.definition(key, order)) is not None:
                if part in self.program.facts or node is part or isinstance(node, cst.Subscript):
                    uses[key] = definition
        return uses

    def _grouped(self, op: Op, order: int) -> dict[str, Item | Parameter] | None:
        """The assignments in a group of a run that trains; None where one has no name, but the group may."""
        uses: dict[str, Item | Parameter] = {}
        parts = grouped(op)
        for part in (part for part in parts if part.kind == "assign"):
            key = self.collected.key_of(part)
            definition = self.definition(key, order) if key is not None else None
            if key is not None and definition is not None:
                uses[key] = definition
            elif not any(isinstance(other, Training) for tensor in op.inputs for other in grouped(tensor.op)):
                return None
            else:
                text, help = "an assignment in a group with a training operation has no name", "Give it a name."
                self.reasons.append(self.building.reason("REF111", part.node, text, help))
        return uses

    def _read_feeds(self, run: Run) -> None:
        pairs_: dict[str, tuple[Parameter, cst.BaseExpression | None]] = {}
        problem = self.fed.problem(run)
        if problem is not None:
            self.reasons.append(self.building.reason("REF110", problem[0], f"a dict that is fed {problem[1]}"))
        elif isinstance(run.feed, Mapping):
            self.fed.decide(run)
            for key, _ in run.feeds:
                assert isinstance(key, Tensor)
                parameter = self._parameter(key)
                if parameter is None:
                    self.reasons.append(
                        self.building.reason("REF110", run.node, "a fed tensor has no name in the building code")
                    )
                    continue
                taken = self.fed.taken(run) if parameter.members else None
                if bool(parameter.members) != (taken is not None) or len(parameter.members) > len(run.feed.items):
                    self.reasons.append(
                        self.building.reason(
                            "REF110",
                            run.node,
                            f"the list of inputs {parameter.name} isn't fed as a whole",
                            "Feed dict(zip(inputs, values)).",
                        )
                    )
                pairs_[parameter.name] = parameter, taken or run.feed.nodes.get(key, (None, None))[1]
                if run in self.fed.unpacked and run not in self.fed.zipped:
                    self.fed.names.update(dict.fromkeys(run.feed.keys[key], parameter.name))
            if run in self.fed.zipped and run in self.fed.unpacked:
                self.fed.names[self.fed.zipped[run].keys] = list(pairs_)
        needed = self.program.needed(run) if self.program.given else ()
        for given, tensor in self.program.given.items():
            if tensor.op in needed:
                pairs_[given.name] = self.parameters[("p", tensor.op.index)], cst.Name(given.name)
        self.feeds[run] = pairs_

    def _parameter(self, tensor: Tensor) -> Parameter | None:
        """The parameter that a fed tensor becomes; an inner tensor becomes one at its first feed."""
        known = self.parameters.get(("p", tensor.op.index))
        if known is not None:
            return known
        for _, name, definition in self._history:
            if (
                isinstance(definition, Item)
                and isinstance(value := definition.defs.get(name), Tensor)
                and value.op is tensor.op
            ):
                made = self.parameters[("p", tensor.op.index)] = Parameter(name, tensor, definition.unit)
                return made
        return None


def _is_held(name: str, definition: Item | Parameter) -> bool:
    """Whether a name stands for a container of tensors, rather than for one."""
    return isinstance(definition, Item) and isinstance(definition.defs.get(name), (Sequence, Mapping))


def _again(run: Run, initialised: set[Variable]) -> bool:
    """Whether a run may initialise variables a second time; those that it initialises are added to the others."""
    covered = [leaf.covers if isinstance(leaf, Handle) else None for leaf in run.leaves]
    known = {variable for variables in covered for variable in variables or ()}
    again = bool(run.loops) or None in covered or bool(known & initialised)
    initialised |= known
    return again
