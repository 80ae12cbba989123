"""`actlint verify`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actlint.cli.failures import failure
from actlint.cli.history import history
from actlint.cli.options import (
    configuration,
    inputs_option,
    interpreter_options,
    interpreters,
    paths_argument,
    setup_option,
    tell,
)
from actlint.cli.proving import Notice, Runtime, add_proofs, prove_copies
from actlint.cli.recording import environment, evidence, now
from actlint.config import Config
from actlint.files.discover import python_files
from actlint.files.records import ACTIVE, UNDONE, Record, digest
from actlint.files.source import Undecodable
from actlint.report.findings import shown_path
from actlint.report.outcome import Outcome, as_json, lines
from actlint.report.terminal import draw
from actlint.syntax.errors import Invalid

if TYPE_CHECKING:
    from actlint.verify import Proof


@click.command(short_help="Prove migrated programs again.")
@paths_argument
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Which name stands for what, for two files.",
)
@click.option(
    "--write-map", type=click.Path(dir_okay=False, path_type=Path), help="For two files: write the map there."
)
@interpreter_options
@setup_option
@inputs_option
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def verify(
    paths: tuple[str, ...],
    map_file: Path | None,
    write_map: Path | None,
    python: str | None,
    tf1_python: str | None,
    setup: Path | None,
    inputs: str,
    output_format: str,
) -> int:
    """Prove again that migrated programs compute what their originals did.

    The originals come from the records that `actlint fix` leaves in .actlint, the migrated programs are the files as
    they are now, also after they were edited by hand. With two files, BEFORE and AFTER, no record is needed. Exit
    codes: 0 all proved, 1 otherwise, 2 error.
    """
    paths = paths or (".",)
    config = configuration(paths)
    if (map_file or write_map) and len(paths) != 2:
        raise click.UsageError(
            "--map and --write-map are for two files, BEFORE and AFTER; a record has its own map.toml"
        )
    for notebook in (path for path in paths if path.endswith(".ipynb")):
        raise click.ClickException(f"{notebook}: notebooks aren't run; export it as a Python file first")
    if len(paths) == 2 and _are_before_and_after(paths, map_file):
        from actlint.cli.port import run_port

        python, before_python = interpreters(python, tf1_python, config)
        runtime = Runtime(python, before_python, setup, config.memory, inputs)
        before, after = map(Path, paths)
        Notice(remembered=True)(before.parent)
        return run_port(
            before, after, map_file=map_file, write_map=write_map, runtime=runtime, output_format=output_format
        )
    found = history(paths)
    records = latest([record for record in found.meant if record.state == ACTIVE])
    if not records:
        if len(paths) == 2 and all(map(os.path.isfile, paths)) and not found.meant:
            raise click.ClickException(f"{_why_not_before(paths[0])}; and no migration of these files is recorded")
        raise click.ClickException(_nothing(paths, any(record.state == UNDONE for record in found.meant)))
    notice = Notice(remembered=True)
    outcomes: list[Outcome] = []
    errors: list[str] = []
    for record in records:
        try:
            runtime = _runtime(record, config, python, tf1_python, setup, inputs)
            outcomes.append(Again(record, runtime, notice).prove())
        except click.ClickException:
            raise
        except Exception as error:
            errors.append(failure(record.entry, error))
    if output_format == "json":
        click.echo(json.dumps(as_json(outcomes), indent=2))
    else:
        draw(lines(outcomes, writes=False, failed=bool(errors)), sys.stdout)
    for sentence in errors:
        click.echo(f"actlint: error: {sentence}", err=True)
    return 2 if errors else 0 if all(outcome.good for outcome in outcomes) else 1


def latest(records: Sequence[Record]) -> list[Record]:
    """Without the records of programs that were migrated again since."""
    last = {record.entry: record for record in records}
    return [record for record in records if record in last.values()]


class Again:
    """The proof of one record's originals against today's files."""

    def __init__(self, record: Record, runtime: Runtime, notice: Notice) -> None:
        self._record = record
        self._runtime = runtime
        self._notice = notice
        self._outcome = Outcome(record.paths, record.details["target"], "not run")
        entries = [record.place(program["after"]) for program in record.details["programs"]]
        self._outcome.files = list(dict.fromkeys([*entries, *record.paths]))

    def prove(self) -> Outcome:
        """Prove all programs of the record, and update it where that is possible. Raises OSError."""
        if not self._state_is_good():
            return self._outcome
        self._check_setup()
        proofs = [self._proof(program) for program in self._record.details["programs"]]
        add_proofs(self._outcome, proofs)
        details = self._record.details
        past = {key: details[key] for key in ("date", "verdict", "actlint", "versions")}
        details["history"].append(past)
        details.update({**environment(self._runtime), **evidence(self._outcome), "date": now()})
        details["files"] = {file.path: _digest(self._record.place(file.path)) for file in self._record.written}
        try:
            self._record.save()
        except OSError as error:
            why = error.strerror or str(error)
            tell(f"warning: {self._record.folder}: the record can't be updated ({why}), so it keeps its last proof")
        return self._outcome

    def _state_is_good(self) -> bool:
        record = self._record
        lost = [path for path in record.paths if not path.is_file()]
        for path in lost:
            self._outcome.reasons.append(_reason("PRF501", path, "the migration wrote it, and it is gone"))
        replaced = {file.path: file.replaced.sha256 for file in record.written if file.replaced}
        if not lost and replaced and all(_digest(record.place(path)) == sha256 for path, sha256 in replaced.items()):
            self._outcome.reasons.append(_reason("PRF502", record.paths[0], "the original is in its place again"))
        return not self._outcome.reasons

    def _check_setup(self) -> None:
        kept, setup = self._record.details["setup"], self._runtime.setup
        if kept and setup == Path(kept["path"]) and _digest(setup) != kept["sha256"]:
            self._outcome.notes.append(f"{shown_path(setup)} was changed since the last proof")

    def _proof(self, program: dict[str, str]) -> Proof:
        from actlint.verify.attach import attach, without_names
        from actlint.verify.mapfile import MapError
        from actlint.verify.modules import local_files
        from actlint.verify.planmap import applied
        from actlint.verify.proof import Proof

        record = self._record
        map_file = record.folder / program["map"]
        try:
            first = json.loads(record.text_of(program["plan"]))
            plan = applied(first, _map_text(map_file))
        except (MapError, UnicodeDecodeError) as error:
            return Proof("not run", [_reason("PRF503", map_file, str(error))])
        after = record.place(program["after"])
        then = [record.bytes_of(file.stored) for file in record.written if file.path == program["after"]]
        now = after.read_bytes()
        others = local_files(after)[1:]
        attached = attach(plan, first, then[0] if then else now, now, after.name, others, shown_path(map_file))
        if attached.missing:
            return Proof("inconclusive", attached.missing, not_exercised=attached.notes)
        proof = self._run(program, attached.plan)
        proof.not_exercised += attached.notes
        return without_names(proof, shown_path(map_file))

    def _run(self, program: dict[str, str], plan: dict[str, Any]) -> Proof:
        """Before are the recorded originals, after today's files, both among what else lies in the folder now."""
        record = self._record
        folder, entry, after = (record.place(program[key]) for key in ("folder", "entry", "after"))
        inner = entry.relative_to(folder)
        top = after.parents[len(inner.parts) - 1]
        base = folder if folder.is_dir() else top
        added = [record.place(file.path) for file in record.written if file.replaced is None]
        before: dict[Path, bytes | None] = {
            base / path.relative_to(top): None for path in added if path.is_relative_to(top)
        }
        for file in record.originals:
            if record.place(file.path).is_relative_to(folder):
                before[base / record.place(file.path).relative_to(folder)] = record.original(file.kept)
        today: dict[Path, bytes | None] = {}
        if top != base:
            today = {base / path.relative_to(top): path.read_bytes() for path in python_files([top])}
        self._notice(after.parent)
        tell(f"proving {shown_path(after)} again")
        target = record.details["target"]
        return prove_copies(base, base / inner, before, (before, today), target, plan, self._runtime, tell)


