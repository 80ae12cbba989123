"""What calls of eager code do to a gradient: names of PyTorch, TensorFlow 2, Keras and NumPy, sorted by effect."""

from __future__ import annotations

from functools import cache
from typing import Literal

Effect = Literal["keep", "detach", "host", "rewrap", "round", "data", "opaque"]
"""`keep`: the gradient passes; `detach`, `host` (NumPy and Python numbers), `rewrap` (a new tensor made of values) and
`round` (no useful derivative) cut it; `data`: the result never had one; `opaque`: nobody knows."""

_PREFIXES = (
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow.python.keras.", "keras."),
    ("tensorflow.keras.", "keras."),
    ("tf_keras.", "keras."),
    ("keras.api.", "keras."),
    ("keras.src.", "keras."),
    ("keras.backend.", "keras.ops."),
    ("torch.nn.modules.loss.", "torch.nn."),
    ("torch.nn.modules.", "torch.nn."),
    ("pytorch_lightning.", "lightning.pytorch."),
    ("lightning.LightningModule", "lightning.pytorch.LightningModule"),
)

FRAMEWORKS = ("torch", "tensorflow", "keras", "lightning")

SHORT = {
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "absolute": "abs",
    "add_n": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "negative": "neg",
    "concatenate": "cat",
    "concat": "cat",
    "log_softmax": "log_softmax",
    "special.log_softmax": "log_softmax",
}

_CUTS: dict[str, Effect] = {
    "detach": "detach",
    "detach_": "detach",
    "stop_gradient": "detach",
    "numpy": "host",
    "item": "host",
    "tolist": "host",
    "argmax": "round",
    "argmin": "round",
    "argsort": "round",
    "round": "round",
    "sign": "round",
    "floor": "round",
    "ceil": "round",
    "long": "round",
    "int": "round",
    "bool": "round",
    "byte": "round",
    "count_nonzero": "round",
    "bincount": "round",
    "one_hot": "round",
    "isnan": "round",
    "isinf": "round",
    "isfinite": "round",
    "eq": "round",
    "ne": "round",
    "gt": "round",
    "ge": "round",
    "lt": "round",
    "le": "round",
    "equal": "round",
    "not_equal": "round",
    "greater": "round",
    "greater_equal": "round",
    "less": "round",
    "less_equal": "round",
    "searchsorted": "round",
    "nonzero": "round",
}

_DATA = frozenset(
    """size dim numel zeros_like ones_like rand_like randn_like empty_like full_like new_zeros new_ones new_tensor
    new_full new_empty shape rank get_shape element_size stride type is_floating_point nelement ndimension data_ptr
    get_device randperm arange linspace manual_seed""".split()
)

_REWRAPS = frozenset(
    """torch.tensor torch.Tensor torch.FloatTensor torch.DoubleTensor torch.HalfTensor torch.LongTensor torch.IntTensor
    torch.cuda.FloatTensor torch.from_numpy tensorflow.constant keras.ops.array""".split()
)

_MADE_OF_LISTS = frozenset({"torch.as_tensor", "torch.asarray"})
"""A tensor passes; a list of tensors becomes a tensor of their values."""

_OPAQUE = frozenset(
    """torch.load torch.hub.load torch.jit.load torch.autograd.Variable torch.nn.parallel.parallel_apply
    torch.utils.checkpoint.checkpoint tensorflow.py_function tensorflow.custom_gradient torch.func.functional_call
    tensorflow.map_fn tensorflow.while_loop tensorflow.cond tensorflow.function torch.vmap torch.func.vmap
    tensorflow.numpy_function tensorflow.py_func""".split()
)

_SHAPES = frozenset({"torch.Size", "tensorflow.shape", "keras.ops.shape", "tensorflow.size", "tensorflow.rank"})

WEIGHTED = frozenset(
    """Linear LazyLinear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv2d
    BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm LayerNorm GroupNorm RMSNorm Embedding EmbeddingBag RNN LSTM GRU
    RNNCell LSTMCell GRUCell MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer
    TransformerDecoder TransformerDecoderLayer PReLU Dense Conv1D Conv2D Conv3D Conv2DTranspose Conv1DTranspose
    DepthwiseConv2D SeparableConv2D BatchNormalization LayerNormalization GroupNormalization SimpleRNN
    Bidirectional TimeDistributed MultiHeadAttention EinsumDense""".split()
)
"""Layers with parameters of their own."""

