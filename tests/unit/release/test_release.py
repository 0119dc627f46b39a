"""A release is GO when every layer is, on the candidate itself; whatever is missing, stale or contradicts is said."""

import json
import shutil

import pytest

from simgate.harness.gate.verdict import Decision
from simgate.harness.release.plan import read_release
from simgate.policies.perception.problems import PackageError
from tests.unit.gate.runs import scenario
from tests.unit.release.releases import (
    CANARY,
    CANDIDATE,
    MEASURED,
    OTHER,
    judged,
    layers,
    write_pack,
    write_run,
)


def test_every_layer_on_the_candidate_signed_is_go(folder):
    found = judged(folder)
    assert (found.decision, found.reasons) == (Decision.GO, ())
    assert found.coverage[0].by_layer == dict.fromkeys(("offline", "simulation", "field"), (40, 0))


@pytest.mark.parametrize("gone", ["offline", "simulation", "field"])
def test_a_missing_leg_is_not_go(folder, gone):
    found = judged(folder, layers={k: v for k, v in layers().items() if k != gone})
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == (f"{gone}: there is no evidence: the release file names no run",)


def test_a_run_that_is_not_there_is_not_go(folder):
    found = judged(folder, layers=layers(field={"run": "nowhere"}))
    assert found.decision is Decision.INCONCLUSIVE
    assert "field: the evidence cannot be read" in found.reasons[0]


@pytest.mark.parametrize("letters", ["P" * 40, "F" * 40])
def test_a_stale_leg_speaks_neither_for_nor_against(folder, letters):
    write_run(folder / "old", letters, model=OTHER)
    found = judged(folder, layers=layers(field={"run": "old"}))
    assert found.decision is Decision.INCONCLUSIVE
    assert (
        f"field: stale: it judged the model {OTHER[:12]}, the candidate is {CANDIDATE[:12]}" in found.reasons
    )


def test_a_run_that_names_no_model_counts_only_where_the_file_says_it(folder):
    write_run(folder / "imported", "P" * 40, model="")
    assert judged(folder, layers=layers(field={"run": "imported"})).decision is Decision.INCONCLUSIVE
    said = {"run": "imported", "model_sha256": CANDIDATE}
    assert judged(folder, layers=layers(field=said)).decision is Decision.GO
    # What a run says itself cannot be talked away.
    write_run(folder / "old", "P" * 40, model=OTHER)
    said = {"run": "old", "model_sha256": CANDIDATE}
    assert judged(folder, layers=layers(field=said)).decision is Decision.INCONCLUSIVE


def test_a_leg_that_is_refuted_is_no_go(folder):
    write_run(folder / "bad", "F" * 40)
    found = judged(folder, layers=layers(field={"run": "bad"}))
    assert found.decision is Decision.NO_GO
    assert "passes 40 of 40 in offline, 0 of 40 in field" in found.reasons[1]


def test_layers_that_are_both_go_and_contradict_each_other_are_not_go(folder):
    write_run(folder / "worse", "P" * 31 + "F" * 9)
    found = judged(folder, layers=layers(field={"run": "worse"}))
    assert {one.counted for one in found.layers} == {Decision.GO}
    assert found.decision is Decision.INCONCLUSIVE
    assert "requirement R-1: the layers contradict each other" in found.reasons[0]


def test_a_requirement_that_no_layer_covers_is_not_go(folder):
    found = judged(folder, requirements=["R-1", "R-7"])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == ("requirement R-7 is covered by no layer",)


@pytest.mark.parametrize("how", ["the same folder", "a link", "a copy"])
def test_one_run_in_two_layers_is_evidence_once(folder, how):
    named = "simulation"
    if how == "a link":
        (folder / "other").symlink_to("simulation")
        named = "other"
    elif how == "a copy":
        named = shutil.copytree(folder / "simulation", folder / "copied").name
    found = judged(folder, layers=layers(field={"run": named}))
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == ("field: all that it shows is in simulation too: name a run of its own evidence",)


