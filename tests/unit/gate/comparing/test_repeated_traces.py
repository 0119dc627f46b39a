"""Runs with one trace are one run, whatever ids, digests and parameters they claim."""

from __future__ import annotations

import pytest

from simgate.harness.gate.comparing.metric_changes import describe_metric, metric_changes
from simgate.harness.gate.comparing.pairing import pair_up
from simgate.harness.gate.comparing.scene_drops import scene_drops
from simgate.harness.gate.decide import decide
from simgate.harness.gate.rules.regression import Comparison
from simgate.harness.gate.scenes import Scenes
from simgate.harness.gate.stopping.sequential import count_until_decided
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import Criterion, GateRule
from simgate.harness.results.record import Outcome
from tests.unit.gate.pairs import baseline, evidence_of, run_of
from tests.unit.gate.runs import a_run, trace_digest


def traced(run, trace_of):
    manifest, records = run
    return manifest, [
        record.model_copy(update={"trace_digest": trace_digest(trace_of(k))})
        for k, record in enumerate(records)
    ]


def one_trace(k):
    return "a"


def own_trace(k):
    return f"trace {k}"


def test_sixty_passes_with_one_trace_prove_as_much_as_one():
    assert decide(*traced(a_run("P" * 60), own_trace)).rules[0].decision is Decision.GO
    verdict = decide(*traced(a_run("P" * 60), one_trace))
    rule = verdict.rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert rule.exact.low == pytest.approx(0.05)
    assert "of which 59 passed with the trace of another scene" in rule.reason
    assert any(
        note.startswith("59 variants that passed with the trace of another scene") for note in verdict.notes
    )


def test_a_robot_that_fails_at_once_and_alike_in_every_scene_is_refused():
    assert decide(*traced(a_run("F" * 60), one_trace)).decision is Decision.NO_GO


def test_failures_with_one_trace_count_each():
    run = a_run("F" * 10 + "P" * 190)
    alike = decide(*traced(run, lambda k: "stuck" if k < 10 else own_trace(k))).rules[0]
    apart = decide(*traced(run, own_trace)).rules[0]
    assert (alike.exact, alike.estimate) == (apart.exact, apart.estimate)


@pytest.mark.parametrize(
    "digests",
    [
        lambda k: "",
        lambda k: trace_digest("a") + " " * k,
        lambda k: "".join(c.upper() if k >> i & 1 else c for i, c in enumerate(trace_digest("a"))),
        lambda k: f"x{k}",
        lambda k: trace_digest("a") + "\n",
        lambda k: "٣" * 64,
    ],
)
def test_a_record_without_a_trace_digest_of_one_spelling_is_not_believed(digests):
    manifest, records = a_run("P" * 60)
    records = [one.model_copy(update={"trace_digest": digests(k)}) for k, one in enumerate(records)]
    assert decide(manifest, records).decision is Decision.INCONCLUSIVE


def test_a_trace_that_repeats_within_its_scene_changes_nothing():
    assert Scenes.of([("a", True, 7), ("a", True, 7), ("b", False, 8)]).repeats == 0


def test_a_repeated_trace_counts_in_the_scene_in_which_it_was_first():
    scenes = Scenes.of([("a", True, 7), ("b", True, 7), ("b", False, 0), ("c", False, 9), ("d", False, 9)])
    assert scenes.proving == ((0, 1, 0, 3), (1, 0, 0, 1))
    assert scenes.results == ((0, 1, 0, 2), (1, 0, 0, 1), (1, 1, 0, 1))


@pytest.mark.parametrize("now", ["P", "F"])
def test_pairs_with_one_trace_are_one_pair_against_a_loss_and_each_count_for_one(now):
    candidate = evidence_of(*traced(run_of(now * 60), one_trace))
    pairs = pair_up(candidate.evidence.variants, baseline("P" * 60).by_digest)
    drops = scene_drops(pairs)
    assert drops.shared
    assert drops.worst == ({0.0: 1} if now == "P" else {1.0: 60})
    assert drops.best == ({0.0: 60} if now == "P" else {1.0: 60})


def test_sixty_unchanged_pairs_with_one_trace_do_not_prove_that_nothing_was_lost():
    margin = GateRule(kind="regression", at_most=0.05)
    new = {"model": "door_detector 2.0", "model_sha256": "2" * 64}
    run = run_of("P" * 60, margin, made=new)
    assert decide(*traced(run, own_trace), baseline("P" * 60, margin)).rules[-1].decision is Decision.GO
    found = decide(*traced(run, one_trace), baseline("P" * 60, margin)).rules[-1]
    assert found.decision is Decision.INCONCLUSIVE
    assert "in 1 scene: pairs of one scene or trace are one unit of proof" in found.reason


@pytest.mark.parametrize(
    ("metric", "values", "counted"),
    [
        ("collisions", (1.0, 0.0), 1),
        ("min_clearance_m", (0.2, 0.6), 1),
        ("of_no_direction", (1.0, 2.0), 1),
        ("collisions", (0.0, 1.0), 30),
        ("min_clearance_m", (0.6, 0.2), 30),
    ],
)
def test_a_metric_that_got_worse_in_one_trace_did_so_in_every_pair_and_else_once(metric, values, counted):
    def changes(trace_of):
        manifest, records = traced(run_of("P" * 30), trace_of)
        old, new = (
            [record.model_copy(update={"metrics": {metric: value}}) for record in records] for value in values
        )
        now = evidence_of(manifest, new).evidence.variants
        pairs = pair_up(now, evidence_of(manifest, old).by_digest)
        return metric_changes(pairs, describe_metric)

    assert [change.pairs for change in changes(own_trace)] == [30]
    found = changes(one_trace)
    assert [change.pairs for change in found] == [counted]
    assert [change.lost for change in found] == [counted == 30]


