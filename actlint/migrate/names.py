"""Fresh names that clash with nothing in the user's file."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

import libcst as cst

from actlint.syntax.walk import children

_STEP = re.compile(r"(_(train_)?(op|step))+$")
_WORDS = r"train|training|opt|optim|optimi[sz]er?|minimi[sz]er?|solver"
_TRAINING = re.compile(rf"^({_WORDS})_|_({_WORDS})$")


def _used(module: cst.Module) -> Iterator[str]:
    """The names in a module, but for those of attributes and keyword arguments."""
    todo: list[cst.CSTNode] = [module]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Name):
            yield node.value
        skipped = node.attr if isinstance(node, cst.Attribute) else node.keyword if isinstance(node, cst.Arg) else None
        todo.extend(child for child in children(node) if child is not skipped)


class Names:
    """The names that the files of a program use, and new ones beside them."""

    def __init__(self, modules: Iterable[cst.Module]) -> None:
        self.taken = {name for module in modules for name in _used(module)}

    @classmethod
    def of_members(cls, node: cst.CSTNode) -> Names:
        """The names of all attributes and methods that a class speaks of."""
        made = cls(())
        todo = [node]
        while todo:
            part = todo.pop()
            if isinstance(part, cst.Attribute):
                made.taken.add(part.attr.value)
            elif isinstance(part, cst.FunctionDef):
                made.taken.add(part.name.value)
            todo.extend(children(part))
        return made

    def release(self, name: str) -> None:
        """Free a name whose only bearer disappears from the file."""
        self.taken.discard(name)

    def fresh(self, wanted: str) -> str:
        """`wanted`, or with a number behind it where it is taken; taken from now on."""
        base = re.sub(r"\W+", "_", wanted).strip("_") or "value"
        if base[0].isdigit() or keyword.iskeyword(base):
            base = "_" + base
        name, number = base, 2
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name)
        return name


def camel(name: str) -> str:
    """A class name for a builder function: `build_model` becomes `Model`."""
    words = [word for word in re.split(r"_+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) if word]
    while len(words) > 1 and words[0].lower() in ("build", "make", "create", "get", "define", "construct", "init"):
        words = words[1:]
    return "".join(word[:1].upper() + word[1:] for word in words) or "Model"


def snake(name: str) -> str:
    """The name of an instance of a class: `DeepModel` becomes `deep_model`, `MLPEncoder` `mlp_encoder`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def attribute_name(name: object) -> str:
    """The end of a TF1 name, where it can be an attribute: `encoder/fc1` is `fc1`."""
    last = name.rpartition("/")[2] if isinstance(name, str) else ""
    return last if last.isidentifier() and not keyword.iskeyword(last) and not last.startswith("_") else ""


def own_names(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Names that are read or bound below a node: no attributes, and no keywords of calls."""
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, (cst.Attribute, cst.Arg)):
        yield from own_names(node.value)
    else:
        for child in children(node):
            yield from own_names(child)


def training_word(name: str) -> str:
    """What a training operation's name says beside that it is one: `D_solver` and `train_D` are both about `D`."""
    short = _TRAINING.sub("", _STEP.sub("", name))
    return short or name
