"""Nasty little programs: each is rewritten into text that compiles and names nothing undefined, or it is refused."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from actlint.migrate import Refused

from .conftest import undefined_names
from .update import TARGETS

TF = "import tensorflow as tf\n"
RUN = "with tf.Session() as s:\n    s.run(tf.global_variables_initializer())\n    print(s.run(a))\n"

PROGRAMS = {
    "only a session": TF + "tf.Session()\n",
    "only a placeholder": TF + "tf.placeholder(tf.float32)\n",
    "run of nothing": TF + "tf.Session().run([])\n",
    "run of a constant": TF + "print(tf.Session().run(tf.constant(1.0)))\n",
    "run of None": TF + "tf.Session().run(None)\n",
    "run without arguments": TF + "tf.Session().run()\n",
    "run with starred arguments": TF + "args = [tf.constant(1.0)]\ntf.Session().run(*args)\n",
    "deleted tensor": TF + "a = tf.constant(1.0)\ndel a\n",
    "recursion": TF + "def f(t, n):\n    return t if n == 0 else f(t + 1.0, n - 1)\na = f(tf.constant(1.0), 3)\n" + RUN,
    "endless recursion": TF + "def f(t):\n    return f(t)\na = f(tf.constant(1.0))\n" + RUN,
    "lambda": TF + "f = lambda t, k=2.0: t * k\na = f(tf.constant(1.0))\n" + RUN,
    "generator": TF + "def g():\n    yield tf.constant(1.0)\na = next(g())\n" + RUN,
    "comprehension": TF + "a = tf.add_n([tf.constant(float(i)) for i in range(3)])\n" + RUN,
    "dict comprehension": TF + "d = {i: tf.Variable(float(i)) for i in range(3)}\na = d[1] + d[2]\n" + RUN,
    "walrus": TF + "print(b := tf.constant(1.0))\na = b + 1.0\n" + RUN,
    "chained assignment": TF + "a = b = c = tf.constant(1.0)\n" + RUN,
    "swap": TF + "a, b = tf.constant(1.0), tf.constant(2.0)\na, b = b, a\n" + RUN,
    "starred target": TF + "a, *rest = [tf.constant(1.0), tf.constant(2.0), tf.constant(3.0)]\n" + RUN,
    "registration in a builder": TF
    + "def f(t):\n    h = tf.matmul(t, tf.get_variable('w', [3, 2]))\n    tf.add_to_collection('hs', h)\n    return h\n"
    + "a = f(tf.ones([4, 3])) + tf.add_n(tf.get_collection('hs'))\n"
    + RUN,
    "nested function": TF
    + "def f():\n    def g(t):\n        return t + 1.0\n    return g\na = f()(tf.constant(1.0))\n"
    + RUN,
    "decorated function": TF
    + "def d(f):\n    return f\n@d\ndef g(t):\n    return t + 1.0\na = g(tf.constant(1.0))\n"
    + RUN,
    "nonlocal": TF
    + "def f():\n    n = 0.0\n    def g(t):\n        nonlocal n\n        n += 1.0\n        return t + n\n    return g\n"
    + "g = f()\na = g(g(tf.constant(1.0)))\n"
    + RUN,
    "global": TF
    + "n = 0.0\ndef g(t):\n    global n\n    n += 1.0\n    return t + n\na = g(g(tf.constant(1.0)))\n"
    + RUN,
    "while": TF + "a = tf.constant(1.0)\nwhile True:\n    a = a + 1.0\n    break\n" + RUN,
    "for and else": TF + "a = tf.constant(1.0)\nfor i in range(2):\n    a = a + 1.0\nelse:\n    a = a * 2.0\n" + RUN,
    "try": TF + "try:\n    a = tf.constant(1.0)\nexcept Exception:\n    a = tf.constant(2.0)\n" + RUN,
    "match": TF
    + "match 1:\n    case 1:\n        a = tf.constant(1.0)\n    case _:\n        a = tf.constant(2.0)\n"
    + RUN,
    "conditional expression": TF + "import sys\na = tf.constant(1.0) if sys.argv else tf.constant(2.0)\n" + RUN,
    "assert": TF + "a = tf.constant(1.0)\nassert a.shape == ()\n" + RUN,
    "attribute of a module": TF + "import sys\nsys.a = a = tf.constant(1.0)\n" + RUN,
    "augmented attribute": TF + "class C: pass\nc = C()\nc.a = tf.constant(1.0)\nc.a += 1.0\na = c.a\n" + RUN,
    "class attribute": TF + "class C:\n    a = tf.constant(1.0)\na = C.a\n" + RUN,
    "property": TF + "class C:\n    @property\n    def a(self):\n        return tf.constant(1.0)\na = C().a\n" + RUN,
    "call operator": TF
    + "class C:\n    def __call__(self, t):\n        return t + 1.0\na = C()(tf.constant(1.0))\n"
    + RUN,
    "getattr": TF + "a = getattr(tf, 'constant')(1.0)\n" + RUN,
    "alias": TF + "c = tf.constant\na = c(1.0)\n" + RUN,
    "module alias": "import tensorflow as tf\nnn = tf.nn\na = nn.relu(tf.constant(1.0))\n" + RUN,
    "second import": TF + "import tensorflow\na = tensorflow.constant(1.0)\n" + RUN,
    "import in a function": "def f():\n    import tensorflow as tf\n    s = tf.Session()\n    s.run(tf.ones(1))\nf()\n",
    "import under try": "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n"
    + "    import tensorflow as tf\na = tf.constant(1.0)\n"
    + RUN,
    "session as argument": TF
    + "a = tf.constant(1.0)\ndef show(s):\n    print(s.run(a))\nwith tf.Session() as s:\n    show(s)\n",
    "run in a comprehension": TF + "a = tf.constant(1.0)\ns = tf.Session()\nprint([s.run(a) for _ in range(2)])\n",
    "run in a lambda": TF + "a = tf.constant(1.0)\ns = tf.Session()\nf = lambda: s.run(a)\nprint(f())\n",
    "run in a default": TF + "a = tf.constant(1.0)\ns = tf.Session()\ndef f(v=s.run(a)):\n    return v\nprint(f())\n",
    "run in a condition": TF + "a = tf.constant(1.0)\ns = tf.Session()\nif s.run(a) > 0:\n    print(1)\n",
    "run in an f-string": TF + "a = tf.constant(1.0)\ns = tf.Session()\nprint(f'{s.run(a):.1f}')\n",
    "run of a run": TF
    + "x = tf.placeholder(tf.float32)\na = x + 1.0\ns = tf.Session()\nprint(s.run(a, {x: s.run(a, {x: 1.0})}))\n",
    "run fed by a starred dict": TF
    + "x = tf.placeholder(tf.float32)\na = x + 1.0\nf = {x: 1.0}\nprint(tf.Session().run(a, {**f}))\n",
    "bound run": TF + "a = tf.constant(1.0)\nrun = tf.Session().run\nprint(run(a))\n",
    "partial run": TF + "s = tf.Session()\nh = s.partial_run_setup([], [])\n",
    "two sessions": TF + "a = tf.constant(1.0)\nprint(tf.Session().run(a))\nprint(tf.Session().run(a))\n",
    "two graphs": TF
    + "g = tf.Graph()\nwith g.as_default():\n    a = tf.constant(1.0)\nprint(tf.Session(graph=g).run(a))\n",
    "interactive session": TF + "s = tf.InteractiveSession()\na = tf.constant(1.0)\nprint(a.eval())\ns.close()\n",
    "initialised twice": TF + "a = tf.Variable(1.0)\n" + RUN + RUN,
    "never initialised": TF + "a = tf.Variable(1.0)\nprint(tf.Session().run(a))\n",
    "training without a run": TF
    + "w = tf.Variable(1.0)\ntrain = tf.train.AdamOptimizer(0.1).minimize(w * w)\n"
    + RUN.replace("run(a)", "run(w)"),
    "minimise of a constant": TF
    + "train = tf.train.AdamOptimizer(0.1).minimize(tf.constant(1.0))\ntf.Session().run(train)\n",
    "minimise in a lambda": TF
    + "w = tf.Variable(1.0)\nm = lambda l: tf.train.AdamOptimizer(0.1).minimize(l)\ntf.Session().run(m(w * w))\n",
    "optimizer from a dict": TF
    + "w = tf.Variable(1.0)\no = {'sgd': tf.train.GradientDescentOptimizer}['sgd'](0.1)\n"
    + "train = o.minimize(w * w)\ntf.Session().run(train)\n",
    "tensor as a key": TF + "a = tf.constant(1.0)\nd = {a: 'a'}\nprint(d[a], tf.Session().run(a))\n",
    "tensor as a bool": TF + "a = tf.constant(True)\nif a is not None:\n    print(tf.Session().run(a))\n",
    "iterated tensor": TF
    + "a = tf.constant([1.0, 2.0])\nb = tf.unstack(a)\nfor t in b:\n    print(tf.Session().run(t))\n",
    "py_func": TF + "a = tf.py_func(lambda v: v, [tf.constant(1.0)], tf.float32)\n" + RUN,
    "while_loop": TF + "a = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])\n" + RUN,
    "cond": TF + "a = tf.cond(tf.constant(True), lambda: 1.0, lambda: 2.0)\n" + RUN,
    "scan": TF + "a = tf.scan(lambda p, e: p + e, tf.constant([1.0, 2.0]))\n" + RUN,
    "gradients": TF + "w = tf.Variable(1.0)\na = tf.gradients(w * w, [w])[0]\n" + RUN,
    "control dependencies": TF + "w = tf.Variable(1.0)\nwith tf.control_dependencies([w]):\n    a = w + 1.0\n" + RUN,
    "nothing is called": TF
    + "def main():\n    x = tf.placeholder(tf.float32)\n    print(tf.Session().run(x, {x: 1.0}))\n",
    "unicode names": TF + "größe = tf.Variable(1.0)\nλ = 0.1\na = größe * λ\n" + RUN,
    "semicolons": TF + "a = tf.constant(1.0); b = a + 1.0; s = tf.Session(); print(s.run(b)); s.close()\n",
    "one line with": TF + "a = tf.constant(1.0)\nwith tf.Session() as s: print(s.run(a))\n",
    "empty feed": TF + "a = tf.constant(1.0)\nprint(tf.Session().run(a, feed_dict={}))\n",
    "feed of None": TF + "a = tf.constant(1.0)\nprint(tf.Session().run(a, None))\n",
    "assigned to an unknown": TF
    + "import sys\nsys.modules[__name__].a = tf.constant(1.0)\nprint(tf.Session().run(a))\n",
    "exec": TF + "exec('a = tf.constant(1.0)')\nprint(tf.Session().run(a))\n",
    "app.run": TF
    + "def main(_):\n    print(tf.Session().run(tf.constant(1.0)))\nif __name__ == '__main__':\n    tf.app.run()\n",
    "flags": TF + "tf.app.flags.DEFINE_float('r', 0.1, '')\nF = tf.app.flags.FLAGS\na = tf.constant(F.r)\n" + RUN,
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_rewritten_or_refused(migrate: Callable, name: str, target: str) -> None:
    try:
        made = migrate(PROGRAMS[name], target)
    except Refused as refused:
        assert all(reason.code.startswith("REF1") and reason.text for reason in refused.reasons)
        return
    for text in made.files.values():
        ast.parse(text)
        before = undefined_names(PROGRAMS[name])
        assert undefined_names(text) <= before
        assert "Session" not in text and "placeholder" not in text