def test_a_run_that_repeats_a_trace_is_not_ended_early():
    def decision(trace_of):
        run = evidence_of(*traced(a_run("P" * 300), trace_of))
        return count_until_decided(run.pack, run.evidence.variants, None).decision

    assert decision(own_trace) is Decision.GO
    assert decision(lambda k: own_trace(min(k, 5))) is None


@pytest.mark.parametrize("kind", ["regression", "not_worse_by"])
@pytest.mark.parametrize("letter", ["P", "F"])
def test_pairs_with_one_trace_in_which_nothing_was_lost_do_not_end_a_run_early(kind, letter):
    rule = KEPT if kind == "not_worse_by" else GateRule(kind="regression", at_most=0.05)
    before = evidence_of(*measured(run_of(letter * 300, rule), [1.0] * 300))
    made = {"model": "door_detector 2.0", "model_sha256": "2" * 64}

    def decision(trace_of):
        run = evidence_of(*traced(measured(run_of(letter * 300, rule, made=made), [1.0] * 300), trace_of))
        comparison = Comparison(before, run)
        return count_until_decided(run.pack, run.evidence.variants, comparison).rules[-1][1]

    assert decision(own_trace).proven
    assert decision(one_trace) is None


def test_pairs_that_break_with_one_trace_each_count_against_a_candidate():
    rule = GateRule(kind="regression", at_most=0.05)
    made = {"model": "door_detector 2.0", "model_sha256": "2" * 64}
    run = evidence_of(*traced(run_of("F" * 60, rule, made=made), one_trace))
    gate = count_until_decided(run.pack, run.evidence.variants, Comparison(baseline("P" * 60, rule), run))
    assert gate.decision is Decision.NO_GO


METRIC = "min_clearance_m"
CRITERION = Criterion(metric=METRIC, op="at_least", bound=0.8, if_undefined="invalid")
MEAN = GateRule(kind="mean", metric=METRIC, criterion=CRITERION, clip=(0.0, 1.0))
KEPT = GateRule(kind="not_worse_by", metric=METRIC, at_most=0.2, clip=(0.0, 1.0), better="higher")


def measured(run, values):
    manifest, records = run
    pairs = zip(records, values, strict=True)
    return manifest, [record.model_copy(update={"metrics": {METRIC: value}}) for record, value in pairs]


def test_bad_values_with_one_trace_count_each_in_a_mean():
    run = measured(run_of("P" * 60 + "F" * 40, MEAN), [1.0] * 60 + [0.0] * 40)
    stuck = decide(*traced(run, lambda k: own_trace(min(k, 60)))).rules[-1]
    apart = decide(*traced(run, own_trace)).rules[-1]
    assert (stuck.decision, stuck.exact) == (apart.decision, apart.exact)


@pytest.mark.parametrize("letter", ["P", "F"])
def test_good_values_with_one_trace_count_once_in_a_mean(letter):
    run = measured(run_of(letter * 60, MEAN), [1.0] * 60)
    assert decide(*traced(run, own_trace)).rules[-1].decision is Decision.GO
    assert decide(*traced(run, one_trace)).rules[-1].decision is Decision.INCONCLUSIVE


def test_good_values_with_one_trace_do_not_refute_a_mean_by_counting_once():
    run = measured(run_of("P" * 100, MEAN), [1.0] * 88 + [0.0] * 12)
    found = decide(*traced(run, lambda k: own_trace(max(k, 87)))).rules[-1]
    assert found.decision is Decision.INCONCLUSIVE


def test_losses_of_pairs_with_one_trace_count_each():
    new = {"model": "door_detector 2.0", "model_sha256": "2" * 64}
    before = evidence_of(*measured(run_of("P" * 100, KEPT), [1.0] * 100))
    run = measured(run_of("P" * 100, KEPT, made=new), [1.0] * 60 + [0.0] * 40)
    stuck = decide(*traced(run, lambda k: own_trace(min(k, 60))), before).rules[-1]
    apart = decide(*traced(run, own_trace), before).rules[-1]
    assert (stuck.decision, stuck.exact) == (apart.decision, apart.exact)


def test_a_record_that_is_not_believed_repeats_nothing():
    manifest, records = traced(run_of("P" * 3), one_trace)
    records[2] = records[2].model_copy(update={"outcome": Outcome.FAIL})
    doubted = evidence_of(manifest, records).evidence.variants
    assert [bool(variant.trace) for variant in doubted] == [True, True, False]
    assert scene_drops(pair_up(doubted, baseline("PPP").by_digest)).worst == {0.0: 1, 1.0: 1}


@pytest.mark.parametrize("letter", ["P", "F"])
def test_a_share_of_values_with_one_trace_is_not_proven_early(letter):
    share = GateRule(kind="share", metric=METRIC, criterion=CRITERION, at_least=0.9)

    def decision(trace_of):
        run = evidence_of(*traced(measured(run_of(letter * 300, share), [1.0] * 300), trace_of))
        return count_until_decided(run.pack, run.evidence.variants, None).decision

    assert decision(own_trace) is Decision.GO
    assert decision(lambda k: own_trace(min(k, 5))) is None
