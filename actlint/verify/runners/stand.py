"""Stand-ins for data that isn't there: they take part in a program's own code, and have no values.

A stand-in knows how it was derived, as text: ``mnist.train.next_batch(100)[0]``. Both sides of a proof derive the same
texts from the same code, so that what is fed can be compared although there are no values.
"""

from __future__ import annotations

import re
import sys
import zlib

import numpy as np

EXAMPLES = 1009
SIZE = 12
RANK = 2
LONGEST = 160
SHOWN = 90
COUNTED = re.compile(r"(num|n|nb|len|length|size|total)_?(examples|samples|data|train|test|images|rows)?$", re.I)
MEASURED = re.compile(
    r"(?!get|set|read|load|make|compute|next)(.*_)?(num|n|nb|dim|dims|size|length|len|depth|classes|width|height)(_|$)",
    re.I,
)


TAKEN = re.compile(r"slice\((None|\d+), (\d+), None\)|\[array\((\d+),\)|\((\d+)[,)]")
MOST = 4096


class StandError(Exception):
    """A stand-in is used where only real values do."""


class Home:
    """What stands in for what, and what was derived from it."""

    def __init__(self):
        self.roots = []
        self.made = {}
        self.calls = {}
        self.truths = {}
        self.blended = False

    def root(self, label):
        """A stand-in for a value of the program, by the name that the program gives it."""
        return Stand(self, self.numbered(self.made, label), 0)

    def numbered(self, counts, text):
        """The text, with its ordinal where it is there more than once."""
        counts[text] = counts.get(text, 0) + 1
        return text if counts[text] == 1 else f"{text}#{counts[text]}"


class Shape:
    """The shape of a stand-in: examples first, then as many small dimensions as are asked for."""

    def __init__(self, examples):
        self.sizes = (examples,) + (SIZE,) * (RANK - 1)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return self.sizes[place]
        return self.sizes[0] if place == 0 else SIZE

    def __len__(self):
        return RANK

    def __iter__(self):
        count = _unpacked(sys._getframe(1)) or RANK
        return iter(self.sizes[:1] + (SIZE,) * (count - 1))

    def __eq__(self, other):
        return self.sizes == tuple(other)

    def __hash__(self):
        return hash(self.sizes)

    def __add__(self, other):
        return self.sizes + tuple(other)

    def __radd__(self, other):
        return tuple(other) + self.sizes

    def __repr__(self):
        return repr(self.sizes)

    def as_list(self):
        """The sizes, as TensorFlow's shapes give them."""
        return list(self.sizes)


class Stand:
    """Stands in for data: every use of it gives another one, or a small number where Python wants one.

    Args:
        home: where it is known.
        path: how it was derived.
        level: 0 for a whole set of data, 1 and more for what is iterated or picked out of one.
    """

    __slots__ = ("stand_home", "stand_level", "stand_path", "stand_position")

    def __init__(self, home, path, level):
        if len(path) > LONGEST:
            path = f"{path[: LONGEST // 2]}~{zlib.crc32(path.encode('utf-8')):08x}"
        for name, value in zip(Stand.__slots__, (home, level, path, 0)):
            object.__setattr__(self, name, value)

    def _derived(self, suffix, deeper=0):
        return Stand(self.stand_home, self.stand_path + suffix, self.stand_level + deeper)

    def _joined(self, name, *operands):
        return combine(self.stand_home, name, operands)

    # as an object

    def __getattr__(self, name):
        if name.startswith("__") or name.startswith("_tf") or name.startswith("_keras"):
            raise AttributeError(name)
        if name == "shape":
            return Shape(len(self))
        if name == "ndim":
            return RANK
        if name == "dtype":
            return np.dtype(np.float32)
        return _number(name) or self._derived("." + name)

    def __setattr__(self, name, value):
        self._changed(f".{name}={described(value)}")

    def __delattr__(self, name):
        self._changed(f"-{name}")

    def __call__(self, *arguments, **keywords):
        given = [described(a) for a in arguments] + [f"{k}={described(v)}" for k, v in sorted(keywords.items())]
        path = f"{self.stand_path}({', '.join(given)})"
        return Stand(self.stand_home, self.stand_home.numbered(self.stand_home.calls, path), self.stand_level)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __copy__(self):
        return self

    def __deepcopy__(self, memory):
        return self

    def __fspath__(self):
        return "stand-in"

    def __repr__(self):
        return f"<{self.stand_path}>"

    def __format__(self, specification):
        return repr(self)

    # as a container

    def __len__(self):
        return taken(self.stand_path) or EXAMPLES

    def __getitem__(self, place):
        if isinstance(place, str):
            return _number(place) or self._derived(f"[{place!r}]")
        return self._derived(f"[{described(place)}]", deeper=isinstance(place, (int, np.integer)))

    def __setitem__(self, place, value):
        self._changed(f"[{described(place)}]={described(value)}")

    def __delitem__(self, place):
        self._changed(f"-[{described(place)}]")

    def __contains__(self, value):
        return True

    def __iter__(self):
        count = _unpacked(sys._getframe(1))
        if count is not None:
            return iter([self._derived(f"[{place}]") for place in range(count)])
        length = len(self) if self.stand_level == 0 else SIZE
        return (self._derived(f"[{place}]", deeper=1) for place in range(length))

    def __next__(self):
        position = self.stand_position
        if position >= EXAMPLES:
            raise StopIteration
        object.__setattr__(self, "stand_position", position + 1)
        return self._derived(f"[next {position}]", deeper=1)

    def _changed(self, how):
        path = f"{self.stand_path}{{{how}}}"
        if len(path) > LONGEST:
            path = f"{path[: LONGEST // 2]}~{zlib.crc32(path.encode('utf-8')):08x}"
        object.__setattr__(self, "stand_path", path)

    # as a number

    def __int__(self):
        return EXAMPLES

    __index__ = __trunc__ = __int__

    def __float__(self):
        self.stand_home.blended = True
        return float("nan")

    def __bool__(self):
        truths = self.stand_home.truths
        key = re.sub(r"#\d+", "", self.stand_path)
        truths[key] = truths.get(key, 0) + 1
        return truths[key] <= EXAMPLES

    def __hash__(self):
        return zlib.crc32(self.stand_path.encode("utf-8"))

    # as an array

    __array_priority__ = 1000.0

    def __array__(self, dtype=None, copy=None):
        self.stand_home.blended = True
        kind = np.dtype(dtype or np.float64)
        if kind.kind in "iu":
            return np.array(np.iinfo(kind).min if kind.kind == "i" else 0, dtype=kind)
        return np.array(float("nan")).astype(kind)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        out = keywords.pop("out", ())
        for target in out:
            if isinstance(target, np.ndarray) and target.dtype.kind == "f":
                self.stand_home.blended = True
                target[...] = float("nan")
                return target
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return self._joined(name, *inputs)

    def __array_function__(self, function, types, arguments, keywords):
        name = function.__name__
        if name in ("shape", "ndim", "size"):
            return getattr(arguments[0], name) if isinstance(arguments[0], Stand) else EXAMPLES
        operands = list(arguments) + [value for _, value in sorted(keywords.items())]
        return combine(self.stand_home, name, operands)


