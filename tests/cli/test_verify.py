from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from actlint.cli.proving import Notice
from actlint.files.records import Record
from tests.cli.conftest import Actlint, Backend, contents

PROGRAM = "import tensorflow as tf\nx = tf.placeholder()\nsession.run(x)\n"
TF2 = "import tensorflow as tf\nx = tf.tf2()\nhook(x)\n"


@pytest.fixture
def train(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(PROGRAM)
    return file


def record(folder: Path, name: str = "train.py/1") -> dict[str, object]:
    return json.loads((folder / ".actlint" / name / "record.json").read_text())


@pytest.mark.parametrize(
    ("verdict", "code"), [("proved", 0), ("close", 1), ("differs", 1), ("inconclusive", 1), ("not run", 1)]
)
def test_proves_the_recorded_original_against_the_files_of_today(
    actlint: Actlint, backend: Backend, train: Path, verdict: str, code: int
) -> None:
    backend.new_files = {"tf1_compat.py": "h = 1\n"}
    actlint("fix", "--to", "tf2", "train.py")
    polished = "# polished\nimport helper\n" + TF2
    train.write_text(polished)
    (train.parent / "helper.py").write_text("extracted = 1\n")
    (train.parent / "data.csv").write_text("1\n")
    backend.verdict = verdict
    result = actlint("verify", "train.py")
    assert result.code == code
    shared = {"data.csv": b"1\n", "helper.py": b"extracted = 1\n"}
    assert backend.before[-1] == {**shared, "train.py": PROGRAM.encode()}
    assert backend.after[-1] == {**shared, "train.py": polished.encode(), "tf1_compat.py": b"h = 1\n"}
    assert f"train.py and 1 more -> tf2: {verdict}" in result.out
    assert result.out.endswith(f"1 program: 1 {verdict}.\n")
    assert train.read_text() == polished
    found = record(train.parent)
    assert (found["verdict"], found["not_exercised"], found["target"]) == (verdict, ["a branch"], "tf2")
    assert [past["verdict"] for past in found["history"]] == ["proved"]


def test_record_holds_what_a_court_asks_for(actlint: Actlint, backend: Backend, train: Path) -> None:
    setup = train.parent / "data_setup.py"
    setup.write_text("x = 1\n")
    actlint("fix", "--setup", "data_setup.py", "train.py")
    found = record(train.parent)
    assert found["setup"]["path"] == str(setup) and len(found["setup"]["sha256"]) == 64
    assert found["versions"]["after"]["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert [row["error"] for row in found["comparisons"]] == [2e-16, 3e-13, None]
    assert found["programs"] == [
        {"entry": "train.py", "after": "train.py", "folder": ".", "plan": "plan.json", "map": "map.toml"}
    ]
    assert '"w:0" = {path = "w", layout = "same"}' in (train.parent / ".actlint/train.py/1/map.toml").read_text()
    assert (train.parent / ".actlint/.gitignore").read_text() == "*\n"


def test_json_is_that_of_fix(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    result = actlint("verify", "--output-format", "json")
    (program,) = json.loads(result.out)["programs"]
    assert sorted(program) == ["comparisons", "files", "not_exercised", "reasons", "target", "verdict", "written"]
    assert (program["files"], program["written"], program["verdict"]) == ([str(train)], [], "proved")
    assert "proving train.py again" in result.err


def test_map_settles_what_was_renamed(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    file = train.parent / ".actlint/train.py/1/map.toml"
    file.write_text(file.read_text().replace('path = "w"', 'path = "model.w"'))
    assert actlint("verify").code == 0
    assert backend.requests[-1].plan["weights"][0]["path"] == "model.w"
    file.write_text('[weights]\nnobody = "x"\n')
    result = actlint("verify")
    assert result.code == 1
    assert "map.toml: PRF503 there is no weight 'nobody'; there are w:0" in result.out


def test_setup_and_interpreter_of_the_record_are_taken(
    actlint: Actlint, backend: Backend, train: Path, tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text("")
    (tmp_path / "two.py").write_text("")
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    actlint("fix", "--setup", "one.py", "--python", "./python", "train.py")
    actlint("verify")
    assert (backend.requests[-1].setup, backend.requests[-1].python) == (tmp_path / "one.py", str(link))
    actlint("verify", "--setup", "two.py", "--python", sys.executable)
    assert (backend.requests[-1].setup, backend.requests[-1].python) == (tmp_path / "two.py", sys.executable)
    (tmp_path / "two.py").write_text("changed = 1\n")
    assert "note: two.py was changed since the last proof" in actlint("verify").out
    (tmp_path / "two.py").unlink()
    result = actlint("verify")
    assert (result.code, "name another one with --setup" in result.err) == (2, True)


def test_original_in_its_place_again(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    train.write_text(PROGRAM)
    result = actlint("verify")
    assert result.code == 1
    assert "train.py: PRF502 the original is in its place again" in result.out
    assert record(train.parent)["verdict"] == "proved"


def test_rewrite_that_is_gone(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    train.unlink()
    result = actlint("verify", "train.py")
    assert result.code == 1
    assert "train.py: PRF501" in result.out and len(backend.requests) == 1


def test_without_a_record(actlint: Actlint, backend: Backend, train: Path) -> None:
    result = actlint("verify", "train.py")
    assert (result.code, result.out, backend.requests) == (2, "", [])
    assert "`actlint fix` records one" in result.err and "actlint verify BEFORE AFTER" in result.err
    actlint("fix", "train.py")
    actlint("fix", "--undo")
    assert "was undone" in actlint("verify").err


def test_folder_means_every_record_below_it(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    for name in ("a/one.py", "a/two.py", "b/three.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PROGRAM)
    (tmp_path / "pyproject.toml").write_text("")
    assert actlint("fix", ".").code == 0
    assert sorted(path.name for path in (tmp_path / ".actlint").iterdir() if path.is_dir()) == [
        "a.one.py",
        "a.two.py",
        "b.three.py",
    ]
    backend.verdicts = {"two.py": "differs"}
    proved = len(backend.requests)
    assert actlint("verify", "b").code == 0
    assert [request.entry for request in backend.requests[proved:]] == ["three.py"]
    result = actlint("verify")
    assert result.code == 1
    assert "3 programs: 2 proved, 1 differs" in result.out


def test_programs_that_share_a_module_are_one_record(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("import shared\n" + PROGRAM)
    (tmp_path / "shared.py").write_text("import tensorflow\nw = tf.placeholder()\n")
    before = contents(tmp_path)
    actlint("fix", ".")
    assert sorted(path.name for path in (tmp_path / ".actlint/a.py/1").glob("map*")) == ["map-2.toml", "map.toml"]
    backend.verdicts = {"b.py": "differs"}
    assert actlint("verify", "shared.py").code == 1
    assert [request.entry for request in backend.requests[-2:]] == ["a.py", "b.py"]
    assert backend.before[-2:] == [before, before]


def test_output_folder_is_proved_with_the_data_of_the_source(
    actlint: Actlint, backend: Backend, tmp_path: Path
) -> None:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "src" / "sub" / "train.py").write_text(PROGRAM)
    (tmp_path / "src" / "sub" / "data.csv").write_text("1\n")
    assert actlint("fix", "src", "--output-dir", "out").code == 0
    assert not (tmp_path / "src" / ".actlint").exists() and not (tmp_path / "src/sub/.actlint").exists()
    (tmp_path / "src" / "sub" / "train.py").write_text("something else\n")
    (tmp_path / "out" / "sub" / "train.py").write_text(TF2 + "polished = 1\n")
    assert actlint("verify", "out/sub/train.py").code == 0
    assert backend.before[-1] == {"data.csv": b"1\n", "train.py": PROGRAM.encode()}
    assert backend.after[-1] == {"data.csv": b"1\n", "train.py": f"{TF2}polished = 1\n".encode()}
    (tmp_path / "src").rename(tmp_path / "gone")
    assert actlint("verify", "out").code == 0
    assert backend.before[-1] == {"train.py": PROGRAM.encode()}


def test_only_the_latest_migration_of_a_program_is_proved(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    train.write_text(PROGRAM + "edited = 1\n")
    actlint("fix", "--to", "torch", "train.py")
    result = actlint("verify")
    assert (result.code, backend.requests[-1].target) == (0, "torch")
    assert "1 program: 1 proved" in result.out
    assert backend.before[-1] == {"train.py": f"{PROGRAM}edited = 1\n".encode()}


def test_notice_is_given_once_for_each_project(actlint: Actlint, backend: Backend, train: Path) -> None:
    assert "executes your program" not in actlint("fix", "--static", "train.py").err
    for _ in range(2):
        assert "executes your program" in actlint("fix", "--diff", "train.py").err
    assert sorted(contents(train.parent)) == ["train.py"]
    backend.verdict = "differs"
    assert "executes your program" in actlint("fix", "train.py").err
    assert "executes your program" not in actlint("fix", "train.py").err
    assert sorted(contents(train.parent)) == [".actlint/.gitignore", ".actlint/notice-shown", "train.py"]
    backend.verdict = "proved"
    assert "executes your program" not in actlint("fix", "train.py").err
    assert "executes your program" not in actlint("verify", "train.py").err


def test_notice_is_given_where_it_cannot_be_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".actlint").write_text("a file\n")
    for _ in range(2):
        Notice(remembered=True)(tmp_path)
        assert "executes your program" in capsys.readouterr().err


def test_failure_spares_the_other_programs(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(PROGRAM)
    actlint("fix", ".")

    def fail_once() -> None:
        if len(backend.requests) == 3:
            raise ZeroDivisionError("oops")

    backend.on_proof = fail_once
    result = actlint("verify")
    assert result.code == 2
    assert "a.py: actlint itself failed here" in result.err and "1 program: 1 proved" in result.out


def test_map_option_is_for_two_files(actlint: Actlint, backend: Backend, train: Path) -> None:
    (train.parent / "map.toml").write_text("")
    result = actlint("verify", "--map", "map.toml", "train.py")
    assert (result.code, "--map and --write-map are for two files" in result.err) == (2, True)


def test_verdict_is_told_though_the_record_cannot_be_updated(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actlint("fix", "train.py")
    monkeypatch.setattr(Record, "save", lambda record: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    result = actlint("verify")
    assert (result.code, "1 program: 1 proved." in result.out) == (0, True)
    folder = train.parent / ".actlint/train.py/1"
    assert f"warning: {folder}: the record can't be updated (Read-only file system)" in result.err


def test_original_that_was_changed_in_the_record(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    stored = train.parent / ".actlint/train.py/1/originals/train.py.orig"
    stored.write_text("# easier to prove\n")
    result = actlint("verify")
    assert (result.code, result.out, len(backend.requests)) == (2, "", 1)
    assert f"{stored}: it was changed in the record, so it isn't the original any more" in result.err


@pytest.mark.parametrize(
    ("before", "sentence"),
    [("x = 1\n", "old.py: BEFORE has no TensorFlow 1 graph code"), ("x = 1\nx =\n", "old.py:2: BEFORE can't be read")],
)
def test_two_files_that_cannot_be_before_and_after(
    actlint: Actlint, backend: Backend, tmp_path: Path, before: str, sentence: str
) -> None:
    (tmp_path / "old.py").write_text(before)
    (tmp_path / "new.py").write_text("import torch\n")
    result = actlint("verify", "old.py", "new.py")
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err and "no migration of these files is recorded" in result.err


def test_map_that_is_gone(actlint: Actlint, backend: Backend, train: Path) -> None:
    actlint("fix", "train.py")
    (train.parent / ".actlint/train.py/1/map.toml").unlink()
    result = actlint("verify")
    assert (result.code, "map.toml: PRF503 the record's map is gone; put it back" in result.out) == (1, True)


@pytest.mark.parametrize("damage", ["{", '{"version": 99}'])
def test_record_that_cannot_be_read_spares_the_others(
    actlint: Actlint, backend: Backend, tmp_path: Path, damage: str
) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(PROGRAM)
    actlint("fix", "a.py", "b.py")
    folder = tmp_path / ".actlint/a.py/1"
    (folder / "record.json").write_text(damage)
    for arguments in (("verify",), ("fix", "c.py"), ("fix", "--undo")):
        result = actlint(*arguments)
        assert (result.code, result.err.count(f"warning: the record {folder}")) == (0, 1), arguments
    assert (tmp_path / "c.py").read_text() == (tmp_path / "b.py").read_text() == PROGRAM
