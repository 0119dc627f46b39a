from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simgate.harness.results.record import Outcome
from simgate.reports.gaps import gaps
from simgate.reports.run_data import RunData, load_run
from tests.unit.reports.factory import GATE, OFFICE, RunPlan, build_run


def test_missing_invalid_and_broken_variants_are_named(blind_data: RunData) -> None:
    text = " ".join(gaps(blind_data))
    assert "2 expected variants left no record: person_crossing (2)" in text
    assert "1 variant ended INVALID" in text
    assert "1 variant ended ERROR" in text


def test_a_scenario_that_no_rule_covers_is_named(blind_data: RunData) -> None:
    assert "No pass-rate rule covers: degraded_camera." in gaps(blind_data)


def test_a_selection_is_said_first(run_dir: Path) -> None:
    plan = RunPlan(
        scenarios=OFFICE[:1], gate=GATE, selection="--variants 60", recordings=False, pictures=False
    )
    assert gaps(load_run(build_run(run_dir, plan)))[0].startswith("This was a selection")


def test_a_metric_without_evidence_is_counted(blind_data: RunData) -> None:
    results = list(blind_data.results)
    record = results[0].record
    assert record is not None
    blank = tuple(criterion.model_copy(update={"observed": None}) for criterion in record.criteria[:1])
    results[0] = replace(results[0], record=record.model_copy(update={"criteria": blank}))
    text = gaps(replace(blind_data, results=tuple(results)))
    assert "collisions could not be computed in 1 variant." in text


def test_what_was_never_varied_is_listed(blind_data: RunData) -> None:
    assert any(
        "had one value in every variant" in gap and "robot.radius_m" in gap for gap in gaps(blind_data)
    )


def test_quarantined_failures_are_named(blind_data: RunData) -> None:
    first = blind_data.results[0]
    assert first.record is not None
    known = replace(first, record=first.record.model_copy(update={"outcome": Outcome.KNOWN}))
    run = replace(blind_data, results=(known, *blind_data.results[1:]))
    assert any("quarantine" in gap for gap in gaps(run))


def test_it_is_said_where_a_latency_comes_from_that_nobody_measured(blind_data: RunData) -> None:
    def said(**changed: object) -> str:
        pack = {**blind_data.manifest.pack, "model": None, **changed}
        return " ".join(
            gaps(replace(blind_data, manifest=blind_data.manifest.model_copy(update={"pack": pack})))
        )

    def node(declared: str) -> dict[str, object]:
        return {"doors": {"ros": ".", "declared": declared}}

    assert "was taken from" not in said()
    assert "was taken from the model package, not from" in said(model="model.yaml")
    assert "was taken from the pack, not from" in said(nodes=node("{}"))
    assert "was taken from" not in said(nodes=node('{"latency":"measured"}'))
    assert "the model package and the pack, not" in said(models={"a": "model.yaml"}, nodes=node("{}"))