def test_a_requirement_of_which_every_variant_fails_is_not_go(folder):
    failing = scenario("minor", severity="minor", count=5).model_copy(update={"requirements": ("R-2",)})
    passing = scenario(count=40).model_copy(update={"requirements": ("R-1",)})
    named = {}
    for name in ("offline", "simulation", "field"):
        named[name] = {"run": f"{name}-2"}
        write_pack(folder / f"{name}-2", [passing, failing], "P" * 40 + "F" * 5)
    found = judged(folder, layers=named)
    assert {one.counted for one in found.layers} == {Decision.GO}
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == ("requirement R-2: no variant that covers it passes",)


@pytest.mark.parametrize("name", [" ", "\u00a0", "\t", "\u202eA. Name", "A\nB"])
def test_what_cannot_be_read_is_nobodys_signature(tmp_path, name):
    said = json.dumps({"role": "safety", "name": name, "date": "2026-12-01"})
    (tmp_path / "release.yaml").write_text(WHOLE + f"sign_offs: [{said}]")
    with pytest.raises(
        PackageError, match=r"5:\d+: error\[release-value\]: sign_offs.0.name: write one line"
    ):
        read_release(tmp_path / "release.yaml")


def test_what_is_not_done_or_signed_is_not_go(folder):
    found = judged(folder, checklist={"field test": False}, sign_offs=[{"role": "safety"}])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == ("not done: field test", "not signed off: safety")
    assert judged(folder, sign_offs=[]).decision is Decision.INCONCLUSIVE


def test_too_much_drift_takes_a_go_away_and_little_gives_none(folder):
    def with_drift(effect):
        (folder / "simulation" / "drift").mkdir(exist_ok=True)
        text = json.dumps({"effect": effect, "against": "field", **MEASURED})
        (folder / "simulation" / "drift" / "drift.json").write_text(text)
        return judged(folder, layers=layers(simulation={"run": "simulation", "largest_drift": 0.1}))

    unmeasured = judged(folder, layers=layers(simulation={"run": "simulation", "largest_drift": 0.1}))
    assert "drift was not measured" in unmeasured.reasons[0]
    assert with_drift(0.05).decision is Decision.GO
    for effect in (0.2, float("nan")):
        found = with_drift(effect)
        assert found.decision is Decision.INCONCLUSIVE
        assert "0.1 is allowed" in found.reasons[0]
    shutil.rmtree(folder / "field")
    assert with_drift(0.0).decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"run_ids": ["offline", "field"]}, "is not that of this run"),
        ({"run_ids": []}, "is not that of this run"),
        ({"models": [OTHER]}, "is not as the candidate sees it"),
        ({"models": []}, "is not as the candidate sees it"),
    ],
)
def test_drift_of_another_run_or_by_another_model_says_nothing_of_this_one(folder, changed, said):
    simulation = {"run": "simulation", "largest_drift": 0.1, "drift": "drift.json"}
    (folder / "drift.json").write_text(json.dumps({"effect": 0.0, **MEASURED, **changed}))
    found = judged(folder, layers=layers(simulation=simulation))
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons[0].startswith(f"simulation: the drift in drift.json {said}: `simgate drift")


def test_a_part_of_a_pack_is_no_release(folder):
    write_run(folder / "part", "P" * 40, selection="--variants 40")
    found = judged(folder, layers=layers(field={"run": "part"}))
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == ("field: only a part of the pack was to be run: --variants 40",)


