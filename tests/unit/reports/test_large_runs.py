"""Reports of a large run: bounded, and what is only a part says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgate.harness.packs.checks.check_policy import SERVER
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import LatencySamples, Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.reports import failures, html, junit, survey
from simgate.reports.reasons import reasons
from simgate.reports.run_data import RunData, load_run
from tests.unit.reports.factory import OFFICE, RunPlan, build_run, junit_document


def again(run: RunData) -> RunData:
    """The same without what it has already made."""
    return replace(run)


def test_parameters_of_a_large_run_are_compared_on_evenly_spread_variants_and_it_says_so(
    blind_data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reasons(blind_data)
    assert not any("every" in reason.remark for reason in whole)
    monkeypatch.setattr(survey, "MOST_KEPT", 110)
    some = reasons(again(blind_data))
    assert [reason.where for reason in some] == [reason.where for reason in whole]
    assert [(reason.failed, reason.counted) for reason in some] == [(r.failed, r.counted) for r in whole]
    assert all("on every 3rd variant; compared with them is every failed one" in r.remark for r in some)
    assert any("lighting.lux" in reason.summary for reason in some)


def test_costs_and_gaps_are_of_every_variant_and_percentiles_say_of_which(
    blind_data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = dict(html.costs(blind_data)), html.gaps(blind_data)
    monkeypatch.setattr(survey, "MOST_KEPT", 110)
    run = again(blind_data)
    costs = dict(html.costs(run))
    assert (costs["host time"], costs["by phase"]) == (whole[0]["host time"], whole[0]["by phase"])
    assert html.gaps(run) == whole[1]
    assert "frames of every 3rd variant)" in costs["latency in the loop"]
    assert "of every" not in whole[0]["latency in the loop"]


@pytest.mark.parametrize(("model", "what"), [(None, "chunks"), ("/a/model.yaml", "frames")])
def test_latency_beside_a_model_is_of_its_frames_and_of_a_server_alone_of_its_chunks(
    blind_data: RunData, model: str | None, what: str
) -> None:
    pack = blind_data.manifest.pack | {"policy": SERVER, "model": model, "models": {}}
    manifest = blind_data.manifest.model_copy(update={"pack": pack})
    found = dict(html.costs(replace(blind_data, manifest=manifest)))
    assert f" {what}" in found["latency in the loop"]


def test_a_page_lists_so_many_failures_and_counts_the_rest(
    blind_data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "DETAILED_IN_ALL", 4)
    whole = failures.failure_groups(blind_data)
    monkeypatch.setattr(failures, "LISTED_IN_ALL", 6)
    some = failures.failure_groups(blind_data)
    assert [group.count for group in some] == [group.count for group in whole]
    assert sum(len(group.lines) for group in some) == 6
    assert sum(group.unlisted for group in some) == sum(len(group.lines) for group in whole) - 6
    assert "more that only junit.xml lists" in html.render(blind_data)


def test_a_long_junit_file_says_of_passed_variants_the_same_whether_or_not_they_are_read_again(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build_run(run_dir, RunPlan(scenarios=OFFICE[:2], recordings=False))
    for record in folder.records()[:5]:
        noted = record.model_copy(update={"notes": ("the picture is lost",)})
        append_record(folder.journal_path, noted if record.variant.endswith("2") else record)
    monkeypatch.setattr(junit, "ALL_PARAMETERS_UP_TO", 10)
    run = load_run(folder)
    quick = junit_document(run)
    monkeypatch.setattr(junit, "_bare_seconds", lambda run: {})
    slow = junit_document(run)
    assert [case.attrib for case in quick.iter("testcase")] == [case.attrib for case in slow.iter("testcase")]
    assert list(quick.itertext()) == list(slow.itertext())
    assert sum(result.outcome is Outcome.PASS for result in run.results) > 10


def test_verdict_and_reports_read_a_run_once_and_anew_when_it_has_grown(run_dir: Path) -> None:
    folder = build_run(run_dir, RunPlan(scenarios=OFFICE[3:4], recordings=False, pictures=False))
    before = load_run(folder)
    assert load_run(RunFolder(run_dir)).verdict is before.verdict
    failed = before.records[0].model_copy(update={"outcome": Outcome.ERROR, "criteria": ()})
    folder.journal_path.unlink()
    append_record(folder.journal_path, failed)
    after = load_run(folder)
    assert (after.count(Outcome.ERROR), after.count(None)) == (1, len(before.results) - 1)


def test_latency_of_several_models_is_told_of_each(blind_data: RunData) -> None:
    models = {
        name: LatencySamples(in_loop_ms=(ms, ms), measured_ms=(1.0,))
        for name, ms in (("pose", 5.0), ("depth", 300.0))
    }
    latency = LatencySamples(in_loop_ms=(5.0, 5.0, 300.0, 300.0), measured_ms=(1.0, 1.0), models=models)
    run = again(blind_data)
    vars(run)["records"] = [r.model_copy(update={"latency": latency}) for r in blind_data.records[:10]]
    found = dict(html.costs(run))
    assert found["latency of pose in the loop"].startswith("p50 5.0 ms, p95 5.0 ms")
    assert found["latency of depth in the loop"].startswith("p50 300.0 ms, p95 300.0 ms")
    assert "latency of depth measured here" in found and "latency in the loop" not in found
