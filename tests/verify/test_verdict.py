"""From results to verdicts, without frameworks; and processes that go wrong."""

from __future__ import annotations

import json
import stat

import pytest

from actlint.verify import ProofRequest, prove, verdict


def row(**changes):
    known = {"site": "p.py:5", "quantity": "fetch", "name": "0", "step": 1, "dtype": "float64"}
    return {**known, "error": 1e-15, "tolerance": 1e-12, "ok": True, **changes}


def result(*rows, **changes):
    lists = {name: [] for name in ("differences", "doubts", "broken", "unkeyed", "not_exercised")}
    return {"rows": list(rows), **lists, **changes}


def sensitivity(**changes):
    rounding = {"by": 2.0**-50, "moved": [], "times": 4, "update": 1e-9}
    return {"races": [], "feeds": [], "unnoticed": [], "untried": [], "rounding": rounding, **changes}


def judge(decisive, compiled, **more):
    found = {"decisive": decisive, "decisive-scaled": result(), "compiled": compiled, "sensitivity": sensitivity()}
    found.update(more)
    return verdict.judge({name: own for name, own in found.items() if own is not None})


CRASH = {"text": "NameError: name 'x'", "file": "p.py", "line": 7, "setup": False, "kernel": None}


def test_proved():
    proof = judge(result(row()), result(row(dtype="float32")))
    assert proof.verdict == "proved" and not proof.reasons and len(proof.comparisons) == 2


def test_worst_row_of_each_quantity_is_the_reason():
    rows = [row(error=1e-3, ok=False), row(error=1e-2, ok=False, step=4), row(quantity="gradient", error=1.0, ok=False)]
    proof = judge(result(*rows), result())
    assert proof.verdict == "differs"
    assert [r["text"][:8] for r in proof.reasons] == ["fetch '0", "gradient"]
    assert "1.0e-02 at step 4" in proof.reasons[0]["text"]
    assert (proof.reasons[0]["file"], proof.reasons[0]["line"]) == ("p.py", 5)


def test_no_row_that_fails_is_passed_over():
    endless = row(quantity="initial value", name="w:0 (spread)", site="start", error=1e308, ok=False)
    proof = judge(result(row()), result(), **{"decisive-initial": result(endless)})
    assert proof.verdict == "differs" and "w:0 (spread)" in proof.reasons[0]["text"]
    doubtful = row(error=1e308, ok=False)
    doubt = "fetch '0' of p.py:5 isn't finite on both sides"
    assert judge(result(doubtful, doubts=[doubt]), result()).verdict == "inconclusive"


def test_what_was_noticed_comes_first():
    proof = judge(result(row(error=1.0, ok=False), differences=["order of runs: p.py:9"]), result())
    assert proof.reasons[0]["text"].startswith("order of runs")


@pytest.mark.parametrize("which", [0, 1])
def test_crash_of_the_rewrite_differs(which):
    results = [result(row()), result()]
    results[which]["failure"] = CRASH
    proof = judge(*results)
    assert proof.verdict == "differs"
    assert (proof.reasons[0]["code"], proof.reasons[0]["line"]) == ("PRF201", 7)


def test_compiled_difference_differs():
    proof = judge(result(row()), result(row(dtype="float32", error=0.1, tolerance=1e-3, ok=False)))
    assert proof.verdict == "differs" and "float32" in proof.reasons[0]["text"]


def test_scaled_difference_differs():
    scaled = result(row(quantity="variable (loss x 1e-06)", error=1e-3, ok=False))
    proof = judge(result(row()), result(), **{"decisive-scaled": scaled})
    assert proof.verdict == "differs" and "loss x 1e-06" in proof.reasons[0]["text"]


def test_missing_scaled_replay_is_said():
    proof = judge(result(row()), result(), **{"decisive-scaled": None})
    assert proof.verdict == "proved"
    assert proof.not_exercised == ["training with the loss scaled by 1e-6 was not compared"]


@pytest.mark.parametrize("rows", [[row()], [row(error=1.0, ok=False)]])
def test_racy_original_is_inconclusive(rows):
    proof = judge(result(*rows), result(), sensitivity=sensitivity(races=["fetch '1' of p.py:5"]))
    assert proof.verdict == "inconclusive"
    assert (proof.reasons[0]["code"], proof.reasons[0]["line"]) == ("PRF302", 5)
    assert len(proof.reasons) == 1 + (not rows[0]["ok"])


def test_feeds_that_change_by_themselves_are_not_compared():
    feed = row(quantity="feed", name="x", error=1.0, ok=False)
    assert judge(result(row(), feed), result()).verdict == "differs"
    proof = judge(result(row(), feed), result(), sensitivity=sensitivity(feeds=["x"]))
    assert proof.verdict == "proved" and "'x' at each execution" in proof.not_exercised[0]
    compiled = result(row(dtype="float32", error=0.5, tolerance=1e-3, ok=False))
    assert judge(result(row()), compiled).verdict == "differs"
    assert judge(result(row()), compiled, sensitivity=sensitivity(feeds=["x"])).verdict == "proved"


@pytest.mark.parametrize(("error", "verdict_"), [(1.1e-12, "proved"), (9e-12, "differs")])
def test_variables_may_move_as_far_as_rounding_moves_them(error, verdict_):
    moved = row(quantity="variable", name="w:0", error=error, ok=False)
    own = sensitivity(
        rounding={"by": 2.0**-50, "moved": [["p.py:5", "w:0", 1, 5e-13, 4e-10]], "times": 4, "update": 1e-9}
    )
    proof = judge(result(row(), moved), result(), sensitivity=own)
    assert proof.verdict == verdict_
    assert any("rounding of the gradients" in gap for gap in proof.not_exercised) == (verdict_ == "proved")
    assert judge(result(row(), moved), result(), sensitivity=sensitivity()).verdict == "differs"


