"""Emission: the module again, with building statements moved into functions and classes, and runs turned into calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.builders import Builder
from actlint.migrate.callables import Call, Region
from actlint.migrate.expression import Rewriter, Surroundings
from actlint.migrate.flow import Flow, Item, Leaf
from actlint.migrate.layout import (
    blanks,
    comments,
    framework_names,
    imported_names,
    last_import,
    quoted,
    renamed,
    spaced_keep,
    without_leading_blank,
)
from actlint.migrate.names import Names
from actlint.migrate.objects import Objects
from actlint.migrate.refusals import Reason, Refused
from actlint.migrate.regions import Regions
from actlint.migrate.runs import RunWriter
from actlint.migrate.source import code
from actlint.migrate.statements import function, spaced, statement, tidy
from actlint.migrate.summaries import Summaries, is_merged
from actlint.migrate.units import Building, Unit, is_main_guard, walk
from actlint.migrate.weights import Weights
from actlint.program.values import Sequence, Tensor, Training, Variable

if TYPE_CHECKING:
    from actlint.migrate.target import Target

Statements = list[cst.BaseStatement]


class Emitter(Objects):
    """Writes the rewritten module of one program for one target."""

    def __init__(self, building: Building, flow: Flow, regions: Regions, names: Names, target: Target) -> None:
        self.building, self.flow, self.regions, self.names = building, flow, regions, names
        self.program = building.program
        self.target = target
        self.reasons: list[Reason] = []
        self.wanted: dict[str, str] = {}
        self.surroundings = Surroundings(
            building,
            target.name,
            self._alias(),
            target.structural,
            ask_helper=self._helper,
            captures=flow.captures,
            summary_function=lambda: self.summaries.function_name(),
            parameters=self.parameters,
            framework=framework_names(building.tree.module),
            imported=imported_names(building.tree.module) | building.aliases.keys(),
        )
        self.builders: dict[cst.CSTNode, Builder] = {}
        self.instances: dict[tuple, str] = {}
        self.constructed: set[cst.CSTNode] = set()
        self.trained_units = {unit for unit in building.units if self._only_trained(unit)}
        self.trained_lists = {unit.small.targets[0].target.value for unit in self.trained_units}  # type: ignore[union-attr]
        self.weights = Weights(self)
        self.runs = RunWriter(self)
        self.summaries = Summaries(self)
        self.placed: dict[int, Statements] = {}
        self.functions: dict[str, set[Item]] = {}
        self.new_files: dict[Path, str] = {}
        self.notes: list[str] = []
        self._hoisted: Statements = []
        self._built: set[str] = set()
        self._hoisted_names: dict[str, str] = {}
        target.attach(self)
        self.surroundings.clashes = target.clashes()

    def _alias(self) -> str:
        for unit in self.building.units:
            for part in walk(unit.node) if unit.kind == "import" else ():
                if (
                    isinstance(part, cst.ImportAlias)
                    and part.asname is not None
                    and code(part.name).startswith("tensorflow")
                ):
                    return code(part.asname.name)
        return "tf"

    def _helper(self, name: str) -> str:
        """The name under which a helper stands in the user's file."""
        if name not in self.wanted:
            self.wanted[name] = self.names.fresh(name)
            known = self.target.helpers().get(name)
            for need in known.needs if known is not None else ():
                self._helper(need)
        return self.wanted[name]

    def helper_sources(self) -> list[str]:
        """The sources of the helpers that were asked for."""
        table = self.target.helpers()
        return [table[name].source for name in self.wanted if name in table]

    def before_functions(self, order: int, nodes: Statements) -> None:
        """Place statements right after a unit, in front of the functions that stand there."""
        self.placed.setdefault(order, [])[0:0] = nodes

    def ahead(self, node: cst.BaseStatement) -> None:
        """Put a statement in front of the one that is being written."""
        self._hoisted.append(node)

    def built(self, variables: list[Variable], unit: Unit | None) -> None:
        """Keras layers make their weights at their first call: build those that are read before any run."""
        runs = [u.order for u in self.building.units for run in u.runs if run in self.runs.call_of]
        if self.target.name != "tf2" or unit is None or runs and unit.order >= min(runs):
            return
        for place in map(self.weights.place, variables):
            if place.layer and place.layer not in self._built:
                self._built.add(place.layer)
                self.ahead(statement(f"{place.layer}.build({place.input_shape})"))

    def hoist(self, name: str, text: str) -> str:
        """A long list gets a name of its own, in front of the statement that is being written."""
        if len(text) < 60:
            return text
        if text not in self._hoisted_names:
            self._hoisted_names[text] = self.names.fresh(name)
            self._hoisted.append(statement(f"{self._hoisted_names[text]} = {text}", 80))
        return self._hoisted_names[text]

    def parameters(self, call: cst.Call) -> str:
        """The variables that the optimizer made by a call trains, as a list in the place where it is made."""
        trainings = [t for t in self.program.trainings if t.optimizer is not None and t.optimizer.op.node is call]
        if len(trainings) != 1:
            raise self.refused(
                "REF109",
                call,
                "one optimizer serves several training operations" if trainings else "the optimizer isn't used",
            )
        return self.target.parameters(trainings[0])

    def optimizer_call(self, training: Training) -> cst.Call | None:
        """The call that made the optimizer of a training operation, in the building scope."""
        node = training.optimizer.op.node if training.optimizer is not None else None
        return node if isinstance(node, cst.Call) and node in self.building.unit_of else None

    def data_import(self, node: cst.BaseStatement) -> Statements:
        """The tutorials' MNIST reader, which is gone from TensorFlow, becomes a module beside the program."""
        from actlint.migrate.mnist import reader

        self.new_files[self.building.file.parent / "input_data.py"] = reader()
        made = statement("import input_data")
        return [made.with_changes(leading_lines=node.leading_lines)]  # type: ignore[call-arg,attr-defined]

    def refused(self, code_: str, node: cst.CSTNode, text: str, help: str | None = None) -> Refused:
        return Refused([self.building.reason(code_, node, text, help)])

    def variable_list(self, rewriter: Rewriter, node: cst.Call) -> cst.BaseExpression:
        """A collection of variables as a list of them."""
        for value in rewriter.values(node):
            if (
                isinstance(value, Sequence)
                and value.items
                and all(isinstance(item, Variable) for item in value.items)
                and not value.partial
            ):
                self.built(list(value.items), self.building.unit_of.get(node))  # type: ignore[arg-type]
                return rewriter.expression(self.weights.list_text(list(value.items)))  # type: ignore[arg-type]
        raise self.refused("REF102", node, "which variables this collection holds isn't known")

    # -- the module

    def module(self) -> cst.Module:
        """The rewritten module."""
        self._name_objects()
        for builder in list(self.builders.values()):
            self._write(builder)
        self.target.prepare()
        self.runs.prepare()
        for region in self.regions.regions:
            if region.name:
                self._place(region.order, self._region(region))
        last = max((u.order for u in self.building.units if u.trainings), default=-1)
        for call in self.regions.calls:
            first = min(
                (u.order for u in self.building.units for run in call.runs if run in u.runs),
                default=len(self.building.units),
            )
            regions = [r.order for r in self.regions.regions if r.name and set(r.items) & call.items]
            self._place(min(max([call.order, *regions, last]), max(first - 1, call.order)), self.target.callable(call))
            if self.summaries.merged is not None and not self.summaries.writer:
                self.notes.append(self.target.summaries_note())
                self._place(
                    min(max([call.order, *regions, last]), max(first - 1, call.order)),
                    self.target.summary_writer(self.summaries),
                )
        module = self.building.tree.module
        if self.building.function is None:
            body = self._block(module.body)
        else:
            outer: Statements = []
            for node in module.body:
                if node is self.building.function:
                    inner = [
                        tidy(part, first=True) if place == 0 else part
                        for place, part in enumerate(self._block(node.body.body))
                    ]  # type: ignore[attr-defined]
                    outer.append(node.with_changes(body=node.body.with_changes(body=inner)))  # type: ignore[attr-defined,arg-type]
                else:
                    outer.extend(self._outside(node))  # type: ignore[arg-type]
            body = outer
        for unit in self.building.units:
            if (
                unit.kind == "dead"
                and isinstance(unit.small, cst.Assign)
                and isinstance(unit.small.targets[0].target, cst.Name)
            ):
                name = unit.small.targets[0].target.value
                self.notes.append(f"line {self.building.line(unit.node)}: no run computes {name}, so it is left out")
        reasons = [*self.flow.reasons, *self.reasons, *self.surroundings.reasons]
        if reasons:
            raise Refused(reasons)
        return self._finish(module.with_changes(body=body))

    def _write(self, builder: Builder) -> None:
        for inner in self.objects_of(builder):
            if inner is not builder and inner.definition is None:
                self._write(inner)
        if builder.definition is None:
            builder.write()

    def _place(self, order: int, nodes: Statements) -> None:
        self.placed.setdefault(order, []).extend(nodes)

    def rewriter(self) -> Rewriter:
        return self.runs.rewriter()

    def _outside(self, node: cst.BaseStatement) -> Statements:
        """A module-level statement when the graph is built in a function."""
        if isinstance(node, cst.FunctionDef):
            return self._definition(node)
        if isinstance(node, cst.SimpleStatementLine) and any(
            isinstance(s, (cst.Import, cst.ImportFrom)) for s in node.body
        ):
            return self.target.imports(node)
        return [node.visit(self.rewriter())]  # type: ignore[list-item]

    def _definition(self, node: cst.FunctionDef) -> Statements:
        builder = self.builders.get(node)
        if builder is not None:
            assert builder.definition is not None
            return [builder.definition]
        made = node.visit(self.rewriter())
        assert isinstance(made, cst.FunctionDef)
        captured = self.flow.captures.get(node)
        if captured:
            extra = [cst.Param(cst.Name(name)) for name in captured]
            plain = [p for p in made.params.params if p.default is None]
            defaults = [p for p in made.params.params if p.default is not None]
            if defaults:
                self.reasons.append(
                    self.building.reason(
                        "REF103", node, f"{node.name.value} reads tensors of the module and has default arguments"
                    )
                )
            made = made.with_changes(params=made.params.with_changes(params=[*plain, *extra]))
        return [made]

    def _block(self, nodes: Iterator[cst.CSTNode] | object) -> Statements:
        made: Statements = []
        lines = 1 if self.building.function is not None else 2
        gap, after = 0, False
        for node in (part for line in nodes for part in self.building.split.get(line, [line])):  # type: ignore[attr-defined]
            if self.building.transparent(node):
                parts = self._block(node.body.body)
                if is_main_guard(node) and parts:
                    parts = [node.with_changes(body=node.body.with_changes(body=parts))]
                elif parts and node.leading_lines:
                    parts[0] = parts[0].with_changes(leading_lines=[*node.leading_lines, *comments(parts[0])])  # type: ignore[call-arg]
                placed: Statements = []
            else:
                unit = self.building.unit_of[node]
                parts, placed = self._unit(unit), self.placed.get(unit.order, [])
            if parts and after:
                parts[0] = spaced_keep(parts[0], lines)  # type: ignore[assignment]
            elif parts and gap and made:
                parts[0] = spaced_keep(parts[0], gap)  # type: ignore[assignment]
            if parts:
                gap, after = 0, False
            else:
                gap = max(gap, blanks(node))
            made.extend(parts)
            for extra in placed:
                definition = isinstance(extra, (cst.FunctionDef, cst.ClassDef))
                made.append(spaced(extra, lines) if definition else extra)
                after = definition
        return made

    def _unit(self, unit: Unit) -> Statements:
        """What stays of a unit at its place, with what had to be put in front of it."""
        made = self._kept(unit)
        if self._hoisted:
            first, self._hoisted = self._hoisted, []
            if made:
                lines = getattr(made[0], "leading_lines", ())
                first[0] = first[0].with_changes(leading_lines=[line for line in lines if line.comment is None])  # type: ignore[call-arg]
                made[0] = made[0].with_changes(leading_lines=[line for line in lines if line.comment is not None])  # type: ignore[call-arg]
            made = [*first, *made]
        return made

    def _kept(self, unit: Unit) -> Statements:
        node = unit.node
        if unit.kind == "import":
            return self.target.imports(node)
        if isinstance(node, cst.FunctionDef):
            return self._definition(node)
        if unit.kind == "training":
            return self.target.training(unit)
        if unit.kind == "summary" or unit.kind in ("placeholder", "dead", "dropped") and not self._objects(unit):
            return []
        if unit in self.trained_units or unit in self.building.aliases.values():
            return []
        if self.target.moves_optimizer and unit.made("optimizer") and len(unit.ops) == 1:
            return []
        if unit in self.flow.items or unit.kind in ("forward", "placeholder"):
            return self._objects(unit)
        asked = "variable_names" in self.wanted
        made = node.visit(self.rewriter())
        if "variable_names" in self.wanted and not asked:
            self._hoisted.append(self._variable_names())
        return [made] if isinstance(made, cst.BaseStatement) else []

    def _only_trained(self, unit: Unit) -> bool:
        """Whether a statement only makes a list of variables for a training operation, which writes its list itself."""
        small = unit.small
        if not isinstance(small, cst.Assign) or not isinstance(small.targets[0].target, cst.Name) or unit.ops:
            return False
        value = self.flow.value(small.value)
        if (
            not isinstance(value, Sequence)
            or not value.items
            or not all(isinstance(item, Variable) for item in value.items)
        ):
            return False
        name = small.targets[0].target.value
        trained = {id(part) for u in self.building.units if u.trainings for part in walk(u.node)}
        reads = [
            part
            for part in walk(self.building.tree.module)
            if isinstance(part, cst.Name) and part.value == name and part in self.program.facts
        ]
        return bool(reads) and all(id(part) in trained for part in reads)

    def _variable_names(self) -> cst.BaseStatement:
        """A table of TF1's names, for the statement that reads them."""
        rows = [f"id({self.weights.place(v).path}): {quoted(v.name)}" for v in self.program.variables]
        text = f"{self.wanted['variable_names']} = {{\n" + "".join(f"    {row},\n" for row in rows) + "}"
        return cst.parse_statement(text)  # type: ignore[return-value]

    def _objects(self, unit: Unit) -> Statements:
        """The constructors of the layers and builders in a forward unit."""
        made: Statements = []
        for call in self.objects_in(unit.node, self.building.prefix, None):
            if call in self.constructed:
                made.append(
                    statement(
                        f"{self.surroundings.applied[call]} = {self.construct(call, Rewriter(self.surroundings))}"
                    )
                )
        if made:
            lines = [line for line in getattr(unit.node, "leading_lines", ()) if line.comment is None]
            made[0] = made[0].with_changes(leading_lines=lines)  # type: ignore[call-arg]
        return made

    # -- functions

    def _region(self, region: Region) -> Statements:
        """The function of a named region."""
        assert region.name is not None
        body = self.compose(region.inner, inline=region)
        returned = self.target.returned(region)
        if returned:
            body.append(statement(f"return {', '.join(returned)}"))
        self.functions[region.name] = {
            part for part in self.regions.order_of(region.inner, region) if isinstance(part, Item)
        }
        return [function(region.name, region.inputs, body)]

    def compose(self, items: set[Item], inline: Region | None = None, wanted: set[str] | None = None) -> Statements:
        """The statements that compute items: their own, and calls of the regions that have a function."""
        made: Statements = []
        parts = self.regions.order_of(items, inline)
        written = {part for part in parts if isinstance(part, Item)}
        for part in parts:
            if isinstance(part, Item):
                made.extend(self.item(part))
            else:
                made.extend(self.target.region_call(part, self._read_names(part, parts, written, wanted)))
        return [tidy(node, first=True) if place == 0 else node for place, node in enumerate(made)]

    def _read_names(
        self, region: Region, parts: list[Item | Region], written: set[Item], wanted: set[str] | None
    ) -> set[str]:
        """The outputs of a region that what follows reads: items, other regions' functions, the leaves of a
        callable."""
        inside = set(region.items)
        names = {name for item in written for name, d in item.uses.items() if d in inside}
        for part in parts:
            if isinstance(part, Region) and part is not region:
                names |= set(part.inputs) & set(region.outputs)
        return names | (wanted or set()) & set(region.outputs)

    def item(self, item: Item) -> Statements:
        """A forward unit as statements of a function."""
        node = item.unit.node
        made = node.visit(Rewriter(self.surroundings))
        if isinstance(made, cst.SimpleStatementLine):
            made = self._kept_targets(item, made)
        captured = self.target.captured_after(item)
        return [*([made] if isinstance(made, cst.BaseStatement) else []), *captured]

    def _kept_targets(self, item: Item, made: cst.SimpleStatementLine) -> cst.SimpleStatementLine | None:
        """Targets that are no longer returned (placeholders, hooked tensors) disappear from an unpacking."""
        small, before = made.body[0], item.unit.small
        if (
            not isinstance(small, cst.Assign)
            or not isinstance(before, cst.Assign)
            or not isinstance(before.value, cst.Call)
        ):
            return made
        builder = self.surroundings.builders.get(before.value)
        parts = builder.kept_parts() if builder is not None else None
        target = small.targets[0].target
        if builder is None or parts is None:
            return made
        if not isinstance(target, cst.Tuple):
            if len(parts) != len(getattr(builder.returned_value(), "items", [])):
                self.reasons.append(
                    self.building.reason("REF103", before, "the tuple of a builder function isn't unpacked")
                )
            return made
        if not parts:
            return made.with_changes(body=[cst.Expr(small.value)])
        kept = ", ".join(code(target.elements[i].value) for i in parts)
        return made.with_changes(body=[small.with_changes(targets=[cst.AssignTarget(cst.parse_expression(kept))])])

    def leaf(self, leaf: Leaf) -> str:
        """The expression of a fetched value inside a function."""
        if is_merged(leaf.value):
            assert isinstance(leaf.value, Tensor)
            return self.summaries.values(leaf.value.op)
        assert leaf.node is not None
        rewriter = Rewriter(self.surroundings)
        text = code(leaf.node.visit(rewriter))  # type: ignore[arg-type]
        if leaf.node in rewriter.hosted:
            raise self.refused(
                "REF108", leaf.node, "a run fetches a shape", "fetch the tensor and take the shape of the array"
            )
        return text

    def wanted_names(self, leaves: list[Leaf]) -> set[str]:
        return {name for leaf in leaves for name in leaf.uses}

    def loss(self, call: Call) -> Leaf:
        assert call.training is not None
        leaf = self.regions.loss_leaf(call.training)
        if leaf.node is None:
            raise Refused(
                [
                    self.building.reason(
                        "REF109", call.training.node, "gradients are computed and applied in separate steps"
                    )
                ]
            )
        return leaf

    # -- the end

    def _finish(self, module: cst.Module) -> cst.Module:
        """Add the imports and helpers that the rewritten code needs."""
        body = list(module.body)
        table = self.target.helpers()
        sources = [(name, table[name]) for name in self.wanted if name in table]
        spelled = self.surroundings.spelled
        text = module.code + "".join(spelled(helper.source) for _, helper in sources)
        place = self.target.import_place(body)
        imports = self.target.import_lines(text)
        imports += [
            statement(line) for _, helper in sources for line in helper.imports if line not in text.splitlines()
        ]
        definitions: Statements = []
        for name, helper in sources:
            for node in cst.parse_module(spelled(helper.source)).body:
                definitions.append(spaced(renamed(node, name, self.wanted), 2))  # type: ignore[arg-type]
        body[place:place] = imports
        end = last_import(body) + 1
        body[end:end] = definitions
        if definitions and end + len(definitions) < len(body):
            follower = body[end + len(definitions)]
            body[end + len(definitions)] = spaced_keep(follower, 2)
        body = without_leading_blank(body)
        return module.with_changes(body=body)
