"""Rewriting of expressions, bottom up: framework calls take their target's form, everything else stays as it is
written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import libcst as cst

from actlint.apis.catalogue import lookup, method
from actlint.apis.entry import CellEntry, Entry, Host, LayerEntry, Rename
from actlint.migrate.absl import Absl
from actlint.migrate.arguments import DTYPES, CallRewriting
from actlint.migrate.augmented import out_of_place
from actlint.migrate.checkpoints import checkpoint_file
from actlint.migrate.filtered import COLLECTIONS
from actlint.migrate.passed import Passed
from actlint.migrate.plumbing import LISTS, SUMS, dissolved, dropped_arguments, enters_plumbing, is_registration
from actlint.migrate.refusals import Reason, Refused
from actlint.migrate.savers import is_saver, session_argument
from actlint.migrate.source import binds_tighter, code, has_defaults, is_atom, parenthesized, walk, with_arguments
from actlint.migrate.units import Building
from actlint.program.binding import BoundCall, dtype_of
from actlint.program.calls import framework_name
from actlint.program.collected import collection_key
from actlint.program.expressions import PARAMETERS, truthiness
from actlint.program.values import (
    Const,
    DimValue,
    Distribution,
    Handle,
    ShapeValue,
    Symbol,
    Tensor,
    Value,
    Variable,
)
from actlint.program.values import Host as HostValue


@dataclass
class Surroundings:
    """What rewriting needs to know beyond the expression: the target, and names that the emitter chose."""

    building: Building
    target: str
    alias: str
    structural: Callable[[Rewriter, str, cst.Call, cst.Call, BoundCall], cst.BaseExpression | None]
    clashes: dict[str, str] = field(default_factory=dict)
    """Short module names that the user has taken for something else, with the full names to write instead."""
    framework: frozenset[str] = frozenset()
    """Names under which the file imports TensorFlow."""
    imported: frozenset[str] = frozenset()
    """Names that import statements of the file bind."""
    helpers: dict[str, str] = field(default_factory=dict)
    parameters: Callable[[cst.Call], str] = lambda call: ""
    """Source of the list of variables that the optimizer made by a call trains."""
    cell_size: Callable[[Rewriter, cst.Call], str] = lambda rewriter, call: ""
    """Source of the size of a recurrent cell's input; empty where the cell around it gives it."""
    summary_function: Callable[[], str] = lambda: ""
    ask_helper: Callable[[str], str] = lambda name: name
    reasons: list[Reason] = field(default_factory=list)
    applied: dict[cst.CSTNode, str] = field(default_factory=dict)
    """Layer or builder calls: the expression of the object that the rewritten call applies."""
    replaced: dict[cst.CSTNode, Callable[[Rewriter, Any, Any], cst.BaseExpression]] = field(default_factory=dict)
    """Expressions with a replacement of their own: session runs, gradients."""
    substituted: dict[cst.CSTNode, str] = field(default_factory=dict)
    """Expressions that a constructor's parameter stands for: dimensions of a builder's input."""
    hoisted: dict[cst.CSTNode, str] = field(default_factory=dict)
    """Calls that make or fetch weights inside forward code: where the weights are."""
    notes: list[str] = field(default_factory=list)
    captures: dict[cst.CSTNode, list[str]] = field(default_factory=dict)
    builders: dict[cst.CSTNode, Any] = field(default_factory=dict)
    absl: Absl | None = None
    lookup_options: Callable[[Entry, cst.Call], dict[str, Callable[[], str]]] = lambda entry, call: {}
    """What forms are told about gradients of lookups."""
    saver_call: Callable[[Rewriter, cst.Call, cst.Call], cst.Call] = lambda rewriter, original, updated: updated
    collected: Callable[[cst.Call], str | None] = lambda call: None
    """What is written for a call that reads a collection of losses."""
    updates: Callable[[Rewriter, cst.Call, cst.Call], cst.BaseExpression | None] = lambda *call: None
    """What is written for a call that assigns to a variable."""
    chosen: Callable[[cst.CompFor], cst.BaseExpression | None] = lambda clause: None
    """What is written for the variables that a comprehension chooses by their names."""
    passed: Passed | None = None
    """Parameters of functions that disappear, with the arguments at their calls."""

    def spelled(self, text: str) -> str:
        """A text with full module names where the short ones are taken."""
        for short, full in self.clashes.items():
            text = re.sub(rf"(?<![\w.]){short}\.(?=[A-Za-z_])", full + ".", text)
        return text


