"""The contract of the catalogue: what is known about one TensorFlow 1 symbol.

An entry is read by the interpreter (signature, shape, dtype, what the symbol makes), by both emitters (its TF2 and
torch form), by the linter and by the documentation. Nothing else may hold knowledge about a symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from actlint.apis.shape import Dim, Shape

UNKNOWN: Any = object()
"""What `Bound.const` answers for an argument whose Python value isn't known."""


class Host(str):
    """Source of an expression that is a Python value in the target (`x.shape`, `float(n)`) where TF1 had a tensor."""


class Bound(Protocol):
    """A call with its arguments bound to the entry's parameters (older keyword names already translated)."""

    def given(self, parameter: str) -> bool:
        """Whether the call passes this parameter, otherwise than as a literal None."""

    def const(self, parameter: str, default: Any = None) -> Any:
        """The argument's Python value, `default` when not passed, UNKNOWN when it can't be known."""

    def shape(self, parameter: str) -> Shape | None:
        """Static shape of a tensor argument; None when the rank is unknown."""

    def shapes(self, parameter: str) -> list[Shape | None]:
        """Static shapes of the elements of a list-of-tensors argument."""

    def dtype(self, parameter: str) -> str | None:
        """float32, int64, bool, ... of a tensor argument, or what a dtype argument names; None when not known."""

    def dimensions(self, parameter: str) -> Shape | None:
        """The value of a shape argument such as `[None, n_hidden]`, with its elements' source texts."""

    def is_tensor(self, parameter: str) -> bool:
        """Whether the argument is a graph tensor or variable (rather than a Python or numpy value)."""

    def is_host(self, parameter: str) -> bool:
        """Whether the argument is surely a Python or numpy value, or a list of such."""

    def symbol(self, parameter: str) -> str | None:
        """Name of the TensorFlow symbol that the argument is (`nn.relu` for `activation=tf.nn.relu`), or None."""


class Rewriting(Bound, Protocol):
    """A call while it is being rewritten."""

    target: str
    result_shape: Shape | None
    result_dtype: str | None

    def text(self, parameter: str, default: str | None = None) -> str:
        """Rewritten source of the argument, fit for an argument list; `default` when not passed."""

    def operand(self, parameter: str) -> str:
        """The same, in parentheses where an operator or an attribute access would need them."""

    def tensor(self, parameter: str) -> str:
        """The same, made a tensor of the target where it is a Python or numpy value."""

    def tensors(self, parameter: str) -> str:
        """Source of a sequence-of-tensors argument."""

    def is_fed(self, parameter: str) -> bool:
        """Whether the argument is always an input of the program, and no gradient is taken by inputs."""

    def is_shared(self) -> bool:
        """Whether several variables may be filled by the initialiser that this call makes."""

    def dtype_text(self, parameter: str) -> str:
        """A dtype argument ("float", tf.float32, np.float32) as the target's dtype object, e.g. `torch.float32`."""

    def helper(self, name: str) -> str:
        """Ask for a helper of the target (see actlint.apis.helpers); answers its name in the user's file."""

    def refuse(self, reason: str, help: str) -> NoReturn:
        """Give the program up: the call can't be carried over faithfully."""


ShapeRule = Callable[[Bound], "Shape | None"]
DtypeRule = Callable[[Bound], "str | None | list[str | None]"]


@dataclass(frozen=True)
class Rename:
    """The target has the same call under another name: the user's arguments and their formatting stay.

    `parameters` maps TF1's parameters to the target's, in the order of the target's positional parameters. A TF1
    parameter that is passed but not listed refuses the call, unless it is in `drop`. An argument that is a literal None
    is left out.
    """

    name: str
    parameters: Mapping[str, str]
    drop: tuple[str, ...] = ("name",)


Form = Rename | Callable[[Rewriting], "str | Rename"]


@dataclass(frozen=True)
class Entry:
    """One TensorFlow 1 symbol.

    `signature` is TF 1.15's, as source text; `renamed` maps keywords of older versions to it. `kind` says what the
    interpreter makes of a call: "op" a tensor; "loss" a tensor that joins the LOSSES collection; "host" a Python
    value; "initializer" something that fills a variable; anything structural (placeholder, variable, session,
    optimizer, ...) is spelled in actlint.program.structure.
    """

    name: str
    signature: str
    kind: str = "op"
    aliases: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    shape: ShapeRule | None = None
    dtype: DtypeRule | None = None
    tf2: Form | None = None
    torch: Form | None = None
    random: str | None = None
    differentiable: bool = True
    outputs: Callable[[Bound], int] | None = None
    trap: str = ""


@dataclass(frozen=True)
class Weight:
    """A variable that a layer makes: its TF1 name below the layer, its shape, and where each target keeps it.

    `torch` is (attribute path below the module, layout): layout "same", "T" (2-d transpose) or "HWIO" (conv kernel,
    stored OIHW). `trained` says whether gradients change it.
    """

    name: str
    shape: Shape | None
    tf2: str
    torch: tuple[str, str]
    trained: bool = True


@dataclass(frozen=True)
class LayerEntry(Entry):
    """A symbol that makes a layer with weights and applies it to its input, such as `tf.layers.dense`.

    `tf2` and `torch` are forms of the *constructor* expression; the emitter writes the application `layer(x)`.
    `input` names the parameter that the layer is applied to, `activation` that of its activation, `label` that of its
    TF1 name, whose default is `base`. `weights` answers the variables in the order of creation.

    A layer that isn't simply called on its input names the arguments that its application reads (`applied`) and writes
    it: `application` is given the sources of the layer and of its input. `updates` answers the collection that the
    updates of its moving averages join, "" where it makes them itself, UNKNOWN where that isn't known, and None where
    there are none; "untracked" is True in a form's call where the program never runs them.
    """

    kind: str = "layer"
    input: str = "inputs"
    base: str = ""
    label: str = "name"
    activation: str = "activation"
    weights: Callable[[Bound], tuple[Weight, ...]] = lambda call: ()
    applied: tuple[str, ...] = ()
    application: Callable[[Rewriting, str, str], str] | None = None
    updates: Callable[[Bound], Any] = lambda call: None


@dataclass(frozen=True)
class CellEntry(Entry):
    """A class of recurrent cells. Its forms make the constructor expression.

    `units` names the parameter with the size of its output; the cells in a wrapper are the argument `cells`. `weights`
    answers, for the size of its input, the variables that it makes itself, in their order; `base` is the default TF1
    name, "" for a wrapper without a scope of its own. `state` is "vector", "lstm", or "cells" for those of its cells.
    `initializer` names the parameter that starts its kernels; without one they take what the scope around them sets.
    `input_size` in a form's call is the source of the size of its input.
    """

    kind: str = "cell"
    units: str = "num_units"
    cells: str = ""
    base: str = ""
    state: str = "vector"
    initializer: str = ""
    weights: Callable[[Bound, Dim], tuple[Weight, ...]] = lambda call, size: ()


@dataclass(frozen=True)
class OptimizerEntry(Entry):
    """An optimizer class. Its forms make the constructor expression.

    `parameters` in a form's call is the source of the list of variables; `shared` is there where several training
    operations use the optimizer, `rows` where it updates variables by what lookups read. `lookups` says what TF1 makes
    of the gradient of a lookup: "rows" updates the rows that were read alone, "summed" all rows, by the sums of what
    each gets, and "plain" needs no sums either.
    """

    kind: str = "optimizer"
    lookups: str = "rows"
