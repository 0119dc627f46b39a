"""A pass because nothing was measured: no way to get one gives GO, however the gate decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from simgate.harness.cli.main import main as simgate
from simgate.harness.gate.decide import decide, write_verdict
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import Criterion
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import LatencySamples, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.score import score
from tests.quality.mutations import PACK
from tests.unit.gate.pairs import REGRESSION, baseline, run_of
from tests.unit.gate.runs import (
    PASS_RATE,
    VALIDITY,
    a_run,
    make_manifest,
    make_pack,
    make_record,
    make_records,
    scenario,
    variant_ids,
)
from tests.unit.scoring.traces import open_trace

MANY = 400


def _absolute(letters: str) -> Decision:
    return decide(*a_run(letters, PASS_RATE, VALIDITY)).decision


def _sequential(letters: str) -> Decision:
    manifest, records = a_run(letters, PASS_RATE, VALIDITY)
    return decide(manifest.model_copy(update={"until_decided": True}), records).decision


def _regression(letters: str) -> Decision:
    manifest, records = run_of(letters, REGRESSION, made={"model": "new", "model_sha256": "2" * 64})
    return decide(manifest, records, baseline("P" * len(letters), REGRESSION)).decision


WAYS = [_absolute, _sequential, _regression]


@pytest.mark.parametrize("decided", WAYS)
def test_the_same_run_without_a_hole_is_go(decided: Callable[[str], Decision]):
    assert decided("P" * MANY) is Decision.GO


@pytest.mark.parametrize("decided", WAYS)
@pytest.mark.parametrize(
    "letters",
    ["-" * MANY, "E" * MANY, "I" * MANY, "-" + "P" * (MANY - 1), "E" * 20 + "-" * (MANY - 20)],
    ids=["nothing ran", "all hosts dead", "all invalid", "one id missing", "hosts died at once"],
)
def test_a_hole_in_the_evidence_is_never_go(decided: Callable[[str], Decision], letters: str):
    assert decided(letters) is not Decision.GO


def test_an_empty_pack_is_never_go():
    for gate in ([], [PASS_RATE], [VALIDITY], [REGRESSION]):
        for until_decided in (False, True):
            manifest = make_manifest(make_pack([], gate), until_decided=until_decided)
            assert decide(manifest, []).decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize("until_decided", [False, True])
def test_a_rule_whose_filter_matches_nothing_is_never_go(until_decided: bool):
    one = scenario("glass", MANY)
    gate = [PASS_RATE, PASS_RATE.model_copy(update={"scenario": "stairs_*"})]
    manifest = make_manifest(make_pack([one], gate), until_decided=until_decided)
    assert decide(manifest, make_records(variant_ids(one), "P" * MANY)).decision is Decision.INCONCLUSIVE


def test_a_filter_of_the_command_line_that_matches_nothing_runs_nothing(capsys: pytest.CaptureFixture[str]):
    assert simgate(["run", str(PACK), "--scenario", "stairs_*"]) == 2
    assert "--scenario stairs_*: no scenario" in capsys.readouterr().err


@pytest.mark.parametrize("cut", [1, 20, 5_000])
def test_a_truncated_journal_is_never_go(tmp_path, cut: int):
    manifest, records = a_run("P" * 40, PASS_RATE)
    folder = RunFolder(tmp_path)
    folder.manifest_path.write_text(manifest.model_dump_json())
    for record in records:
        append_record(folder.journal_path, record)
    assert write_verdict(folder).decision is Decision.GO
    whole = folder.journal_path.read_bytes()
    folder.journal_path.write_bytes(whole[: -cut - 1])
    assert write_verdict(folder).decision is Decision.INCONCLUSIVE


def _scored_without_a_door(ids: Sequence[str]) -> list[RunRecord]:
    """Real scores of an episode in which no door was ever in view, for every variant."""
    asked = Criterion(metric="detection.glass_door.recall", op="at_least", bound=0.9, options={"within_m": 3})
    judged = scenario().model_copy(update={"accept": (asked,)})
    found = score(judged, open_trace(), LatencySamples(), {})
    return [make_record(name, found.outcome, reason=found.reason) for name in ids]


@pytest.mark.parametrize("until_decided", [False, True])
def test_a_scenario_whose_door_was_never_seen_is_never_go(until_decided: bool):
    one = scenario("glass", MANY)
    manifest = make_manifest(make_pack([one], [PASS_RATE]), until_decided=until_decided)
    records = _scored_without_a_door(variant_ids(one))
    assert "no evidence" in records[0].reason
    assert decide(manifest, records).decision is Decision.NO_GO
