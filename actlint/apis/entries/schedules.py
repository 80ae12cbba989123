"""Learning rates that follow from a step count: TF1 evaluates them at the count from before the update."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Entry, Form, Rewriting
from actlint.apis.forms import arguments, mapping
from actlint.apis.infer import always, scalar

_REQUIRED = ("learning_rate", "global_step", "decay_steps", "decay_rate", "x", "boundaries", "values")


def _steps(call: Rewriting, parameter: str = "global_step") -> None:
    """Refuse a step that isn't counted in the graph."""
    if not call.is_tensor(parameter):
        call.refuse("the step isn't a tensor", "count the steps in a variable")


def _in_order(call: Rewriting, pairs: str) -> str:
    """The passed arguments, those that have to be passed by position."""
    required = [pair for pair in pairs.split() if pair.partition("=")[0] in _REQUIRED]
    rest = " ".join(pair for pair in pairs.split() if pair not in required)
    return ", ".join(map(call.text, mapping(" ".join(required)))) + arguments(call, rest)


def _keras(name: str, pairs: str, step: str = "global_step") -> Form:
    """A Keras schedule, called with the step."""

    def form(call: Rewriting) -> str:
        _steps(call, step)
        return f"tf.keras.optimizers.schedules.{name}({_in_order(call, pairs)})({call.text(step)})"

    return form


def _helper(name: str, pairs: str, step: str = "global_step") -> Form:
    """A function of the rate and the step in the user's file."""

    def form(call: Rewriting) -> str:
        _steps(call, step)
        return f"{call.helper(name)}({_in_order(call, pairs)})"

    return form


def _progress(call: Rewriting) -> str:
    """The quotient of step and decay steps, in whole numbers for a staircase."""
    _steps(call)
    staircase = call.const("staircase", False)
    if staircase is UNKNOWN:
        call.refuse("whether the rate falls in stairs isn't known", "write True or False")
    progress = f"{call.operand('global_step')} / {call.operand('decay_steps')}"
    return f"torch.floor({progress})" if staircase else f"({progress})"


def _exponential(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} * {call.operand('decay_rate')} ** {_progress(call)}"


def _natural_exponential(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} * torch.exp(-{call.operand('decay_rate')} * {_progress(call)})"


def _inverse_time(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} / (1 + {call.operand('decay_rate')} * {_progress(call)})"


_DECAY = "learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None"
_RATE = "learning_rate=initial_learning_rate decay_steps"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "train.exponential_decay",
        _DECAY,
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("ExponentialDecay", f"{_RATE} decay_rate staircase"),
        torch=_exponential,
    ),
    Entry(
        "train.natural_exp_decay",
        _DECAY,
        shape=scalar,
        dtype=always("float32"),
        tf2=_helper("natural_exp_decay", "learning_rate global_step=step decay_steps decay_rate staircase"),
        torch=_natural_exponential,
    ),
    Entry(
        "train.inverse_time_decay",
        _DECAY,
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("InverseTimeDecay", f"{_RATE} decay_rate staircase"),
        torch=_inverse_time,
    ),
    Entry(
        "train.polynomial_decay",
        "learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False, name=None",
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("PolynomialDecay", f"{_RATE} end_learning_rate power cycle"),
        torch=_helper("polynomial_decay", "learning_rate global_step=step decay_steps end_learning_rate power cycle"),
    ),
    Entry(
        "train.cosine_decay",
        "learning_rate, global_step, decay_steps, alpha=0.0, name=None",
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("CosineDecay", f"{_RATE} alpha"),
        torch=_helper("cosine_decay", "learning_rate global_step=step decay_steps alpha"),
    ),
    Entry(
        "train.piecewise_constant",
        "x, boundaries, values, name=None",
        aliases=("train.piecewise_constant_decay",),
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("PiecewiseConstantDecay", "boundaries values", "x"),
        torch=_helper("piecewise_constant", "x=step boundaries values", "x"),
        trap="A value holds up to and including its boundary, unlike that of torch's MultiStepLR.",
    ),
)
