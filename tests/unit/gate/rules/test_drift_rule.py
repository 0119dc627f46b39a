"""A gate rule on drift: what `simgate drift` has measured of this run and model can take a GO away, and no more."""

from __future__ import annotations

import json
import math

import pytest

from simgate.harness.gate.decide import decide_folder
from simgate.harness.gate.measured_drift import PLACE
from simgate.harness.gate.texts.explain import explain
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.html import rule_numbers
from tests.unit.gate.runs import make_manifest, make_pack, make_records, scenario, variant_ids

MODEL = "c" * 64
RATE = GateRule(kind="pass_rate", at_least=0.5, confidence=0.9)
NEAR = GateRule(kind="drift", at_most=0.1)


def run(folder, *gate: GateRule, letters: str = "P" * 20, models: dict[str, str] | None = None) -> RunFolder:
    one = scenario(count=len(letters))
    print_of = Fingerprint(model="m 1", model_sha256=MODEL, models=models or {})
    manifest = make_manifest(make_pack([one], gate), fingerprint=print_of, run_id="mine")
    made = RunFolder(folder)
    made.create()
    write_atomic(made.manifest_path, manifest.model_dump_json())
    records = make_records(variant_ids(one), letters)
    write_atomic(made.journal_path, "".join(r.model_dump_json() + "\n" for r in records))
    return made


def measured(made: RunFolder, **changes) -> None:
    said = {
        "effect": 0.03,
        "against": "runs/field",
        "run_ids": ["mine", "field"],
        "models": [MODEL],
    } | changes
    (made.path / PLACE).parent.mkdir(exist_ok=True)
    (made.path / PLACE).write_text(json.dumps(said))


def test_a_run_is_go_when_it_is_near_enough_and_undecided_when_it_is_not(tmp_path) -> None:
    made = run(tmp_path / "run", RATE, NEAR)
    before = decide_folder(made)
    assert before.decision is Decision.INCONCLUSIVE
    assert before.rules[1].reason == "drift was not measured"
    assert "simgate drift RUN --against OTHER" in before.rules[1].would_change
    measured(made)
    near = decide_folder(made)
    assert (near.decision, near.rules[1].estimate, near.rules[1].bound) == (Decision.GO, 0.03, 0.1)
    # An energy coefficient is no share of anything.
    assert rule_numbers(near.rules[1]) == ["observed 0.03", "threshold 0.1"]
    assert "estimate   0.03\n" in explain(near, 80)
    measured(made, effect=0.2)
    far = decide_folder(made)
    assert (far.decision, far.rules[1].decision) == (Decision.INCONCLUSIVE, Decision.INCONCLUSIVE)
    assert "drift 0.200 against runs/field, 0.1 is allowed" in far.headline


def test_a_rule_may_say_against_what(tmp_path) -> None:
    made = run(tmp_path / "run", RATE, NEAR.model_copy(update={"against": "field_logs/lobby"}))
    for path in ("", "/data/lobby", "/data/other_field_logs/lobby", "/data/field_logs/lobby/a.mcap"):
        measured(made, against_path=path)
        found = decide_folder(made)
        assert found.decision is Decision.INCONCLUSIVE
        assert (
            found.rules[1].reason
            == "drift was measured against runs/field, and field_logs/lobby is asked for"
        )
        assert "simgate drift RUN --against field_logs/lobby" in found.rules[1].would_change
    measured(made, against_path="/data/field_logs/lobby")
    near = decide_folder(made)
    assert near.decision is Decision.GO
    assert "against field_logs/lobby at most 0.1" in near.rules[1].statement


def test_drift_alone_is_never_go_and_never_no_go(tmp_path) -> None:
    made = run(tmp_path / "run", NEAR)
    measured(made)
    found = decide_folder(made)
    assert (found.rules[0].decision, found.decision) == (Decision.GO, Decision.INCONCLUSIVE)
    assert "no gate rule judges the model" in found.headline
    measured(made, effect=1.0)
    assert decide_folder(made).decision is Decision.INCONCLUSIVE


def test_a_refuted_rule_is_no_go_however_near_the_run_is(tmp_path) -> None:
    made = run(tmp_path / "run", RATE, NEAR, letters="F" * 20)
    measured(made)
    assert decide_folder(made).decision is Decision.NO_GO


@pytest.mark.parametrize(("changes", "why"), [
    ({"run_ids": ["other"]}, "the drift in drift.json is not that of this run"),
    ({"models": ["d" * 64]}, "the drift in drift.json is not as the candidate sees it"),
    ({"effect": math.nan}, "drift nan against runs/field"),
    ({"effect": "small"}, "drift was not measured"),
    ({"effect": 10**400}, "drift was not measured"),
    ({"run_ids": 7}, "drift was not measured"),
])  # fmt: skip
def test_what_was_not_measured_of_this_run_and_model_does_not_count(tmp_path, changes, why) -> None:
    made = run(tmp_path / "run", RATE, NEAR)
    measured(made, **changes)
    found = decide_folder(made)
    assert found.decision is Decision.INCONCLUSIVE
    assert found.rules[1].reason.startswith(why)


def test_of_several_models_each_must_have_looked(tmp_path) -> None:
    made = run(tmp_path / "run", RATE, NEAR, models={"doors": "a" * 64, "people": "b" * 64})
    measured(made, models=["a" * 64, "b" * 64])
    assert decide_folder(made).decision is Decision.GO
    measured(made, models=["a" * 64, "d" * 64])
    assert "is not as the candidate sees it" in decide_folder(made).rules[1].reason