def test_missing_rounding_is_said():
    own = sensitivity()
    del own["rounding"]
    assert "rounding" in judge(result(row()), result(), sensitivity=own).not_exercised[0]


def test_missing_sensitivity_is_said():
    assert "free of races" in judge(result(row()), result(), sensitivity=None).not_exercised[0]


def test_what_would_not_be_noticed_is_said():
    own = sensitivity(unnoticed=["epsilon of AdamOptimizer"], untried=["beta1 of AdamOptimizer"])
    gaps = judge(result(row()), result(), sensitivity=own).not_exercised
    assert gaps[0] == "a change of epsilon of AdamOptimizer by 1 % would not be noticed"
    assert "beta1 of AdamOptimizer" in gaps[1]


def test_draws_of_its_own_excuse_differences_but_no_crash():
    differing = result(row(error=1.0, ok=False), unkeyed=["a sampler draws on its own after"])
    proof = judge(differing, result())
    assert (proof.verdict, proof.reasons[0]["code"]) == ("inconclusive", "PRF303")
    assert judge({**differing, "failure": CRASH}, result()).verdict == "differs"


@pytest.mark.parametrize("changes", [{"doubts": ["all gradients are zero"]}, {"broken": ["no weight"]}])
def test_doubts_are_inconclusive(changes):
    assert judge(result(row(), **changes), result()).verdict == "inconclusive"


def test_difference_outweighs_doubt():
    assert judge(result(row(error=1.0, ok=False), doubts=["x"]), result()).verdict == "differs"


def test_nothing_compared_is_inconclusive():
    proof = judge(result(row(quantity="feed")), result())
    assert (proof.verdict, proof.reasons[0]["text"]) == ("inconclusive", "nothing was compared")


def test_many_reasons_are_cut():
    rows = [row(name=str(i), error=1.0, ok=False) for i in range(40)]
    proof = judge(result(*rows), result())
    assert len(proof.reasons) == verdict.MOST_REASONS + 1 and "28 more" in proof.reasons[-1]["text"]


def test_single_precision_is_close_at_best():
    assert verdict.single(judge(result(row()), result()), "Lrn").verdict == "close"
    assert verdict.single(judge(result(row(error=1.0, ok=False)), result()), "Lrn").verdict == "differs"


def test_not_run_names_place_and_help():
    proof = verdict.not_run(CRASH)
    (only,) = proof.reasons
    assert proof.verdict == "not run" and only["line"] == 7 and "--setup" in only["help"]
    missing = verdict.not_run({"missing": "tensorflow", "text": "No module named 'tensorflow'"})
    assert "actlint[verify]" in missing.reasons[0]["help"]


def test_json():
    proof = judge(result(row(), not_exercised=["p.py:9 not reached"]), result())
    document = json.loads(json.dumps(proof.as_json()))
    assert set(document) == {"verdict", "reasons", "comparisons", "not_exercised"}
    assert set(document["comparisons"][0]) == set(row())


def request_with(tmp_path, script, limit=60.0):
    """A proof whose interpreter is a shell script."""
    program = tmp_path / "program"
    program.mkdir()
    (program / "p.py").write_text("x = 1\n")
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(python.stat().st_mode | stat.S_IEXEC)
    plan = {"placeholders": [], "probes": [], "runs": [], "weights": []}
    return ProofRequest(program, program, "p.py", "torch", plan, python=str(python), limit=limit)


def test_interpreter_that_dies(tmp_path):
    proof = prove(request_with(tmp_path, "echo out of luck >&2; exit 3"))
    assert proof.verdict == "not run" and "out of luck" in proof.reasons[0]["text"]


def test_time_limit(tmp_path):
    proof = prove(request_with(tmp_path, "exec sleep 600", limit=0.5))
    assert proof.verdict == "inconclusive" and proof.reasons[0]["code"] == "PRF103"


def test_the_users_tree_stays(tmp_path):
    request = request_with(tmp_path, 'cd "$(dirname "$2")/program" && echo broken > p.py; exit 3')
    prove(request)
    assert (tmp_path / "program" / "p.py").read_text() == "x = 1\n"
    assert sorted(path.name for path in (tmp_path / "program").iterdir()) == ["p.py"]


def test_package_that_only_the_rewrite_lacks():
    crash = dict(CRASH, text="ModuleNotFoundError: No module named 'tensorboard'", module="tensorboard")
    proof = judge(result(row(), failure=crash), result(failure=crash))
    assert proof.verdict == "not run"
    assert proof.reasons[0]["help"] == "pip install tensorboard"
    assert judge(result(row(), packages=["cv2"]), result()).verdict == "not run"


def test_lacking_package_hides_no_difference():
    crash = dict(CRASH, module="tensorboard")
    assert judge(result(row(error=1.0, ok=False), failure=crash), result()).verdict == "differs"


def test_rewrite_that_fails_on_missing_data_is_not_called_different():
    crash = dict(CRASH, involved=True)
    proof = judge(result(row(), failure=crash), result())
    assert proof.verdict == "inconclusive"
    assert "p.py:7" in proof.reasons[0]["text"]
    assert judge(result(row(error=1.0, ok=False), failure=crash), result()).verdict == "differs"
