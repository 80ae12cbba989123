"""Emission: the module again, with building statements moved into functions and classes, and runs turned into calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate import updates
from actlint.migrate.absl import Absl
from actlint.migrate.bodies import Body, Home, is_gone
from actlint.migrate.builders import Builder
from actlint.migrate.callables import Call, Region
from actlint.migrate.cells import Cells
from actlint.migrate.docstrings import documented
from actlint.migrate.effects import dissolved, is_effect
from actlint.migrate.exports import exported, imported
from actlint.migrate.expression import Rewriter, Surroundings
from actlint.migrate.filtered import chosen
from actlint.migrate.flow import Flow, Item, Leaf
from actlint.migrate.iterators import register_iterators
from actlint.migrate.layout import (
    blanks,
    comments,
    framework_alias,
    framework_names,
    imported_names,
    is_standard,
    last_import,
    quoted,
    renamed,
    spaced_keep,
    standard_place,
    without_leading_blank,
)
from actlint.migrate.lookups import Lookups
from actlint.migrate.merging import merged, merged_definitions
from actlint.migrate.names import Names
from actlint.migrate.objects import Objects
from actlint.migrate.promotion import Promotion
from actlint.migrate.refusals import Reason, Refused
from actlint.migrate.regions import Regions
from actlint.migrate.runs import RunWriter
from actlint.migrate.savers import Savers
from actlint.migrate.sites import Sites
from actlint.migrate.source import code, has_defaults, walk
from actlint.migrate.spelling import spelled
from actlint.migrate.staging import Staging
from actlint.migrate.statements import as_statements, function, spaced, statement, tidy
from actlint.migrate.summaries import Summaries, is_merged
from actlint.migrate.sums import Sums
from actlint.migrate.tapes import Outside
from actlint.migrate.training import register_inner
from actlint.migrate.units import Building, Unit, graph_tensors, is_main_guard
from actlint.migrate.weights import Place, Weights
from actlint.program.binding import BoundCall
from actlint.program.values import NONE, Choice, Handle, Scoped, Sequence, Tensor, Training, Value, Variable, tensors_in

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
        self.home = building.bodies.of_node[building.tree.module].home
        self.notes: list[str] = list(flow.notes)
        self._wanted: dict[Path, dict[str, str]] = {}
        self._helper_names: dict[str, str] = {}
        self.cells = Cells(building)
        common = Surroundings(
            building,
            target.name,
            "tf",
            target.structural,
            ask_helper=self._helper,
            captures=flow.captures,
            notes=self.notes,
            substituted=flow.substituted,
            passed=flow.passed,
            summary_function=lambda: self.summaries.function_name(),
            updates=lambda *call: updates.form(self, *call),
            collected=lambda call: self.sums.text(call),
            chosen=self.chosen_variables,
            parameters=self.parameters,
            lookup_options=lambda entry, call: self.lookups.options(entry, call),
            cell_size=self.cells.size,
        )
        self._surroundings = {
            file: replace(
                common,
                alias=framework_alias(module),
                absl=Absl(building, names, module),
                framework=framework_names(module),
                imported=imported_names(module) | building.aliases.keys(),
            )
            for module, file in building.modules.items()
        }
        for call, text in flow.looked_up.items():
            common.replaced[call] = lambda rewriter, original, updated, text=text: rewriter.expression(text)  # type: ignore[misc]
        self.builders: dict[cst.CSTNode, Builder] = {}
        self.sites = Sites(self)
        self.staged: dict[Unit, Staging] = {}
        self.builder_names: set[Unit] = set()
        self.fetches: set[cst.CSTNode] = set()
        self.instances: dict[tuple, str] = {}
        self.constructed: set[cst.CSTNode] = set()
        self.trained_units: set[Unit] = set()
        while found := {u for u in building.units if u not in self.trained_units and self._only_trained(u)}:
            self.trained_units |= found
        self.trained_lists = {unit.small.targets[0].target.value for unit in self.trained_units}  # type: ignore[union-attr]
        self.weights = Weights(self)
        self.lookups = Lookups(self)
        self.runs = RunWriter(self)
        self.summaries = Summaries(self)
        self.savers = Savers(self)
        self.surroundings.saver_call = self.savers.call
        self.sums = Sums(self)
        self.placed: dict[int, Statements] = {}
        self.members: dict[Home, Statements] = {}
        self._emitted: dict[Body, Statements] = {}
        self.functions: dict[tuple[Home, str], set[Item]] = {}
        self.spelled: dict[tuple[Home, str], dict[str, str]] = {}
        """By function: keys that its locals don't have as names."""
        self.new_files: dict[Path, str] = {}
        self._written: dict[tuple, Call] = {}
        self._hoisted: Statements = []
        self._built: set[str] = set()
        self._hoisted_names: dict[str, str] = {}
        self.promotion = Promotion(self)
        target.attach(self)
        register_inner(self)
        register_iterators(self)
        for module in building.modules:
            with self.writing(building.bodies.of_node[module].home):
                self.surroundings.clashes = target.clashes()

    @property
    def surroundings(self) -> Surroundings:
        """What rewriting needs to know, in the file that is being written."""
        return self._surroundings[self.home.file]

    @property
    def wanted(self) -> dict[str, str]:
        """The helpers that the file that is being written asks for, with their names there."""
        return self._wanted.setdefault(self.home.file, {})

    @contextmanager
    def writing(self, home: Home) -> Iterator[None]:
        """Write code of a home for a while."""
        outer, self.home = self.home, home
        try:
            yield
        finally:
            self.home = outer

    def _helper(self, name: str) -> str:
        """The name under which a helper stands in the user's file."""
        if name not in self.wanted:
            known = self.target.helpers().get(name)
            if known is None or name not in self._helper_names:
                self._helper_names[name] = self.names.fresh(name)
            self.wanted[name] = self._helper_names[name]
            for need in known.needs if known is not None else ():
                self._helper(need)
        return self.wanted[name]

    def helper_sources(self) -> list[str]:
        """The sources of the helpers that were asked for."""
        table = self.target.helpers()
        return [table[name].source for name in self.wanted if name in table]

    def _used(self, text: str) -> list[str]:
        """The helpers that a file's text calls, or that those which it calls need."""
        table = self.target.helpers()
        found = {name for name, held in self.wanted.items() if re.search(rf"\b{re.escape(held)}\b", text)}
        while more := {need for name in found if name in table for need in table[name].needs} - found:
            found |= more
        bases = [name for name in found if any(f"({name}):" in table[user].source for user in found if user in table)]
        return sorted((name for name in self.wanted if name in found), key=lambda name: name not in bases)

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

    def built_ahead(self, place: Place, unit: Unit | None) -> None:
        """Build a Keras layer where it is made, for code that reads its weights before it is called."""
        if self.target.name == "tf2" and unit is not None and place.layer not in self._built:
            self._built.add(place.layer)
            self.before_functions(unit.order, [statement(f"{place.layer}.build({place.input_shape})")])

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
        if not trainings:
            raise self.refused("REF109", call, "the optimizer isn't used")
        variables = {id(v): v for training in trainings for v in training.variables}
        return self.target.parameters(list(variables.values()), self.building.unit_of.get(trainings[-1].node))

    def optimizer_call(self, training: Training) -> cst.Call | None:
        """The call that made the optimizer of a training operation, in the building scope."""
        node = training.optimizer.op.node if training.optimizer is not None else None
        return node if isinstance(node, cst.Call) and node in self.building.unit_of else None

    def data_import(self, node: cst.BaseStatement) -> Statements:
        """The tutorials' MNIST reader, which is gone from TensorFlow, becomes a module beside the program."""
        from actlint.migrate.mnist import reader

        self.new_files[self.home.file.parent / "input_data.py"] = reader()
        made = statement("import input_data")
        return [made.with_changes(leading_lines=node.leading_lines)]  # type: ignore[call-arg,attr-defined]

    def refused(self, code_: str, node: cst.CSTNode, text: str, help: str | None = None) -> Refused:
        return Refused([self.building.reason(code_, node, text, help)])

    def variable_list(self, rewriter: Rewriter, node: cst.Call) -> cst.BaseExpression:
        """A collection of variables as a list of them."""
        values = rewriter.values(node)
        scopes = _by_scope(values)
        if not scopes:
            raise self.refused("REF102", node, "which variables this collection holds isn't known")
        binding = self.program.bindings.get(node)
        asked = binding.nodes.get("scope") if isinstance(binding, BoundCall) else None
        if asked is not None and self.building.is_none_by_default(asked):
            scopes.setdefault(None, next(v.everything for v in values if isinstance(v, Scoped)))  # type: ignore[arg-type]
        unit = self.building.unit_of.get(node)
        self.built([v for items in scopes.values() for v in items], unit)
        texts = {s: self.weights.list_text(items, before=unit) for s, items in scopes.items()}
        if len(set(texts.values())) == 1:
            return rewriter.expression(next(iter(texts.values())))
        assert asked is not None
        rows = "".join(f"    {scope!r}: {text.replace(chr(10), chr(10) + '    ')},\n" for scope, text in texts.items())
        return rewriter.expression(f"{{\n{rows}}}[{code(asked.visit(rewriter))}]")  # type: ignore[arg-type]

    def chosen_variables(self, clause: cst.CompFor) -> cst.BaseExpression | None:
        """The variables that a comprehension chooses by their names, as a list."""
        variables = chosen(self.program, clause)
        if variables is None:
            return None
        unit = self.building.unit_of.get(clause)
        self.built(variables, unit)
        return cst.parse_expression(self.weights.list_text(variables, before=unit))

    # -- the modules

    def modules(self) -> dict[Path, cst.Module]:
        """The rewritten modules, by file."""
        self._name_objects()
        for builder in list(self.builders.values()):
            self._write(builder)
        self.promotion.prepare()
        self._find_fetches()
        self.weights.check()
        self.target.prepare()
        self.runs.prepare()
        for region in self.regions.regions:
            if region.name:
                with self.writing(region.home):
                    self._place(region.order, self._region(region), region.home)
        for call in self.regions.calls:
            with self.writing(call.home):
                made_callable = self.target.callable(call)
                if not self._repeats(call, made_callable):
                    self._place(self._order(call), made_callable, call.home)
                if self.summaries.fetched and not self.summaries.writer:
                    self.notes.append(self.target.summaries_note())
                    self._place(self._order(call), self.target.summary_writer(self.summaries), call.home)
        self._place_names()
        made: dict[Path, cst.Module] = {}
        for module, file in self.building.modules.items():
            with self.writing(self.building.bodies.of_node[module].home):
                made[file] = self._finish(module.with_changes(body=self._block(module.body, 2)))
        for unit in self.building.units:
            if (
                unit.kind == "dead"
                and isinstance(unit.small, cst.Assign)
                and isinstance(unit.small.targets[0].target, cst.Name)
            ):
                name = unit.small.targets[0].target.value
                self.notes.append(f"line {self.building.line(unit.node)}: no run computes {name}, so it is left out")
        self._explain_constants()
        if self.program.penalties and not self.flow.collected.penalised():
            self.notes.append("no loss reads REGULARIZATION_LOSSES, so the regularizers had no effect and are left out")
        reasons = [*self.flow.reasons, *self.reasons, *self.surroundings.reasons]
        if reasons:
            raise Refused(reasons)
        return made

    def _repeats(self, call: Call, made: Statements) -> bool:
        """Whether a callable is written like an earlier one, over the same variables: its runs call that one then."""
        handed = {name for names in self.flow.passed.handed.values() for name in names}
        if call.trainings or not call.returned or call.name in handed:
            return False
        text = "".join(code(node) for node in made).replace(f"def {call.name}(", "def (", 1)
        ops = self.program.ancestors([t for leaf in call.leaves for t in tensors_in(leaf.value)])
        variables = frozenset(op.index for op in ops if op.kind == "variable")
        key = (call.home, text, tuple(p.name for p in call.parameters), variables)
        first = self._written.setdefault(key, call)
        if first is call:
            return False
        call.name = first.name
        return True

    def _place_names(self) -> None:
        """A table of TF1's names stands in front of the functions that read it."""
        for module, file in self.building.modules.items():
            if "variable_names" in self._wanted.get(file, {}):
                made = [unit.order for unit in self.building.units if unit.kind == "constructor" or unit in self.staged]
                home = self.building.bodies.of_node[module].home
                with self.writing(home):
                    self._place(max(made, default=0), [self._variable_names()], home)

    def _order(self, call: Call) -> int:
        """The building statement that a callable follows: all that it uses is made by then, and no run calls it yet."""
        last = max((u.order for u in self.building.units if u.trainings), default=-1)
        first = min(
            (u.order for u in self.building.units for run in call.runs if run in u.runs),
            default=len(self.building.units),
        )
        regions = [r.order for r in self.regions.regions if r.name and set(r.items) & call.items]
        return min(max([call.order, *regions, last]), max(first - 1, call.order))

    def _explain_constants(self) -> None:
        """Say which inputs of a loss were fetched: as in TF1, no gradient goes through them."""
        for training in self.program.trainings:
            ops = self.program.ancestors(tensors_in(training.loss))
            names = [given.name for given, tensor in self.program.given.items() if given.fetched and tensor.op in ops]
            if names:
                line = self.building.line(training.node)
                self.notes.append(
                    f"line {line}: {', '.join(names)} was fetched, so the loss has no gradient through it, as in TF1"
                )

    def _write(self, builder: Builder) -> None:
        for inner in self.objects_of(builder):
            if inner is not builder and inner.definition is None:
                self._write(inner)
        if builder.definition is None:
            with self.writing(
                self.building.bodies.of_node[self.program.trees[self.building.file_of(builder.node)].module].home
            ):
                builder.write()

    def _place(self, order: int, made: Statements, home: Home) -> None:
        """Put definitions into a class, or behind a building statement of their home; other statements there, too."""
        if home.is_class:
            self.members.setdefault(home, []).extend(made)
            return
        own = [unit.order for unit in self.building.units if unit.home is home]
        if 0 <= order < len(self.building.units) and self.building.units[order].home is not home:
            # a statement of a function that builds is done when the one that calls it is
            order = min((place for place in own if place > order), default=order)
        before = [place for place in own if place <= order]
        self.placed.setdefault(max(before) if before else min(own, default=0), []).extend(made)

    def rewriter(self) -> Rewriter:
        return self.runs.rewriter()

    def _body(self, body: Body) -> Statements:
        """What stays of a body's statements."""
        if body not in self._emitted:
            self._emitted[body] = []
            assert isinstance(body.node, cst.FunctionDef)
            made = [*self.promotion.stored(body), *self._block(body.node.body.body, 1)]
            if given := self.runs.given_back.get(body):
                made.append(cst.parse_statement(f"\nreturn {', '.join(given)}"))  # type: ignore[arg-type]
            self._emitted[body] = [tidy(part, first=True) if place == 0 else part for place, part in enumerate(made)]
        return self._emitted[body]

    def _function(self, body: Body) -> cst.FunctionDef:
        """A function whose body builds, with what stays of it."""
        node = body.node
        assert isinstance(node, cst.FunctionDef)
        with self.writing(body.home):
            made = node.with_changes(body=cst.IndentedBlock([])).visit(self.rewriter())
        assert isinstance(made, cst.FunctionDef)
        made = self.flow.passed.definition(node, made)
        made = made.with_changes(body=node.body.with_changes(body=self._body(body)))
        return documented(made, self.flow.passed.names(node))

    def _class(self, node: cst.ClassDef, home: Home | None) -> cst.ClassDef:
        """A class whose methods build: what stays of these, and the functions of the rewritten program behind them."""
        made: list[cst.BaseStatement] = []
        place = 0
        copies = [copy for copy, original in self.program.copies.items() if original is node]
        for variants in zip(node.body.body, *(copy.body.body for copy in copies), strict=True):
            used = [member for member in variants if member in self.program.calls] or [variants[0]]
            made.extend(self._member(used, home))
            if any(member in self.building.bodies.of_node for member in used):
                place = len(made)
        homes = [found for copy in copies if (found := self.building.bodies.homes.get(copy)) is not None]
        functions = merged_definitions([self.members.get(found, []) for found in ([home] if home else []) + homes])
        if isinstance(functions, str):
            raise self.refused("REF103", node, f"objects of {node.name.value} need different code in {functions}")
        made[place:place] = [spaced(method, 1) for method in functions]
        return node.with_changes(body=node.body.with_changes(body=made))

    def _member(self, variants: list[cst.CSTNode], home: Home | None) -> Statements:
        """A member of a class, from the forms that it has for the objects of the class."""
        written: list[Statements] = []
        bodies: list[Statements] = []
        for member in variants:
            body = self.building.bodies.of_node.get(member)
            if body is not None:
                bodies.append(self._body(body))
                written.append([self._function(body)])
                continue
            with self.writing(self._home_of(member) or home or self.home):
                visited = member.visit(self.rewriter())
                written.append(
                    [self._with_tapes(self._with_captures(member, visited))]
                    if isinstance(visited, cst.FunctionDef)
                    else as_statements(visited)
                )
        if not bodies:
            found = merged(written)
        elif len(bodies) == len(variants) and (inside := merged(bodies)) is not None:
            definition = written[0][0]
            assert isinstance(definition, cst.FunctionDef)
            found = [definition.with_changes(body=definition.body.with_changes(body=inside))] if inside else []
        else:
            found = None
        if found is None:
            name = getattr(getattr(variants[0], "name", None), "value", "their class")
            raise self.refused("REF103", variants[0], f"two objects of one class need different code in {name}")
        return found

    def _home_of(self, member: cst.CSTNode) -> Home | None:
        """The class home of the object whose method something is."""
        paths = self.program.calls.get(member)
        return self.building.bodies.home_of(paths[0][-1].function.bound) if paths else None

    def _definition(self, node: cst.FunctionDef) -> Statements:
        body = self.building.bodies.of_node.get(node)
        if body is not None:
            return [self._function(body)]
        builder = self.builders.get(node)
        if builder is not None:
            assert builder.definition is not None
            return [builder.definition]
        made = node.visit(self.rewriter())
        assert isinstance(made, cst.FunctionDef)
        return [self._with_tapes(self._with_captures(node, made))]

    def _with_captures(self, node: cst.CSTNode, made: cst.FunctionDef) -> cst.FunctionDef:
        """A function of the user's with parameters for the tensors that it reads of its surroundings."""
        captured = self.flow.captures.get(node)
        if captured:
            extra = [cst.Param(cst.Name(name)) for name in captured]
            parameters = made.params
            if has_defaults(node):
                parameters = parameters.with_changes(kwonly_params=[*parameters.kwonly_params, *extra])
            else:
                parameters = parameters.with_changes(params=[*parameters.params, *extra])
            made = made.with_changes(params=parameters)
        return made

    def _with_tapes(self, made: cst.FunctionDef) -> cst.FunctionDef:
        """A function of the user's with tapes around what it differentiates."""
        if not isinstance(made.body, cst.IndentedBlock):
            return made
        inner = self.taped(list(made.body.body), [p.name.value for p in made.params.params])  # type: ignore[arg-type]
        return made.with_changes(body=made.body.with_changes(body=inner))

    def _block(self, nodes: Iterable[cst.CSTNode], lines: int) -> Statements:
        """The statements of a block that stay, with what was put behind them; `lines` blank ones around definitions."""
        made: Statements = []
        gap, after = 0, False
        for node in (part for line in nodes for part in self.building.split.get(line, [line])):
            if self.building.transparent(node):
                parts = self._block(node.body.body, lines)  # type: ignore[attr-defined]
                if is_main_guard(node) and parts:
                    parts = [node.with_changes(body=node.body.with_changes(body=parts))]
                elif parts and node.leading_lines:
                    first = next((i for i, p in enumerate(parts) if not isinstance(p, cst.FunctionDef)), 0)
                    lines_ = [*node.leading_lines, *comments(parts[first])]
                    parts[first] = parts[first].with_changes(leading_lines=lines_)  # type: ignore[call-arg]
                    if first:
                        parts[first] = spaced_keep(parts[first], lines)  # type: ignore[assignment]
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
            if self.building.transparent(node) and parts:
                after = isinstance(parts[-1], (cst.FunctionDef, cst.ClassDef))
            for extra in placed:
                definition = isinstance(extra, (cst.FunctionDef, cst.ClassDef))
                made.append(spaced(extra, lines) if definition else extra)
                after = definition
        return made

    def _unit(self, unit: Unit) -> Statements:
        """What stays of a unit at its place, with what had to be put in front of it."""
        with self.writing(unit.home):
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
            return [imported(self, self.home.file, made) for made in self.target.imports(node)]
        if (names := exported(self, self.home.file, node)) is not None:
            return [names]
        if isinstance(node, cst.FunctionDef):
            return self._definition(node)
        if isinstance(node, cst.ClassDef) and any(m in self.building.bodies.of_node for m in node.body.body):
            return [self._class(node, self.building.bodies.homes.get(node))]
        if (
            self.flow.collected.is_spent(unit)
            or unit in self.flow.keys.same
            or unit in self.promotion.idle
            or self._disappears(unit)
        ):
            return []
        if unit.kind == "training":
            return self.target.training(unit)
        if unit.kind == "summary" or unit.kind in ("placeholder", "dead", "dropped") and not self._objects(unit):
            return []
        if unit in self.trained_units or unit in self.building.aliases.values() or unit in self.builder_names:
            return []
        if self.target.moves_optimizer and unit.made("optimizer"):
            if isinstance(node, cst.If):
                raise self.refused("REF103", node, "a condition chooses the optimizer, which needs weights made later")
            if len(unit.ops) == 1:
                return []
        if unit in self.flow.items or unit.kind in ("forward", "placeholder"):
            return self._objects(unit)
        asked = "variable_names" in self.wanted
        node = self._without_graph(unit)
        made = node.visit(self.rewriter())
        if "variable_names" in self.wanted and not asked:
            self._hoisted.append(self._variable_names())
        return as_statements(made)

    def _disappears(self, unit: Unit) -> bool:
        """Whether a statement loses its meaning: a call of a body of which nothing stays, a graph's tensors returned,
        an attribute of which only the graph made use."""
        small = unit.small
        if unit.enters and (isinstance(small, cst.Expr) or isinstance(small, cst.Assign) and self.is_graph(small)):
            return not any(self._body(body) for body in unit.enters)
        if isinstance(small, cst.Return) and small.value is not None and isinstance(unit.body.node, cst.FunctionDef):
            return self.is_graph(small)
        if isinstance(small, cst.Assign) and self.flow.picks.is_container(self.flow.value(small.value)):
            return True
        if isinstance(small, cst.Assign) and len(small.targets) == 1 and self.flow.value(small.value) == NONE:
            return self.promotion.is_gone(small.targets[0].target)
        return False

    def is_graph(self, small: cst.Assign | cst.Return) -> bool:
        """Whether nothing but parts of the graph is returned or assigned."""
        values = [e.value for e in self.flow.here(small.value)] if small.value is not None else []
        return bool(values) and all(graph_tensors(v) or is_gone(v) for v in values)

    def _without_graph(self, unit: Unit) -> cst.BaseStatement:
        """A statement without the names for what a body has returned of the graph."""
        small = unit.small
        if not unit.enters or not isinstance(small, cst.Assign) or not self.is_graph(small):
            return unit.node
        assert isinstance(unit.node, cst.SimpleStatementLine)
        if given := self.runs.given_back.get(unit.enters[-1]):
            target = cst.ensure_type(cst.parse_statement(f"{', '.join(given)} = None"), cst.SimpleStatementLine).body[0]
            return unit.node.with_changes(body=[target.with_changes(value=small.value)])
        return unit.node.with_changes(body=[cst.Expr(small.value)])

    def _only_trained(self, unit: Unit) -> bool:
        """Whether a statement only makes a list of variables for a training operation, which writes its list itself."""
        small = unit.small
        if not isinstance(small, cst.Assign) or not isinstance(small.targets[0].target, cst.Name) or unit.ops:
            return False
        if isinstance(small.value, (cst.List, cst.Tuple)):
            return False
        value = self.flow.value(small.value)
        if (
            not isinstance(value, Sequence)
            or not value.items
            or not all(isinstance(item, Variable) for item in value.items)
        ):
            return False
        name = small.targets[0].target.value
        units = [u for u in self.building.units if u.trainings or u in self.trained_units]
        trained = {id(part) for u in units for part in walk(u.node)}
        reads = [
            part
            for part in self.building.everything()
            if isinstance(part, cst.Name) and part.value == name and part in self.program.facts
        ]
        return bool(reads) and all(id(part) in trained for part in reads)

    def _variable_names(self) -> cst.BaseStatement:
        """A table of TF1's names, for the statement that reads them."""
        rows = [f"id({self.weights.path(v)}): {quoted(v.name)}" for v in self._variables_by_name()]
        text = f"{self.wanted['variable_names']} = {{\n" + "".join(f"    {row},\n" for row in rows) + "}"
        return cst.parse_statement(text)  # type: ignore[return-value]

    def _variables_by_name(self) -> list[Variable]:
        """The variables whose names the program may read."""
        reads = [n for n in self.program.facts if isinstance(n, cst.Attribute) and n.attr.value == "name"]
        owners = [value for node in reads for value in self.program.values(node.value)]
        if any(isinstance(value, Handle) and value.kind == "op" for value in owners):
            return self.program.variables
        named = {v for o in owners if isinstance(o, Variable) for v in (o.variables if isinstance(o, Choice) else (o,))}
        return [variable for variable in self.program.variables if variable in named]

    def _objects(self, unit: Unit) -> Statements:
        """The constructors of the layers and builders in a forward unit."""
        staging = self.staged.get(unit)
        made = staging.made if staging is not None else []
        if made:
            lines = [line for line in getattr(unit.node, "leading_lines", ()) if line.comment is None]
            made[0] = made[0].with_changes(leading_lines=lines)  # type: ignore[call-arg]
        return made

    # -- functions

    def _region(self, region: Region) -> Statements:
        """The function of a named region."""
        assert region.name is not None
        body = self.compose(region.inner, region.home, inline=region, wanted=set())
        returned = self.target.returned(region)
        if returned:
            body.append(statement(f"return {', '.join(returned)}"))
        self.functions[(region.home, region.name)] = {
            part for part in self.regions.order_of(region.inner, region) if isinstance(part, Item)
        }
        return [self.function(region.name, region.inputs, body, region.home)]

    def function(
        self, name: str, parameters: Iterable[str], body: Statements, home: Home, decorators: Iterable[str] = ()
    ) -> cst.FunctionDef:
        """A function of the rewritten program: a method where its home is a class."""
        if not home.is_class:
            return function(name, parameters, body, decorators)
        made = function(name, [self.promotion.receiver(home), *parameters], body, decorators)
        made, self.spelled[(home, name)] = spelled(made, self.flow.keys.plain, self._unpacked)
        return made

    @cached_property
    def _unpacked(self) -> set[str]:
        """Parameters that runs pass by name, out of a dict."""
        return {
            p.name for call in self.regions.calls for p in call.parameters if set(call.runs) & self.flow.fed.unpacked
        }

    def parameter_name(self, call: Call, name: str) -> str:
        """What a callable calls the parameter of a key."""
        return self.spelled.get((call.home, call.name), {}).get(name, name)

    def callee(self, name: str, own: Home, home: Home) -> str:
        """A function of one home, as code of another calls it."""
        return (
            self.promotion.seen(f"{self.promotion.receiver(own)}.{name}", own, home, own.node) if own.is_class else name
        )

    def compose(
        self, items: set[Item], home: Home, inline: Region | None = None, wanted: set[str] | None = None
    ) -> Statements:
        """The statements that compute items: their own, and calls of the regions that have a function."""
        made: Statements = []
        parts = self.regions.order_of(items, inline)
        if wanted is not None:
            parts = self._read_parts(parts, wanted)
        written = {part for part in parts if isinstance(part, Item)}
        for part in parts:
            if isinstance(part, Item):
                made.extend(self.item(part))
            else:
                made.extend(self.target.region_call(part, self._read_names(part, parts, written, wanted), home))
        made = self.taped(made, (), "inner_tape")
        return [tidy(node, first=True) if place == 0 else node for place, node in enumerate(made)]

    def taped(self, body: Statements, parameters: Iterable[str], wanted: str = "tape") -> Statements:
        """The body of a function with what its gradients need around the statements that they differentiate."""
        try:
            return self.target.taped(body, parameters, wanted)
        except Outside as outside:
            node = next(op.node for op in self.program.ops if op.symbol == "gradients")
            raise self.refused(
                "REF109", node, f"{outside} needs a tape around statements of another function", "Move them together."
            ) from None

    def _read_parts(self, parts: list[Item | Region], wanted: set[str]) -> list[Item | Region]:
        """Without the calls of functions whose results nothing reads, and which change nothing."""
        while True:
            written = {part for part in parts if isinstance(part, Item)}
            kept = [
                part
                for part in parts
                if isinstance(part, Item)
                or any(item.updates for item in part.inner)
                or self._read_names(part, parts, written, wanted)
            ]
            if len(kept) == len(parts):
                return parts
            parts = kept

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
        if item.unit in self.staged and item.unit.small is None:
            return self.staged[item.unit].forward()
        made = node.visit(Rewriter(self.surroundings))
        if isinstance(made, cst.SimpleStatementLine):
            made = self._kept_targets(item, made)
            if made is not None and is_effect(self.regions, item):
                return self.target.effect(list(dissolved(made)))
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

    def effects(self, leaves: list[Leaf]) -> Statements:
        """Assignments that a run writes among its fetches, and whose results nobody reads."""
        written = [leaf for leaf in leaves if leaf.unread and isinstance(leaf.node, cst.Call)]
        return [statement(self.leaf(leaf)) for leaf in written]

    def wanted_names(self, leaves: list[Leaf]) -> set[str]:
        return {name for leaf in leaves for name in leaf.uses}

    # -- the end

    def _finish(self, module: cst.Module) -> cst.Module:
        """Add the imports and helpers that the rewritten code needs."""
        body = list(module.body)
        table = self.target.helpers()
        sources = [(name, table[name]) for name in self._used(module.code) if name in table]
        spelled = self.surroundings.spelled
        text = module.code + "".join(spelled(helper.source) for _, helper in sources)
        place = self.target.import_place(body)
        imports = self.target.import_lines(text)
        if self.surroundings.absl is not None and (absl := self.surroundings.absl.imports()):
            imports[0:0] = absl
            self.notes.append("tf.app was absl's app and flags: pip install absl-py where it isn't there")
        needed = dict.fromkeys(line for _, helper in sources for line in helper.imports)
        known = {code(node).strip() for node in imports}.union(text.splitlines())
        imports += [statement(line) for line in needed if line not in known]
        definitions: Statements = []
        for name, helper in sources:
            for node in cst.parse_module(spelled(helper.source)).body:
                definitions.append(spaced(renamed(node, name, self.wanted), 2))  # type: ignore[arg-type]
        body[place:place] = [node for node in imports if not is_standard(node)]
        for node in filter(is_standard, imports):
            body.insert(standard_place(body, place), node)
        end = last_import(body) + 1
        body[end:end] = definitions
        if definitions and end + len(definitions) < len(body):
            follower = body[end + len(definitions)]
            body[end + len(definitions)] = spaced_keep(follower, 2)
        body = without_leading_blank(body)
        return module.with_changes(body=body)


def _by_scope(values: list[Value]) -> dict[str | None, list[Variable]]:
    """The variables of a collection for each scope that is asked for; nothing where they aren't known."""
    found: dict[str | None, list[Variable]] = {}
    for value in values:
        by = value.by if isinstance(value, Scoped) else {None: getattr(value, "items", [])}
        known = isinstance(value, Sequence) and (isinstance(value, Scoped) or value.items and not value.partial)
        for scope, items in by.items():
            variables = [item for item in items if isinstance(item, Variable)]
            if not known or len(variables) < len(items) or found.setdefault(scope, variables) != variables:
                return {}
    return found
