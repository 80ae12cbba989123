"""Session runs become calls: what is fetched is returned, what is fed is passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import Body, nodes
from actlint.migrate.callables import Call, trains
from actlint.migrate.expression import Rewriter
from actlint.migrate.picks import Pick
from actlint.migrate.plumbing import only_serves_session
from actlint.migrate.source import code, walk
from actlint.migrate.summaries import is_merged
from actlint.migrate.units import initialises, reads_variables
from actlint.migrate.updates import needs_callable, target_of, updates
from actlint.program.counting import READ
from actlint.program.values import (
    Choice,
    Const,
    Frame,
    Mapping,
    Run,
    Scoped,
    Sequence,
    Session,
    Tensor,
    Value,
    Variable,
)

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


class RunWriter:
    """Knows the call of every run, and which feed dicts are written out at the call."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.call_of: dict[Run, Call] = {}
        self.fed = emitter.flow.fed
        self.picks = emitter.flow.picks
        self.given_back: dict[Body, list[str]] = {}
        """The callables that functions which build return to their callers."""

    @property
    def program(self):  # noqa: ANN201
        return self.emitter.program

    def prepare(self) -> None:
        """Decide how each run is fed, and register its replacement."""
        for call in self.emitter.regions.calls:
            for run in call.runs:
                self.call_of[run] = call
        self._check_sites()
        for pick in dict.fromkeys(self.picks.of.values()):
            self._prepare_pick(pick)
        for run, call in self.call_of.items():
            if isinstance(call.home.node, cst.FunctionDef):
                self._hand(run, call)
        for run in self.program.runs:
            if self.emitter.surroundings.replaced.get(run.node) is None:
                self.emitter.surroundings.replaced[run.node] = lambda rewriter, original, updated, run=run: (
                    self.replacement(run, rewriter, original, updated)
                )  # type: ignore[misc]

    def _check_sites(self) -> None:
        """A place of a run becomes one call, so whatever calls its function has to run the same there."""
        sites: dict[cst.CSTNode, object] = {}
        for run in self.program.runs:
            what = self.call_of.get(run) or tuple(run.leaves)
            if run in self.picks.of or initialises(run) or not needs_callable(run):
                continue
            if sites.setdefault(run.node, what) == what:
                continue
            raise self.emitter.refused(
                "REF110",
                run.node,
                "what is run here depends on the call of the function around it",
                "Write a function for each.",
            )

    def _prepare_pick(self, pick: Pick) -> None:
        """The functions of a pick have to be called alike; in a loop, they take the place of its tensors."""
        calls = [self.call_of[run] for run in pick.runs if run in self.call_of]
        alike = {(tuple(p.name for p in call.parameters), tuple(leaf.trains for leaf in call.leaves)) for call in calls}
        if len(calls) != len(pick.runs) or len(alike) != 1:
            raise self.emitter.refused(
                "REF110",
                pick.runs[0].node,
                "what is run here is chosen from functions that take or give different things",
                "Write a run for each.",
            )
        names = [self._callee(run, call) for run, call in zip(pick.runs, calls, strict=True)]
        for node in pick.holders:
            self.emitter.flow.substituted[node] = pick.listed(names)

    def _hand(self, run: Run, call: Call) -> None:
        """A run in a function that doesn't see the callable's: it is handed through the calls that lead there, from
        the function around both, to which the callable is returned."""
        bodies = self.emitter.building.bodies
        home: cst.CSTNode = call.home.node
        while isinstance(home, cst.FunctionDef):
            through: list[Frame] = []
            for frame in reversed(run.calls):
                if self.emitter.building.within(frame.function.node, home):
                    self.emitter.flow.passed.hand(call.name, reversed(through))
                    return
                through.append(frame)
            body = bodies.of_node[home]
            unit = next((unit for unit in self.emitter.building.units if body in unit.enters), None)
            if unit is None or not isinstance(unit.small, cst.Assign) or not self.emitter.is_graph(unit.small):
                return
            names = self.given_back.setdefault(body, [])
            names += [] if call.name in names else [call.name]
            home = bodies.of_path[nodes(body.prefix[:-1])].node

    def rewriter(self) -> Rewriter:
        return RunRewriter(self)

    # -- one run

    def arguments(self, run: Run, call: Call, rewriter: Rewriter) -> str:
        """The arguments of the call that a run becomes."""
        assert run.feed is None or isinstance(run.feed, (Mapping, Value))
        if not call.parameters:
            return ""
        if run in self.fed.unpacked:
            if run.feed_node is None:
                return ""
            taken = {parameter.tensor for parameter in call.parameters}
            given = [f"{g.name}={g.name}" for g, tensor in self.program.given.items() if tensor in taken]
            return ", ".join([f"**{code(run.feed_node.visit(rewriter))}", *given])  # type: ignore[arg-type]
        feeds = self.emitter.flow.feeds[run]
        names = [p.name for p in call.parameters]
        written = [name for name in feeds if name in names]
        texts = {name: code(feeds[name][1].visit(rewriter)) for name in names}  # type: ignore[arg-type]
        effects = sum(has_call(feeds[name][1]) for name in names) > 1
        if effects and written != names:
            return ", ".join(f"{self.emitter.parameter_name(call, name)}={texts[name]}" for name in written)
        return ", ".join(texts[name] for name in names)

    def callee(self, run: Run, call: Call) -> str:
        """The callable of a run, as the code around the run speaks of it."""
        pick = self.picks.of.get(run)
        if pick is None:
            return self._callee(run, call)
        if pick.index is None:
            return pick.name
        names = [self._callee(own, self.call_of[own]) for own in pick.runs]
        return f"{pick.listed(names)}[{code(pick.index)}]"

    def _callee(self, run: Run, call: Call) -> str:
        home = call.home
        if not home.is_class or self.emitter.home is home:
            return self.emitter.callee(call.name, home, self.emitter.home)
        assert home.instance is not None
        for part in walk(run.node):
            values = self.program.values(part)
            if isinstance(part, (cst.Name, cst.Attribute)) and values and all(v is home.instance for v in values):
                return f"{code(part)}.{call.name}"
        return self.emitter.callee(call.name, home, self.emitter.home)

    def replacement(self, run: Run, rewriter: Rewriter, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        """The expression that stands for a run whose result is used as a whole."""
        target = self.emitter.target
        if initialises(run):
            rewriter.refuse("REF110", original, "the initialiser is run inside a larger expression")
        if reads_variables(run):
            text = self._variables(run, original, rewriter)
            return rewriter.expression(f"int({text})" if run.form == READ else text)
        if run.form == READ:
            rewriter.refuse("REF110", original, "what counts the steps isn't a variable", "Fetch it in a session run.")
        if not needs_callable(run):
            assert run.fetch_node is not None
            self.emitter.built(
                [v for v in map(target_of, updates(run)) if v], self.emitter.building.unit_of.get(original)
            )
            return rewriter.expression(code(run.fetch_node.visit(rewriter)))  # type: ignore[arg-type]
        call = self.call_of[run]
        applied = f"{self.callee(run, call)}({self.arguments(run, call, rewriter)})"
        if not call.returned and isinstance(self.emitter.building.parent.get(original), cst.Expr):
            return rewriter.expression(applied)
        if not isinstance(run.fetches, Sequence) and not call.nested:
            plain = not call.returned or is_merged(run.fetches)
            return rewriter.expression(applied if plain else target.fetched(applied))
        trained = [leaf.trains for leaf in call.leaves]
        if call.nested:
            if any(trained):
                rewriter.refuse(
                    "REF110",
                    original,
                    "a nested fetch with a training operation is used as a whole",
                    "unpack the result into names",
                )
            return rewriter.expression(target.fetched_structure(applied))
        count = len(call.returned)
        if any(trained) and not all(trained[: trained.count(True)]):
            rewriter.refuse(
                "REF110",
                original,
                "the training operation isn't the first of the fetches, and the result isn't unpacked",
            )
        return rewriter.expression(target.fetched_list(applied, count, trained.count(True), run.fetches.kind))

    def _variables(self, run: Run, original: cst.Call, rewriter: Rewriter) -> str:
        """Reading variables needs no callable."""
        target = self.emitter.target
        variables = [leaf for leaf in run.leaves if isinstance(leaf, Variable)]
        others = [r for r in self.program.runs if r.node is run.node and r.leaves != run.leaves]
        if others:
            return self._chosen_variable([run, *others], rewriter)
        if isinstance(variables[0], Choice) and (run.form == "eval" or not isinstance(run.fetches, Sequence)):
            return self._choice(run, variables[0], original, rewriter)
        if isinstance(run.fetches, Scoped) and run.fetches.partial:
            return self._chosen_variables(run, variables, rewriter)
        self.emitter.built(variables, self.emitter.building.unit_of.get(original))
        if isinstance(run.fetches, Mapping):
            return self._structure(run.fetches)
        if run.form == "eval" or not isinstance(run.fetches, Sequence):
            return target.variable_value(variables[0])
        if all(isinstance(item, Variable) for item in run.fetches.items):
            return target.variable_values(variables, run.fetches.kind)
        return self._structure(run.fetches)

    def _structure(self, value: Value) -> str:
        """The values of variables in nested lists."""
        target = self.emitter.target
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key!r}: {self._structure(item)}" for key, item in value.items.items()) + "}"
        if not isinstance(value, Sequence):
            assert isinstance(value, Variable)
            return target.variable_value(value)
        if value.items and all(isinstance(item, Variable) for item in value.items):
            return target.variable_values(value.items, value.kind)  # type: ignore[arg-type]
        texts = ", ".join(self._structure(item) for item in value.items)
        return f"[{texts}]" if value.kind == "list" else f"({texts}{',' if len(value.items) == 1 else ''})"

    def _chosen_variable(self, runs: list[Run], rewriter: Rewriter) -> str:
        """A variable that the user's own expression chooses: `self.params[key]`."""
        run = runs[0]
        node = run.node.func.value if run.form == "eval" else run.fetch_node  # type: ignore[union-attr]
        places = [self.emitter.weights.place(v) for r in runs for v in r.leaves if isinstance(v, Variable)]
        single = not isinstance(run.fetches, Sequence) and node is not None
        if not single or any(place.layer or place.layout != "same" for place in places):
            raise self.emitter.refused(
                "REF110", run.node, "which variables are fetched depends on who calls the function"
            )
        return self.emitter.target.array(code(node.visit(rewriter)))  # type: ignore[union-attr,arg-type]

    def _chosen_variables(self, run: Run, variables: list[Variable], rewriter: Rewriter) -> str:
        """The variables of a scope that the user's own expression chooses."""
        if run.fetch_node is None or any(self.emitter.weights.place(v).layout != "same" for v in variables):
            rewriter.refuse(
                "REF102", run.node, "which variables are read here isn't known", "Read each by its own name."
            )
        chosen = code(run.fetch_node.visit(rewriter))  # type: ignore[arg-type]
        return f"[{self.emitter.target.array('variable')} for variable in {chosen}]"

    def _choice(self, run: Run, choice: Choice, original: cst.Call, rewriter: Rewriter) -> str:
        """Which variable is read is decided by the user's expression."""
        self.emitter.built(list(choice.variables), self.emitter.building.unit_of.get(original))
        node = (
            original.func.value if run.form == "eval" and isinstance(original.func, cst.Attribute) else run.fetch_node
        )
        if node is None or any(self.emitter.weights.place(v).layout != "same" for v in choice.variables):
            rewriter.refuse("REF102", original, "which variable is read here isn't known", "Read each by its own name.")
        return self.emitter.target.array(code(node.visit(rewriter)))  # type: ignore[arg-type]


