"""Optimisers. Everything that the targets default to differently is spelled out."""

from __future__ import annotations

from collections.abc import Callable

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


def _has_rows(call: Rewriting) -> bool:
    """Whether some gradient has only the rows that a lookup read, which most of TF1's optimizers treat specially."""
    return bool(call.text("rows", ""))


def _keras(name: str, pairs: str, always: str = "", fixed: str = "", rows: str = "") -> Form:
    """A Keras optimiser; `always` are keywords that are written even where the call leaves them out, `rows` is the
    helper for gradients of lookups."""
    required = dict(part.split("=") for part in always.split())

    def form(call: Rewriting) -> str:
        if rows and _has_rows(call):
            return _tf2_helper(rows, pairs)(call)
        _numbers(call, " ".join(mapping(pairs)))
        given = _given(call, pairs).removeprefix(", ")
        missing = [f"{mapping(pairs)[p]}={value}" for p, value in required.items() if not call.given(p)]
        return f"tf.keras.optimizers.{name}({', '.join(filter(None, [given, *missing]))}{fixed})"

    return form


def _tf2_helper(name: str, pairs: str, tensors: str = "") -> Callable[[Rewriting], str]:
    """An optimiser in the user's file; `tensors` are parameters that may be tensors."""

    def form(call: Rewriting) -> str:
        _numbers(call, " ".join(p for p in mapping(pairs) if p not in tensors.split()))
        return f"{call.helper(name)}({_given(call, pairs).removeprefix(', ')})"

    return form


def _momentum(call: Rewriting) -> str:
    """Keras' own form as long as the rate doesn't change."""
    pairs = "learning_rate momentum use_nesterov=nesterov"
    if call.const("momentum") == 0:
        made = _keras("SGD", pairs)
    else:
        helper = "RowMomentum" if _has_rows(call) else "Momentum"
        made = _tf2_helper(helper, pairs) if _has_rows(call) or call.is_tensor(RATE) else _keras("SGD", pairs)
    assert not isinstance(made, Rename)
    return str(made(call))


def _rmsprop(call: Rewriting) -> str:
    if _has_rows(call):
        return _tf2_helper("RowRMSProp", _RMSPROP)(call)
    _numbers(call, " ".join(mapping(_RMSPROP)))
    return f"{call.helper('rmsprop')}({call.text('parameters')}{_given(call, _RMSPROP)})"


def _rmsprop_torch(call: Rewriting) -> str:
    helper = "RowRMSProp" if _has_rows(call) else "RMSProp"
    return _torch_helper(helper, "learning_rate=lr decay momentum epsilon=eps centered")(call)


def _torch(name: str, pairs: str, always: str = "", fixed: str = "", rows: str = "") -> Form:
    """A torch optimiser of the list of parameters; `rows` is the helper for sparse gradients."""
    required = dict(part.split("=") for part in always.split())

    def form(call: Rewriting) -> str:
        if rows and _has_rows(call):
            return _torch_helper(rows, pairs)(call)
        _numbers(call, " ".join(mapping(pairs)))
        missing = "".join(f", {mapping(pairs)[p]}={value}" for p, value in required.items() if not call.given(p))
        return f"torch.optim.{name}({call.text('parameters')}{_given(call, pairs)}{missing}{fixed})"

    return form


def _torch_helper(name: str, pairs: str, tensors: str = "") -> Callable[[Rewriting], str]:
    """An optimiser in the user's file; `tensors` are parameters that may be tensors."""

    def form(call: Rewriting) -> str:
        _numbers(call, " ".join(p for p in mapping(pairs) if p not in tensors.split()))
        return f"{call.helper(name)}({call.text('parameters')}{_given(call, pairs)})"

    return form


def _with_betas(choose: Callable[[Rewriting], str]) -> Form:
    """An optimiser in the user's torch file that takes both betas together."""

    def form(call: Rewriting) -> str:
        _numbers(call, "learning_rate beta1 beta2 epsilon")
        betas = ""
        if call.given("beta1") or call.given("beta2"):
            betas = f", betas=({call.text('beta1', '0.9')}, {call.text('beta2', '0.999')})"
        rate, epsilon = _given(call, "learning_rate=lr"), arguments(call, "epsilon=eps")
        return f"{call.helper(choose(call))}({call.text('parameters')}{rate}{betas}{epsilon})"

    return form


