from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Actlint

BAD = "import tensorflow as tf\nx = tf.placeholder()\nsession.run(x)\n"
CLEAN = "import tensorflow as tf\n"

pytestmark = pytest.mark.usefixtures("rules")


def codes(out: str) -> list[str]:
    return [f"{Path(item['filename']).name}:{item['code']}" for item in json.loads(out)]


def test_findings(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(BAD)
    result = actlint("check", "train.py")
    assert (result.code, result.err) == (1, "")
    assert "ACT001 placeholder-found: `placeholder` is here\n --> train.py:2:8\n" in result.out
    assert "  = help: Remove `session`" in result.out
    assert result.out.endswith("Found 2 errors.\n")


def test_clean(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CLEAN)
    assert actlint("check").out == "All checks passed!\n"
    assert actlint("check", "--no-cache", ".").code == 0


@pytest.mark.parametrize(
    ("options", "config", "left"),
    [
        ([], "", "ACT001 ACT101"),
        (["--select", "ACT1"], "", "ACT101"),
        (["--select", "ACT001,ACT102"], "", "ACT001"),
        (["--ignore", "ACT0"], "", "ACT101"),
        (["--ignore=ACT0,ACT102", "--ignore", "ACT101"], "", ""),
        (["--select", "ALL"], "select = ['ACT0']\nignore = ['ACT1']", "ACT001 ACT101"),
        (["--extend-select", "ACT101"], "select = ['ACT0']", "ACT001 ACT101"),
        (["--ignore", "ACT001"], "ignore = ['ACT101']", ""),
        ([], "select = ['ACT1']", "ACT101"),
        ([], "[tool.actlint.per-file-ignores]\n'src/*' = ['ACT1']", "ACT001"),
        ([], "[tool.actlint.per-file-ignores]\n'test_*' = ['ACT1']", "ACT001 ACT101"),
    ],
)
def test_selection(actlint: Actlint, tmp_path: Path, options: list[str], config: str, left: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.actlint]\n{config}\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(BAD)
    result = actlint("check", "--output-format", "json", *options, "src")
    assert [item["code"] for item in json.loads(result.out)] == left.split()
    assert result.code == (1 if left else 0)


def test_noqa(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD.replace("placeholder()", "placeholder()  # noqa: ACT001"))
    assert codes(actlint("check", "--output-format=json").out) == ["a.py:ACT101"]


def test_json_is_alone_on_stdout(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (first, _) = json.loads(actlint("check", "--output-format=json").out)
    assert first["filename"] == str(tmp_path / "a.py")
    assert first["location"] == {"column": 8, "row": 2}
    assert json.loads(actlint("check", "--output-format=json", "--ignore", "ALL").out) == []


def test_sarif_is_alone_on_stdout(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (run,) = json.loads(actlint("check", "--output-format=sarif").out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["ACT001", "ACT101"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.py"


@pytest.mark.parametrize(
    ("raw", "row", "column", "why"),
    [
        (b"import tensorflow\nprint 'placeholder'\n", 2, 1, "Python 2 code"),
        (b"import tensorflow\nx = placeholder(\n", 2, 16, "never closed"),
        (b"import tensorflow\n# placeholder \xe9\n", 2, 15, "byte 0xe9"),
        (b"import tensorflow\nplaceholder\0\n", 2, 12, "null byte"),
    ],
)
def test_unreadable_file_is_one_finding_and_the_others_are_checked(
    actlint: Actlint, tmp_path: Path, raw: bytes, row: int, column: int, why: str
) -> None:
    (tmp_path / "a.py").write_bytes(raw)
    (tmp_path / "b.py").write_text(BAD)
    result = actlint("check", "--output-format=json")
    found = json.loads(result.out)
    assert codes(result.out) == ["a.py:invalid-syntax", "b.py:ACT001", "b.py:ACT101"]
    assert found[0]["location"] == {"row": row, "column": column}
    assert why in found[0]["message"]
    assert (result.code, result.err) == (1, "")
    assert "invalid-syntax" in actlint("check").out


def test_irrelevant_file_is_parsed_only_when_named(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print 'hello'\n")
    assert actlint("check").code == 0
    assert codes(actlint("check", "a.py", "--output-format=json").out) == ["a.py:invalid-syntax"]


def test_invalid_syntax_cannot_be_silenced(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = (  # noqa\n")
    assert actlint("check", "a.py", "--ignore", "ALL").code == 1


def test_followed_files_are_reported_once_and_only_if_checked(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import model\nimport tensorflow\nsession.run()\n")
    (tmp_path / "model.py").write_text("import tensorflow\nplaceholder()\n")
    assert codes(actlint("check", "train.py", "--output-format=json").out) == ["train.py:ACT101"]
    assert codes(actlint("check", ".", "--output-format=json").out) == ["model.py:ACT001", "train.py:ACT101"]


def test_link_to_a_file_is_reported_under_the_name_that_was_given(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text(BAD)
    (tmp_path / "link.py").symlink_to("real/a.py")
    assert codes(actlint("check", "link.py", "--output-format=json").out) == ["link.py:ACT001", "link.py:ACT101"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.py"], "no such file or folder: nowhere.py"),
        (["--select", "ACT9"], "unknown rule `ACT9`"),
        (["--ignore", "E501"], "unknown rule `E501`"),
        (["--output-format", "xml"], "'xml' is not one of"),
        (["--colour"], "No such option"),
    ],
)
def test_error_of_use(actlint: Actlint, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    result = actlint("check", *arguments)
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err
    assert re.fullmatch(r"actlint: error: [^\n]+\n", result.err)


@pytest.mark.parametrize("config", ["selekt = []", "select = ['ACT9']", "[tool.actlint.per-file-ignores]\na = ['XY1']"])
def test_error_of_configuration(actlint: Actlint, tmp_path: Path, config: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.actlint]\n{config}\n")
    result = actlint("check")
    assert result.code == 2
    assert re.fullmatch(r"actlint: error: [^\n]+\n", result.err)


def test_failure_of_actlint_is_a_sentence_and_the_others_are_checked(
    actlint: Actlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text(BAD + "crash\n")
    (tmp_path / "b.py").write_text(BAD)
    result = actlint("check", "--output-format=json")
    assert result.code == 2
    assert codes(result.out) == ["b.py:ACT001", "b.py:ACT101"]
    assert re.fullmatch(
        r"actlint: error: \S+a\.py: actlint itself failed here \(KeyError: 'boom'\); [^\n]+\n", result.err
    )
    monkeypatch.setenv("ACTLINT_TRACEBACK", "1")
    with pytest.raises(KeyError):
        actlint("check")


def test_file_that_may_not_be_read(actlint: Actlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(BAD)
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.py":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    result = actlint("check", "--output-format=json")
    assert (result.code, codes(result.out)) == (2, ["b.py:ACT001", "b.py:ACT101"])
    assert result.err == f"actlint: error: {tmp_path / 'a.py'}: Permission denied\n"


def test_excluded_folder(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.actlint]\nexclude = ['gen']\n")
    (tmp_path / "gen").mkdir()
    (tmp_path / "gen" / "a.py").write_text(BAD)
    assert actlint("check").code == 0
    assert actlint("check", "gen/a.py").code == 1
    assert actlint("check", "gen/a.py", "--force-exclude").code == 0
    assert "no Python files found" in actlint("check").err


def test_fix_applies_safe_fixes_and_reports_the_rest(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"import tensorflow\r\nx = 1 #hidden\r\nsession.run(x)\r\n")
    result = actlint("check", "--fix")
    assert (tmp_path / "a.py").read_bytes() == b"import tensorflow\r\nx = 1 #\r\nsession.run(x)\r\n"
    assert result.code == 1
    assert "ACT101" in result.out and "ACT102" not in result.out
    assert "Found 2 errors (1 fixed, 1 remaining).\n" in result.out


def test_unsafe_fixes_only_where_asked_for(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow\ny = sessionx = 1\n")
    assert actlint("check", "--unsafe-fixes").out.endswith("Found 1 error.\n1 fixable with the `--fix` option.\n")
    assert (actlint("check", "--fix").code, actlint("check", "--fix", "--unsafe-fixes").code) == (1, 0)
    assert (tmp_path / "a.py").read_text() == "import tensorflow\ny = x = 1\n"
    assert actlint("check").out == "All checks passed!\n"


def test_fixes_converge_in_one_call(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow\n# hihidhiddendendden hidden\n")
    assert actlint("check", "--fix").code == 0
    assert (tmp_path / "a.py").read_text() == "import tensorflow\n#  \n"


def test_a_fix_that_breaks_the_file_is_not_written(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow\nhidden = 1\n")
    assert actlint("check", "--fix").code == 1
    assert (tmp_path / "a.py").read_text() == "import tensorflow\nhidden = 1\n"


def test_silenced_findings_are_not_fixed(actlint: Actlint, tmp_path: Path) -> None:
    text = "import tensorflow\nx = 1  # noqa: ACT102 hidden\n"
    (tmp_path / "a.py").write_text(text)
    assert actlint("check", "--fix").code == 0
    assert (tmp_path / "a.py").read_text() == text


def test_fixes_in_json_and_sarif(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow\nx = 1  # hidden\n")
    (one,) = json.loads(actlint("check", "--output-format=json").out)
    place = {"location": {"column": 10, "row": 2}, "end_location": {"column": 16, "row": 2}}
    assert one["fix"] == {"applicability": "safe", "edits": [{"content": "", **place}], "message": "Delete `hidden`"}
    (run,) = json.loads(actlint("check", "--output-format=sarif").out)["runs"]
    ((change,),) = (fix["artifactChanges"] for fix in run["results"][0]["fixes"])
    region = {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 16}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": ""}}]
