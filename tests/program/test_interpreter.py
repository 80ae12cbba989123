"""What the interpreter knows about Python code."""

from __future__ import annotations

import pytest

from actlint.apis.entry import UNKNOWN
from actlint.program.values import Const, Host, Instance, Sequence, Tensor, Unknown, Variable

from .conftest import Interpret

KNOWN = {
    "positional": ("def f(a, b):\n    return a - b\nx = f(5, 3)\n", 2),
    "keywords": ("def f(a, b):\n    return a - b\nx = f(b=5, a=3)\n", -2),
    "defaults": ("def f(a, b=4):\n    return a - b\nx = f(5)\n", 1),
    "default from the definition": ("n = 1\ndef f(a=n):\n    return a\nn = 2\nx = f()\n", 1),
    "global at the call": ("n = 1\ndef f():\n    return n\nn = 2\nx = f()\n", 2),
    "keyword only": ("def f(*, a):\n    return a\nx = f(a=7)\n", 7),
    "star arguments": ("def f(*a):\n    return a\nx = f(1, 2)\n", (1, 2)),
    "starred call": ("def f(a, b):\n    return a - b\nx = f(*[5, 3])\n", 2),
    "keyword dict": ("def f(**k):\n    return k['a']\nx = f(a=3)\n", 3),
    "starred keywords": ("def f(a, b):\n    return a - b\nx = f(**{'b': 5, 'a': 3})\n", -2),
    "early return": ("def f(a):\n    if a:\n        return 1\n    return 2\nx = f(True), f(False)\n", (1, 2)),
    "no return": ("def f():\n    pass\nx = f()\n", None),
    "lambda": ("f = lambda a, b=2: a * b\nx = f(4)\n", 8),
    "closure": ("def f(a):\n    def g(b):\n        return a - b\n    return g\nx = f(5)(3)\n", 2),
    "closures apart": ("def f(a):\n    return lambda: a\ng, h = f(1), f(2)\nx = g(), h()\n", (1, 2)),
    "tuple": ("a, b = 1, 2\nx = (b, a)\n", (2, 1)),
    "nested targets": ("(a, b), c = (1, 2), 3\nx = [a, b, c]\n", [1, 2, 3]),
    "starred target": ("a, *b = [1, 2, 3]\nx = b\n", [2, 3]),
    "swap": ("a, b = 1, 2\na, b = b, a\nx = a, b\n", (2, 1)),
    "augmented": ("x = 3\nx *= 4\n", 12),
    "list": ("a = [1]\na.append(2)\na += [3]\nx = a\n", [1, 2, 3]),
    "index": ("a = [1, 2, 3]\nx = a[-1], a[0]\n", (3, 1)),
    "slice": ("a = [1, 2, 3]\nx = a[1:]\n", [2, 3]),
    "dict": ("d = {'a': 1}\nd['b'] = 2\nx = d['a'], d['b']\n", (1, 2)),
    "dict methods": ("d = dict(a=1, b=2)\nx = list(d.values())\n", [1, 2]),
    "dict items": ("x = 0\nfor k, v in {'a': 1, 'b': 2}.items():\n    x += v\n", 3),
    "dict get": ("d = {'a': 1}\nx = d.get('a')\n", 1),
    "shared list": ("a = []\nb = a\nb.append(1)\nx = a\n", [1]),
    "for": ("x = []\nfor i in [1, 2, 3]:\n    x.append(i * i)\n", [1, 4, 9]),
    "range": ("x = 0\nfor i in range(2, 8, 2):\n    x += i\n", 12),
    "enumerate": ("x = 0\nfor i, v in enumerate([5, 7]):\n    x += i * v\n", 7),
    "zip": ("x = 0\nfor a, b in zip([1, 2], [3, 4]):\n    x += a * b\n", 11),
    "reversed": ("x = list(reversed([1, 2]))\n", [2, 1]),
    "comprehension": ("x = [2 * i for i in range(3)]\n", [0, 2, 4]),
    "filter": ("x = [i for i in range(4) if i > 1]\n", [2, 3]),
    "string": ("x = 'layer%d' % 3 + '_w'\n", "layer3_w"),
    "condition": ("x = 1 if 3 > 2 else 0\n", 1),
    "known branch": ("if 3 > 2:\n    x = 1\nelse:\n    x = 0\n", 1),
    "boolean": ("x = None or 4\n", 4),
    "comparison": ("x = 1 < 2 < 3, 'a' in {'a': 1}, None is None\n", (True, True, True)),
    "arithmetic": ("x = 7 // 2 + 2 ** 3 - -1\n", 12),
    "length": ("x = len([1, 2]) + len('abc')\n", 5),
    "class": (
        "class C:\n    n = 2\n    def __init__(self, a):\n        self.a = a\n"
        "    def f(self):\n        return self.a * self.n\nx = C(4).f()\n",
        8,
    ),
    "inheritance": (
        "class A:\n    def __init__(self):\n        self.a = 1\n    def f(self):\n        return self.a\n"
        "class B(A):\n    def __init__(self):\n        super().__init__()\n        self.a += 1\nx = B().f()\n",
        2,
    ),
    "attribute set outside": ("class C:\n    pass\nc = C()\nc.a = 3\nx = c.a\n", 3),
    "static method": ("class C:\n    @staticmethod\n    def f(a):\n        return a\nx = C.f(3)\n", 3),
    "property": ("class C:\n    @property\n    def a(self):\n        return 3\nx = C().a\n", 3),
    "call method": ("class C:\n    def __call__(self, a):\n        return a + 1\nx = C()(2)\n", 3),
    "global statement": ("n = 1\ndef f():\n    global n\n    n = 2\nf()\nx = n\n", 2),
    "nonlocal": (
        "def f():\n    n = 1\n    def g():\n        nonlocal n\n        n = 2\n    g()\n    return n\nx = f()\n",
        2,
    ),
    "with": ("with open('f') as f:\n    x = 3\n", 3),
    "try": ("try:\n    x = 1\nfinally:\n    y = 2\n", 1),
}

