"""`tf.distributions`: objects with parameters, and their methods.

PyTorch has the same classes; TensorFlow 2 has none, and gets small ones with the methods' old names.
"""

from __future__ import annotations

from collections.abc import Callable

from actlint.apis.entry import Bound, DtypeRule, Entry, Form, Rename, Rewriting, ShapeRule
from actlint.apis.forms import is_number, refuse_given, rename, tensor_operand
from actlint.apis.infer import INTEGERS, always, broadcasting, chosen_or_like, common, dtype_of, shape_of
from actlint.apis.shape import Dim, Shape, broadcast

_REST = ", validate_args=False, allow_nan_stats=True, name='{}'"
_OWN = "sample_shape seed"
_CARRIED = (
    "only Normal, Uniform, Bernoulli, Categorical and MultivariateNormalDiag are carried over: write its terms out"
)


def _checked(call: Rewriting) -> None:
    """Refuse what makes an operation raise errors, or a sample another dtype."""
    for name, plain in (("validate_args", False), ("allow_nan_stats", True)):
        if call.given(name) and call.const(name) is not plain:
            call.refuse(f"{name} has no counterpart", "leave the argument out")
    refuse_given(call, "dtype", "cast the samples instead")


def _parameter(call: Rewriting, name: str) -> str:
    return call.text(name) if is_number(call, name) else call.tensor(name)


def _class_tf2(name: str, pairs: str) -> Form:
    def form(call: Rewriting) -> Rename:
        _checked(call)
        return rename(call.helper(name), pairs, "validate_args allow_nan_stats")

    return form


def _torch_class(cls: str, *defaults: tuple[str, str]) -> Form:
    """A class of two parameters, which come in TF1's order."""

    def form(call: Rewriting) -> str:
        _checked(call)
        values = (_parameter(call, name) if call.given(name) else default for name, default in defaults)
        return f"torch.distributions.{cls}({', '.join(values)}, validate_args=False)"

    return form


def _by_logits(name: str, logits: str) -> Form:
    """A class that is always given the logits: those of PyTorch clip probabilities before they take the logarithm."""

    def form(call: Rewriting) -> str:
        _checked(call)
        found = call.tensor("logits") if call.given("logits") else logits.format(call.tensor("probs"))
        return f"torch.distributions.{name}(logits={found}, validate_args=False)"

    return form


def _diagonal(call: Rewriting) -> str:
    _checked(call)
    refuse_given(call, "scale_identity_multiplier", "multiply scale_diag by it")
    if not (call.given("loc") and call.given("scale_diag")):
        call.refuse("its mean or its deviation is left out", "pass loc and scale_diag")
    normal = f"torch.distributions.Normal({call.tensor('loc')}, {call.tensor('scale_diag')}, validate_args=False)"
    return f"torch.distributions.Independent({normal}, 1, validate_args=False)"


def _diagonal_tf2(call: Rewriting) -> Rename:
    _diagonal(call)
    return rename(call.helper("MultivariateNormalDiag"), "loc scale_diag", "validate_args allow_nan_stats")


def _distribution(
    name: str, signature: str, shape: ShapeRule, dtype: DtypeRule, tf2: Form | None, torch: Form | None, **more: object
) -> Entry:
    module = "distributions" if "." not in name else ""
    return Entry(
        f"{module}.{name}".lstrip("."),
        signature + _REST.format(name.rpartition(".")[2]),
        kind="distribution",
        aliases=(f"contrib.distributions.{name}",) if module else (),
        shape=shape,
        dtype=dtype,
        tf2=tf2,
        torch=torch,
        **more,  # type: ignore[arg-type]
    )


def _rows(call: Bound) -> Shape | None:
    shape = call.shape("logits" if call.given("logits") else "probs")
    return shape[:-1] if shape else None


def _sized(call: Bound) -> Shape | None:
    """The shape of samples: that of the distribution, behind what the call asks for."""
    own = call.shape("self")
    if own is None or not call.given("sample_shape"):
        return own
    asked = call.const("sample_shape")
    sizes = [asked] if isinstance(asked, int) else asked if isinstance(asked, (list, tuple)) else None
    return None if sizes is None else (*(Dim(size if isinstance(size, int) else None) for size in sizes), *own)


