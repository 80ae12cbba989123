from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from actlint.cli import recording
from actlint.files.records import Record
from tests.cli.conftest import Actlint, Backend, contents

PROGRAM = "import tensorflow as tf\nx = tf.placeholder()\nsession.run(x)\n"
TF2 = "import tensorflow as tf\nx = tf.tf2()\nhook(x)\n"
MODEL = "import tensorflow as tf\nw = tf.placeholder()\n"
LONG_AGO = 1_234_567_890_123_456_789


@pytest.fixture
def train(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(PROGRAM)
    return file


def users(folder: Path) -> dict[str, bytes]:
    """The files of a folder that aren't actlint's."""
    return {name: data for name, data in contents(folder).items() if ".actlint/" not in name}


def test_originals_come_back_with_mode_and_time(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    backend.new_files = {"tf1_compat.py": "h = 1\n"}
    raw = b"\xef\xbb\xbf" + PROGRAM.replace("\n", "\r\n").encode() + "# é\r\n".encode()
    files = {"train.py": ("import model\n" + PROGRAM).encode(), "model.py": MODEL.encode(), "windows.py": raw}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o754)
        os.utime(tmp_path / name, ns=(LONG_AGO, LONG_AGO))
    before = users(tmp_path)
    assert actlint("fix", ".").code == 0
    assert users(tmp_path) != before and (tmp_path / "tf1_compat.py").exists()
    result = actlint("fix", "--undo")
    assert result.code == 0
    assert users(tmp_path) == before
    for name in before:
        found = (tmp_path / name).stat()
        assert (found.st_mode & 0o7777, found.st_mtime_ns) == (0o754, LONG_AGO)
    assert "restored: train.py" in result.out and "removed: tf1_compat.py" in result.out
    again = actlint("fix", "--undo")
    assert (again.code, again.out) == (0, "Nothing to undo: everything here was undone already.\n")


def test_changed_file_is_not_overwritten_and_nothing_else_is(
    actlint: Actlint, backend: Backend, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text("import model\n" + PROGRAM)
    (tmp_path / "model.py").write_text(MODEL)
    before = users(tmp_path)
    actlint("fix", "train.py")
    (tmp_path / "model.py").write_text("polished\n")
    (tmp_path / "model.py").chmod(0o600)
    migrated = users(tmp_path)
    result = actlint("fix", "--undo", "train.py")
    assert (result.code, users(tmp_path)) == (1, migrated)
    assert "model.py: it was changed after the migration" in result.out and "--force" in result.out
    result = actlint("fix", "--undo", "--force", "train.py")
    assert (result.code, users(tmp_path)) == (0, before)
    saved = tmp_path / ".actlint/train.py/1/saved-1/model.py"
    assert (saved.read_text(), saved.stat().st_mode & 0o777) == ("polished\n", 0o600)
    assert f"saved: {saved.relative_to(tmp_path)}" in result.out


def test_changed_file_that_was_added_is_kept(actlint: Actlint, backend: Backend, train: Path) -> None:
    backend.new_files = {"tf1_compat.py": "h = 1\n"}
    actlint("fix", "train.py")
    (train.parent / "tf1_compat.py").write_text("mine\n")
    assert actlint("fix", "--undo").code == 1
    assert (train.read_text(), (train.parent / "tf1_compat.py").read_text()) == (TF2, "mine\n")
    assert actlint("fix", "--undo", "--force").code == 0
    assert not (train.parent / "tf1_compat.py").exists()
    assert (train.parent / ".actlint/train.py/1/saved-1/tf1_compat.py").read_text() == "mine\n"


def test_failing_undo_changes_nothing_and_can_be_repeated(
    actlint: Actlint, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.py").write_text("import model\n" + PROGRAM)
    (tmp_path / "model.py").write_text(MODEL)
    before = users(tmp_path)
    actlint("fix", "train.py")
    migrated = users(tmp_path)
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target).name == "model.py" and Path(source).read_text() == MODEL:
            raise PermissionError(13, "no", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    result = actlint("fix", "--undo")
    assert (result.code, users(tmp_path)) == (2, migrated)
    assert "nothing of train.py was restored" in result.err
    monkeypatch.setattr(os, "replace", replace)
    assert actlint("fix", "--undo").code == 0
    assert users(tmp_path) == before


def test_undo_that_was_killed_halfway_can_be_repeated(
    actlint: Actlint, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.new_files = {"tf1_compat.py": "h = 1\n"}
    (tmp_path / "train.py").write_text("import model\n" + PROGRAM)
    (tmp_path / "model.py").write_text(MODEL)
    before = users(tmp_path)
    actlint("fix", "train.py")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "tf1_compat.py").unlink()
    save = Record.save

    def fail(record: Record) -> None:
        if record.state == "undone":
            raise KeyboardInterrupt
        save(record)

    monkeypatch.setattr(Record, "save", fail)
    assert actlint("fix", "--undo").code == 2
    monkeypatch.setattr(Record, "save", save)
    assert users(tmp_path) == before
    assert actlint("fix", "--undo").code == 0
    assert users(tmp_path) == before


def test_later_migration_that_uses_the_same_file_is_undone_first(
    actlint: Actlint, backend: Backend, tmp_path: Path
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("import shared\n" + PROGRAM)
    (tmp_path / "shared.py").write_text(MODEL)
    before = users(tmp_path)
    assert actlint("fix", "a.py").code == 0
    assert actlint("fix", "b.py").code == 0
    migrated = users(tmp_path)
    result = actlint("fix", "--undo", "a.py")
    assert (result.code, users(tmp_path)) == (1, migrated)
    assert "shared.py: the later migration of b.py relies on it" in result.out
    assert "actlint fix --undo b.py" in result.out
    assert actlint("fix", "--undo", "--force", "a.py").code == 1
    assert actlint("fix", "--undo", ".").code == 0
    assert users(tmp_path) == before


def test_linked_file(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "train.py").write_text(PROGRAM)
    (tmp_path / "train.py").symlink_to(tmp_path / "real" / "train.py")
    assert actlint("fix", "train.py").code == 0
    assert (tmp_path / "real" / "train.py").read_text() == TF2
    assert actlint("fix", "--undo", "train.py").code == 0
    assert (tmp_path / "train.py").is_symlink()
    assert (tmp_path / "real" / "train.py").read_text() == PROGRAM


def test_file_that_became_a_link_is_left_alone(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    other = train.parent / "other.py"
    other.write_text("other\n")
    train.unlink()
    train.symlink_to(other)
    result = actlint("fix", "--undo", "--force")
    assert (result.code, other.read_text()) == (1, "other\n")
    assert "symbolic link" in result.out


def test_read_only_file(actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    actlint("fix", "train.py")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode == os.W_OK and Path(path) == train))
    result = actlint("fix", "--undo")
    assert (result.code, train.read_text()) == (2, TF2)
    assert "read-only" in result.err
    monkeypatch.setattr(os, "access", access)
    assert actlint("fix", "--undo").code == 0


def test_output_folder_goes_as_it_came(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("import plain\n" + PROGRAM)
    (tmp_path / "src" / "plain.py").write_text("y = 1\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plain.py").write_text("old\n")
    before = users(tmp_path)
    assert actlint("fix", "src", "--output-dir", "out/deep").code == 0
    assert sorted(users(tmp_path / "out")) == ["deep/plain.py", "deep/train.py", "plain.py"]
    assert actlint("fix", "--undo", "out/deep/train.py").code == 0
    assert users(tmp_path) == before
    assert actlint("fix", "src", "--output-dir", "out").code == 0
    assert (tmp_path / "out" / "plain.py").read_text() == "y = 1\n"
    assert actlint("fix", "--undo", "out").code == 0
    assert users(tmp_path) == before


def test_second_migration_keeps_the_first_originals(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    edited = PROGRAM + "edited = 1\n"
    train.write_text(edited)
    actlint("fix", "--to", "torch", "train.py")
    kept = train.parent / ".actlint" / "train.py"
    assert (kept / "1/originals/train.py.orig").read_text() == PROGRAM
    assert (kept / "2/originals/train.py.orig").read_text() == edited
    assert actlint("fix", "--undo").code == 0
    assert train.read_text() == edited
    assert actlint("fix", "--undo").code == 0
    assert train.read_text() == edited


def test_record_is_there_before_the_users_files_change(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def fail(contents: object) -> None:
        seen.append((train.parent / ".actlint/train.py/1/originals/train.py.orig").read_bytes())
        json.loads((train.parent / ".actlint/train.py/1/record.json").read_text())
        raise OSError(28, "no space left", str(train))

    monkeypatch.setattr(recording, "write_all", fail)
    result = actlint("fix", "train.py")
    assert (result.code, train.read_text(), seen) == (2, PROGRAM, [PROGRAM.encode()])
    assert not (train.parent / ".actlint/train.py/1").exists()
    assert "nothing to undo" in actlint("fix", "--undo").err


def test_migration_without_a_record_is_not_written(actlint: Actlint, backend: Backend, train: Path) -> None:
    (train.parent / ".actlint").write_text("a file\n")
    result = actlint("fix", "train.py")
    assert (result.code, train.read_text()) == (2, PROGRAM)
    assert "nothing of train.py was written" in result.err


def test_damaged_record_restores_nothing(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    folder = train.parent / ".actlint/train.py/1"
    (folder / "originals/train.py.orig").write_text("damaged\n")
    result = actlint("fix", "--undo")
    assert (result.code, train.read_text()) == (2, TF2)
    assert "isn't the original any more" in result.err
    (folder / "record.json").write_text("{")
    result = actlint("fix", "--undo")
    assert (result.code, result.out) == (2, "")
    assert "can't be read" in result.err


def test_json(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    document = json.loads(actlint("fix", "--undo", "--output-format", "json").out)
    assert document == {
        "version": 1,
        "undone": [
            {
                "record": str(train.parent / ".actlint/train.py/1"),
                "undone": True,
                "restored": [str(train)],
                "removed": [],
                "saved": [],
                "kept": [],
                "obstacles": [],
            }
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--undo", "--diff", "train.py"], "--undo restores files"),
        (["--undo", "--to", "tf2", "train.py"], "--undo restores files"),
        (["--force", "train.py"], "--force has a meaning only beside --undo"),
        (["--undo", "train.py"], "nothing to undo: no migration of train.py is recorded"),
        (["--undo", "nowhere.py"], "no such file or folder: nowhere.py"),
    ],
)
def test_error_of_use(actlint: Actlint, backend: Backend, train: Path, arguments: list[str], sentence: str) -> None:
    result = actlint("fix", *arguments)
    assert (result.code, result.out, train.read_text()) == (2, "", PROGRAM)
    assert sentence in result.err


def test_gone_file_comes_back(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    train.unlink()
    assert actlint("fix", "--undo", "train.py").code == 0
    assert train.read_text() == PROGRAM


def two_programs_with_a_helper(backend: Backend, folder: Path) -> dict[str, bytes]:
    backend.new_files = {"input_data.py": "h = 1\n"}
    for name in ("a.py", "b.py"):
        (folder / name).write_text(PROGRAM)
    return users(folder)


@pytest.mark.parametrize("order", [["a.py", "b.py"], ["b.py", "a.py"], ["."]])
def test_helper_stays_while_another_program_needs_it(
    actlint: Actlint, backend: Backend, tmp_path: Path, order: list[str]
) -> None:
    before = two_programs_with_a_helper(backend, tmp_path)
    assert actlint("fix", "a.py").code == actlint("fix", "b.py").code == 0
    if len(order) == 2:
        result = actlint("fix", "--undo", order[0])
        assert (result.code, (tmp_path / "input_data.py").exists()) == (0, True)
        assert (tmp_path / order[0]).read_bytes() == before[order[0]]
        if order[0] == "a.py":
            assert "kept: input_data.py, which b.py needs" in result.out
    result = actlint("fix", "--undo", order[-1])
    assert (result.code, users(tmp_path)) == (0, before)
    assert "removed: input_data.py" in result.out


def test_changed_helper_is_no_obstacle_while_it_stays(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    before = two_programs_with_a_helper(backend, tmp_path)
    assert actlint("fix", "a.py").code == actlint("fix", "b.py").code == 0
    (tmp_path / "input_data.py").write_text("mine\n")
    assert actlint("fix", "--undo", "a.py").code == 0
    assert (tmp_path / "input_data.py").read_text() == "mine\n"
    result = actlint("fix", "--undo", "b.py")
    assert (result.code, "input_data.py: it was changed" in result.out) == (1, True)
    assert actlint("fix", "--undo", "--force", "b.py").code == 0
    assert users(tmp_path) == before
    assert (tmp_path / ".actlint/b.py/1/saved-1/input_data.py").read_text() == "mine\n"


def test_output_folder_has_the_helper_that_the_source_has_already(
    actlint: Actlint, backend: Backend, tmp_path: Path
) -> None:
    two_programs_with_a_helper(backend, tmp_path)
    assert actlint("fix", "a.py").code == 0
    for name in ("b.py", "c.py"):
        (tmp_path / name).write_text(PROGRAM)
        assert actlint("fix", name, "--output-dir", "out").code == 0
    assert users(tmp_path / "out") == {
        "b.py": TF2.encode(),
        "c.py": TF2.encode(),
        "input_data.py": b"h = 1\n",
    }
    assert actlint("fix", "--undo", "out/b.py").code == 0
    assert sorted(users(tmp_path / "out")) == ["c.py", "input_data.py"]
    assert actlint("fix", "--undo", "out/c.py").code == 0
    assert not users(tmp_path / "out") and (tmp_path / "input_data.py").exists()


@pytest.mark.parametrize(
    "option", ["--exclude=train.py", "--inputs=auto", "--hidden=hook", "--python=x", "--tf1-python=x", "--static"]
)
def test_option_of_a_migration_has_no_meaning_for_undo(
    actlint: Actlint, backend: Backend, train: Path, option: str
) -> None:
    actlint("fix", "train.py")
    result = actlint("fix", "--undo", option)
    assert (result.code, train.read_text()) == (2, TF2)
    assert f"{option.partition('=')[0]} has no meaning beside it" in result.err


def test_record_that_cannot_be_updated_is_found_before_anything_changes(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actlint("fix", "train.py")
    monkeypatch.setattr(Record, "save", lambda record: (_ for _ in ()).throw(OSError(30, "Read-only", "a temporary")))
    result = actlint("fix", "--undo")
    assert (result.code, train.read_text()) == (2, TF2)
    folder = train.parent / ".actlint/train.py/1"
    assert f"{folder}: the record can't be updated: Read-only (mount " in result.err
    assert "nothing of train.py was restored" in result.err


def test_record_that_cannot_be_marked_after_the_restore(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actlint("fix", "train.py")
    save = Record.save

    def fail(record: Record) -> None:
        if record.state == "undone":
            raise OSError(28, "No space left on device", "a temporary")
        save(record)

    monkeypatch.setattr(Record, "save", fail)
    result = actlint("fix", "--undo")
    assert (result.code, train.read_text()) == (2, PROGRAM)
    assert "restored: train.py" in result.out and "nothing of" not in result.err
    assert "train.py was restored, but its record could not be marked" in result.err
    monkeypatch.setattr(Record, "save", save)
    assert actlint("fix", "--undo").code == 0
    assert train.read_text() == PROGRAM