def _adam(call: Rewriting) -> str:
    return "Adam" if call.text("shared", "") else "adam"


def _nadam(form: Form) -> Form:
    """TF1's sparse updates decay the averages of all rows and move only those that were looked up."""

    def checked(call: Rewriting) -> str:
        if _has_rows(call):
            call.refuse("NadamOptimizer has an update of its own for lookups", "use tf.train.AdamOptimizer")
        assert not isinstance(form, Rename)
        return str(form(call))

    return checked


_RMSPROP = "learning_rate decay=rho momentum epsilon centered"
_ADAM = "learning_rate beta1=beta_1 beta2=beta_2 epsilon"
_ADAM_SIGNATURE = "learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name='{}'"
_PENALTIES = "l1_regularization_strength l2_regularization_strength"
_SHORT = "l1_regularization_strength=l1 l2_regularization_strength=l2"
_FTRL = f"learning_rate learning_rate_power initial_accumulator_value {_PENALTIES} l2_shrinkage_regularization_strength"
_FTRL_TORCH = (
    f"learning_rate=lr learning_rate_power=lr_power initial_accumulator_value {_SHORT} "
    "l2_shrinkage_regularization_strength=shrinkage"
)
_REFUSED = (
    (
        "contrib.opt.AdamWOptimizer contrib.opt.MomentumWOptimizer",
        "TensorFlow 1 leaves open whether the weights decay before or after the forward pass reads them",
    ),
    (
        "contrib.opt.DropStaleGradientOptimizer contrib.opt.ElasticAverageOptimizer "
        "contrib.opt.ModelAverageOptimizer contrib.opt.AGNOptimizer",
        "it trades weights with other workers",
    ),
    (
        "contrib.opt.MovingAverageOptimizer contrib.opt.MultitaskOptimizerWrapper "
        "contrib.opt.VariableClippingOptimizer contrib.opt.RegAdagradOptimizer",
        "it changes what another optimizer does",
    ),
    (
        "contrib.opt.AddSignOptimizer contrib.opt.PowerSignOptimizer contrib.opt.LARSOptimizer "
        "contrib.opt.GGTOptimizer contrib.opt.ShampooOptimizer contrib.opt.AdamGSOptimizer "
        "contrib.opt.LazyAdamGSOptimizer",
        "neither Keras nor PyTorch has it, and its update wasn't measured",
    ),
)
_SQUARES = "initial_gradient_squared_accumulator_value"

