"""Puts calls of the harness into a program as it is compiled; no file is changed.

The original program is instrumented at spans, in its text, so that any Python can parse the result; every insertion
stays on its line. The rewritten program is instrumented by name, in its syntax tree.
"""

from __future__ import annotations

import ast
import inspect
import tokenize
import types

PROBE = "__actlint_probe__"
ENTER = "__actlint_enter__"
EXIT = "__actlint_exit__"
CALL = "__actlint_call__"
VALUE = "__actlint_value__"
LOCAL = "__actlint_local__"


class SpanError(Exception):
    """A span that doesn't hold one expression or assignment."""


def read_source(path):
    """The decoded text of a Python file, with newlines as ``\\n``."""
    with tokenize.open(path) as stream:
        return stream.read()


def _offsets(text):
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def wrap_spans(text, wraps):
    """Wrap expressions of a source text.

    Args:
        text: the source.
        wraps: ``(kind, index, span)``, where kind is ``probe`` or ``run`` and span a dict with 1-based ``line`` and
            ``end_line``, 0-based ``column`` and ``end_column`` in code points. A probe's span may also be an augmented
            or plain assignment to one target, whose value after the statement is then probed.

    Returns:
        The text with ``PROBE(index, expression)`` or ``EXIT(ENTER(index), expression)`` in place of each expression.

    Raises:
        SpanError: when a span lies outside the text or holds something else.
    """
    starts = _offsets(text)
    insertions = []
    for number, (kind, index, span) in enumerate(wraps):
        try:
            start = starts[span["line"] - 1] + span["column"]
            end = starts[span["end_line"] - 1] + span["end_column"]
        except IndexError:
            raise SpanError(f"line {span['end_line']} isn't in the file") from None
        prefix, suffix = _texts(text[start:end], kind, index)
        insertions.append(((start, 1, -end, number), prefix))
        insertions.append(((end, 0, -start, -number), suffix))
    pieces, position = [], 0
    for (offset, _, _, _), piece in sorted(insertions):
        pieces.append(text[position:offset])
        pieces.append(piece)
        position = offset
    pieces.append(text[position:])
    return "".join(pieces)


def _texts(inner, kind, index):
    try:
        ast.parse("(" + inner + "\n)", mode="eval")
    except SyntaxError:
        return "", f"; {PROBE}({index}, {_assigned(inner, kind)})"
    if kind == "probe":
        return f"{PROBE}({index}, (", "))"
    return f"{EXIT}({ENTER}({index}), (", "))"


def _assigned(inner, kind):
    try:
        body = ast.parse(inner).body
    except SyntaxError:
        body = []
    statement = body[0] if len(body) == 1 and kind == "probe" else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AugAssign):
        target = statement.target
    else:
        raise SpanError(f"not an expression: {inner!r}")
    first = inner.split("=")[0].rstrip("+-*/@%&|^<> \t")
    if not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
        raise SpanError(f"not one target: {inner!r}")
    return first


