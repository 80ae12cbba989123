"""Learning rates that follow from a step count: TF1 evaluates them at the count from before the update."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Entry, Form, Rewriting
from actlint.apis.forms import arguments, mapping
from actlint.apis.infer import always, scalar

_REQUIRED = (
    "learning_rate",
    "global_step",
    "decay_steps",
    "first_decay_steps",
    "decay_rate",
    "x",
    "boundaries",
    "values",
)


def _step(call: Rewriting, parameter: str = "global_step") -> str:
    """The step, as a tensor in torch: TF1's rate is one also where the step is a Python number."""
    if not call.is_tensor(parameter):
        return call.tensor(parameter) if call.target == "torch" else call.text(parameter)
    return call.operand(parameter)


def _in_order(call: Rewriting, pairs: str, step: str = "") -> str:
    """The passed arguments, those that have to be passed by position."""
    required = [pair for pair in pairs.split() if pair.partition("=")[0] in _REQUIRED]
    rest = " ".join(pair for pair in pairs.split() if pair not in required)
    names = mapping(" ".join(required))
    texts = [_step(call, name) if name == step and not call.is_tensor(name) else call.text(name) for name in names]
    return ", ".join(texts) + arguments(call, rest)


def _keras(name: str, pairs: str, step: str = "global_step") -> Form:
    """A Keras schedule, called with the step."""

    def form(call: Rewriting) -> str:
        return f"tf.keras.optimizers.schedules.{name}({_in_order(call, pairs)})({call.text(step)})"

    return form


def _helper(name: str, pairs: str, step: str = "global_step") -> Form:
    """A function of the rate and the step in the user's file."""

    def form(call: Rewriting) -> str:
        return f"{call.helper(name)}({_in_order(call, pairs, step)})"

    return form


def _progress(call: Rewriting) -> str:
    """The quotient of step and decay steps, in whole numbers for a staircase."""
    staircase = call.const("staircase", False)
    if staircase is UNKNOWN:
        call.refuse("whether the rate falls in stairs isn't known", "write True or False")
    progress = f"{_step(call)} / {call.operand('decay_steps')}"
    return f"torch.floor({progress})" if staircase else f"({progress})"


def _exponential(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} * {call.operand('decay_rate')} ** {_progress(call)}"


def _natural_exponential(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} * torch.exp(-{call.operand('decay_rate')} * {_progress(call)})"


def _inverse_time(call: Rewriting) -> str:
    return f"{call.operand('learning_rate')} / (1 + {call.operand('decay_rate')} * {_progress(call)})"


_DECAY = "learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None"
_LINEAR = "learning_rate, global_step, decay_steps"
_NOISY = "learning_rate global_step=step decay_steps initial_variance variance_decay num_periods alpha beta"
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
        "train.cosine_decay_restarts",
        "learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None",
        shape=scalar,
        dtype=always("float32"),
        tf2=_keras("CosineDecayRestarts", "learning_rate=initial_learning_rate first_decay_steps t_mul m_mul alpha"),
        torch=_helper("cosine_decay_restarts", "learning_rate global_step=step first_decay_steps t_mul m_mul alpha"),
    ),
    Entry(
        "train.linear_cosine_decay",
        f"{_LINEAR}, num_periods=0.5, alpha=0.0, beta=0.001, name=None",
        shape=scalar,
        dtype=always("float32"),
        tf2=_helper("linear_cosine_decay", "learning_rate global_step=step decay_steps num_periods alpha beta"),
        torch=_helper("linear_cosine_decay", "learning_rate global_step=step decay_steps num_periods alpha beta"),
    ),
    Entry(
        "train.noisy_linear_cosine_decay",
        f"{_LINEAR}, initial_variance=1.0, variance_decay=0.55, num_periods=0.5, alpha=0.0, beta=0.001, name=None",
        shape=scalar,
        dtype=always("float32"),
        tf2=_helper("noisy_linear_cosine_decay", _NOISY),
        torch=_helper("noisy_linear_cosine_decay", _NOISY),
        random="normal",
        trap="Each evaluation draws another rate.",
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