def _are_before_and_after(paths: Sequence[str], map_file: Path | None) -> bool:
    """Whether two paths are a TF1 program and its port, rather than two migrated files."""
    if not all(os.path.isfile(path) for path in paths):
        return False
    if map_file is not None:
        return True
    from actlint.files.source import read
    from actlint.program import analyze

    try:
        return analyze(Path(paths[0]), read).is_graph_program
    except (Invalid, Undecodable):
        return False


def _why_not_before(path: str) -> str:
    from actlint.files.source import read
    from actlint.program import analyze

    try:
        analyze(Path(path), read)
    except (Invalid, Undecodable) as error:
        return f"{path}:{error.row}: BEFORE can't be read: {error.why}"
    return f"{path}: BEFORE has no TensorFlow 1 graph code"


def _runtime(
    record: Record, config: Config, python: str | None, tf1_python: str | None, setup: Path | None, inputs: str
) -> Runtime:
    """What the options and the project say; else what the record's last proof was made with, as far as it is there."""
    kept = record.details
    if python is None and config.python is None and os.access(kept["python"], os.X_OK):
        python = kept["python"]
    if tf1_python is None and config.tf1_python is None and kept["tf1_python"]:
        tf1_python = kept["tf1_python"]
    if setup is None and kept["setup"]:
        setup = Path(kept["setup"]["path"])
        if not setup.is_file():
            raise FileNotFoundError(2, "the record's setup file is gone; name another one with --setup", str(setup))
    after, before = interpreters(python, tf1_python, config)
    return Runtime(after, before, setup, config.memory, inputs)


def _nothing(paths: Sequence[str], undone: bool) -> str:
    listed = ", ".join(paths)
    if undone:
        return f"nothing to verify: the migration of {listed} was undone"
    return (
        f"nothing to verify: no migration of {listed} is recorded in .actlint; `actlint fix` records one when it "
        "writes, and `actlint verify BEFORE AFTER` needs none"
    )


def _map_text(file: Path) -> str:
    from actlint.verify.mapfile import MapError

    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        advice = "put it back, or undo the migration with `actlint fix --undo` and make it again"
        raise MapError(f"the record's map is gone; {advice}") from None


def _reason(code: str, file: Path, text: str) -> dict[str, Any]:
    from actlint.verify.proof import reason
    from actlint.verify.reasons import KINDS

    return reason(code, text, file=str(file), help=KINDS[code].help)


def _digest(path: Path) -> str:
    return digest(path.read_bytes())