class RunRewriter(Rewriter):
    """Rewrites statements around runs: unpackings lose the training operation, feeds lose their dict."""

    def __init__(self, writer: RunWriter, renames: dict[str, str] | None = None) -> None:
        super().__init__(writer.emitter.surroundings, renames)
        self.writer = writer
        self.unpacked: set[cst.CSTNode] = set()
        self.sessions: set[int] = set()

    def visit_Assign(self, node: cst.Assign) -> None:
        if self._unpacking(node) is not None:
            self.unpacked.add(node.value)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        return updated_node if original_node in self.unpacked else super().leave_Call(original_node, updated_node)

    def visit_Call(self, node: cst.Call) -> bool:
        if self._run(node) is not None:
            self.sessions |= {
                id(part)
                for argument in node.args
                if argument.keyword is not None and argument.keyword.value == "session"
                for part in walk(argument)
            }
            self.sessions |= {id(part) for part in walk(node.func)}
            if self._run(node).form == READ:  # type: ignore[union-attr]
                self.sessions |= {id(part) for argument in node.args for part in walk(argument)}
        return super().visit_Call(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """A parameter that disappears may only be fetched, fed, or handed on."""
        names = self.at.passed.names(node) if self.at.passed is not None else {}
        if not names:
            return
        runs = [run for run in self.program.runs if any(frame.function.node is node for frame in run.calls)]
        kept = {id(part) for run in runs for part in walk(run.node)}
        kept |= {id(part) for key in self.writer.fed.keys for part in walk(key)}
        kept |= {
            id(part)
            for call in walk(node.body)
            if isinstance(call, cst.Call) and self.at.passed is not None
            for argument in self.at.passed.dropped(call)
            for part in walk(argument)
        }
        for part in walk(node.body):
            if (
                isinstance(part, cst.Name)
                and isinstance(names.get(part.value), Tensor)
                and part in self.program.facts
                and id(part) not in kept
            ):
                self.refuse(
                    "REF110",
                    part,
                    f"the tensor {part.value} is passed to {node.name.value}, which does more than run it",
                    "Let the function use the tensor that the module made, or port it by hand.",
                )

    def visit_If(self, node: cst.If) -> bool:
        """`if sess is None:` chooses nothing where there always is a session."""
        if self._has_session(node):
            self.sessions |= {id(part) for part in walk(node.test)}
        return not self._never(node)

    def leave_If(self, original_node: cst.If, updated_node: cst.If):  # noqa: ANN201
        return cst.RemoveFromParent() if self._never(original_node) else super().leave_If(original_node, updated_node)

    def leave_Else(self, original_node: cst.Else, updated_node: cst.Else):  # noqa: ANN201
        emptied = original_node.body.body and not updated_node.body.body
        return cst.RemoveFromParent() if emptied else updated_node

    def _has_session(self, node: cst.If) -> bool:
        values = self.values(node.test.left) if isinstance(node.test, cst.Comparison) else []
        return bool(values) and all(isinstance(v, Session) for v in values)

    def _never(self, node: cst.If) -> bool:
        results = self.values(node.test)
        return self._has_session(node) and node.orelse is None and all(v == Const(False) for v in results)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if id(original_node) not in self.sessions | self.dropped and any(
            isinstance(v, Session) for v in self.values(original_node)
        ):
            self.refuse(
                "REF110",
                original_node,
                f"the session {original_node.value} is passed on",
                "Let the function use the session that the module made, or port it by hand.",
            )
        return super().leave_Name(original_node, updated_node)

    def _unpacking(self, node: cst.Assign) -> tuple[Run, Call, cst.Tuple | cst.List] | None:
        """The run whose results an assignment unpacks one by one."""
        run = self._run(node.value)
        call = self.writer.call_of.get(run) if run is not None else None
        target = node.targets[0].target
        if run is None or call is None or len(node.targets) != 1 or not isinstance(target, (cst.Tuple, cst.List)):
            return None
        if not isinstance(run.fetches, Sequence) or len(run.fetches.items) != len(target.elements):
            return None
        return run, call, target

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if self._chosen(node) is not None:
            self.unpacked.add(node.value)

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        found = self._chosen(original_node)
        if found is None:
            return super().leave_Subscript(original_node, updated_node)
        run, call, place = found
        applied = f"{self.writer.callee(run, call)}({self.writer.arguments(run, call, self)})"
        if len(call.returned) > 1:
            applied += f"[{place}]"
        return self.expression(self.writer.emitter.target.fetched(applied))

    def _chosen(self, node: cst.Subscript) -> tuple[Run, Call, int] | None:
        """The run of which an expression takes one value, and its place among those that the call returns."""
        run = self._run(node.value)
        call = self.writer.call_of.get(run) if run is not None else None
        index = node.slice[0].slice if len(node.slice) == 1 else None
        if run is None or call is None or call.nested or not isinstance(run.fetches, Sequence):
            return None
        if not isinstance(index, cst.Index) or not isinstance(index.value, cst.Integer):
            return None
        chosen = index.value.evaluated_value
        if chosen >= len(call.leaves) or call.leaves[chosen].trains or is_merged(call.leaves[chosen].value):
            return None
        return run, call, sum(not leaf.trains for leaf in call.leaves[:chosen])

    def disappears(self, node: cst.SimpleStatementLine) -> bool:
        """Whether a statement has no counterpart: feeds that are written out, summaries, and what only serves the
        session."""
        if super().disappears(node) or node in self.writer.fed.inlined or self._initialises(node) or self._closes(node):
            return True
        building = self.writer.emitter.building
        return len(node.body) == 1 and (building.is_summary(node.body[0]) or self._is_fetched(node.body[0]))

    def _is_fetched(self, small: cst.BaseSmallStatement) -> bool:
        """Whether a statement of a function only lists what its runs fetch."""
        if not isinstance(small, cst.Assign) or not isinstance(small.value, (cst.List, cst.Tuple)):
            return False
        target, building = small.targets[0].target, self.writer.emitter.building
        scope: cst.CSTNode | None = small
        while scope is not None and not isinstance(scope, cst.FunctionDef):
            scope = building.parent.get(scope)
        if scope is None or len(small.targets) > 1 or not isinstance(target, cst.Name):
            return False
        fetched = [run.fetch_node for run in self.program.runs]
        names = [part for part in walk(scope) if isinstance(part, cst.Name) and part.value == target.value]
        return len(names) > 1 and all(name is target or any(name is node for node in fetched) for name in names)

    def _run(self, node: cst.BaseExpression) -> Run | None:
        return next((run for run in self.program.runs if run.node is node), None)

    def _initialises(self, node: cst.SimpleStatementLine) -> bool:
        small = node.body[0]
        run = self._run(small.value) if isinstance(small, cst.Expr) and len(node.body) == 1 else None
        return run is not None and initialises(run)

    def _closes(self, node: cst.SimpleStatementLine) -> bool:
        """Whether a statement inside a block only serves the session."""
        return len(node.body) == 1 and only_serves_session(self.program, node.body[0])

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self.writer.fed.names and super().on_visit(node)

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode):  # noqa: ANN201
        name = self.writer.fed.names.get(original_node)
        return cst.parse_expression(repr(name)) if name is not None else super().on_leave(original_node, updated_node)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.BaseSmallStatement:
        found = self._unpacking(original_node)
        if found is None:
            return updated_node
        run, call, target = found
        assert isinstance(run.fetches, Sequence)
        kept = [code(e.value) for e, item in zip(target.elements, run.fetches.items, strict=False) if not trains(item)]
        applied = f"{self.writer.callee(run, call)}({self.writer.arguments(run, call, self)})"
        chosen = self.writer.emitter.target
        if not kept:
            return cst.Expr(self.expression(applied))
        merged = [is_merged(leaf.value) for leaf in call.returned]
        if len(kept) == 1:
            return _assign(kept[0], applied if merged[0] else code(self.expression(chosen.fetched(applied))))
        if any(merged) or call.nested:
            return _assign(", ".join(kept), code(self.expression(chosen.fetched_structure(applied))))
        return _assign(", ".join(kept), code(self.expression(chosen.fetched_several(applied))))


def has_call(node: cst.CSTNode) -> bool:
    """Whether evaluating an expression calls something, and so may have an effect."""
    return any(isinstance(part, cst.Call) for part in walk(node))


def _assign(target: str, value: str) -> cst.BaseSmallStatement:
    return cst.ensure_type(cst.parse_statement(f"{target} = {value}"), cst.SimpleStatementLine).body[0]