class Names(ast.NodeTransformer):
    """Instruments functions and assignments of one module by name.

    Args:
        calls: qualified names of functions whose calls are runs.
        values: ``(function, variable, nth) -> probes`` of assignments to record; ``variable`` is the target as source
            text, or ``return`` for the function's nth return statement; function ``""`` is the module.
        locals_: ``function -> variable names`` whose values are to be registered.
    """

    def __init__(self, calls=(), values=None, locals_=None):
        self.calls = set(calls)
        self.values = dict(values or {})
        self.locals = dict(locals_ or {})
        self.path = []
        self.in_class = False
        self.counts = [{}]

    def _scope(self, node, is_function):
        self.path.append(node.name)
        if is_function:
            self.counts.append({})
        node.body = self._parameters(node, is_function) + self._body(node.body)
        if is_function:
            self.counts.pop()
        self.path.pop()

    def _parameters(self, node, is_function):
        """Registers those parameters of a function that are wanted."""
        function = ".".join(self.path)
        wanted = self.locals.get(function, ()) if is_function else ()
        if not wanted:
            return []
        calls = [
            ast.Expr(_call(LOCAL, ast.Constant(function), ast.Constant(a.arg), ast.Name(a.arg, ast.Load())))
            for a in _named(node)
            if a.arg in wanted
        ]
        return [ast.copy_location(call, node.body[0]) for call in calls]

    def visit_ClassDef(self, node):
        outer, self.in_class = self.in_class, True
        self._scope(node, False)
        self.in_class = outer
        return node

    def _is_method(self, node):
        """Whether a function takes the object that it is read from."""
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
        return self.in_class and not static

    def visit_FunctionDef(self, node):
        qualified = ".".join(self.path + [node.name])
        outer, self.in_class = self.in_class, False
        self._scope(node, True)
        self.in_class = outer
        if qualified in self.calls:
            arguments = node.args
            names = [a.arg for a in getattr(arguments, "posonlyargs", []) + arguments.args]
            position = 0
            while position < len(node.decorator_list) and _is_binding(node.decorator_list[position]):
                position += 1
            listed = ast.Tuple([ast.Constant(n) for n in names], ast.Load())
            decorator = _call(CALL, ast.Constant(qualified), listed, ast.Constant(self._is_method(node)))
            node.decorator_list.insert(position, ast.copy_location(decorator, node))
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        return node

    def visit_Module(self, node):
        node.body = self._body(node.body)
        return ast.fix_missing_locations(node)

    def _body(self, statements):
        out = []
        for statement in statements:
            before, after = self._statement(statement)
            out.extend(before)
            out.append(statement)
            out.extend(after)
        return out

    def _statement(self, node):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.visit(node)
            return [], []
        if isinstance(node, ast.Return):
            self._return(node)
            return [], []
        if isinstance(node, (ast.For, ast.AsyncFor)):
            first = self._inserted([node.target], node)
            node.body = first + self._body(node.body)
            node.orelse = self._body(node.orelse)
            return [], []
        if isinstance(node, (ast.With, ast.AsyncWith)):
            first = self._inserted([i.optional_vars for i in node.items if i.optional_vars], node)
            node.body = first + self._body(node.body)
            return [], []
        if isinstance(node, ast.Assign):
            return [], self._inserted(node.targets, node)
        if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
            return [], self._inserted([node.target], node)
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, name, None), list):
                setattr(node, name, self._body(getattr(node, name)))
        for handler in getattr(node, "handlers", []) + getattr(node, "cases", []):
            handler.body = self._body(handler.body)
        return [], []

    def _nth(self, name):
        counts = self.counts[-1]
        counts[name] = counts.get(name, -1) + 1
        return counts[name]

    def _return(self, node):
        key = (".".join(self.path), "return", self._nth("return"))
        if key in self.values and node.value is not None:
            for probe in self.values[key]:
                node.value = ast.copy_location(_call(VALUE, ast.Constant(probe), node.value), node)

    def _inserted(self, targets, at):
        function, out = ".".join(self.path), []
        for target in [leaf for top in targets for leaf in _leaves(top)]:
            name = ast.unparse(target)
            key = (function, name, self._nth(name))
            for probe in self.values.get(key, ()):
                out.append(ast.Expr(_call(VALUE, ast.Constant(probe), ast.parse(name, mode="eval").body)))
            if name in self.locals.get(function, ()):
                loaded = ast.Name(name, ast.Load())
                out.append(ast.Expr(_call(LOCAL, ast.Constant(function), ast.Constant(name), loaded)))
        return [ast.copy_location(statement, at) for statement in out]


def _leaves(target):
    if isinstance(target, (ast.Tuple, ast.List)):
        return [leaf for element in target.elts for leaf in _leaves(element)]
    return [target.value if isinstance(target, ast.Starred) else target]


def _is_binding(decorator):
    return isinstance(decorator, ast.Name) and decorator.id in ("property", "staticmethod", "classmethod")


def _call(function, *arguments):
    return ast.Call(ast.Name(function, ast.Load()), list(arguments), [])


def callable_as(function, method):
    """A method that may be handed its object as the first argument, also where `tf.function` has to be bound to it."""
    if not method or isinstance(function, types.FunctionType) or not hasattr(function, "__get__"):
        return function

    def called(owner, *args, **kwargs):
        return function.__get__(owner, type(owner))(*args, **kwargs)

    called.python_function = getattr(function, "python_function", function)
    return called


def alike(wrapper, function):
    """Let a wrapper show the parameters of the function that it wraps to those who inspect it, as Keras does."""
    if isinstance(function, types.FunctionType):
        wrapper.__signature__ = inspect.signature(function)
    return wrapper


def functions(tree):
    """``qualified name -> parameters`` of the functions that a module defines, at any depth."""
    found = {}

    def walk(node, path):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inner = path + [child.name]
                if not isinstance(child, ast.ClassDef):
                    found[".".join(inner)] = [argument.arg for argument in _named(child)]
                walk(child, inner)
            else:
                walk(child, path)

    walk(tree, [])
    return found


def _named(function):
    """A function's parameters, without `*` and `**` ones."""
    arguments = function.args
    return getattr(arguments, "posonlyargs", []) + arguments.args + arguments.kwonlyargs