def _with_value(call: Bound) -> Shape | None:
    return broadcast(call.shape("self"), call.shape("value"))


def _without_last(rule: ShapeRule) -> ShapeRule:
    def inner(call: Bound) -> Shape | None:
        shape = rule(call)
        return shape[:-1] if shape else None

    return inner


def _both(call: Bound) -> Shape | None:
    return broadcast(call.shape("self"), call.shape("other"))


def _asked(call: Rewriting) -> str:
    """The argument of a sampling method in torch."""
    if not call.given("sample_shape") or call.const("sample_shape") == ():
        return ""
    if is_number(call, "sample_shape"):
        return f"({call.text('sample_shape')},)"
    if not call.is_host("sample_shape"):
        call.refuse("the shape of the sample is a tensor", "write it as a number, or as a list of numbers")
    return call.text("sample_shape")


def _method(name: str, arguments: str = "") -> Form:
    """The same method of TensorFlow 2's helper."""
    return lambda call: rename(f"{call.text('self')}.{name}", arguments)


def _discrete_value(call: Rewriting) -> str:
    value = call.tensor("value")
    if call.dtype("value") in {*INTEGERS, "bool"}:
        return f"{tensor_operand(call, 'value')}.to(torch.{call.dtype('self') or 'float32'})"
    return value


def _log_prob(call: Rewriting) -> str:
    return f"{call.text('self')}.log_prob({call.tensor('value')})"


def _bernoulli_log_prob(call: Rewriting) -> str:
    return f"{call.text('self')}.log_prob({_discrete_value(call)})"


def _uniform_prob(call: Rewriting) -> str:
    return f"{call.helper('uniform_prob')}({call.text('self')}, {call.tensor('value')})"


def _exp(form: Callable[[Rewriting], str]) -> Form:
    return lambda call: f"torch.exp({form(call)})"


def _of(owner: str, name: str, parameters: str, shape: ShapeRule, torch: Form, **more: object) -> Entry:
    """A method."""
    given = {"sample_shape": "sample_shape=()", "seed": "seed=None"}
    signature = ", ".join(["self", *(given.get(p, p) for p in parameters.split())])
    return Entry(
        f"{owner}.{name}",
        f"{signature}, name='{name}'",
        kind="method",
        **{  # type: ignore[arg-type]
            "shape": shape,
            "dtype": dtype_of("self"),
            "tf2": _method(name, parameters),
            "torch": torch,
            **more,
        },
    )


def _property(name: str) -> Entry:
    return _of(_ANY, name, "", shape_of("self"), lambda call: f"{call.text('self')}.{name}")


def _kl(call: Rewriting) -> str:
    return f"torch.distributions.kl_divergence({call.text('self')}, {call.text('other')})"


def _function(call: Rewriting, text: str) -> str:
    if call.given("allow_nan_stats") and call.const("allow_nan_stats") is not True:
        call.refuse("allow_nan_stats has no counterpart", "leave the argument out")
    return text.format(call.text("distribution_a"), call.text("distribution_b"))


_ANY = "distributions.Distribution"
_UNIFORM, _CATEGORICAL = "distributions.Uniform", "distributions.Categorical"
_BERNOULLI, _DIAGONAL = "distributions.Bernoulli", "contrib.distributions.MultivariateNormalDiag"
_MU = {"mu": "loc", "sigma": "scale"}
_INTEGER = {"dtype": always("int32"), "differentiable": False}

