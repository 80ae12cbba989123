"""Proofs of ports that somebody made by hand: the plan is inferred from what both programs do."""

from __future__ import annotations

import ast
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from actlint.files.scratch import copy_folder
from actlint.verify import launch
from actlint.verify.mapfile import Map, MapError, parse
from actlint.verify.matching import Match, match
from actlint.verify.modules import local_files, parsed
from actlint.verify.proof import Proof, ProofRequest, reason

MAP_HELP = "complete the map below, and give it with --map FILE"


@dataclass
class Port:
    """The outcome for one port.

    Attributes:
        proof: the verdict.
        target: ``tf2`` or ``torch``.
        map: what was taken to belong together; where questions are open, what is sure of it.
        candidates: variables that are open, with the paths they could have.
        left_out: files that the scratch copies don't hold.
    """

    proof: Proof
    target: str
    map: Map = field(default_factory=Map)
    candidates: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[Path] = field(default_factory=list)


def verify_port(
    before: Path,
    after: Path,
    map_file: Path | None = None,
    *,
    python: str = sys.executable,
    before_python: str | None = None,
    setup: Path | None = None,
    memory: float = 8.0,
    limit: float = 300.0,
    arguments: list[str] | None = None,
) -> Port:
    """Show whether a port computes what the TF1 program computes.

    Args:
        before: the original's entry file.
        after: the port's entry file.
        map_file: what belongs together, as far as it can't be inferred.
        python: the interpreter of both sides.
        before_python: an interpreter with a genuine TensorFlow 1.x for the original.
        setup: a Python file that both sides execute first.
        memory: GiB that each side may use.
        limit: seconds for discovery and proof together.
        arguments: command line arguments of both programs.

    Raises:
        MapError: when the map file can't be used.
        OSError: when a file can't be read or an interpreter can't be started.
    """
    started = time.monotonic()
    settled = _settled(map_file)
    before, after = before.resolve(), after.resolve()
    with tempfile.TemporaryDirectory(prefix="actlint-") as scratch:
        copies = Path(scratch, "before"), Path(scratch, "after")
        left_out = [
            path
            for file, copy in zip((before, after), copies, strict=True)
            for path in copy_folder(file.parent, copy, [file])
        ]
        request = ProofRequest(
            *copies,
            entry=before.name,
            after_entry=after.name,
            origin=before.parent,
            after_origin=after.parent,
            target=target_of(after),
            plan={},
            python=python,
            before_python=before_python,
            setup=setup,
            memory=memory,
            inputs="replay",
            limit=limit,
            arguments=list(arguments or []),
        )
        port = _proved(request, settled, after, map_file, started)
    port.left_out = list(dict.fromkeys(left_out))
    port.proof.seconds = time.monotonic() - started
    return port


def _settled(map_file: Path | None) -> Map:
    if map_file is None:
        return Map()
    try:
        return parse(map_file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise MapError(f"{map_file}: {error}") from None
    except MapError as error:
        raise MapError(f"{map_file}: {error}") from None


def _proved(request: ProofRequest, settled: Map, after: Path, map_file: Path | None, started: float) -> Port:
    found = launch.discover(request, started + request.limit)
    if isinstance(found, Proof):
        return Port(found, request.target)
    before_document, after_document = found
    if not any(not site["silent"] for site in before_document["sites"]):
        text = "the original makes no run that computes anything: nothing to compare"
        return Port(Proof("inconclusive", [reason("PRF301", text)]), request.target)
    try:
        matched = match(before_document, after_document, settled, returned_names(after))
    except ValueError as error:
        raise MapError(f"{map_file}: {error}" if map_file else str(error)) from None
    if matched.questions:
        reasons = [reason("PRF305", text, help=MAP_HELP) for text in matched.questions]
        return Port(Proof("inconclusive", reasons), request.target, matched.map, matched.candidates)
    request.plan = matched.plan
    request.limit = max(1.0, request.limit - (time.monotonic() - started))
    proof = launch.prove(request)
    _tell_gaps(proof, matched)
    return Port(proof, request.target, matched.map)


def _tell_gaps(proof: Proof, matched: Match) -> None:
    proof.not_exercised = list(dict.fromkeys([*proof.not_exercised, *matched.gaps]))


def target_of(after: Path) -> str:
    """``torch`` for a program that imports torch, else ``tf2``."""
    for tree in _trees(after):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "torch" for name in names):
                return "torch"
    return "tf2"


def returned_names(after: Path) -> dict[str, list[list[str]]]:
    """The expressions that each function returns, for each of its return statements, one for each element."""
    out: dict[str, list[list[str]]] = {}
    for tree in _trees(after):
        _collect(tree, [], out)
    return out


def _trees(entry: Path) -> Iterator[ast.Module]:
    return (tree for tree in map(parsed, local_files(entry)) if tree is not None)


def _collect(node: ast.AST, names: list[str], out: dict[str, list[list[str]]]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            _collect(child, [*names, child.name], out)
            continue
        if isinstance(child, ast.Return) and child.value is not None:
            values = child.value.elts if isinstance(child.value, (ast.Tuple, ast.List)) else [child.value]
            out.setdefault(".".join(names), []).append([_base(value) for value in values])
        _collect(child, names, out)


def _base(node: ast.expr) -> str:
    """The name that an expression is about: `loss` for `float(loss.numpy())`."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func if isinstance(node.func, ast.Attribute) or not node.args else node.args[0]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Call, ast.Name)) and _is_step(node):
            node = node.value
        else:
            return ast.unparse(node)


def _is_step(node: ast.Attribute) -> bool:
    return node.attr in ("numpy", "item", "detach", "cpu", "copy", "data", "tolist", "clone", "float")