class Rewriter(cst.CSTTransformer):
    """Rewrites one expression or statement; `renames` maps names of the current function to other expressions, and
    `hoisting` says that calls which make weights stand for weights made before."""

    def __init__(
        self, surroundings: Surroundings, renames: dict[str, str] | None = None, hoisting: bool = True
    ) -> None:
        super().__init__()
        self.at = surroundings
        self.hoisting = hoisting
        self.renames = renames or {}
        self.callees: set[int] = set()
        self.hosted: set[cst.CSTNode] = set()
        self.assigned: set[int] = set()
        self.dropped: set[int] = set()
        self.unreached: set[cst.CSTNode] = set()
        self.lists: dict[cst.CompFor, cst.BaseExpression] = {}

    @property
    def program(self):  # noqa: ANN201
        return self.at.building.program

    def values(self, node: cst.CSTNode) -> list[Value]:
        return self.program.values(node)

    def refuse(self, code_: str, node: cst.CSTNode, text: str, help: str | None = None) -> NoReturn:
        raise Refused([self.at.building.reason(code_, node, text, help)])

    def expression(self, text: str) -> cst.BaseExpression:
        """Parse a form's text, with the user's own alias of TensorFlow."""
        if self.at.target == "tf2" and self.at.alias != "tf":
            text = re.sub(r"\btf\.", self.at.alias + ".", text)
        return cst.parse_expression(self.at.spelled(text))

    def on_visit(self, node: cst.CSTNode) -> bool:
        hoisted = self.hoisting and node in self.at.hoisted
        skipped = hoisted or node in self.at.substituted or node in self.unreached
        return not skipped and super().on_visit(node)

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode):  # noqa: ANN201
        if self.hoisting and original_node in self.at.hoisted:
            return cst.parse_expression(self.at.hoisted[original_node])
        if original_node in self.at.substituted:
            return cst.parse_expression(self.at.substituted[original_node])
        return super().on_leave(original_node, updated_node)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        """An alternative of the framework's that no evaluation took isn't rewritten, but left out."""
        truths = {truthiness(value) for value in self.values(node.test)}
        if len(truths) != 1 or None in truths:
            return
        side = "orelse" if truths == {True} else "body"
        todo: list[cst.CSTNode] = [getattr(node, side)]
        while todo:
            part = todo.pop()
            todo.extend(part.children)
            if isinstance(part, cst.Name) and part.value in self.at.framework and not self.values(part):
                self.unreached.add(getattr(node, side))
                return

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        for side, other in (("orelse", updated_node.body), ("body", updated_node.orelse)):
            if getattr(original_node, side) in self.unreached:
                line = self.at.building.line(original_node)
                note = f"line {line}: the other alternative of this `if` is never taken, so it is left out"
                if note not in self.at.notes:
                    self.at.notes.append(note)
                return other
        return updated_node

    # -- names and attributes

    def visit_Call(self, node: cst.Call) -> bool:
        self.callees.add(id(node.func))
        binding = self.program.bindings.get(node)
        gone: list[cst.CSTNode] = [*dropped_arguments(binding)]
        gone += self.at.passed.dropped(node) if self.at.passed is not None else []
        session = session_argument(self.program, node)
        gone += [session] if session is not None else []
        self.dropped |= {id(part) for argument in gone for part in walk(argument)}
        if (
            self.at.target == "torch"
            and isinstance(binding, BoundCall)
            and isinstance(binding.entry, LayerEntry)
            and binding.entry.application is None
            and binding.entry.activation in binding.nodes
        ):
            self.callees.add(id(binding.nodes[binding.entry.activation]))
        return not (isinstance(binding, BoundCall) and binding.entry.name in (*COLLECTIONS, *LISTS, *SUMS))

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        for part in _names(node.target):
            self.assigned.add(id(part))

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self.assigned.add(id(node.keyword))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.assigned.add(id(node.attr))
        root: cst.BaseExpression = node
        while isinstance(root, cst.Attribute):
            root = root.value
        if isinstance(root, cst.Name) and root.value in self.at.framework and not self.values(node):
            self.refuse(
                "REF102",
                node,
                f"{code(node)} is used in code that the program doesn't reach, so what it does isn't known",
                "Remove the branch or function, or choose it by a constant.",
            )
        return not self._framework(node)

    def _framework(self, node: cst.BaseExpression) -> str | None:
        """The framework symbol that a name or attribute spells out; variables that hold one are left alone."""
        root = node
        while isinstance(root, cst.Attribute):
            root = root.value
        if not isinstance(root, cst.Name) or root.value not in self.at.imported:
            return None
        for value in self.values(node):
            if isinstance(value, Symbol) and (name := framework_name(value.name)) is not None:
                return name
        return None

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if id(original_node) in self.assigned:
            return updated_node
        if original_node.value in self.renames and original_node in self.program.facts:
            return cst.parse_expression(self.renames[original_node.value])
        name = self._framework(original_node)
        if name is not None and id(original_node) not in self.callees:
            return self._symbol(original_node, name)
        held = self.at.absl.held(self.values(original_node)) if self.at.absl is not None and name is None else None
        return held or updated_node

    def visit_CompFor(self, node: cst.CompFor) -> None:
        if (made := self.at.chosen(node)) is not None:
            self.lists[node] = made

    def visit_CompIf(self, node: cst.CompIf) -> bool:
        return not any(condition is node for clause in self.lists for condition in clause.ifs)

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        made = self.lists.get(original_node)
        return updated_node.with_changes(iter=made, ifs=[]) if made is not None else updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        name = self._framework(original_node)
        if name is not None:
            return updated_node if id(original_node) in self.callees else self._symbol(original_node, name)
        if original_node.attr.value in ("shape", "dtype") and self.at.target == "torch":
            return updated_node.with_changes(value=parenthesized(updated_node.value))
        owners = self.values(original_node.value)
        attribute = original_node.attr.value
        if any(isinstance(v, Distribution) and not self._is_carried(v, attribute) for v in owners):
            self.refuse("REF101", original_node, f"the attribute {attribute} of a distribution has no exact form here")
        if attribute == "op" and any(isinstance(v, Variable) for v in owners):
            return self._operation_of(original_node, updated_node)
        if attribute == "name" and any(
            isinstance(v, Variable) or isinstance(v, Handle) and v.kind == "op" for v in owners
        ):
            table = self.at.ask_helper("variable_names")
            full = "" if any(isinstance(v, Handle) for v in owners) else ' + ":0"'
            return self.expression(f"{table}[id({code(updated_node.value)})]{full}")
        if attribute == "value" and any(isinstance(v, DimValue) for v in owners):
            return updated_node.value
        return self._operands(original_node, updated_node, "value")  # type: ignore[return-value]

    def _is_carried(self, owner: Distribution, attribute: str) -> bool:
        """Whether a distribution has this method, or means the same by this attribute."""
        more = ("logits", "probs") if self.at.target == "tf2" else ()
        return method(owner.op.symbol, attribute) is not None or attribute in (*PARAMETERS, *more)

    def _operation_of(self, original: cst.Attribute, updated: cst.Attribute) -> cst.BaseExpression:
        """`variable.op`, of which only the name survives."""
        parent = self.at.building.parent.get(original)
        if isinstance(parent, cst.Attribute) and parent.attr.value == "name":
            return updated.value
        self.refuse("REF107", original, "the operation of a variable is used by Python code")

    def _symbol(self, node: cst.BaseExpression, name: str) -> cst.BaseExpression:
        """A framework symbol that isn't called: a dtype, or a function passed as a value."""
        app = self.at.absl.symbol(name) if self.at.absl is not None else None
        if app is not None:
            return app
        dtype = dtype_of(Symbol("tensorflow." + name))
        if dtype in DTYPES and "." not in name:
            return self.expression(f"{'tf' if self.at.target == 'tf2' else 'torch'}.{dtype}")
        if name.startswith("GraphKeys."):
            return self.expression(f'"{collection_key(Symbol("tensorflow." + name))}"')
        if name.startswith("logging.") and name.rpartition(".")[2].isupper():
            return self.expression(f'"{name.rpartition(".")[2]}"')
        if name == "identity" and self.at.target == "torch":
            return self.expression("nn.Identity()")
        entry = lookup(name)
        form = None if entry is None else entry.tf2 if self.at.target == "tf2" else entry.torch
        if entry is not None and callable(form) and not isinstance(form, Rename):
            form = self._as_value(entry, form)
        if isinstance(form, Rename):
            return self.expression(form.name)
        self.refuse("REF101", node, f"tf.{name} is used as a value")

    def _as_value(self, entry: Entry, form: Callable[[Any], Any]) -> Any:
        """A callable form of one tensor, as a function value, where it comes down to another name."""
        from actlint.program.binding import parameters

        first = parameters(entry.signature)[0][0]
        bound = BoundCall(entry, {first: Tensor(None, None, "float32")})  # type: ignore[arg-type]
        call = CallRewriting(self, entry, bound, cst.Call(cst.Name("f")), cst.Call(cst.Name("f")))
        try:
            return form(call)
        except (Refused, KeyError):
            return None

    # -- operators keep their meaning; a rewritten operand may need parentheses

    def _operands(self, original: cst.BaseExpression, updated: cst.BaseExpression, *fields: str) -> cst.BaseExpression:
        changes = {}
        for field_ in fields:
            before, after = getattr(original, field_), getattr(updated, field_)
            if (
                type(after) is not type(before)
                and not is_atom(after)
                and not binds_tighter(after, original, field_ == "left")
            ):
                changes[field_] = parenthesized(after)
        return updated.with_changes(**changes) if changes else updated

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        if (file := checkpoint_file(self, original_node)) is not None:
            return file
        if (
            original_node.left in self.hosted
            and original_node.right in self.hosted
            and self._scalars(original_node.left, original_node.right)
        ):
            self.hosted.add(original_node)
        updated_node = self._vectors(original_node, updated_node, "left", "right")
        updated_node = self._arrays(original_node, updated_node)
        return self._operands(original_node, updated_node, "left", "right")

    def leave_AugAssign(self, original_node: cst.AugAssign, updated_node: cst.AugAssign) -> cst.BaseSmallStatement:
        return out_of_place(self, original_node, updated_node)

    def _scalars(self, *nodes: cst.BaseExpression) -> bool:
        return all(isinstance(v, Tensor) and v.shape == () for node in nodes for v in self.values(node))

    def _arrays(self, original: cst.BinaryOperation, updated: cst.BinaryOperation) -> cst.BinaryOperation:
        """A NumPy array beside a torch tensor: TF1 converts it to the tensor's dtype, torch doesn't take it."""
        if self.at.target != "torch":
            return updated
        sides = {"left": self.values(original.left), "right": self.values(original.right)}
        for field_, other in (("left", "right"), ("right", "left")):
            tensors = [v for v in sides[other] if isinstance(v, Tensor)]
            arrays = [v for v in sides[field_] if isinstance(v, HostValue) and v.shape != () and v.what != "int"]
            if tensors and arrays and getattr(original, other) not in self.hosted:
                dtype = tensors[0].dtype if tensors[0].dtype in DTYPES else "float32"
                text = f"torch.as_tensor({code(getattr(updated, field_))}, dtype=torch.{dtype})"
                return updated.with_changes(**{field_: self.expression(text)})
        return updated

    def _vectors(self, original: cst.BaseExpression, updated: cst.BinaryOperation, *fields: str) -> cst.BinaryOperation:
        """A whole `x.shape` beside an operator has to be a tensor again: torch.Size would be repeated or joined."""
        changes = {
            f: self.expression(f"torch.tensor({code(getattr(updated, f))})")
            for f in fields
            if getattr(original, f) in self.hosted and not self._scalars(getattr(original, f))
        }
        return updated.with_changes(**changes) if changes else updated

    def leave_UnaryOperation(
        self, original_node: cst.UnaryOperation, updated_node: cst.UnaryOperation
    ) -> cst.BaseExpression:
        return self._operands(original_node, updated_node, "expression")

    def leave_Comparison(self, original_node: cst.Comparison, updated_node: cst.Comparison) -> cst.BaseExpression:
        sides = [original_node.left, *(t.comparator for t in original_node.comparisons)]
        if (
            any(isinstance(t.operator, (cst.Equal, cst.NotEqual)) for t in original_node.comparisons)
            and sum(any(isinstance(v, Tensor) for v in self.values(side)) for side in sides) > 0
        ):
            self.refuse(
                "REF108",
                original_node,
                "== compares tensors by identity in TF1 and by value in eager code",
                "use tf.equal, or `is`",
            )
        operator = original_node.comparisons[0].operator
        if (
            len(sides) == 2
            and isinstance(operator, (cst.In, cst.NotIn))
            and any(isinstance(v, Variable) for v in self.values(sides[0]))
        ):
            left, right = code(parenthesized(updated_node.left)), code(updated_node.comparisons[0].comparator)
            name = "known" if left != "known" else "other"
            found = f"any({left} is {name} for {name} in {right})"
            return self.expression(found if isinstance(operator, cst.In) else f"not {found}")
        return self._operands(original_node, updated_node, "left")

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        if original_node in self.at.replaced:
            return self.at.replaced[original_node](self, original_node, updated_node)
        if original_node.value in self.hosted:
            self.hosted.add(original_node)
        return self._operands(original_node, updated_node, "value")

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        return not self.disappears(node)

    def leave_SimpleStatementLine(self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine):  # noqa: ANN201
        return cst.RemoveFromParent() if self.disappears(original_node) else updated_node

    def disappears(self, node: cst.SimpleStatementLine) -> bool:
        """Whether a statement has no counterpart: it only serves a collection of losses."""
        return node in self.at.building.aside.statements or is_registration(self.program, node.body[0])

    def leave_If(self, original_node: cst.If, updated_node: cst.If):  # noqa: ANN201
        return cst.RemoveFromParent() if self.at.building.aside.vanishes(original_node) else updated_node

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        return updated_node if self.at.passed is None else self.at.passed.definition(original_node, updated_node)

    def visit_With(self, node: cst.With) -> None:
        for item in node.items:
            if enters_plumbing(self.program, item):
                self.dropped |= {id(part) for part in walk(item)}

    def leave_With(self, original_node: cst.With, updated_node: cst.With):  # noqa: ANN201
        return dissolved(self.program, original_node, updated_node)

    # -- calls

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if id(original_node) in self.dropped:
            return updated_node
        binding = self.program.bindings.get(original_node)
        app = self.at.absl.call(updated_node, binding) if self.at.absl is not None else None
        if app is not None:
            return app
        if original_node in self.at.replaced:
            return self.at.replaced[original_node](self, original_node, updated_node)
        if original_node in self.at.applied:
            return self._apply(original_node, updated_node)
        if isinstance(binding, BoundCall) and binding.entry.kind == "method":
            return self._own_method(original_node, updated_node, binding)
        if isinstance(binding, BoundCall) and self._framework(original_node.func) is None:
            return self._held_symbol(original_node, updated_node, binding)
        if isinstance(binding, BoundCall):
            return self._framework_call(original_node, updated_node, binding)
        name = self._framework(original_node.func)
        if name is not None:
            if not self.values(original_node):
                self.refuse(
                    "REF102",
                    original_node,
                    f"tf.{name} is called in code that was never reached from the program's entry",
                )
            self.refuse("REF101", original_node, f"tf.{name} has no exact form here")
        if self.at.passed is not None:
            updated_node = self.at.passed.call(original_node, updated_node)
        updated_node = self._add_captures(original_node, updated_node)
        return self._method(original_node, updated_node)

    def _held_symbol(self, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        """A call of a variable that holds a framework function, such as an activation that was passed as an
        argument."""
        plain = [place for place, argument in enumerate(original.args) if not _is_name(argument)]
        single = len(plain) == 1 and original.args[plain[0]].keyword is None
        if single and (isinstance(original.func, cst.Name) and not original.args[plain[0]].star):
            return with_arguments(updated, [updated.args[plain[0]]])
        if single and binding.entry.kind == "op":
            return with_arguments(updated, [updated.args[plain[0]]])
        self.refuse(
            "REF103", original, f"tf.{binding.entry.name} is called through a variable with more than one argument"
        )

    def _own_method(self, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        """A method of a distribution."""
        if not isinstance(updated.func, cst.Attribute):
            self.refuse("REF103", original, f"the method {binding.entry.name} is called through a variable")
        owner = code(updated.func.value)
        return self.formed(original, updated, binding, {"self": lambda: owner})

    def _add_captures(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        """Tensors that a function read from the building scope are passed to it."""
        functions = [getattr(v, "node", None) for v in self.values(original.func)]
        function = next((f for f in functions if f in self.at.captures), None)
        names = self.at.captures[function] if function is not None else []
        if not names:
            return updated
        extra = [cst.Arg(cst.parse_expression(self.renames.get(name, name))) for name in names]
        keyword = any(argument.keyword is not None or argument.star for argument in updated.args)
        if keyword or has_defaults(function):
            extra = [
                argument.with_changes(
                    keyword=cst.Name(name), equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                )
                for argument, name in zip(extra, names, strict=False)
            ]
        return with_arguments(updated, [*updated.args, *extra])

    def _method(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        """Methods of tensors and shapes."""
        if not isinstance(original.func, cst.Attribute) or not isinstance(updated.func, cst.Attribute):
            return updated
        owners, name = self.values(original.func.value), original.func.attr.value
        if any(isinstance(v, Tensor) for v in owners):
            if name == "get_shape":
                return cst.Attribute(parenthesized(updated.func.value), cst.Name("shape"))
            if name in ("initialized_value", "read_value", "value") and any(isinstance(v, Variable) for v in owners):
                return updated.func.value
            if (update := self.at.updates(self, original, updated)) is not None:
                return update
            if name != "set_shape":
                self.refuse("REF101", original, f"the tensor method {name} has no exact form here")
        if name == "add_summary" and any(isinstance(v, Handle) and v.kind == "writer" for v in owners):
            arguments = [
                cst.Arg(updated.func.value),
                *(a.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT) for a in updated.args),
            ]
            return with_arguments(updated.with_changes(func=cst.Name(self.at.summary_function())), arguments)
        if is_saver(owners):
            return self.at.saver_call(self, original, updated)
        if any(isinstance(v, ShapeValue) for v in owners) and name == "as_list" and self.at.target == "torch":
            return cst.Call(cst.Name("list"), [cst.Arg(updated.func.value)])
        return updated

    def _apply(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        """A layer's or builder's call becomes the application of its object."""
        target = self.at.applied[original]
        builder = self.at.builders.get(original)
        if builder is not None:
            arguments = builder.forward_arguments(original, updated)
            return with_arguments(updated.with_changes(func=cst.parse_expression(target)), arguments)
        binding = self.program.bindings[original]
        assert isinstance(binding, BoundCall) and isinstance(binding.entry, LayerEntry)
        node = binding.nodes.get(binding.entry.input)
        argument = next((u.value for o, u in zip(original.args, updated.args, strict=False) if o.value is node), None)
        if argument is None:
            self.refuse("REF103", original, "a layer's input can't be told from its other arguments")
        if binding.entry.application is None:
            return cst.Call(cst.parse_expression(target), [cst.Arg(argument)])
        call = CallRewriting(self, binding.entry, self._applied(original, binding), original, updated)
        return self.expression(binding.entry.application(call, target, code(argument)))

    def _applied(self, node: cst.Call, binding: BoundCall) -> BoundCall:
        """A layer's arguments, those of its application as all of its calls have them."""
        values, calls = dict(binding.values), [layer.call for layer in self.program.layers if layer.node is node]
        for name in binding.entry.applied:  # type: ignore[attr-defined]
            found = [call.values.get(name) for call in calls]
            if name not in values or all(value == found[0] for value in found):
                continue
            if any(isinstance(value, Tensor) for value in found):
                if not all(isinstance(value, Tensor) for value in found):
                    self.refuse("REF103", node, f"{name} is a tensor in one call and a Python value in another")
            else:
                values[name] = HostValue("argument")
        return replace(binding, values=values)

    def _flagged(self, node: cst.Call, binding: BoundCall) -> BoundCall:
        """An operation's arguments, where flags that differ between its evaluations have no value."""
        ops = [value.op for value in self.values(node) if isinstance(value, Tensor)]
        flags = [name for name, value in binding.values.items() if value in (Const(True), Const(False))]
        flags = [f for f in flags if any(op.arguments.get(f, binding.values[f]) != binding.values[f] for op in ops)]
        return replace(binding, values=binding.values | dict.fromkeys(flags, HostValue("flag"))) if flags else binding

    def _framework_call(self, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        name, binding = binding.entry.name, self._flagged(original, binding)
        if binding.surplus:
            self.refuse("REF108", original, f"tf.{name} is called with {binding.surplus[0]}, which it doesn't take")
        if any(argument.star for argument in original.args) and name != "group":
            self.refuse("REF103", original, f"tf.{name} is called with a starred argument")
        if name.startswith("examples.tutorials.mnist"):
            return updated
        if (collected := self.at.collected(original)) is not None:
            return self.expression(collected)
        if (update := self.at.updates(self, original, updated)) is not None:
            return update
        if name == "group":
            return self.expression(f"[{', '.join(a.star + code(a.value) for a in updated.args if a.keyword is None)}]")
        if binding.entry.kind == "structure":
            made = self.at.structural(self, name, original, updated, binding)
            if made is None:
                self.refuse("REF101", original, f"tf.{name} has no exact form here yet")
            return made
        if name == "constant" and any(isinstance(v, Tensor) for v in self.values(binding.nodes["value"])):
            return self._input_as_constant(original, updated, binding)
        extra = self.at.lookup_options(binding.entry, original)
        if binding.entry.kind == "optimizer":
            extra["parameters"] = lambda: self.at.parameters(original)
        elif isinstance(binding.entry, CellEntry):
            extra["input_size"] = lambda: self.at.cell_size(self, original)
        return self.formed(original, updated, binding, extra)

    def _input_as_constant(self, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        """`tf.constant` of a value that has become an input: a compiled function has a tensor there."""
        call = CallRewriting(self, binding.entry, binding, original, updated)
        if binding.given("shape"):
            call.refuse("a value that changes while the program runs is given a shape", "reshape the value itself")
        dtype = call.dtype_text("dtype") if binding.given("dtype") else ""
        if self.at.target == "torch":
            return self.expression(f"torch.as_tensor({call.text('value')}{', dtype=' + dtype if dtype else ''})")
        if dtype:
            return self.expression(f"tf.cast({call.text('value')}, {dtype})")
        return self.expression(f"tf.convert_to_tensor({call.text('value')})")

    def formed(
        self,
        original: cst.Call,
        updated: cst.Call,
        binding: BoundCall,
        extra: dict[str, Callable[[], str]] | None = None,
    ) -> cst.BaseExpression:
        """The catalogue's form of a call; `extra` are texts of parameters that the user didn't write."""
        entry = binding.entry
        form = entry.tf2 if self.at.target == "tf2" else entry.torch
        if form is None:
            self.refuse(
                "REF101",
                original,
                f"tf.{entry.name} has no exact form in {'TensorFlow 2' if self.at.target == 'tf2' else 'PyTorch'}"
                + (f": {entry.trap}" if entry.trap else ""),
            )
        call = CallRewriting(self, entry, binding, original, updated, extra or {})
        made = form(call) if not isinstance(form, Rename) else form
        if isinstance(made, Rename):
            return self.renamed(made, original, updated, binding)
        if isinstance(made, Host):
            self.hosted.add(original)
        return self.expression(made)

    def renamed(self, form: Rename, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        """The same call under another name: arguments keep their nodes and formatting."""
        order = list(form.parameters)
        arguments: list[cst.Arg] = []
        positional = 0
        by_keyword = False
        for before, after in zip(original.args, updated.args, strict=False):
            parameter = next((p for p, node in binding.nodes.items() if node is before.value), None)
            if parameter is None or parameter in form.drop or binding.values.get(parameter) == Const(None):
                by_keyword |= before.keyword is None
                continue
            if parameter not in form.parameters:
                self.refuse(
                    "REF108", original, f"the argument {parameter} of tf.{binding.entry.name} can't be carried over"
                )
            keyword = form.parameters[parameter]
            if before.keyword is None and not by_keyword and positional < len(order) and order[positional] == parameter:
                positional += 1
                arguments.append(after)
                continue
            by_keyword = True
            equal = (
                after.equal
                if before.keyword is not None
                else cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            )
            arguments.append(after.with_changes(keyword=cst.Name(keyword), equal=equal))
        return with_arguments(updated.with_changes(func=self.expression(form.name)), arguments)


def _is_name(argument: cst.Arg) -> bool:
    """Whether an argument only names an operation of the graph."""
    return argument.keyword is not None and argument.keyword.value == "name"


def _names(node: cst.CSTNode) -> list[cst.Name]:
    if isinstance(node, cst.Name):
        return [node]
    if isinstance(node, (cst.Tuple, cst.List)):
        return [name for element in node.elements for name in _names(element.value)]
    return []