NOT_YET = {
    "f-string": ("n = 3\nx = f'fc{n}'\n", "fc3"),
    "class method": ("class C:\n    n = 3\n    @classmethod\n    def f(cls):\n        return cls.n\nx = C.f()\n", 3),
    "named tuple": ("import collections\nP = collections.namedtuple('P', ['a', 'b'])\nx = P(1, b=2).b\n", 2),
    "format": ("x = 'fc{}'.format(3)\n", "fc3"),
}

FORGOTTEN = {
    "loop of unknown length": "import sys\nx = 0\nfor a in sys.argv:\n    x += 1\n",
    "while": "import sys\nx = 0\nwhile len(sys.argv) > x:\n    x += 1\n",
    "unknown branch": "import sys\nx = 0\nif sys.argv[1:]:\n    x = 1\n",
    "both branches": "import sys\nif sys.argv[1:]:\n    x = 0\nelse:\n    x = 1\n",
    "assigned in a nested block": "import sys\nx = 0\nfor a in sys.argv:\n    if a:\n        x = 2\n",
    "conditional expression": "import sys\nx = 1 if sys.argv[1:] else 2\n",
    "item of an unknown key": "import sys\nx = {'a': 1}[sys.argv[1]]\n",
    "file": "x = open('f').read()\n",
}


@pytest.mark.parametrize("name", list(KNOWN))
def test_known_value(interpret: Interpret, name: str) -> None:
    text, wanted = KNOWN[name]
    found = interpret(text).python("x")
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize("name", list(NOT_YET))
def test_what_is_not_worked_out_is_not_guessed(interpret: Interpret, name: str) -> None:
    text, wanted = NOT_YET[name]
    found = interpret(text).python("x")
    assert found is UNKNOWN or found == wanted


@pytest.mark.parametrize("test", ["config.use", "sys.flags.verbose"])
def test_a_condition_from_another_module_is_not_known(interpret: Interpret, test: str) -> None:
    text = f"import sys\nimport config\nif {test}:\n    x = 1\nelse:\n    x = 2\n"
    assert interpret(text, {"config.py": "use = False\n"}).python("x") in (2, UNKNOWN)


@pytest.mark.parametrize("name", list(FORGOTTEN))
def test_value_is_forgotten(interpret: Interpret, name: str) -> None:
    assert interpret(FORGOTTEN[name]).python("x") is UNKNOWN


def test_equal_branches_agree(interpret: Interpret) -> None:
    assert interpret("import sys\nif sys.argv[1:]:\n    x = 1\nelse:\n    x = 1\n").python("x") == 1


def test_constants_that_a_loop_does_not_assign_stay(interpret: Interpret) -> None:
    model = interpret("import sys\nx = 1\ny = 1\nfor a in sys.argv:\n    y = x + 1\n")
    assert model.python("x") == 1
    assert model.python("y") is UNKNOWN


