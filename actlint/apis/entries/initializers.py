"""Initialisers. In torch they fill a tensor in place, as those of nn.init do, given in TF1's layout."""

from __future__ import annotations

from actlint.apis.entries.random import bounds
from actlint.apis.entry import UNKNOWN, Entry, Form, Rename, Rewriting
from actlint.apis.forms import arguments, rename

_DISTRIBUTIONS = {"normal": "truncated_normal", "truncated_normal": "truncated_normal"}
_DISTRIBUTIONS |= {"uniform": "uniform", "untruncated_normal": "untruncated_normal"}


def _constant(call: Rewriting) -> str:
    if not call.given("value"):
        return "nn.init.zeros_"
    if call.is_tensor("value"):
        call.refuse("a constant initialiser of a tensor", "give the variable its value")
    return f"{call.helper('constant')}({call.text('value')})"


def _partial(call: Rewriting, name: str, given: str) -> str:
    return f"{call.helper('partial')}({name}{given})" if given else name


def _normal(call: Rewriting) -> str:
    return _partial(call, "nn.init.normal_", arguments(call, "mean stddev=std"))


def _normal_tf2(call: Rewriting) -> str | Rename:
    if call.given("stddev"):
        return rename("tf.random_normal_initializer", "mean stddev seed", "dtype")
    return f"tf.random_normal_initializer({_joined(arguments(call, 'mean'), 'stddev=1.0', arguments(call, 'seed'))})"


def _keras(call: Rewriting, name: str, given: str) -> str:
    """One of Keras' initialisers. An instance repeats its draw, TF1's draw anew for each variable."""
    made = f"tf.keras.initializers.{name}({given})"
    return f"lambda shape, dtype=None: {made}(shape, dtype)" if call.is_shared() else made


def _truncated_tf2(call: Rewriting) -> str:
    stddev = f"stddev={call.text('stddev', '1.0')}"
    given = _joined(arguments(call, "mean"), stddev, arguments(call, "seed"))
    return _keras(call, "TruncatedNormal", given)


def _joined(*parts: str) -> str:
    return ", ".join(part.removeprefix(", ") for part in parts if part)


def _uniform(call: Rewriting) -> str:
    return _partial(call, "nn.init.uniform_", arguments(call, "minval=a maxval=b"))


def _uniform_tf2(call: Rewriting) -> str:
    bounds = f"minval={call.text('minval', '0.0')}, maxval={call.text('maxval', '1.0')}"
    return f"tf.random_uniform_initializer({bounds}{arguments(call, 'seed')})"


def _glorot(uniform: bool) -> Form:
    """Glorot's initialisers; nn.init's own take the fans of a matrix only where the layout is TF1's."""

    def form(call: Rewriting) -> str:
        if call.given("uniform") and call.const("uniform") is not True:
            call.refuse("xavier_initializer with a normal distribution", "use tf.glorot_normal_initializer()")
        if uniform and call.result_shape is not None and len(call.result_shape) == 2:
            return "nn.init.xavier_uniform_"
        return f'{call.helper("variance_scaling")}(1.0, "fan_avg", "{"uniform" if uniform else "truncated_normal"}")'

    return form


def _glorot_tf2(name: str) -> Form:
    def form(call: Rewriting) -> str:
        if call.given("uniform") and call.const("uniform") is not True:
            call.refuse("xavier_initializer with a normal distribution", "use tf.glorot_normal_initializer()")
        return _keras(call, name, _joined(arguments(call, "seed")))

    return form


def _scaling(call: Rewriting) -> tuple[str, str, str]:
    """Scale, mode and distribution of tf.variance_scaling_initializer."""
    mode = call.const("mode") if call.given("mode") else "fan_in"
    distribution = call.const("distribution") if call.given("distribution") else "truncated_normal"
    if UNKNOWN in (mode, distribution) or str(distribution).lower() not in _DISTRIBUTIONS:
        call.refuse("the initialiser's mode and distribution aren't known here", "write them as strings")
    return call.text("scale", "1.0"), str(mode).lower(), _DISTRIBUTIONS[str(distribution).lower()]


def _variance(call: Rewriting) -> str:
    scale, mode, distribution = _scaling(call)
    return f'{call.helper("variance_scaling")}({scale}, "{mode}", "{distribution}")'


