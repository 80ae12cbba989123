"""Optimisers. Everything that the targets default to differently is spelled out."""

from __future__ import annotations

from actlint.apis.entry import Form, OptimizerEntry, Rename, Rewriting
from actlint.apis.forms import arguments, mapping

RATE = "learning_rate"


def _numbers(call: Rewriting, names: str) -> None:
    """Refuse hyper-parameters that are computed in the graph; a learning rate that is gets set in each step."""
    for name in names.split():
        if call.is_tensor(name) and name != RATE:
            call.refuse(f"{name} is a tensor, so it may change from step to step", f"give {name} as a Python number")


def _given(call: Rewriting, pairs: str) -> str:
    """The passed arguments as keywords; a learning rate that the step sets starts at 0."""
    if not call.is_tensor(RATE):
        return arguments(call, pairs)
    names = mapping(pairs)
    rest = " ".join(f"{name}={new}" for name, new in names.items() if name != RATE)
    return f", {names[RATE]}=0.0{arguments(call, rest)}"


def _keras(name: str, pairs: str, always: str = "", fixed: str = "") -> Form:
    """A Keras optimiser; `always` are keywords that are written even where the call leaves them out."""
    required = dict(part.split("=") for part in always.split())

    def form(call: Rewriting) -> str:
        _numbers(call, " ".join(mapping(pairs)))
        given = _given(call, pairs).removeprefix(", ")
        missing = [f"{mapping(pairs)[p]}={value}" for p, value in required.items() if not call.given(p)]
        return f"tf.keras.optimizers.{name}({', '.join(filter(None, [given, *missing]))}{fixed})"

    return form


def _momentum(call: Rewriting) -> str:
    """Keras' own form as long as the rate doesn't change."""
    pairs = "learning_rate momentum use_nesterov=nesterov"
    if not call.is_tensor(RATE) or call.const("momentum") == 0:
        made = _keras("SGD", pairs)
        assert not isinstance(made, Rename)
        return str(made(call))
    _numbers(call, "momentum")
    return f"{call.helper('Momentum')}({_given(call, pairs).removeprefix(', ')})"


def _torch(name: str, pairs: str, always: str = "", fixed: str = "") -> Form:
    """A torch optimiser of the list of parameters."""
    required = dict(part.split("=") for part in always.split())

    def form(call: Rewriting) -> str:
        _numbers(call, " ".join(mapping(pairs)))
        missing = "".join(f", {mapping(pairs)[p]}={value}" for p, value in required.items() if not call.given(p))
        return f"torch.optim.{name}({call.text('parameters')}{_given(call, pairs)}{missing}{fixed})"

    return form


def _adam(call: Rewriting) -> str:
    _numbers(call, "learning_rate beta1 beta2 epsilon")
    betas = ""
    if call.given("beta1") or call.given("beta2"):
        betas = f", betas=({call.text('beta1', '0.9')}, {call.text('beta2', '0.999')})"
    rate, epsilon = _given(call, "learning_rate=lr"), arguments(call, "epsilon=eps")
    name = "Adam" if call.text("shared", "") else "adam"
    return f"{call.helper(name)}({call.text('parameters')}{rate}{betas}{epsilon})"


def _rmsprop(helper: str, pairs: str) -> Form:
    def form(call: Rewriting) -> str:
        _numbers(call, " ".join(mapping(pairs)))
        return f"{call.helper(helper)}({call.text('parameters')}{_given(call, pairs)})"

    return form


_RMSPROP = "learning_rate decay=rho momentum epsilon centered"

ENTRIES: tuple[OptimizerEntry, ...] = (
    OptimizerEntry(
        "train.GradientDescentOptimizer",
        "learning_rate, use_locking=False, name='GradientDescent'",
        tf2=_keras("SGD", "learning_rate"),
        torch=_torch("SGD", "learning_rate=lr"),
    ),
    OptimizerEntry(
        "train.MomentumOptimizer",
        "learning_rate, momentum, use_locking=False, name='Momentum', use_nesterov=False",
        tf2=_momentum,
        torch=_torch("SGD", "learning_rate=lr momentum use_nesterov=nesterov"),
        trap="Keras keeps the learning rate inside of the buffer, which is the same only while the rate is constant.",
    ),
    OptimizerEntry(
        "train.AdamOptimizer",
        "learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name='Adam'",
        tf2=_keras("Adam", "learning_rate beta1=beta_1 beta2=beta_2 epsilon", "epsilon=1e-8"),
        torch=_adam,
        trap="Epsilon is 1e-8 (Keras: 1e-7) and is added before the bias correction (torch: after it).",
    ),
    OptimizerEntry(
        "train.RMSPropOptimizer",
        "learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name='RMSProp'",
        tf2=_rmsprop("rmsprop", _RMSPROP),
        torch=_rmsprop(
            "RMSProp",
            _RMSPROP.replace("decay=rho", "decay")
            .replace("epsilon", "epsilon=eps")
            .replace("learning_rate", "learning_rate=lr"),
        ),
        trap="The mean square starts at 1, and epsilon is inside of the root.",
    ),
    OptimizerEntry(
        "train.AdagradOptimizer",
        "learning_rate, initial_accumulator_value=0.1, use_locking=False, name='Adagrad'",
        tf2=_keras(
            "Adagrad",
            "learning_rate initial_accumulator_value",
            "initial_accumulator_value=0.1",
            ", epsilon=0.0",
        ),
        torch=_torch(
            "Adagrad",
            "learning_rate=lr initial_accumulator_value",
            "initial_accumulator_value=0.1",
            ", eps=0.0",
        ),
        trap="The accumulator starts at 0.1, and there is no epsilon.",
    ),
    OptimizerEntry(
        "train.AdadeltaOptimizer",
        "learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name='Adadelta'",
        tf2=_keras("Adadelta", "learning_rate rho epsilon", "learning_rate=0.001 rho=0.95 epsilon=1e-8"),
        torch=_torch("Adadelta", "learning_rate=lr rho epsilon=eps", "learning_rate=0.001 rho=0.95 epsilon=1e-8"),
        trap="The defaults are 0.001, 0.95 and 1e-8; those of Keras and torch are others.",
    ),
    OptimizerEntry(
        "train.FtrlOptimizer",
        "learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='Ftrl', accum_name=None, linear_name=None, "
        "l2_shrinkage_regularization_strength=0.0",
    ),
)
