"""What was run again is told in every report."""

from __future__ import annotations

from simgate.harness.results.journal import append_record
from simgate.harness.results.record import Outcome
from simgate.reports.html import render
from simgate.reports.run_data import load_run
from tests.unit.reports.factory import OFFICE, RunPlan, build_run, junit_document


def test_reports_show_how_often_a_variant_was_begun_and_what_it_gave_before(run_dir):
    folder = build_run(run_dir, RunPlan(scenarios=OFFICE[3:4], recordings=False, errors=frozenset({0, 1})))
    first, second = folder.records()[:2]
    append_record(folder.journal_path, first.model_copy(update={"attempts": 2}))
    append_record(folder.journal_path, second.model_copy(update={"outcome": Outcome.INVALID}))
    run = load_run(folder)
    cases = {case.get("name"): case for case in junit_document(run).iter("testcase")}
    assert "begun 3 times: ERROR, ERROR" in cases[first.variant].findtext("system-out")
    assert "begun 2 times: ERROR, INVALID" in cases[second.variant].findtext("system-out")
    assert "begun" not in cases[run.results[2].expected.id].findtext("system-out")
    page = render(run)
    assert "Begun 3 times." in page
    assert "<dt>begun more than once</dt><dd>2 variants</dd>" in page
