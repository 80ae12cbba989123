"""`tf.train.Saver`: the same paths and the same bookkeeping over the objects that hold the weights now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.helpers import Helper
from actlint.migrate.bodies import Home
from actlint.migrate.source import code, walk
from actlint.migrate.statements import bracketed
from actlint.program.binding import BoundCall
from actlint.program.values import Const, Handle, Run, Value, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.expression import Rewriter
    from actlint.program.model import Program

_BOOKKEEPING = """\

    def save(self, path, global_step=None):
        if global_step is not None:
            path = f"{path}-{int(global_step)}"
        %s
        self.paths = [*(kept for kept in self.paths if kept != path), path]
        while self.max_to_keep and len(self.paths) > self.max_to_keep:
            %s
        names = [os.path.basename(kept) for kept in self.paths]
        with open(os.path.join(os.path.dirname(path), "checkpoint"), "w") as file:
            file.write(f'model_checkpoint_path: "{names[-1]}"\\n')
            file.writelines(f'all_model_checkpoint_paths: "{name}"\\n' for name in names)
        return path
"""
_TF2 = (
    '''\
class Saver:
    """Writes checkpoints to the paths that tf.train.Saver gave them, and keeps the newest ones."""

    def __init__(self, max_to_keep=5, **objects):
        self.checkpoint = tf.train.Checkpoint(**objects)
        self.max_to_keep = max_to_keep
        self.paths = []
'''
    + _BOOKKEEPING
    % (
        "self.checkpoint.write(path)",
        """oldest = glob.escape(self.paths.pop(0))
            for file in glob.glob(oldest + ".index") + glob.glob(oldest + ".data-*"):
                os.remove(file)""",
    )
    + """\

    def restore(self, path):
        self.checkpoint.read(path).assert_existing_objects_matched()
"""
)
_TORCH = (
    '''\
class Saver:
    """Writes weights and optimizers to the paths that tf.train.Saver gave them, and keeps the
    newest ones."""

    def __init__(self, max_to_keep=5, **objects):
        self.objects = objects
        self.max_to_keep = max_to_keep
        self.paths = []
'''
    + _BOOKKEEPING
    % (
        """os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        torch.save({name: self._state(held) for name, held in self.objects.items()}, path)""",
        """if os.path.exists(oldest := self.paths.pop(0)):
                os.remove(oldest)""",
    )
    + """\

    def restore(self, path):
        for name, state in torch.load(path).items():
            held = self.objects[name]
            if isinstance(held, torch.Tensor):
                held.data.copy_(state)
            else:
                held.load_state_dict(state)

    def _state(self, held):
        return held.detach() if isinstance(held, torch.Tensor) else held.state_dict()
"""
)
_STATE = """\
def get_checkpoint_state(folder):
    file = os.path.join(folder, "checkpoint")
    if not os.path.exists(file):
        return None
    with open(file) as lines:
        newest, *every = [os.path.join(folder, line.split('"')[1]) for line in lines]
    return SimpleNamespace(model_checkpoint_path=newest, all_model_checkpoint_paths=every)
"""
_LATEST = """\
def latest_checkpoint(folder):
    state = get_checkpoint_state(folder)
    return state.model_checkpoint_path if state else None
