"""Files as their tools wrote them: each number counted by hand, and the verdict that follows from it."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.cli.main import main

FILES = Path(__file__).parent / "imported"
MONITOR = ("--column", "success=is_success", "--metric", "r", "--metric", "l")
COUNTED = {
    # passed, failed, INVALID, ERROR: counted in the file by eye; what the tool itself says of all beside it.
    "gauntlet.json": (3, 7, 0, 0),  # report.json: 0.3
    "inspect-robots.json": (15, 3, 0, 2),  # errored_trials 2
    "lerobot.json": (10, 10, 0, 0),  # pc_success 50
    "pytest.xml": (12, 3, 2, 1),  # 3 failed, 12 passed, 1 skipped, 1 xfailed, 1 error
    "stable-baselines3.monitor.csv": (18, 2, 0, 0),
    "vla-eval.json": (11, 4, 0, 1),  # mean_success 0.6875: 11 of 16, its error among the failures
}


def took(tmp_path: Path, name: str, *words: str) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    more = MONITOR if name.endswith(".csv") else ()
    run = tmp_path / "runs" / name
    where = ["--runs-dir", str(run.parent), "--run-name", run.name]
    code = main(["import", str(FILES / name), *more, *where, *words])
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    return code, json.loads((run / "verdict.json").read_text()), records


def at_least(least: int, of: int, share: float) -> float:
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(least, of + 1))


def by_hand(passed: int, failed: int, unknown: int, share: float) -> str:
    """The rule's verdict: what gave no result counts as a failure for GO, and as a success for NO-GO."""
    of = passed + failed + unknown
    if at_least(passed, of, share) <= 0.05:
        return "GO"
    return "NO-GO" if 1 - at_least(passed + unknown + 1, of, share) <= 0.05 else "INCONCLUSIVE"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", COUNTED)
def test_the_verdict_of_a_real_file_is_that_of_a_hand_computation(
    tmp_path: Path, name: str, share: float
) -> None:
    _, verdict, _ = took(tmp_path, name, "--at-least", str(share))
    rate = verdict["rules"][0]
    passed, failed, invalid, errors = COUNTED[name]
    assert [rate[key] for key in ("successes", "failures", "invalid", "errors")] == [*COUNTED[name]]
    assert rate["decision"] == by_hand(passed, failed, invalid + errors, share)


def test_the_cause_of_an_error_stands_before_its_traceback(tmp_path: Path) -> None:
    _, _, records = took(tmp_path, "vla-eval.json")
    (error,) = (one for one in records if one["outcome"] == "ERROR")
    said = "env_step: vla_eval.runners.base.EnvStepError: RuntimeError: the cart's <motor> is gone: Traceback"
    assert error["reason"].startswith(said)


def test_a_monitor_of_stable_baselines3_is_a_table_below_a_line_about_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, records = took(tmp_path, "stable-baselines3.monitor.csv")
    assert [records[0]["metrics"][key] for key in ("r", "l")] == [-0.303947, 3.0]
    assert [one["variant"] for one in records[:2]] == ["episodes::line3", "episodes::line4"]
    bad = tmp_path / "bad.csv"
    bad.write_text('#{"t_start": 1.5, "env_id": "None"}\nr,l,t,is_success\n1,2,3,True\n1,2\n')
    where = ["--runs-dir", str(tmp_path), "--run-name", "bad"]
    assert main(["import", str(bad), *MONITOR, *where]) == 2
    assert "bad.csv:4: 2 cells under 4 columns" in " ".join(capsys.readouterr().err.split())
    assert main(["import", str(bad), "--column", "success=won", *where]) == 2
    assert "bad.csv:2: there is no column 'won'" in " ".join(capsys.readouterr().err.split())
