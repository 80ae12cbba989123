"""`tf.train.ExponentialMovingAverage` is written out: a variable for each average, and what moves it on."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.elsewhere import Elsewhere
from actlint.migrate.layout import framework_alias
from actlint.migrate.names import Names
from actlint.migrate.refusals import Refused, reason
from actlint.migrate.source import code, parenthesized
from actlint.program.averages import METHODS, NAME, Averages
from actlint.program.binding import BoundCall
from actlint.program.model import Program
from actlint.program.values import Const, Sequence, Tensor, Variable
from actlint.syntax.tree import Tree


def followed(program: Program) -> dict[Path, Tree]:
    """The files that keep moving averages, with variables in their places.

    Raises Refused where what they are used for can't be told apart.
    """
    made = [node for node, b in program.bindings.items() if isinstance(b, BoundCall) and b.entry.name == NAME]
    makers = {node for node in made if any(isinstance(v, Averages) for v in program.values(node))}
    if not makers:
        return {}
    files = [_File(program, path, tree) for path, tree in program.trees.items()]
    return {file.path: file.edit.made() for file in files if file.write(makers)}


class _File(Elsewhere):
    """One file's averages."""

    def __init__(self, program: Program, path: Path, tree: Tree) -> None:
        super().__init__(program, tree.module)
        self.path, self.tree = path, tree
        self.alias = framework_alias(tree.module)
        self.edit = Edit(tree)
        self.names = Names([tree.module])
        self.kept: dict[cst.Call, dict[str, str]] = {}
        """For each maker, the expression of the average of each tensor, by the tensor's."""
        self.listed: dict[cst.Call, tuple[str, list[Tensor]]] = {}
        """For each maker that is applied to a list, the name of the averages, and what they follow."""

    def write(self, makers: set[cst.CSTNode]) -> bool:
        calls = [(node, owner) for node in self.nodes if isinstance(node, cst.Call) if (owner := self._owner(node))]
        if not calls and not makers & set(self.nodes):
            return False
        for node, owner in calls:
            if owner.node not in self.parent:
                self._refuse(node, "a moving average of another file is used here", "Make and use it in one file.")
            if node.func.attr.value == "apply":  # type: ignore[attr-defined]
                self._apply(node, owner)
        for node, owner in calls:
            name = node.func.attr.value  # type: ignore[attr-defined]
            if name == "average":
                self._average(node, owner)
            elif name not in METHODS:
                self._refuse(node, f"{name} of a moving average isn't carried over", "Use average.")
        for maker in makers & set(self.nodes):
            self._drop(maker)
        return True

    def _owner(self, node: cst.Call) -> Averages | None:
        """The moving averages of which a call is a method."""
        if not isinstance(node.func, cst.Attribute):
            return None
        owners = {v.node: v for v in self.program.values(node.func.value) if isinstance(v, Averages)}
        if len(owners) > 1:
            self._refuse(node, "which moving average is meant depends on the call", "Write a call for each.")
        return next(iter(owners.values()), None)

    # -- what moves them on

    def _apply(self, node: cst.Call, owner: Averages) -> None:
        line = self._line(node)
        callers = [self.program.bindings.get(e.calls[-1].node) for e in self.program.facts.get(node, []) if e.calls]
        if any(isinstance(caller, BoundCall) and caller.entry.name == "cond" for caller in callers):
            self._refuse(
                node,
                "averages are moved on in a branch of tf.cond",
                "Use tf.layers.batch_normalization, or move them on in the run that trains.",
            )
        decay = self._decay(node, owner)
        made = [f"{(name := self.names.fresh('decay'))} = {decay}"] if owner.call.given("num_updates") else []
        rate = f"(1.0 - {name if made else decay})"
        items = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
        if isinstance(items, (cst.List, cst.Tuple)):
            more, group = self._each(node, owner, items, rate)
        else:
            more, group = self._all(node, owner, items, rate)
        statements = [cst.parse_statement(text) for text in (*made, *more)]
        first = statements[0].with_changes(leading_lines=line.leading_lines)  # type: ignore[call-arg]
        self.edit.replace(node, cst.parse_expression(f"{self.alias}.group({group})"))
        self.edit.replace(line, [first, *statements[1:], line.with_changes(leading_lines=[])])

    def _each(self, node: cst.Call, owner: Averages, items: cst.List | cst.Tuple, rate: str) -> tuple[list[str], str]:
        """The statements for tensors that apply lists one by one, and what they give."""
        own = self._receiver(node)
        known, made, updates = self.kept.setdefault(owner.node, {}), [], []
        for element in items.elements:
            item = element.value
            text = code(item)
            if not isinstance(item, (cst.Name, cst.Attribute)) or isinstance(element, cst.StarredElement):
                self._refuse(item, "what is averaged has no name", "Give it a name.")
            if text in known:
                self._refuse(item, "apply is called twice for one tensor", "Call it once.")
            word = text.rpartition(".")[2]
            known[text] = own + self.names.fresh(f"{word}_average")
            update = self.names.fresh(f"{word}_follows")
            made.append(f"{known[text]} = {self._variable(item, text, owner)}")
            made.append(f"{update} = {self.alias}.assign_sub({known[text]}, ({known[text]} - {text}) * {rate})")
            updates.append(update)
        return made, ", ".join(updates)

    def _all(
        self, node: cst.Call, owner: Averages, items: cst.BaseExpression | None, rate: str
    ) -> tuple[list[str], str]:
        """The statements for a list of variables, and what they give."""
        text = f"{self.alias}.trainable_variables()" if items is None or code(items) == "None" else code(items)
        known = self.program.values(items) if items is not None else []
        partial = any(isinstance(value, Sequence) and value.partial for value in known)
        again = owner.node in self.listed or owner.node in self.kept
        if again or partial or not all(isinstance(item, Variable) for item in owner.shadows) or node.args[1:]:
            self._refuse(node, "what is averaged isn't listed where apply is called", "Write ema.apply([w, b]).")
        made = []
        if not isinstance(items, (cst.Name, cst.Attribute)):
            variables = self.names.fresh("variables")
            made.append(f"{variables} = {text}")
            text = variables
        averages, updates = self._receiver(node) + self.names.fresh("averages"), self.names.fresh("follows")
        self.listed[owner.node] = averages, list(owner.shadows)
        v, a = self.names.fresh("variable"), self.names.fresh("average")
        made.append(f"{averages} = [{self.alias}.Variable({v}.initialized_value(), trainable=False) for {v} in {text}]")
        made.append(
            f"{updates} = [{self.alias}.assign_sub({a}, ({a} - {v}) * {rate}) for {a}, {v} in zip({averages}, {text})]"
        )
        return made, f"*{updates}"

    def _variable(self, item: cst.BaseExpression, text: str, owner: Averages) -> str:
        """The variable that holds an average: it starts as the variable that it follows, or at zero."""
        values = self.program.values(item)
        if values and all(isinstance(v, Variable) for v in values):
            name = f"{values[0].name}/{owner.label}"  # type: ignore[attr-defined]
            return f'{self.alias}.Variable({text}.initialized_value(), trainable=False, name="{name}")'
        if owner.call.const("zero_debias", False) is not False:
            self._refuse(item, "the moving average of a tensor with zero_debias isn't carried over", "Leave it out.")
        shapes = {v.shape for v in values if isinstance(v, Tensor)}
        shape = next(iter(shapes), None)
        if len(shapes) != 1 or shape is None or any(dim.value is None for dim in shape):
            return f"{self.alias}.Variable({self.alias}.zeros({text}.get_shape()), trainable=False)"
        return f"{self.alias}.Variable({self.alias}.zeros({[dim.value for dim in shape]}), trainable=False)"

    def _decay(self, node: cst.Call, owner: Averages) -> str:
        """The decay as a tensor: as in TF1, one less it rounds otherwise than Python's difference."""
        decay = f"{self.alias}.constant({self._argument('decay', node, owner)})"
        if owner.call.given("num_updates"):
            count = f"{self.alias}.cast({self._argument('num_updates', node, owner)}, {self.alias}.float32)"
            decay = f"{self.alias}.minimum({decay}, (1.0 + {count}) / (10.0 + {count}))"
        return decay

    def _argument(self, name: str, node: cst.Call, owner: Averages) -> str:
        """An argument of the maker, as an expression for a call of apply."""
        given = owner.call.nodes[name]
        if self.means_the_same(given, node):
            return code(given)
        if name == "decay" and isinstance(owner.call.values[name], Const):
            return code(parenthesized(self._held(node, owner, given)))
        self._refuse(node, f"{name} may mean something else where apply is called", "Make it a module's constant.")

    def _held(self, node: cst.Call, owner: Averages, given: cst.BaseExpression) -> cst.BaseExpression:
        """The decay, which the name for the moving averages stands for from now on."""
        self.edit.changes[owner.node] = given
        assert isinstance(node.func, cst.Attribute)
        return node.func.value

    def _receiver(self, node: cst.Call) -> str:
        """`self.` where the moving averages are an attribute."""
        assert isinstance(node.func, cst.Attribute)
        owner = node.func.value
        return f"{code(owner.value)}." if isinstance(owner, cst.Attribute) else ""

    # -- what reads them

    def _average(self, node: cst.Call, owner: Averages) -> None:
        asked = node.args[0].value if len(node.args) == 1 else None
        if owner.node in self.listed and asked is not None:
            averages, variables = self.listed[owner.node]
            found = {value for value in self.program.values(asked) if value in variables}
            if len(found) == 1 and len(self.program.values(asked)) == 1:
                self.edit.replace(node, cst.parse_expression(f"{averages}[{variables.index(found.pop())}]"))
                return
        text = self.kept.get(owner.node, {}).get(code(asked)) if asked is not None else None
        if text is None:
            self._refuse(
                node,
                "which moving average is read isn't written as apply has it",
                "Name the tensor as in ema.apply([w, b]).",
            )
        self.edit.replace(node, cst.parse_expression(text))

    def _drop(self, maker: cst.CSTNode) -> None:
        """A maker whose decay is written where it is applied disappears."""
        if maker in self.edit.changes:
            return
        small = self.parent[maker]
        if not isinstance(small, cst.Assign) or len(small.targets) != 1:
            self._refuse(maker, "moving averages are made within a larger expression", "Give them a name.")
        line = self.parent[small]
        assert isinstance(line, cst.SimpleStatementLine)
        rest = [part for part in line.body if part is not small]
        self.edit.replace(line, [line.with_changes(body=rest)] if rest else [])

    def _line(self, node: cst.CSTNode) -> cst.SimpleStatementLine:
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.BaseStatement):
            if isinstance(current, (cst.Lambda, cst.CompFor, cst.ListComp)):
                break
            current = self.parent.get(current)
        if not isinstance(current, cst.SimpleStatementLine) or len(current.body) > 1:
            self._refuse(node, "averages are moved on within a larger statement", "Give what apply answers a name.")
        return current

    def _refuse(self, node: cst.CSTNode, text: str, help: str) -> NoReturn:
        raise Refused([reason("REF108", self.path, self.tree.position(node)[0].row, text, help)])