CONTAINERS = frozenset({"torch.nn.Sequential", "keras.Sequential", "keras.models.Sequential"})
MODULE_BASES = frozenset(
    {
        "torch.nn.Module",
        "lightning.pytorch.LightningModule",
        "lightning.LightningModule",
        "keras.Model",
        "keras.models.Model",
        "keras.layers.Layer",
        "keras.Layer",
        "keras.engine.training.Model",
        "tensorflow.Module",
    }
)
MODELS = frozenset({"keras.Model", "keras.models.Model", "keras.engine.training.Model"})
NO_GRAD = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad"})
TRANSPARENT = frozenset(
    """staticmethod classmethod property cached_property abstractmethod override function no_grad inference_mode
    enable_grad set_grad_enabled autocast script export ignore unused main wraps cache lru_cache setter
    torch_cast_inputs rank_zero_only custom_fwd custom_bwd""".split()
)
"""Decorators, by the last part of their names, under which a function computes what its body says."""
PASSING = frozenset({"torch.compile", "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel"})
"""Wrappers that are the model that they are given."""

_FUNCTIONAL_LOSSES = frozenset(
    """mse_loss l1_loss smooth_l1_loss huber_loss cross_entropy nll_loss binary_cross_entropy kl_div
    binary_cross_entropy_with_logits cosine_embedding_loss triplet_margin_loss hinge_embedding_loss
    margin_ranking_loss gaussian_nll_loss poisson_nll_loss soft_margin_loss multilabel_soft_margin_loss""".split()
)

PASS_THROUGH = frozenset(
    """view reshape squeeze unsqueeze flatten transpose permute contiguous float double half to cuda cpu clone index
    t T view_as reshape_as type_as expand expand_dims identity type cast float64 float32""".split()
)
"""Operations that change the form and not the values."""


@cache
def canonical(name: str) -> str:
    """One name for what goes by several: `tensorflow.keras.layers.Dense` is `keras.layers.Dense`."""
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix):
            name = replacement + name.removeprefix(prefix)
    return name


@cache
def framework(name: str) -> str:
    """The framework that a name belongs to, or ""."""
    first = name.partition(".")[0]
    return first if first in FRAMEWORKS else ""


@cache
def short(name: str) -> str:
    """What an operation is called without its package: `tensorflow.reduce_mean` is a `mean`."""
    last = name.rpartition(".")[2]
    return SHORT.get(last, last)


def is_class(name: str) -> bool:
    """Whether a library's name is that of a class, which a call makes an object of."""
    last = name.rpartition(".")[2]
    return last[:1].isupper() and name not in _REWRAPS and name not in _SHAPES and name not in _OPAQUE


def effect(name: str, of_list: bool = False) -> Effect:
    """What calling a library's function does to the gradient; `of_list`: its first argument is a list or tuple."""
    if name in _REWRAPS or name in _MADE_OF_LISTS and of_list:
        return "rewrap"
    if name in _OPAQUE:
        return "opaque"
    if name in _SHAPES:
        return "data"
    last = name.rpartition(".")[2]
    if name.startswith("numpy.") or name in ("builtins.float", "builtins.int"):
        return "host"
    if framework(name):
        return "data" if last in _DATA else _CUTS.get(last, "keep")
    return "opaque"


def method_effect(name: str) -> Effect:
    """What calling a tensor's method does to the gradient."""
    return "data" if name in _DATA else _CUTS.get(name, "keep")


def is_loss(symbol: str) -> bool:
    """Whether a library's function or class computes a loss."""
    last = symbol.rpartition(".")[2]
    if symbol.startswith(("torch.nn.functional.", "torch.")) and last in _FUNCTIONAL_LOSSES:
        return True
    if symbol.startswith("torch.nn.") and last.endswith("Loss"):
        return True
    return symbol.startswith(("keras.losses.", "keras.metrics.")) and last not in ("Loss", "Metric", "Mean")


def is_optimizer(symbol: str) -> bool:
    """Whether a class of PyTorch is an optimizer, which takes parameters; schedules and averages are in packages."""
    return symbol.startswith("torch.optim.") and not symbol.startswith(("torch.optim.lr_", "torch.optim.swa_"))


def averages(symbol: str) -> bool:
    """Whether a library's loss is a mean over everything when no reduction is named."""
    return symbol.startswith("torch.nn.") and is_loss(symbol) or symbol.startswith("keras.losses.") and is_class(symbol)