def test_the_canary_is_a_form(folder):
    needed = ["offline", "simulation", "field", "canary"]
    assert judged(folder, needed=needed).decision is Decision.INCONCLUSIVE
    filled = judged(folder, needed=needed, layers=layers(canary=CANARY))
    assert filled.decision is Decision.GO
    # Of none in 400 hours the exact bound is -ln(0.05) / 400.
    said = "3 robots at hall 1, hall 2, 400 hours, 0 incidents (at most 7.49 in 1,000 hours, 95 %), 0 allowed"
    assert said in filled.layers[-1].reason
    assert judged(folder, layers=layers(canary={**CANARY, "incidents": 1})).decision is Decision.NO_GO
    stale = judged(folder, layers=layers(canary={**CANARY, "model_sha256": OTHER}))
    assert stale.decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize("empty", sorted(CANARY))
def test_a_form_that_is_not_filled_in_is_no_evidence_and_says_what_lacks(folder, empty):
    found = judged(folder, layers=layers(canary={**CANARY, empty: None}))
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == (f"canary: the form is not filled in: {empty}",)


def test_a_blank_form_is_none_and_lacks_where_it_is_needed(folder):
    blank = dict.fromkeys(CANARY)
    assert judged(folder, layers=layers(canary=blank)).decision is Decision.GO
    needed = ["offline", "simulation", "field", "canary"]
    found = judged(folder, needed=needed, layers=layers(canary=blank))
    assert found.reasons == ("canary: the form is not filled in",)


def test_a_canary_alone_covers_no_requirement(folder):
    found = judged(folder, needed=["canary"], layers={"canary": CANARY})
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons == (
        "requirement R-1 is covered by no layer",
        "requirement R-2 is covered by no layer",
    )


WHOLE = "release: a\nmodel: b\nrequirements: [R]\nlayers: {}\n"
SIGNAL = "{requirement: R, metric: m, meaning: x}"


@pytest.mark.parametrize(
    "text, said",
    [
        ("release: [", "1:10: error[yaml-syntax]: "),
        ("release: !!python/object/apply:os.system ['true']", "1:10: error[yaml-tag]: "),
        ("release: a\nrelease: b", "2:1: error[duplicate-key]: "),
        ("[]", "1:1: error[release-value]: a release file must be a mapping, not "),
        (WHOLE + "extra: 1", "5:1: error[release-value]: unknown key 'extra'"),
        (
            WHOLE.replace("{}", "{fild: {run: r}}"),
            "4:10: error[release-value]: unknown key 'layers.fild'; did you mean 'field'?",
        ),
        (WHOLE.replace("{}", "{field: {rum: r}}"), "unknown key 'layers.field.rum'; did you mean 'run'?"),
        (
            WHOLE.replace("{}", "{field: {run: r, drift: d.json}}"),
            "4:17: error[release-value]: layers.field: drift limits nothing without largest_drift",
        ),
        (WHOLE.replace("model: b", ""), "1:1: error[release-value]: key 'model' is missing"),
        (WHOLE.replace("[R]", "['R 1']"), "3:16: error[release-value]: requirements.0 must match"),
        (
            WHOLE + f"monitoring: {{rollback: x, signals: [{SIGNAL}]}}",
            "5:37: error[release-value]: monitoring.signals.0: write at_most or at_least",
        ),
        (
            WHOLE + "monitoring: {rollback: x, label: 'a=\"b\"} or vector(1', "
            f"signals: [{SIGNAL.replace('}', ', at_most: 1}')}]}}",
            "monitoring.label must match",
        ),
    ],
)
def test_what_is_wrong_in_a_release_file_is_said_with_its_place(tmp_path, text, said):
    (tmp_path / "release.yaml").write_text(text)
    with pytest.raises(PackageError) as error:
        read_release(tmp_path / "release.yaml")
    assert said in str(error.value)
    assert "release.yaml:" in str(error.value)


def test_a_date_needs_no_quotes_in_a_release_file(tmp_path):
    (tmp_path / "release.yaml").write_text(WHOLE + "sign_offs: [{role: safety, name: A, date: 2026-12-01}]")
    (signed,) = read_release(tmp_path / "release.yaml").sign_offs
    assert signed.date == "2026-12-01"