ENTRIES: tuple[Entry, ...] = (
    _distribution(
        "Normal",
        "loc, scale",
        broadcasting("loc", "scale"),
        common("loc", "scale"),
        _class_tf2("Normal", "loc scale"),
        _torch_class("Normal", ("loc", ""), ("scale", "")),
        renamed=_MU,
        trap="Its samples carry gradients: rsample, not sample, in PyTorch.",
    ),
    _distribution(
        "Uniform",
        "low=0., high=1.",
        broadcasting("low", "high"),
        common("low", "high"),
        _class_tf2("Uniform", "low high"),
        _torch_class("Uniform", ("low", "0.0"), ("high", "1.0")),
        renamed={"a": "low", "b": "high"},
    ),
    _distribution(
        "Bernoulli",
        "logits=None, probs=None, dtype=tf.int32",
        lambda call: call.shape("logits" if call.given("logits") else "probs"),
        chosen_or_like("logits", "probs"),
        _class_tf2("Bernoulli", "logits probs"),
        _by_logits("Bernoulli", "torch.logit({})"),
        renamed={"p": "probs"},
    ),
    _distribution(
        "Categorical",
        "logits=None, probs=None, dtype=tf.int32",
        _rows,
        chosen_or_like("logits", "probs"),
        _class_tf2("Categorical", "logits probs"),
        _by_logits("Categorical", "torch.log({})"),
        renamed={"p": "probs"},
        trap="PyTorch's first parameter is probs, TensorFlow's logits.",
    ),
    _distribution(
        _DIAGONAL,
        "loc=None, scale_diag=None, scale_identity_multiplier=None",
        broadcasting("loc", "scale_diag"),
        common("loc", "scale_diag"),
        _diagonal_tf2,
        _diagonal,
        renamed={"mu": "loc", "diag_stdev": "scale_diag", "diag_stddev": "scale_diag"},
    ),
    *(
        _distribution(name, signature, lambda call: None, always("float32"), None, None, trap=_CARRIED)
        for name, signature in (
            ("Beta", "concentration1=None, concentration0=None"),
            ("Gamma", "concentration, rate"),
            ("Exponential", "rate"),
            ("Laplace", "loc, scale"),
            ("StudentT", "df, loc, scale"),
            ("Dirichlet", "concentration"),
        )
    ),
    _of(
        _ANY,
        "sample",
        _OWN,
        _sized,
        lambda call: f"{call.text('self')}.rsample({_asked(call)})",
        random="normal",
    ),
    *(
        _of(owner, "sample", _OWN, _sized, lambda call: f"{call.text('self')}.sample({_asked(call)}).int()", **more)
        for owner, more in (
            (_CATEGORICAL, {**_INTEGER, "random": "categorical"}),
            (_BERNOULLI, {**_INTEGER, "random": "uniform"}),
        )
    ),
    _of(_ANY, "log_prob", "value", _with_value, _log_prob),
    _of(_ANY, "prob", "value", _with_value, _exp(_log_prob)),
    _of(_UNIFORM, "log_prob", "value", _with_value, lambda call: f"torch.log({_uniform_prob(call)})"),
    _of(_UNIFORM, "prob", "value", _with_value, _uniform_prob),
    _of(_BERNOULLI, "log_prob", "value", _with_value, _bernoulli_log_prob),
    _of(_BERNOULLI, "prob", "value", _with_value, _exp(_bernoulli_log_prob)),
    _of(_DIAGONAL, "log_prob", "value", _without_last(_with_value), _log_prob),
    _of(_DIAGONAL, "prob", "value", _without_last(_with_value), _exp(_log_prob)),
    _of(_ANY, "entropy", "", shape_of("self"), lambda call: f"{call.text('self')}.entropy()"),
    _of(_DIAGONAL, "entropy", "", _without_last(shape_of("self")), lambda call: f"{call.text('self')}.entropy()"),
    *(_property(name) for name in ("mean", "stddev", "variance", "mode")),
    _of(_CATEGORICAL, "mode", "", shape_of("self"), lambda call: f"{call.text('self')}.mode.int()", **_INTEGER),
    _of(_BERNOULLI, "mode", "", shape_of("self"), lambda call: f"({call.text('self')}.probs > 0.5).int()", **_INTEGER),
    _of(_ANY, "kl_divergence", "other", _both, _kl),
    _of(_DIAGONAL, "kl_divergence", "other", _without_last(_both), _kl),
    Entry(
        "distributions.kl_divergence",
        "distribution_a, distribution_b, allow_nan_stats=True, name=None",
        aliases=("contrib.distributions.kl_divergence", "contrib.distributions.kl"),
        dtype=dtype_of("distribution_a"),
        tf2=lambda call: _function(call, "{}.kl_divergence({})"),
        torch=lambda call: _function(call, "torch.distributions.kl_divergence({}, {})"),
    ),
)