def _operator(name):
    def method(self, *others):
        return self._joined(name, self, *others)

    return method


def _reflected(name):
    def method(self, other):
        return self._joined(name, other, self)

    return method


for _name in (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
):
    setattr(Stand, f"__{_name}__", _operator(_name))
    setattr(Stand, f"__r{_name}__", _reflected(_name))
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs", "invert", "round", "divmod"):
    setattr(Stand, f"__{_name}__", _operator(_name))


def _number(name):
    """The number that an attribute or a key names, if any."""
    if COUNTED.match(name):
        return EXAMPLES
    return SIZE if MEASURED.match(name) else None


def _unpacked(frame):
    """Into how many targets the frame's current instruction unpacks, or None where it doesn't."""
    import dis

    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at + 1] if at >= 0 and dis.opname[code[at]] == "UNPACK_SEQUENCE" else None


def combine(home, name, operands):
    """A stand-in for the result of an operation on several values."""
    return Stand(home, f"{name}({', '.join(described(o) for o in operands)})", 0)


def taken(path):
    """How many examples a derivation takes out of all, where it tells."""
    found = list(TAKEN.finditer(path))
    for match in reversed(found):
        start, end, rows, argument = match.groups()
        count = int(rows or argument or 0) if end is None else int(end) - int(0 if start == "None" else start)
        if 0 < count <= MOST:
            return count
    return None


def described(value):
    """A value as part of a path: stand-ins by their paths, arrays by content; the same text on both sides."""
    if isinstance(value, Stand):
        return value.stand_path
    if isinstance(value, (list, tuple)):
        inner = ", ".join(described(v) for v in value)
        if len(inner) > SHOWN:
            inner = f"{len(value)} values {zlib.crc32(inner.encode('utf-8')):08x}"
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, dict):
        return f"{{{described([item for pair in value.items() for item in pair])}}}"
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiubc":
        kept = np.char.mod("%.6g", value).tobytes() if value.dtype.kind == "f" and value.size < 100 else b""
        return f"array{value.shape} {zlib.crc32(kept or _rounded(value)):08x}"
    if isinstance(value, (bool, int, np.integer, str, bytes, slice, type(None), type(Ellipsis))):
        return repr(value.item() if isinstance(value, np.integer) else value)
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    return getattr(value, "__name__", type(value).__name__)


def _rounded(value):
    if value.dtype.kind not in "fc":
        return np.ascontiguousarray(value).tobytes()
    scale = float(np.max(np.abs(value), initial=0.0)) or 1.0
    return np.round(value / scale, 5).astype(np.complex64).tobytes()


def holds(value, depth=3):
    """Whether a value is or contains a stand-in."""
    if isinstance(value, Stand):
        return True
    if depth and isinstance(value, (list, tuple)):
        return any(holds(v, depth - 1) for v in value)
    if depth and isinstance(value, dict):
        return any(holds(v, depth - 1) for v in value.values())
    return isinstance(value, np.ndarray) and value.dtype.kind == "O" and any(holds(v, 0) for v in value.flat)


def is_blended(value):
    """Whether an array was filled from stand-ins, as NaN, the least integer or the number of examples tell."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return False
    if not array.size:
        return False
    if array.dtype.kind == "f":
        return bool(np.isnan(array).any())
    if array.dtype.kind == "i":
        least = [np.iinfo(kind).min for kind in (np.int32, np.int64)]
        return bool(np.isin(array, least).any() or (array.ndim > 0 and np.mean(array == EXAMPLES) >= 0.5))
    return False


def install_numpy(home, is_user):
    """Let numpy's constructors give a stand-in where the user's code gives them one.

    Args:
        home: the stand-ins' home.
        is_user: ``frame -> whether it is the user's``.
    """
    for name in ("array", "asarray", "asanyarray", "ascontiguousarray"):
        setattr(np, name, _constructor(home, name, getattr(np, name), is_user))


def _constructor(home, name, original, is_user):
    def construct(*arguments, **keywords):
        if arguments and holds(arguments[0]) and is_user(sys._getframe(1)):
            value = arguments[0]
            return value if isinstance(value, Stand) else combine(home, "array", [value])
        return original(*arguments, **keywords)

    construct.__name__ = name
    construct.__doc__ = original.__doc__
    return construct
