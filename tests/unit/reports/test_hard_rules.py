"""A variant that violates a hard rule of the gate is shown among the failed ones, also when it passes."""

from __future__ import annotations

from simgate.harness.packs.model import Criterion, GateRule
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.reports.html import render
from simgate.reports.run_data import load_run
from tests.unit.reports.factory import OFFICE, RunPlan, build_run, junit_document

LIMIT = Criterion(metric="speed_max_mps", op="at_most", bound=1.2, if_undefined="invalid")
RULE = GateRule(kind="every_variant", metric="speed_max_mps", criterion=LIMIT)


def test_reports_show_what_violates_a_hard_rule(run_dir):
    folder = build_run(run_dir, RunPlan(scenarios=OFFICE[3:4], gate=(RULE,)))
    first, *rest = folder.records()
    folder.journal_path.unlink()
    for record, speed in [(first, 1.5), *((one, 0.8) for one in rest)]:
        judged = CriterionResult(
            metric="speed_max_mps",
            statement=LIMIT.statement,
            observed=speed,
            unit="m/s",
            margin=1.2 - speed,
            outcome=Outcome.FAIL if speed > 1.2 else Outcome.PASS,
        )
        append_record(folder.journal_path, record.model_copy(update={"hard": (judged,)}))
    assert first.outcome is Outcome.PASS
    run = load_run(folder)
    suites = {suite.get("name"): suite for suite in junit_document(run)}
    assert suites["wooden_door_closed"].get("failures") == suites["gate"].get("failures") == "1"
    failure = suites["wooden_door_closed"].find("testcase/failure")
    assert failure.get("message").startswith("violates a hard rule of the gate: speed_max_mps at most 1.2: ")
    page = render(run)
    assert f'<span class="id">{first.variant}</span>' in page
    assert "1 of 40 did not pass, or violate a hard rule" in page
    assert "worst 1.5" in page and "threshold 1.2" in page
    assert f'<span class="id">{rest[0].variant}</span>' not in page
