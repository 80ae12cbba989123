"""Functions and classes that a file only offers: they are interpreted with parameters that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actlint.program.eager import tracing
from actlint.program.eager.calls import invoke
from actlint.program.eager.objects import instantiate
from actlint.program.eager.values import Arguments, Object, Opaque
from actlint.program.values import Class, Const, Function, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_DATA = frozenset(
    """y y_true target targets label labels gt ground_truth batch batch_idx batch_index image images img imgs
    data_batch""".split()
)
_FIRST = ("__init__", "setup", "build", "forward", "call")


def interpret_uncalled(self: Interpreter) -> None:
    """The classes that no object was made of, the methods and functions that nothing has called."""
    entry = self.program.scopes[self.program.entry]
    values = [v for v in list(entry.names.values()) if getattr(v, "file", None) == self.program.entry]
    made = {id(value.cls) for value in self.program.objects}
    for cls in (v for v in values if isinstance(v, Class)):
        if id(cls) not in made and not cls.name.startswith("Test"):
            init = cls.attributes.get("__init__")
            arguments = _arguments(self, init, True) if isinstance(init, Function) else Arguments()
            instantiate(self, cls, arguments, cls.node)
    seen: set[int] = set()
    for value in list(self.program.objects):
        if value.cls is not None and value.cls.file == self.program.entry and id(value.cls) not in seen:
            seen.add(id(value.cls))
            _interpret_methods(self, value)
    for function in (v for v in values if isinstance(v, Function)):
        if function.node not in self.called:
            invoke(self, function, None, _arguments(self, function, False), function.node)


def _interpret_methods(self: Interpreter, value: Object) -> None:
    assert value.cls is not None
    methods = [f for f in value.cls.attributes.values() if isinstance(f, Function)]
    methods.sort(key=lambda f: _FIRST.index(f.name) if f.name in _FIRST else len(_FIRST))
    for method in methods:
        if method.name not in value.ran and not method.name.startswith("test_"):
            keras = value.symbol.startswith("keras.") and method.name in tracing.STEPS
            function = tracing.traced(method, tracing.FIT) if keras else method
            invoke(self, function, value, _arguments(self, method, True), method.node)


def _arguments(self: Interpreter, function: Function, method: bool) -> Arguments:
    """Parameters as they come: data where they are called so, a constant where that is the default, else unknown."""
    parameters = [p.name.value for p in (*function.node.params.posonly_params, *function.node.params.params)]
    given: list[Value] = []
    for name in parameters[1 if method and "staticmethod" not in function.decorators else 0 :]:
        default = function.defaults.get(name)
        if isinstance(default, Const) and isinstance(default.value, (int, float)):
            given.append(default)
        elif name in _DATA:
            given.append(self.tensor("input", (), function.node, state="plain"))
        else:
            given.append(Opaque((), self.place(function.node)))
    return Arguments(tuple(given))