def test_a_list_that_a_loop_of_unknown_length_grows_is_partial(interpret: Interpret) -> None:
    model = interpret(
        "import sys\nimport tensorflow as tf\nx = []\nfor a in sys.argv:\n    x.append(tf.constant(1.0))\n"
    )
    found = model["x"]
    assert isinstance(found, Sequence) and found.partial
    assert all(isinstance(item, Tensor) for item in found.items)


def test_an_unknown_says_why_and_where(interpret: Interpret) -> None:
    model = interpret("import tensorflow as tf\n\ndef f(t):\n    return f(t)\n\nx = f(tf.constant(1.0))\n")
    found = model["x"]
    assert isinstance(found, Unknown)
    assert found.reason == "recursion"
    assert model.program.trees[model.program.entry].position(found.node)[0].row == 4


def test_objects_keep_their_attributes(interpret: Interpret) -> None:
    model = interpret("class C:\n    def __init__(self, a):\n        self.a = a\nx, y = C(1), C(2)\n")
    found = [model["x"], model["y"]]
    assert all(isinstance(value, Instance) for value in found)
    assert [value.attributes["a"] for value in found] == [Const(1), Const(2)]


SHAPES = {
    "np.zeros((2, 3))": ([2, 3], "float64"),
    "np.zeros(4, dtype=np.float32)": ([4], "float32"),
    "np.ones([2, 3], np.int32)": ([2, 3], "int32"),
    "np.eye(3)": ([3, 3], "float64"),
    "np.random.randn(2, 3)": ([2, 3], "float64"),
    "np.random.normal(size=(2, 3))": ([2, 3], "float64"),
    "np.random.normal(0.0, 1.0, (2, 3))": ([2, 3], "float64"),
    "np.random.RandomState(1).uniform(-1, 1, [2, 3])": ([2, 3], "float64"),
    "np.random.randint(0, 3, (4,))": ([4], "int64"),
    "np.zeros((2, 3)).T": ([3, 2], "float64"),
    "np.zeros((2, 3)).astype('float32')": ([2, 3], "float32"),
    "np.zeros((2, 3)).reshape(3, 2)": ([3, 2], "float64"),
    "np.zeros((2, 3)).reshape(-1, 2)": ([None, 2], "float64"),
    "np.tanh(np.zeros((2, 3)))": ([2, 3], "float64"),
}


@pytest.mark.parametrize("text", list(SHAPES))
def test_numpy_shapes(interpret: Interpret, text: str) -> None:
    model = interpret(f"import numpy as np\nx = {text}\n")
    assert isinstance(model["x"], Host)
    assert (model.sizes("x"), model["x"].dtype) == SHAPES[text]


def test_local_modules_are_followed(interpret: Interpret) -> None:
    modules = {
        "net.py": "import tensorflow as tf\n"
        "from pack.sizes import W\n\ndef build(x):\n    return tf.layers.dense(x, W)\n",
        "pack/__init__.py": "import tensorflow\n",
        "pack/sizes.py": "import tensorflow\nW = 7\n",
    }
    model = interpret(
        "import tensorflow as tf\nimport net as n\nx = n.build(tf.placeholder(tf.float32, [None, 2]))\n", modules
    )
    assert model.sizes("x") == [None, 7]
    assert [path.name for path in model.program.files][:2] == ["program.py", "net.py"]
    assert {op.file.name for op in model.program.ops if op.symbol == "layers.dense"} == {"net.py"}


def test_modules_that_import_each_other(interpret: Interpret) -> None:
    modules = {"a.py": "import tensorflow\nimport b\nX = 1\n", "b.py": "import tensorflow\nimport a\nY = 2\n"}
    model = interpret("import a\nimport b\nx = a.X + b.Y\n", modules)
    assert model.python("x") == 3


def test_a_broken_module_is_a_package(interpret: Interpret) -> None:
    model = interpret("import broken\nx = broken.f()\n", {"broken.py": "import tensorflow\ndef f(:\n"})
    assert model.python("x") is UNKNOWN
    assert [path.name for path in model.program.files] == ["program.py"]


@pytest.mark.parametrize(
    "imports", ["import tensorflow as T", "import tensorflow.compat.v1 as T", "from tensorflow.compat import v1 as T"]
)
def test_aliases_of_tensorflow(interpret: Interpret, imports: str) -> None:
    model = interpret(f"{imports}\nw = T.Variable(T.zeros([2, 3]))\n")
    assert isinstance(model["w"], Variable)
    assert model.sizes("w") == [2, 3]