"""
_OS = ("import glob", "import os")
SAVERS = {
    "tf2": (Helper("Saver", _TF2, imports=_OS),),
    "torch": (
        Helper("Saver", _TORCH, imports=("import os",)),
        Helper("get_checkpoint_state", _STATE, imports=("import os", "from types import SimpleNamespace")),
        Helper("latest_checkpoint", _LATEST, needs=("get_checkpoint_state",)),
    ),
}
_PLAIN = {"save": ("save_path", "global_step"), "restore": ("save_path",)}
_DROPPED = ("write_meta_graph",)


def is_saver(values: list[Value]) -> bool:
    return bool(values) and all(isinstance(v, Handle) and v.kind == "saver" for v in values)


def session_argument(program: Program, call: cst.Call) -> cst.Arg | None:
    """The session in a call of `saver.save` or `saver.restore`."""
    if not isinstance(call.func, cst.Attribute) or not is_saver(program.values(call.func.value)):
        return None
    named = next((a for a in call.args if a.keyword is not None and a.keyword.value == "sess"), None)
    return named or (call.args[0] if call.args and call.args[0].keyword is None else None)


def saves_all(program: Program, handle: Handle) -> bool:
    """Whether a saver holds all variables of the program, and all slots of its optimizers."""
    later = [v.op.index for v in program.variables] + [t.index for t in program.trainings]
    return _whole(program, handle) and all(index < handle.op.index for index in later)


def _whole(program: Program, handle: Handle) -> bool:
    """Whether a saver was made for all variables that there were."""
    binding = program.bindings.get(handle.op.node)
    node = binding.nodes.get("var_list") if isinstance(binding, BoundCall) else None
    if node is None or binding.values.get("var_list") == Const(None):  # type: ignore[union-attr]
        return True
    inner = program.bindings.get(node)
    return (
        isinstance(inner, BoundCall)
        and inner.entry.name in ("global_variables", "all_variables")
        and not inner.given("scope")
    )


def restored_after(program: Program, run: Run) -> bool:
    """Whether what a run initialises is restored as a whole right after it."""
    place = next((i for i, node in enumerate(run.block) if node is run.statement), -1)
    for node in run.block[place + 1 :] if place >= 0 else ():
        parts = list(walk(node))
        for part in parts:
            if (
                isinstance(node, cst.SimpleStatementLine)
                and isinstance(part, cst.Call)
                and isinstance(part.func, cst.Attribute)
                and part.func.attr.value == "restore"
                and is_saver(values := program.values(part.func.value))
            ):
                return all(isinstance(v, Handle) and saves_all(program, v) for v in values)
        if any(other.node is part for other in program.runs for part in parts):
            return False
    return False


class Savers:
    """Writes savers, and the calls of their methods."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def constructor(self, rewriter: Rewriter, original: cst.Call, binding: BoundCall) -> cst.BaseExpression:
        """The saver over the objects that hold what it saved."""
        handle = next(v for v in rewriter.values(original) if isinstance(v, Handle))
        unknown = [p for p in binding.nodes if p not in ("var_list", "max_to_keep", "keep_checkpoint_every_n_hours")]
        if unknown:
            rewriter.refuse("REF108", original, f"the argument {unknown[0]} of tf.train.Saver can't be carried over")
        texts = self._objects(rewriter, original, handle, binding)
        if "max_to_keep" in binding.nodes:
            texts.append(f"max_to_keep={code(binding.nodes['max_to_keep'])}")  # type: ignore[arg-type]
        self.emitter.notes.append(
            "checkpoints are written in another format; those that the TF1 program wrote aren't read"
        )
        name = self.emitter.surroundings.ask_helper("Saver")
        return rewriter.expression(bracketed(f"{name}(", texts, ")", 90))

    def _objects(self, rewriter: Rewriter, original: cst.Call, handle: Handle, binding: BoundCall) -> list[str]:
        emitter, program = self.emitter, rewriter.program
        whole = _whole(program, handle)
        variables = [v for v in program.variables if v.op.index < handle.op.index]
        if not whole:
            variables = [v for v in tensors_in(binding.values.get("var_list")) if isinstance(v, Variable)]
            if not variables or not isinstance(binding.values.get("var_list"), Value):
                rewriter.refuse("REF102", original, "which variables the saver holds isn't known")
        paths = {id(v): emitter.weights.place(v) for v in program.variables}
        wanted = {id(v) for v in variables}
        found: dict[str, str] = {}
        for variable in variables:
            place = paths[id(variable)]
            receiver = emitter.promotion.receiver(place.home) if place.home.is_class else ""
            root = re.match(rf"({receiver}\.)?\w+", place.path).group()  # type: ignore[union-attr]
            shared = [other for other, at in paths.items() if at.home is place.home and re.match(rf"{root}\b", at.path)]
            owned = place.path.startswith(root + ".") or bool(place.layer)
            whole_root = place.path == root or owned and all(other in wanted for other in shared)
            self._add(found, root if whole_root else place.path, place.home, original)
        for training in program.trainings if whole else ():
            if training.index < handle.op.index:
                unit = emitter.building.unit_of[training.node]
                self._add(found, emitter.target.optimizer_name(unit), unit.home, original)
        if "max_to_keep" in found or "self" in found:
            rewriter.refuse("REF103", original, "a variable's name is taken by the saver; rename it")
        return [f"{key}={text}" for key, text in found.items()]

    def _add(self, found: dict[str, str], path: str, home: Home, node: cst.CSTNode) -> None:
        """Save what is at a path of some home, under its name there or, where that is taken, its name here."""
        seen = self.emitter.promotion.seen(path, home, self.emitter.home, node)
        receiver = self.emitter.promotion.receiver(home) if home.is_class else ""
        key = re.sub(r"\W+", "_", path.removeprefix(f"{receiver}.")).strip("_")
        if found.get(key, seen) != seen:
            key = re.sub(r"\W+", "_", seen).strip("_")
        found[key] = seen

    def call(self, rewriter: Rewriter, original: cst.Call, updated: cst.Call) -> cst.Call:
        """`saver.save(...)` or `saver.restore(...)` without the session."""
        assert isinstance(original.func, cst.Attribute)
        name = original.func.attr.value
        session = session_argument(rewriter.program, original)
        if name not in _PLAIN or session is None:
            rewriter.refuse("REF101", original, f"{name} of a saver has no exact form here")
        arguments = []
        position = 0
        for before, after in zip(original.args, updated.args, strict=True):
            if before is session:
                continue
            key = before.keyword.value if before.keyword is not None else _PLAIN[name][position : position + 1]
            position += before.keyword is None
            if key in _DROPPED:
                continue
            key = key if isinstance(key, str) else key[0] if key else ""
            if key not in _PLAIN[name]:
                rewriter.refuse("REF108", original, f"the argument {key} of saver.{name} can't be carried over")
            values = [v for v in rewriter.values(before.value) if isinstance(v, Variable)]
            if values:
                after = after.with_changes(value=rewriter.expression(self.emitter.target.variable_value(values[0])))
            if after.keyword is not None and key == "save_path":
                after = after.with_changes(keyword=cst.Name("path"))
            arguments.append(after)
        arguments[-1] = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(args=arguments)
