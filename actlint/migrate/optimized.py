"""`tf.contrib.layers.optimize_loss` is written out as what it is made of: an optimizer, gradients, an update."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.layout import framework_alias
from actlint.migrate.names import Names
from actlint.migrate.refusals import Refused, reason
from actlint.migrate.source import code, walk
from actlint.program.binding import BoundCall, is_host, python_value
from actlint.program.model import Program
from actlint.program.optimizing import BY_NAME, MOMENTUM, NAME, training_of
from actlint.program.values import (
    NONE,
    Class,
    Const,
    Function,
    Optimizer,
    Run,
    Sequence,
    Symbol,
    Tensor,
    Unknown,
    Value,
)
from actlint.syntax.tree import Tree

Parts = dict[str, cst.BaseExpression]
_REFUSED = {
    "gradient_noise_scale": "Add the noise to the gradients of compute_gradients.",
    "gradient_multipliers": "Multiply the gradients of compute_gradients.",
}


def optimized(program: Program) -> dict[Path, Tree]:
    """The files that call it, with the statements that it stands for.

    Raises Refused where a call asks for something that has no such statements.
    """
    found: dict[Path, Tree] = {}
    for path, tree in program.trees.items():
        edit, parent = Edit(tree), {}
        for node, binding in program.bindings.items():
            if not isinstance(node, cst.Call) or not isinstance(binding, BoundCall) or binding.entry.name != NAME:
                continue
            parent = parent or {child: outer for outer in walk(tree.module) for child in outer.children}
            if node in parent and any(isinstance(value, Tensor) for value in program.values(node)):
                writing = _Writing(program, tree, path, node, binding, parent)
                edit.replace(writing.line, writing.statements())
        if edit.changes:
            found[path] = edit.made()
    return found


class _Writing:
    """The statements that one call stands for."""

    def __init__(
        self,
        program: Program,
        tree: Tree,
        path: Path,
        call: cst.Call,
        binding: BoundCall,
        parent: dict[cst.CSTNode, cst.CSTNode],
    ) -> None:
        self.program, self.tree, self.path, self.call, self.binding = program, tree, path, call, binding
        self.nodes = {name: node for name, node in binding.nodes.items() if not self._is(node, {NONE})}
        self.tensors = [value for value in program.values(call) if isinstance(value, Tensor)]
        self.trainings = [made for tensor in self.tensors if (made := training_of(tensor)) is not None]
        self.alias = framework_alias(tree.module)
        self.line, function = self._place(parent)
        self.names = Names([function])  # type: ignore[list-item]
        self.parent = parent
        self.made: list[cst.BaseStatement] = []

    def statements(self) -> list[cst.BaseStatement]:
        for name, help in _REFUSED.items():
            if name in self.nodes:
                self._refuse(f"the argument {name} of tf.{NAME} can't be carried over", help)
        self._check_summaries()
        loss = self._named("loss", self.nodes["loss"])
        optimizer = self._named("optimizer", self._optimizer())
        update = self._update(optimizer, loss)
        waits = self._waits()
        if not self._is_read():
            self._last(waits, update)
        else:
            name = self.names.fresh(f"{self._answer()}_step")
            self._within(waits, self._statement(f"{name} = value", value=update))
            waits = self._template(f"[{name}]")
            self._last(waits, self._template(f"{self.alias}.identity(loss)", loss=loss.deep_clone()))
        first = self.made[0].with_changes(leading_lines=self.line.leading_lines)  # type: ignore[call-arg]
        return [first, *self.made[1:]]

    # -- where it stands

    def _place(self, parent: dict[cst.CSTNode, cst.CSTNode]) -> tuple[cst.SimpleStatementLine, cst.CSTNode]:
        """The statement of the call, and the function or module that it belongs to."""
        small = parent[self.call]
        line = parent.get(small)
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            plain = isinstance(small, cst.Assign) and len(small.targets) == 1
            if plain or isinstance(small, (cst.Return, cst.Expr)):
                around = parent[line]
                while not isinstance(around, (cst.FunctionDef, cst.Module)):
                    around = parent[around]
                return line, around
        self._refuse(f"tf.{NAME} is called within a larger expression", "Give what it answers a name.")
        raise AssertionError

    def _last(self, waits: cst.BaseExpression | None, value: cst.BaseExpression) -> None:
        """What stands for the answer of the call, in the place of the call."""
        small = self.line.body[0]
        if isinstance(small, cst.Return) and waits is not None:
            name = self.names.fresh("train_op")
            self._within(waits, self._statement(f"{name} = value", value=value))
            self.made.append(self._statement(f"return {name}"))
            return
        assert isinstance(small, (cst.Assign, cst.Return, cst.Expr))
        line = self.line.with_changes(body=[small.with_changes(value=value)], leading_lines=[])
        self._within(waits, line)

    def _answer(self) -> str:
        """What the call's answer is called."""
        small = self.line.body[0]
        target = small.targets[0].target if isinstance(small, cst.Assign) else None
        held = target.attr if isinstance(target, cst.Attribute) else target
        return held.value if isinstance(held, cst.Name) else "train"

    def _within(self, waits: cst.BaseExpression | None, line: cst.SimpleStatementLine) -> None:
        """Add a statement, under control dependencies where it waits for something."""
        if waits is None:
            self.made.append(line)
            return
        block = cst.parse_statement("with context:\n    pass\n")
        assert isinstance(block, cst.With)
        context = self._template(f"{self.alias}.control_dependencies(waits)", waits=waits)
        self.made.append(block.with_changes(items=[cst.WithItem(context)], body=cst.IndentedBlock([line])))

    def _named(self, wanted: str, node: cst.BaseExpression) -> cst.BaseExpression:
        """A name for an expression that is read more than once; itself where it is one."""
        if isinstance(node, cst.Name) or isinstance(node, cst.Attribute) and "(" not in code(node):
            return node
        name = self.names.fresh(wanted)
        self.made.append(self._statement(f"{name} = value", value=node))
        return cst.Name(name)

    # -- what it is made of

    def _optimizer(self) -> cst.BaseExpression:
        chosen, node = self._only("optimizer"), self.nodes["optimizer"]
        if isinstance(chosen, Optimizer):
            return node
        rate = self._rate()
        name = BY_NAME.get(str(python_value(chosen))) if isinstance(chosen, Const) else None
        if name is not None and rate is not None:
            if not isinstance(node, cst.SimpleString) and self._is_varied(node):
                self._refuse("which optimizer is meant depends on the call", "Name it by a string.")
            extra = f", momentum={MOMENTUM}" if chosen == Const("Momentum") else ""
            return self._template(f"{self.alias}.train.{name}(rate{extra})", rate=rate)
        if isinstance(chosen, Symbol) and rate is not None:
            return self._template("optimizer(rate)", optimizer=node, rate=rate)
        if isinstance(chosen, (Function, Class)):
            return self._applied(node, [] if rate is None else [rate])
        self._refuse("which optimizer is meant isn't known", "Name it by a string, or pass an optimizer.")
        raise AssertionError

    def _is_varied(self, node: cst.BaseExpression) -> bool:
        return len({python_value(value) for value in self.program.values(node)}) > 1

    def _rate(self) -> cst.BaseExpression | None:
        rate, decay = self.nodes.get("learning_rate"), self.nodes.get("learning_rate_decay_fn")
        if rate is None or decay is None:
            return rate
        step = self._step()
        if step is None:
            self._refuse("there is no counter of steps for the learning rate", "Pass global_step.")
        return self._named("learning_rate", self._applied(decay, [rate, step.deep_clone()]))

    def _applied(self, function: cst.BaseExpression, arguments: list[cst.BaseExpression]) -> cst.BaseExpression:
        """A call of a function; what a lambda gives is written out where each parameter is read once."""
        if isinstance(function, cst.Lambda) and len(function.params.params) == len(arguments):
            given = {p.name.value: a for p, a in zip(function.params.params, arguments, strict=True)}
            reads = [part.value for part in walk(function.body) if isinstance(part, cst.Name)]
            if all(reads.count(name) <= 1 or isinstance(value, cst.Name) for name, value in given.items()):
                return _filled(function.body, given)
        texts = [f"argument_{place}" for place in range(len(arguments))]
        made = self._template(f"function({', '.join(texts)})", **dict(zip(texts, arguments, strict=True)))
        return _filled(made, {"function": function})

    def _step(self) -> cst.BaseExpression | None:
        """The counter of steps: the one that is passed, or the one that the graph has."""
        if "global_step" in self.nodes:
            return self.nodes["global_step"]
        counters = {value != NONE for made in self.trainings for value in [made.arguments["counter"]]}
        if len(counters) != 1 or any(isinstance(made.arguments["counter"], Unknown) for made in self.trainings):
            self._refuse("whether the graph has a counter of steps here isn't known", "Pass global_step.")
        return self._template(f"{self.alias}.train.get_global_step()") if counters == {True} else None

    def _update(self, optimizer: cst.BaseExpression, loss: cst.BaseExpression) -> cst.BaseExpression:
        """The update of the variables; the statements of its gradients are added in front."""
        step = None if self._only("increment_global_step", Const(True)) == Const(False) else self._step()
        counted = ", global_step=step" if step is not None else ""
        parts: Parts = {"optimizer": optimizer.deep_clone(), "step": step.deep_clone()} if step is not None else {}
        parts = {"optimizer": optimizer.deep_clone(), **parts}
        chosen = ", var_list=variables" if "variables" in self.nodes else ""
        source: Parts = {"optimizer": optimizer, "loss": loss}
        if chosen:
            source["variables"] = self.nodes["variables"]
        clip = self._only("clip_gradients")
        if clip == NONE:
            source |= parts
            return self._template(f"optimizer.minimize(loss{counted}{chosen})", **source)
        taken = f"optimizer.compute_gradients(loss{chosen})"
        if isinstance(clip, Function):
            pairs = self.names.fresh("grads_and_vars")
            gradients = self._template(taken, **source)
            self.made.append(self._statement(f"{pairs} = value", value=gradients))
            clipped = self._applied(self.nodes["clip_gradients"], [cst.Name(pairs)])
            self.made.append(self._statement(f"{pairs} = value", value=clipped))
            return self._template(f"optimizer.apply_gradients({pairs}{counted})", **parts)
        if not is_host(clip) or isinstance(clip, Const) and not isinstance(clip.value, float):
            self._refuse("how gradients are clipped isn't known", "Pass clip_gradients a number such as 5.0.")
        gradients, variables = self.names.fresh("gradients"), self.names.fresh("variables")
        pairs_ = self._template(taken, **source)
        self.made.append(self._statement(f"{gradients}, {variables} = zip(*value)", value=pairs_))
        norm = self._template(f"{self.alias}.clip_by_global_norm({gradients}, norm)", norm=self.nodes["clip_gradients"])
        self.made.append(self._statement(f"{gradients}, _ = value", value=norm))
        return self._template(f"optimizer.apply_gradients(zip({gradients}, {variables}){counted})", **parts)

    def _waits(self) -> cst.BaseExpression | None:
        """What has to be executed before the update; None for nothing."""
        held = [made.arguments["update_ops"] for made in self.trainings]
        if all(isinstance(value, Sequence) and not value.items and not value.partial for value in held):
            return None
        if "update_ops" in self.nodes:
            return self.nodes["update_ops"]
        return self._template(f"{self.alias}.get_collection({self.alias}.GraphKeys.UPDATE_OPS)")

    def _check_summaries(self) -> None:
        asked = self._only("summaries")
        if isinstance(asked, Sequence) and not asked.items:
            return
        merges = ("summary.merge_all", "merge_all_summaries")
        bound = [b.entry.name for b in self.program.bindings.values() if isinstance(b, BoundCall)]
        if any(name in merges for name in bound):
            self._refuse(
                f"tf.{NAME} adds summaries of its own to those that are merged",
                "Pass summaries=[], and make those that you want.",
            )

    # -- who reads the answer

    def _is_read(self) -> bool:
        """Whether the loss that the call answers is read by a run, or by the graph."""
        ops = {tensor.op for tensor in self.tensors}
        if any(consumer.kind != "group" for op in ops for consumer in self.program.consumers.get(op, [])):
            return True
        return any(self._is_taken(run, place) for run in self.program.runs for place in _places(run, ops))

    def _is_taken(self, run: Run, place: int | None) -> bool:
        outer = self.parent.get(run.node) or self._parent_elsewhere(run)
        if isinstance(outer, cst.Expr):
            return False
        target = outer.targets[0].target if isinstance(outer, cst.Assign) and len(outer.targets) == 1 else None
        if place is None or not isinstance(target, (cst.Tuple, cst.List)) or not isinstance(run.fetches, Sequence):
            return not (isinstance(target, cst.Name) and target.value == "_")
        if len(target.elements) != len(run.fetches.items):
            return True
        name = target.elements[place].value
        return not (isinstance(name, cst.Name) and name.value.startswith("_"))

    def _parent_elsewhere(self, run: Run) -> cst.CSTNode | None:
        module = self.program.trees[run.file].module
        return next((node for node in walk(module) if any(child is run.node for child in node.children)), None)

    # -- texts

    def _only(self, parameter: str, default: Value = NONE) -> Value:
        """The value of an argument, which all evaluations share; its first one where they differ in nothing that
        counts."""
        node = self.nodes.get(parameter)
        if node is None:
            return default
        values = self.program.values(node) or [self.binding.values[parameter]]
        if len({type(value) for value in values}) > 1:
            self._refuse(f"{parameter} means something else at each call", "Write a call for each.")
        return values[0]

    def _is(self, node: cst.BaseExpression, values: set[Value]) -> bool:
        found = self.program.values(node)
        return isinstance(node, cst.Name) and node.value == "None" or bool(found) and all(v in values for v in found)

    def _template(self, text: str, **parts: cst.BaseExpression) -> cst.BaseExpression:
        return _filled(cst.parse_expression(text), parts)

    def _statement(self, text: str, **parts: cst.BaseExpression) -> cst.SimpleStatementLine:
        made = _filled(cst.parse_statement(text), parts)
        assert isinstance(made, cst.SimpleStatementLine)
        return made

    def _refuse(self, text: str, help: str) -> None:
        row = self.tree.position(self.call)[0].row
        raise Refused([reason("REF108", self.path, row, text, help)])


def _places(run: Run, ops: set) -> list[int | None]:
    """The places at which a run fetches one of these operations; None where its fetches are no flat list."""
    flat = isinstance(run.fetches, Sequence) and len(run.fetches.items) == len(run.leaves)
    found = [place for place, leaf in enumerate(run.leaves) if isinstance(leaf, Tensor) and leaf.op in ops]
    return [place if flat else None for place in found]


class _Filling(cst.CSTTransformer):
    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self.parts.get(original_node.value, updated_node)

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        self.held, self.parts = self.parts, {}

    def leave_Arg_keyword(self, node: cst.Arg) -> None:
        self.parts = self.held

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        self.held, self.parts = self.parts, {}

    def leave_Attribute_attr(self, node: cst.Attribute) -> None:
        self.parts = self.held


def _filled(node, parts: Parts):  # noqa: ANN001, ANN202
    """A node with expressions in the places of names; the expressions stay the nodes that they are."""
    return node.visit(_Filling(parts))
