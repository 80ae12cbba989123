"""The arguments of one call while it is rewritten, as the catalogue's forms ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import libcst as cst

from actlint.apis.entry import CellEntry, Entry
from actlint.apis.shape import Shape
from actlint.migrate.source import code, parenthesized
from actlint.program.binding import BoundCall, is_host, tensor_dtype
from actlint.program.values import Const, Handle, Sequence, Tensor, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter

DTYPES = {"float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "bool"}


class CallRewriting:
    """Implements actlint.apis.entry.Rewriting for one call."""

    def __init__(
        self,
        rewriter: Rewriter,
        entry: Entry,
        binding: BoundCall,
        original: cst.Call,
        updated: cst.Call,
        extra: dict[str, Callable[[], str]] | None = None,
    ) -> None:
        self._rewriter = rewriter
        self._entry = entry
        self._binding = binding
        self._original = original
        self._updated = {id(o.value): u.value for o, u in zip(original.args, updated.args, strict=False)}
        self._extra = extra or {}
        self.target = rewriter.at.target
        result = next((v for v in rewriter.values(original) if isinstance(v, Tensor)), None)
        self.result_shape: Shape | None = result.shape if result is not None else None
        self.result_dtype: str | None = result.dtype if result is not None else None
        taken = [name for given in rewriter.program.inherited.get(original, ()) for name in given]
        if taken:
            self.refuse(
                f"{', '.join(taken)} from an arg_scope can't be written at the call",
                "pass it to the call, as a value that doesn't change in between",
            )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._binding, name)

    def _node(self, parameter: str) -> cst.BaseExpression | None:
        node = self._binding.nodes.get(parameter)
        return self._updated.get(id(node)) if node is not None else None

    def text(self, parameter: str, default: str | None = None) -> str:
        if parameter in self._extra:
            return self._extra[parameter]()
        node = self._node(parameter)
        if node is not None:
            return code(node)
        if default is None:
            self.refuse(f"the argument {parameter} is missing", "pass it explicitly")
        return default

    def operand(self, parameter: str) -> str:
        node = self._node(parameter)
        return code(parenthesized(node)) if node is not None else self.text(parameter)

    def is_tensor(self, parameter: str) -> bool:
        node = self._binding.nodes.get(parameter)
        return node not in self._rewriter.hosted and self._binding.is_tensor(parameter)

    def is_fed(self, parameter: str) -> bool:
        node = self._binding.nodes.get(parameter)
        program = self._rewriter.at.building.program
        values = self._rewriter.values(node) if node is not None else []
        inputs = bool(values) and all(isinstance(v, Tensor) and v.op.kind == "placeholder" for v in values)
        return inputs and not any("gradients" in op.symbol for op in program.ops)

    def is_host(self, parameter: str) -> bool:
        node = self._binding.nodes.get(parameter)
        return (
            node in self._rewriter.hosted
            or parameter in self._binding.values
            and is_host(self._binding.values[parameter])
        )

    def is_shared(self) -> bool:
        program = self._rewriter.program
        takers = [
            (evaluation.value.op, binding.entry)
            for binding in program.bindings.values()
            if isinstance(binding, BoundCall)
            for node in binding.nodes.values()
            for evaluation in program.facts.get(node, [])
            if isinstance(evaluation.value, Handle) and evaluation.value.op.node is self._original
        ]
        makers = {op for op, _ in takers}
        return len(takers) > len(makers) or any(isinstance(entry, CellEntry) for _, entry in takers)

    def shape(self, parameter: str) -> Shape | None:
        return self._binding.shape(parameter)

    def tensor(self, parameter: str) -> str:
        text = self.text(parameter)
        value = self._binding.values.get(parameter)
        if isinstance(value, Sequence) and any(True for _ in tensors_in(value)):
            return f"torch.stack({text})" if self.target == "torch" else f"tf.stack({text})"
        if self.is_tensor(parameter) or not self.is_host(parameter):
            return text
        if self.target == "tf2":
            return f"tf.convert_to_tensor({text})"
        dtype = ", dtype=torch.int32" if tensor_dtype(value) == "int32" and isinstance(value, (Const, Sequence)) else ""
        return (
            f"torch.as_tensor({text}{dtype})"
            if self._binding.shape(parameter) is None
            else f"torch.tensor({text}{dtype})"
        )

    def tensors(self, parameter: str) -> str:
        value = self._binding.values.get(parameter)
        if self.target == "torch" and isinstance(value, Sequence) and any(is_host(item) for item in value.items):
            self.refuse(f"{parameter} mixes tensors and Python numbers", "make the numbers tensors with tf.constant")
        return self.text(parameter)

    def dtype_text(self, parameter: str) -> str:
        dtype = self._binding.dtype(parameter)
        if dtype is None or dtype not in DTYPES:
            self.refuse(f"the dtype {self.text(parameter)} isn't known", "write a dtype such as tf.float32")
        return f"{'tf' if self.target == 'tf2' else 'torch'}.{dtype}"

    def helper(self, name: str) -> str:
        return self._rewriter.at.ask_helper(name)

    def refuse(self, reason: str, help: str) -> NoReturn:
        self._rewriter.refuse("REF108", self._original, f"tf.{self._entry.name}: {reason}", help)