ENTRIES: tuple[OptimizerEntry, ...] = (
    OptimizerEntry(
        "train.GradientDescentOptimizer",
        "learning_rate, use_locking=False, name='GradientDescent'",
        tf2=_keras("SGD", "learning_rate"),
        torch=_torch("SGD", "learning_rate=lr"),
        lookups="plain",
    ),
    OptimizerEntry(
        "train.MomentumOptimizer",
        "learning_rate, momentum, use_locking=False, name='Momentum', use_nesterov=False",
        tf2=_momentum,
        torch=_torch("SGD", "learning_rate=lr momentum use_nesterov=nesterov", rows="RowMomentum"),
        trap="Keras keeps the learning rate inside of the buffer, which is the same only while the rate is constant.",
    ),
    OptimizerEntry(
        "train.AdamOptimizer",
        _ADAM_SIGNATURE.format("Adam"),
        tf2=_keras("Adam", _ADAM, "epsilon=1e-8"),
        torch=_with_betas(_adam),
        lookups="summed",
        trap="Epsilon is 1e-8 (Keras: 1e-7) and is added before the bias correction (torch: after it).",
    ),
    OptimizerEntry(
        "train.RMSPropOptimizer",
        "learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name='RMSProp'",
        tf2=_rmsprop,
        torch=_rmsprop_torch,
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
        lookups="summed",
        trap="The accumulator starts at 0.1, and there is no epsilon.",
    ),
    OptimizerEntry(
        "train.AdadeltaOptimizer",
        "learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name='Adadelta'",
        tf2=_keras(
            "Adadelta",
            "learning_rate rho epsilon",
            "learning_rate=0.001 rho=0.95 epsilon=1e-8",
            rows="RowAdadelta",
        ),
        torch=_torch(
            "Adadelta",
            "learning_rate=lr rho epsilon=eps",
            "learning_rate=0.001 rho=0.95 epsilon=1e-8",
            rows="RowAdadelta",
        ),
        trap="The defaults are 0.001, 0.95 and 1e-8; those of Keras and torch are others.",
    ),
    OptimizerEntry(
        "train.FtrlOptimizer",
        "learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='Ftrl', accum_name=None, linear_name=None, "
        "l2_shrinkage_regularization_strength=0.0",
        tf2=_tf2_helper("Ftrl", _FTRL),
        torch=_torch_helper("Ftrl", _FTRL_TORCH),
        trap="The first update sets a weight without a gradient to 0, whatever it was, unless a lookup left it out.",
    ),
    OptimizerEntry(
        "train.ProximalGradientDescentOptimizer",
        "learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, "
        "name='ProximalGradientDescent'",
        tf2=_tf2_helper("ProximalGradientDescent", f"learning_rate {_PENALTIES}"),
        torch=_torch_helper("ProximalGradientDescent", f"learning_rate=lr {_SHORT}"),
        trap="The penalties shrink the weights after the step; they aren't part of the gradient.",
    ),
    OptimizerEntry(
        "train.ProximalAdagradOptimizer",
        "learning_rate, initial_accumulator_value=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='ProximalAdagrad'",
        tf2=_tf2_helper("ProximalAdagrad", f"learning_rate initial_accumulator_value {_PENALTIES}"),
        torch=_torch_helper("ProximalAdagrad", f"learning_rate=lr initial_accumulator_value {_SHORT}"),
        trap="The penalties shrink the weights after the step; they aren't part of the gradient.",
    ),
    OptimizerEntry(
        "train.AdagradDAOptimizer",
        f"learning_rate, global_step, {_SQUARES}=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='AdagradDA'",
        tf2=_tf2_helper("AdagradDA", f"learning_rate global_step {_SQUARES} {_PENALTIES}", "global_step"),
        torch=_torch_helper(
            "AdagradDA", f"learning_rate=lr global_step {_SQUARES}=initial_accumulator_value {_SHORT}", "global_step"
        ),
        trap="The weights follow from the sums of all gradients alone: the first step forgets what they started from.",
    ),
    OptimizerEntry(
        "contrib.opt.NadamOptimizer",
        _ADAM_SIGNATURE.format("Adam"),
        tf2=_nadam(_tf2_helper("Nadam", _ADAM)),
        torch=_nadam(_with_betas(lambda call: "Nadam")),
        trap="There is no schedule of momentum, unlike in Keras' and torch's classes.",
    ),
    OptimizerEntry(
        "contrib.opt.AdaMaxOptimizer",
        _ADAM_SIGNATURE.format("AdaMax"),
        tf2=_keras("Adamax", _ADAM, "epsilon=1e-8", rows="RowAdaMax"),
        torch=_with_betas(lambda call: "AdaMax"),
        trap="Epsilon is 1e-8 (Keras: 1e-7) and is added to the largest gradient (torch: to each gradient).",
    ),
    OptimizerEntry(
        "contrib.opt.LazyAdamOptimizer",
        _ADAM_SIGNATURE.format("Adam"),
        tf2=_keras("Adam", _ADAM, "epsilon=1e-8", rows="RowAdam"),
        torch=_with_betas(lambda call: "RowAdam" if _has_rows(call) else _adam(call)),
        trap="Where a lookup reads weights, the averages of the other rows stay as they are.",
    ),
    *(OptimizerEntry(name, "*args, **kwargs", trap=reason) for names, reason in _REFUSED for name in names.split()),
)