def _variance_tf2(call: Rewriting) -> str:
    scale, mode, distribution = _scaling(call)
    return _keras(call, "VarianceScaling", f'{scale}, "{mode}", "{distribution}"{arguments(call, "seed")}')


def _contrib_variance(tf2: bool) -> Form:
    def form(call: Rewriting) -> str:
        mode = call.const("mode") if call.given("mode") else "FAN_IN"
        uniform = call.const("uniform") if call.given("uniform") else False
        if not isinstance(mode, str) or not isinstance(uniform, bool):
            call.refuse("the initialiser's mode and distribution aren't known here", "write them out")
        given = f'{call.text("factor", "2.0")}, "{mode.lower()}", "{"uniform" if uniform else "truncated_normal"}"'
        if tf2:
            return _keras(call, "VarianceScaling", f"{given}{arguments(call, 'seed')}")
        return f"{call.helper('variance_scaling')}({given})"

    return form


def _initializer(
    name: str, signature: str, alias: str, tf2: Form, torch: Form, random: str | None = None, trap: str = ""
) -> Entry:
    return Entry(
        name,
        signature,
        kind="initializer",
        aliases=tuple(alias.split()),
        tf2=tf2,
        torch=torch,
        random=random,
        differentiable=False,
        trap=trap,
    )


_SEEDED = "seed=None, dtype=tf.float32"
_XAVIER = (
    "contrib.layers.xavier_initializer_conv2d contrib.slim.xavier_initializer contrib.slim.xavier_initializer_conv2d"
)

ENTRIES: tuple[Entry, ...] = (
    _initializer(
        "constant_initializer",
        "value=0, dtype=tf.float32, verify_shape=False",
        "initializers.constant",
        rename("tf.constant_initializer", "value", "dtype verify_shape"),
        _constant,
    ),
    _initializer(
        "zeros_initializer",
        "dtype=tf.float32",
        "initializers.zeros",
        rename("tf.zeros_initializer", "", "dtype"),
        lambda call: "nn.init.zeros_",
    ),
    _initializer(
        "ones_initializer",
        "dtype=tf.float32",
        "initializers.ones",
        rename("tf.ones_initializer", "", "dtype"),
        lambda call: "nn.init.ones_",
    ),
    _initializer(
        "random_normal_initializer",
        f"mean=0.0, stddev=1.0, {_SEEDED}",
        "initializers.random_normal",
        _normal_tf2,
        _normal,
        "normal",
        "The default standard deviation is 1; TF2's is 0.05.",
    ),
    _initializer(
        "truncated_normal_initializer",
        f"mean=0.0, stddev=1.0, {_SEEDED}",
        "initializers.truncated_normal",
        _truncated_tf2,
        lambda call: _partial(call, "nn.init.trunc_normal_", bounds(call)),
        "truncated_normal",
        "Cut at two standard deviations; torch's defaults cut at -2 and 2.",
    ),
    _initializer(
        "random_uniform_initializer",
        f"minval=0, maxval=None, {_SEEDED}",
        "initializers.random_uniform",
        _uniform_tf2,
        _uniform,
        "uniform",
        "The default range is 0 to 1; TF2's is -0.05 to 0.05.",
    ),
    _initializer(
        "glorot_uniform_initializer",
        _SEEDED,
        "initializers.glorot_uniform",
        _glorot_tf2("GlorotUniform"),
        _glorot(True),
        "uniform",
    ),
    _initializer(
        "glorot_normal_initializer",
        _SEEDED,
        "initializers.glorot_normal",
        _glorot_tf2("GlorotNormal"),
        _glorot(False),
        "truncated_normal",
    ),
    _initializer(
        "contrib.layers.xavier_initializer",
        f"uniform=True, {_SEEDED}",
        _XAVIER,
        _glorot_tf2("GlorotUniform"),
        _glorot(True),
        "uniform",
    ),
    _initializer(
        "variance_scaling_initializer",
        f"scale=1.0, mode='fan_in', distribution='truncated_normal', {_SEEDED}",
        "initializers.variance_scaling",
        _variance_tf2,
        _variance,
        "truncated_normal",
    ),
    _initializer(
        "contrib.layers.variance_scaling_initializer",
        f"factor=2.0, mode='FAN_IN', uniform=False, {_SEEDED}",
        "contrib.slim.variance_scaling_initializer",
        _contrib_variance(True),
        _contrib_variance(False),
        "truncated_normal",
    ),
)
