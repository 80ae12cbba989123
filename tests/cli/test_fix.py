from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.conftest import PLAN, Actlint, Backend, contents, replace_module

PROGRAM = "import tensorflow as tf\nx = tf.placeholder()\nsession.run(x)\n"
TF2 = "import tensorflow as tf\nx = tf.tf2()\nhook(x)\n"
MODEL = "import tensorflow as tf\nw = tf.placeholder()\n"


def programs(out: str) -> list[dict[str, object]]:
    document = json.loads(out)
    assert document["version"] == 1
    return document["programs"]


def verdicts(out: str) -> dict[str, object]:
    return {Path(program["files"][0]).name: program["verdict"] for program in programs(out)}


def written(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if not name.startswith(".actlint/")}


@pytest.fixture
def train(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(PROGRAM)
    return file


def test_proved_rewrite_is_written(actlint: Actlint, backend: Backend, train: Path) -> None:
    result = actlint("fix", "--to", "tf2", "train.py")
    assert result.code == 0
    assert train.read_text() == TF2
    assert "train.py -> tf2: proved" in result.out
    assert "wrote: train.py" in result.out
    assert "note: a note" in result.out and "  not exercised:\n    - a branch\n" in result.out
    assert result.out.endswith("1 program: 1 proved; 1 file written.\n")
    assert "executes your program" in result.err and "no network" in result.err
    assert actlint("fix", "train.py").out.endswith("1 program: 1 nothing to do; 0 files written.\n")
    assert train.read_text() == TF2


def test_table_has_the_worst_of_each_run_and_quantity(actlint: Actlint, backend: Backend, train: Path) -> None:
    backend.verdict = "differs"
    rows = [
        line.split()
        for line in actlint("fix", "train.py").out.splitlines()
        if line.startswith(("  train.py:3  ", "  run"))
    ]
    assert rows == [
        ["run", "compared", "times", "worst", "allowed"],
        ["train.py:3", "fetch", "2", "3.0e-13", "1e-12", "ok"],
        ["train.py:3", "gradient", "1", "nan", "1e-12", "DIFFERS:", "w"],
    ]


@pytest.mark.parametrize(
    ("verdict", "plain", "unverified"),
    [
        ("proved", True, True),
        ("close", False, True),
        ("inconclusive", False, True),
        ("not run", False, True),
        ("differs", False, False),
    ],
)
def test_what_is_written(
    actlint: Actlint, backend: Backend, train: Path, verdict: str, plain: bool, unverified: bool
) -> None:
    backend.verdict = verdict
    for options, written in ([], plain), (["--unverified"], unverified):
        train.write_text(PROGRAM)
        result = actlint("fix", *options, "train.py")
        assert result.code == (0 if verdict == "proved" else 1)
        assert (train.read_text() == TF2) is written
        if verdict != "proved":
            assert "said by the proof" in result.out


def test_diff_proves_and_writes_nothing(actlint: Actlint, backend: Backend, train: Path) -> None:
    backend.new_files = {"helper.py": "h = 1\n"}
    result = actlint("fix", "--diff", "train.py")
    assert (result.code, train.read_text(), len(backend.requests)) == (0, PROGRAM, 1)
    assert result.out.startswith("--- /dev/null\n+++ helper.py\n@@ -0,0 +1 @@\n+h = 1\n--- train.py\n+++ train.py\n")
    assert "-x = tf.placeholder()\n-session.run(x)\n+x = tf.tf2()\n+hook(x)\n" in result.out
    assert not (train.parent / "helper.py").exists()
    (program,) = programs(actlint("fix", "--diff", "--output-format=json", "train.py").out)
    assert "+x = tf.tf2()" in str(program["diff"])


def test_static_runs_nothing(actlint: Actlint, backend: Backend, train: Path) -> None:
    result = actlint("fix", "--static", "train.py")
    assert (result.code, train.read_text(), backend.requests) == (1, PROGRAM, [])
    assert "+x = tf.tf2()" in result.out
    assert "train.py -> tf2: not run" in result.out
    assert result.err == ""


def test_output_folder(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    backend.new_files = {"helper.py": "h = 1\n"}
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "src" / "sub" / "train.py").write_text("import plain\n" + PROGRAM)
    (tmp_path / "src" / "sub" / "plain.py").write_text("y = 1\n")
    before = contents(tmp_path / "src")
    assert actlint("fix", "src", "--output-dir", "out").code == 0
    assert contents(tmp_path / "src") == before
    assert written(tmp_path / "out") == {
        "sub/helper.py": b"h = 1\n",
        "sub/plain.py": b"y = 1\n",
        "sub/train.py": f"import plain\n{TF2}".encode(),
    }
    assert actlint("fix", "src/sub/train.py", "--output-dir", "flat").code == 0
    assert sorted(written(tmp_path / "flat")) == ["helper.py", "plain.py", "train.py"]


def test_refusal_leaves_everything(actlint: Actlint, backend: Backend, train: Path) -> None:
    train.write_text(PROGRAM + "tf.py_func(f)\n")
    result = actlint("fix", "train.py", "--unverified")
    assert (result.code, train.read_text()) == (1, PROGRAM + "tf.py_func(f)\n")
    assert "  train.py:4: REF101 `tf.py_func` runs Python code\n    = help: Port it by hand\n" in result.out
    assert result.err == "" and backend.requests == []
    (program,) = programs(actlint("fix", "train.py", "--output-format=json").out)
    assert program["verdict"] == "refused"
    assert program["reasons"] == [
        {
            "code": "REF101",
            "file": str(train),
            "line": 4,
            "text": "`tf.py_func` runs Python code",
            "help": "Port it by hand",
        }
    ]


def test_json(actlint: Actlint, backend: Backend, train: Path) -> None:
    result = actlint("fix", "--to", "torch", "--output-format", "json", "train.py")
    (program,) = programs(result.out)
    assert sorted(program) == ["comparisons", "files", "not_exercised", "reasons", "target", "verdict", "written"]
    assert (program["files"], program["written"]) == ([str(train)], [str(train)])
    assert (program["target"], program["verdict"], program["not_exercised"]) == ("torch", "proved", ["a branch"])
    assert [row["error"] for row in program["comparisons"]] == [2e-16, 3e-13, None]
    assert sorted(program["comparisons"][0]) == sorted(
        ["site", "quantity", "name", "step", "dtype", "error", "tolerance", "ok"]
    )
    assert "proving train.py -> torch" in result.err


def test_proof_gets_two_scratch_copies(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "src" / "lib").mkdir(parents=True)
    (tmp_path / "src" / "train.py").write_text(PROGRAM)
    (tmp_path / "src" / "lib" / "data.csv").write_text("1\n")
    (tmp_path / "setup.py").write_text("")
    result = actlint("fix", "src/train.py", "--setup", "setup.py", "--hidden", "return", "--to", "torch")
    assert result.code == 0
    (request,) = backend.requests
    assert (request.entry, request.target, request.plan) == ("train.py", "torch", {**PLAN, "entry": "train.py"})
    assert (request.python, request.setup) == (sys.executable, tmp_path / "setup.py")
    assert not str(request.before).startswith(str(tmp_path)) and not request.before.exists()
    assert backend.before == [{"lib/data.csv": b"1\n", "train.py": PROGRAM.encode()}]
    assert backend.after == [
        {
            "lib/data.csv": b"1\n",
            "train.py": PROGRAM.replace("placeholder", "torch").replace("session.run", "return").encode(),
        }
    ]


def test_encoding_newlines_and_mode_are_kept(actlint: Actlint, backend: Backend, train: Path) -> None:
    raw = b"\xef\xbb\xbf" + PROGRAM.replace("\n", "\r\n").encode() + "# é\r\n".encode()
    train.write_bytes(raw)
    train.chmod(0o754)
    assert actlint("fix", "train.py").code == 0
    assert train.read_bytes() == raw.replace(b"placeholder", b"tf2").replace(b"session.run", b"hook")
    assert train.stat().st_mode & 0o777 == 0o754
    assert backend.after[0]["train.py"] == train.read_bytes()


def test_local_modules_belong_to_the_program(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import model\n" + PROGRAM)
    (tmp_path / "model.py").write_text(MODEL)
    result = actlint("fix", "--output-format=json", "train.py")
    (program,) = programs(result.out)
    assert [Path(file).name for file in program["files"]] == ["train.py", "model.py"]
    assert (tmp_path / "model.py").read_text() == MODEL.replace("placeholder", "tf2")


def test_folder_means_every_program_in_it(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    backend.verdicts = {"b.py": "differs", "alone.py": "close"}
    files = {
        "a.py": "import shared\n" + PROGRAM,
        "b.py": "import shared\n" + PROGRAM,
        "shared.py": MODEL,
        "alone.py": PROGRAM,
        "good.py": PROGRAM,
        "unused.py": MODEL + "py_func\n",
        "old.py": "import tensorflow\nprint 'x'\n",
        "other.py": "import numpy\n",
        "eager.py": "import tensorflow\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = actlint("fix", ".", "--output-format=json")
    assert result.code == 1
    assert verdicts(result.out) == {
        "old.py": "refused",
        "a.py": "differs",
        "alone.py": "close",
        "good.py": "proved",
        "unused.py": "refused",
    }
    (group,) = (program for program in programs(result.out) if len(program["files"]) > 1)
    assert [Path(file).name for file in group["files"]] == ["a.py", "shared.py", "b.py"]
    changed = [name for name, text in files.items() if (tmp_path / name).read_text() != text]
    assert changed == ["good.py"]
    assert actlint("fix", "good.py", "eager.py").code == 0


def test_nothing_to_do_in_a_folder(actlint: Actlint, backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow\n")
    result = actlint("fix")
    assert (result.code, result.out) == (0, "Nothing to do: no TensorFlow 1 training program found.\n")


def test_a_file_whose_graph_nothing_calls_says_so(actlint: Actlint, tmp_path: Path) -> None:
    lines = ["x = tf.placeholder(tf.float32, [2])", "step = tf.train.AdamOptimizer().minimize(tf.Variable(1.0) * x)"]
    (tmp_path / "model.py").write_text("import tensorflow as tf\n\n\ndef train():\n    " + "\n    ".join(lines) + "\n")
    (tmp_path / "plain.py").write_text("import tensorflow as tf\nprint(tf.__version__)\n")
    result = actlint("fix", "model.py", "plain.py")
    note = (
        "model.py builds TensorFlow 1 graphs in code that nothing in it calls: name the program that calls it instead"
    )
    assert result.code == 0 and result.out.count("note: ") == 1 and f"note: {note}\n" in result.out


def test_entries_that_disagree_about_a_shared_file_are_refused(
    actlint: Actlint, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("import shared\n" + PROGRAM)
    (tmp_path / "shared.py").write_text(MODEL)
    rewrite = backend.rewrite

    def disagreeing(program: object, target: str, hidden: str) -> object:
        made = rewrite(program, target, hidden)
        made.files[tmp_path / "shared.py"] += f"# for {next(iter(made.files)).name}\n"
        return made

    monkeypatch.setattr(sys.modules["actlint.migrate"], "rewrite", disagreeing)
    result = actlint("fix", ".")
    assert result.code == 1 and "shared.py: file-conflict" in result.out
    assert (tmp_path / "shared.py").read_text() == MODEL
    assert (tmp_path / "a.py").read_text() == "import shared\n" + PROGRAM


def test_new_file_never_replaces_one_of_the_user(actlint: Actlint, backend: Backend, train: Path) -> None:
    backend.new_files = {"helper.py": "h = 1\n"}
    (train.parent / "helper.py").write_text("mine\n")
    assert actlint("fix", "train.py").code == 1
    assert (train.parent / "helper.py").read_text() == "mine\n"
    assert train.read_text() == PROGRAM


def test_file_changed_during_the_proof_is_not_overwritten(actlint: Actlint, backend: Backend, train: Path) -> None:
    backend.on_proof = lambda: train.write_text("edited\n") and None
    result = actlint("fix", "train.py")
    assert (result.code, train.read_text()) == (2, "edited\n")
    assert "was changed while the proof ran; nothing of train.py was written" in result.err


def test_target_and_interpreter_come_from_the_project(actlint: Actlint, backend: Backend, train: Path) -> None:
    config = train.parent / "pyproject.toml"
    config.write_text("[tool.actlint]\ntarget = 'torch'\npython = 'bin/python'\n")
    (train.parent / "bin").mkdir()
    (train.parent / "bin" / "python").symlink_to(sys.executable)
    assert actlint("fix", "--diff", "train.py").code == 0
    assert actlint("fix", "--diff", "--to", "tf2", "--python", sys.executable, "train.py").code == 0
    assert [request.target for request in backend.requests] == ["torch", "tf2"]
    assert [request.python for request in backend.requests] == [str(train.parent / "bin" / "python"), sys.executable]
    assert [request.before_python for request in backend.requests] == [None, None]


def test_the_original_has_an_interpreter_of_its_own(actlint: Actlint, backend: Backend, train: Path) -> None:
    (train.parent / "old").symlink_to(sys.executable)
    (train.parent / "pyproject.toml").write_text("[tool.actlint]\ntf1-python = './old'\n")
    assert actlint("fix", "--diff", "train.py").code == 0
    assert actlint("fix", "--diff", "--tf1-python", sys.executable, "train.py").code == 0
    assert [request.before_python for request in backend.requests] == [str(train.parent / "old"), sys.executable]
    assert {request.python for request in backend.requests} == {sys.executable}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.py"], "no such file or folder: nowhere.py"),
        (["--to", "jax", "train.py"], "'jax' is not one of"),
        (["--python", "no/such/python", "train.py"], "no such Python interpreter: no/such/python"),
        (["--tf1-python", "no/such/python", "train.py"], "no such Python interpreter: no/such/python"),
        (["--python", "no-such-python", "train.py"], "no such Python interpreter: no-such-python"),
        (["--setup", "nowhere.py", "train.py"], "'nowhere.py' does not exist"),
        (["--static", "--unverified", "train.py"], "--static writes nothing"),
        (["--diff", "--output-dir", "out", "train.py"], "write nothing"),
    ],
)
def test_error_of_use(actlint: Actlint, backend: Backend, train: Path, arguments: list[str], sentence: str) -> None:
    result = actlint("fix", *arguments)
    assert (result.code, result.out, train.read_text()) == (2, "", PROGRAM)
    assert sentence in result.err
    assert re.fullmatch(r"actlint: error: [^\n]+\n", result.err)


def test_notebook_is_refused_by_name(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = SimpleNamespace(code="REF112", what="A notebook is not migrated.", help="Export it.")
    replace_module(monkeypatch, "actlint.migrate.refusals", REASONS={"REF112": kind})
    (train.parent / "a.ipynb").write_text("{}")
    result = actlint("fix", "a.ipynb", "train.py")
    assert (result.code, (train.parent / "a.ipynb").read_text(), train.read_text()) == (1, "{}", TF2)
    assert "a.ipynb: REF112 A notebook is not migrated." in result.out


@pytest.mark.parametrize("where", ["analysis", "proof"])
def test_failure_of_actlint_spares_the_other_programs(
    actlint: Actlint, backend: Backend, train: Path, where: str
) -> None:
    (train.parent / "bad.py").write_text(PROGRAM + ("crash\n" if where == "analysis" else ""))

    def fail_first() -> None:
        if where == "proof" and len(backend.requests) == 1:
            raise ZeroDivisionError("oops")

    backend.on_proof = fail_first
    result = actlint("fix", "--output-format=json", ".")
    assert result.code == 2
    assert "bad.py: actlint itself failed here" in result.err and "Traceback" not in result.err
    assert verdicts(result.out)["train.py"] == "proved"
    assert train.read_text() == TF2
    assert (train.parent / "bad.py").read_text() != TF2


def test_read_only_file(actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    result = actlint("fix", "train.py")
    assert (result.code, train.read_text()) == (2, PROGRAM)
    assert "read-only" in result.err


def test_what_cannot_be_written_is_not_proved(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and Path(path) != train)
    result = actlint("fix", "train.py")
    assert (result.code, result.out, backend.requests) == (2, "", [])
    assert f"{train}: the file is read-only (give yourself the permission to write there)" in result.err
    assert "nothing was run, and nothing of train.py was written" in result.err
    assert actlint("fix", "--diff", "train.py").code == 0
    assert actlint("fix", "train.py", "--output-dir", "out").code == 0


@pytest.mark.parametrize("kind", ["foreign", "file"])
def test_place_of_the_records_is_looked_at_before_the_proof(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = train.parent / ".actlint"
    sentence = "this isn't a folder"
    if kind == "file":
        folder.write_text("a file\n")
    else:
        folder.mkdir()
        monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
        sentence = "it belongs to the user "
    result = actlint("fix", "train.py")
    assert (result.code, result.out, backend.requests, train.read_text()) == (2, "", [], PROGRAM)
    assert f"{folder}: " in result.err and sentence in result.err
    if kind == "foreign":
        assert contents(folder) == {}
        for arguments in (("verify", "train.py"), ("fix", "--undo")):
            result = actlint(*arguments)
            assert (result.code, f"{folder}: it belongs to the user " in result.err) == (2, True)


def test_error_of_the_system_names_the_file_and_what_to_do(
    actlint: Actlint, backend: Backend, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(27, "File too large")

    monkeypatch.setattr(os, "fsync", fail)
    result = actlint("fix", "train.py")
    assert (result.code, train.read_text()) == (2, PROGRAM)
    assert "Errno" not in result.err
    why = "the record can't be kept there: File too large (raise the limit on file sizes, see `ulimit -f`)"
    assert f"{train.parent / '.actlint'}: {why}; nothing of train.py was written" in result.err
