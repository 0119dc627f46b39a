"""``simgate plan`` tells time from what was measured here, and what the gate can prove and see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.cli.planning.gate_power import POWER, rule_power
from simgate.harness.cli.planning.times import past_runs
from simgate.harness.gate.statistics.intervals import proves_at_least, refutation_p, refutes_at_least
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.results.record import Outcome
from tests.unit.cli.small_runs import PACK, write_pack, write_run


@pytest.fixture
def pack_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_pack(tmp_path)


def plan(capsys: pytest.CaptureFixture[str], pack: Path, *arguments: str) -> Any:
    assert main(["plan", str(pack), "--format", "json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_without_a_past_run_it_says_that_times_must_be_measured(
    pack_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(capsys, pack_file)["expected_minutes"] is None
    assert main(["plan", str(pack_file)]) == 0
    text = capsys.readouterr().out
    assert "must be measured" in text
    assert "--probe" in text
    assert max(map(len, text.splitlines())) <= 100


def test_minutes_come_from_past_runs_and_the_number_of_hosts(
    pack_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(Path("runs/r1"), pack_file, dict.fromkeys(range(10), Outcome.PASS), wall_s=3.0)
    write_run(Path("runs/r2"), pack_file, dict.fromkeys(range(10), Outcome.FAIL), wall_s=1.0)
    found = plan(capsys, pack_file, "--workers", "2")
    assert found["scenarios"][0]["seconds_each"] == 2.0
    assert found["expected_minutes"] == pytest.approx(150 * 2.0 / 2 / 60)
    assert found["measured_from"] == ["r1", "r2"]


def test_runs_of_other_machines_errors_and_broken_folders_do_not_count(pack_file: Path) -> None:
    write_run(Path("runs/elsewhere"), pack_file, {0: Outcome.PASS}, wall_s=99.0, on="another machine")
    write_run(Path("runs/here"), pack_file, {0: Outcome.PASS, 1: Outcome.ERROR}, wall_s=1.5)
    Path("runs/broken").mkdir()
    Path("runs/broken/manifest.json").write_text("{}", encoding="utf-8")
    measured = past_runs(load_pack(pack_file), Path("runs"))
    assert measured.seconds == {"closed": [1.5]}
    assert (measured.runs, measured.elsewhere) == (["here"], 1)


def test_a_scenario_that_never_ran_takes_the_mean_of_the_others_and_is_marked(
    pack_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_run(Path("runs/r1"), pack_file, {0: Outcome.PASS}, wall_s=4.0)
    scenario = PACK[PACK.index("  closed:") : PACK.index("\ngate:") + 1]
    more = PACK.replace("\ngate:", "\n" + scenario.replace("closed:", "again:") + "gate:")
    assert main(["plan", str(write_pack(tmp_path, more)), "--workers", "1"]) == 0
    text = capsys.readouterr().out
    assert "4.00 ?" in text
    assert "'?' marks scenarios that were never run" in " ".join(text.split())


def pack_with(rule: GateRule, count: int, pack_file: Path) -> Pack:
    pack = load_pack(pack_file)
    (scenario,) = pack.scenarios
    sized = scenario.model_copy(update={"variants": scenario.variants.model_copy(update={"count": count})})
    return pack.model_copy(update={"scenarios": (sized,), "gate": (rule,)})


def first_line(rule: GateRule, count: int, pack_file: Path) -> str:
    return rule_power(pack_with(rule, count, pack_file), rule, None).lines[0]


def test_a_rule_on_drift_promises_what_drift_alone_decides(pack_file: Path) -> None:
    line = first_line(GateRule(kind="drift", at_most=0.1), 40, pack_file)
    assert line == "GO when `simgate drift RUN --against OTHER` finds no more, else INCONCLUSIVE"


@pytest.mark.parametrize(("count", "p0"), [(40, 0.9), (150, 0.98), (250, 0.98), (120, 0.9)])
def test_the_failures_named_are_those_at_which_the_gate_changes_its_mind(
    pack_file: Path, count: int, p0: float
) -> None:
    rule = GateRule(kind="pass_rate", at_least=p0, confidence=0.95)
    proven = max(k for k in range(count) if proves_at_least(count - k, count, p0, 0.95))
    refuted = min(k for k in range(count) if refutes_at_least(count - k, count, p0, 0.95))
    line = first_line(rule, count, pack_file)
    assert f"at most {proven} failure" in line
    assert f"NO-GO from {refuted} failures on" in line


def test_the_smallest_visible_drop_is_seen_in_four_of_five_simulated_runs(pack_file: Path) -> None:
    rule = GateRule(kind="pass_rate", at_least=0.9, confidence=0.95)
    drop = rule_power(pack_with(rule, 120, pack_file), rule, None).visible_drop
    assert drop is not None
    passes = np.random.default_rng(5).binomial(120, 0.9 - drop, 4000)
    refuted = [refutes_at_least(int(k), 120, 0.9, 0.95) for k in range(121)]
    assert np.mean([refuted[k] for k in passes]) == pytest.approx(POWER, abs=0.03)


def test_among_several_rules_no_go_is_planned_at_the_level_that_holm_asks_for(pack_file: Path) -> None:
    rule = GateRule(kind="pass_rate", at_least=0.9, confidence=0.95)
    alone, among = (rule_power(pack_with(rule, 120, pack_file), rule, None, tested) for tested in (1, 3))
    p_of = [refutation_p(120 - k, 120, 0.9) for k in range(121)]
    for power, level in ((alone, 0.05), (among, 0.05 / 3)):
        first = next(k for k in range(121) if p_of[k] < level)
        assert f"NO-GO from {first} failures on" in power.lines[0]
    assert among.visible_drop > alone.visible_drop
    # What GO takes does not depend on how many rules there are.
    assert among.lines[0].partition(",")[0] == alone.lines[0].partition(",")[0]


def test_a_pack_without_a_regression_rule_is_told_what_compare_can_see(
    pack_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(pack_file)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "simgate compare: pass rate of all scenarios not below the baseline's" in text


def test_a_rule_that_can_never_be_met_says_what_it_takes(pack_file: Path) -> None:
    rule = GateRule(kind="pass_rate", at_least=0.98, confidence=0.95)
    assert first_line(rule, 148, pack_file) == "can never be GO: it takes 149 clean variants, there are 148"


def test_a_regression_rule_names_the_broken_variants_that_decide(pack_file: Path) -> None:
    rule = GateRule(kind="regression", at_most=0.02, confidence=0.95)
    assert "GO with at most 2 broken variants in 370 pairs, NO-GO from 13 on" in first_line(
        rule, 370, pack_file
    )
    unstated = GateRule(kind="regression", confidence=0.95)
    assert "GO with at most 2 broken variants in 370 pairs, NO-GO from 5 on" in first_line(
        unstated, 370, pack_file
    )
    assert first_line(rule, 100, pack_file).startswith("can never be GO: 100 pairs without any difference")


def test_a_rule_on_a_metric_against_a_baseline_says_how_many_pairs_it_takes(pack_file: Path) -> None:
    rule = GateRule(kind="not_worse_by", metric="success", at_most=0.02, better="higher", clip=(0, 1))
    assert first_line(rule, 370, pack_file).startswith("GO needs 169 pairs in which success stays the same")
    assert "can never be GO: there are 100" in first_line(rule, 100, pack_file)


def test_a_latency_rule_says_how_many_samples_it_takes(pack_file: Path) -> None:
    rule = GateRule(kind="metric", metric="latency.p95_ms", at_most=50, confidence=0.99)
    lines = rule_power(pack_with(rule, 10, pack_file), rule, 50.0).lines
    assert "at least 90 latency samples" in lines[0]
    assert "10 variants give about 500 samples, of which 13 samples may exceed" in lines[1]


def test_a_metric_that_cannot_be_gated_is_said_so(pack_file: Path) -> None:
    rule = GateRule(kind="metric", metric="collisions", at_most=0, confidence=0.95)
    assert "cannot be gated" in first_line(rule, 10, pack_file)


def test_a_pack_without_a_gate_is_told_that_it_decides_nothing(
    pack_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["plan", str(write_pack(tmp_path, PACK[: PACK.index("\ngate:") + 1]))]) == 0
    assert "every run ends INCONCLUSIVE" in capsys.readouterr().out


def test_a_pack_that_leaves_nothing_to_run_has_no_plan(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hopeless = PACK.replace("door.distance_m < 7", "door.distance_m > 11")
    assert hopeless != PACK
    assert main(["plan", str(write_pack(tmp_path, hopeless))]) == 2
    said = capsys.readouterr().err
    assert "error[no-variants]" in said and "door.distance_m > 11" in said
