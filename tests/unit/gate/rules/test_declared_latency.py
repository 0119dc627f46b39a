"""A rule holds the measured latency against what the model package declares."""

from __future__ import annotations

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile, parse_latency_percentile
from simgate.harness.packs.model import GateRule
from simgate.harness.results.record import LatencySamples
from tests.unit.gate.runs import PASS_RATE, a_run

RULE = GateRule(
    kind="metric",
    metric="latency.measured_p95_over_declared",
    at_most=1.5,
    confidence=0.99,
    declared_ms=31.0,
)


def verdict(measured_ms, rule=RULE, until_decided=False, **changes):
    """Of a run in which latency was drawn from the package, 31 ms, and the inference took something else."""
    latency = LatencySamples(in_loop_ms=(31.0,) * 20, measured_ms=(measured_ms,) * 20)
    manifest, records = a_run("P" * 60, rule, PASS_RATE, latency=latency, **changes)
    return decide(manifest.model_copy(update={"until_decided": until_decided}), records)


@pytest.mark.parametrize("until_decided", [False, True])
@pytest.mark.parametrize(
    ("measured_ms", "decision"), [(331.0, Decision.NO_GO), (46.6, Decision.NO_GO), (46.4, Decision.GO)]
)
def test_a_model_slower_than_allowed_over_what_it_declares_is_refuted(measured_ms, decision, until_decided):
    found = verdict(measured_ms, until_decided=until_decided)
    assert found.decision is found.rules[0].decision is decision
    assert "within 46.5 ms (1.5 times the declared 31 ms)" in found.rules[0].reason


def test_without_a_declaration_nothing_is_decided():
    rule = verdict(20.0, RULE.model_copy(update={"declared_ms": None})).rules[0]
    assert rule.decision is Decision.INCONCLUSIVE
    assert rule.reason == "no latency is declared: the run had no model package"
    assert verdict(20.0, RULE.model_copy(update={"declared_ms": None}), until_decided=True).decision is (
        Decision.INCONCLUSIVE
    )


def test_what_another_runtime_took_is_not_held_against_the_declaration():
    foreign = {"runtime": "onnxruntime 1.31 cpu", "runtime_deployed": False}
    assert verdict(331.0, **foreign).rules[0].decision is Decision.INCONCLUSIVE
    anyhow = RULE.model_copy(update={"any_runtime": True})
    assert verdict(331.0, anyhow, **foreign).rules[0].decision is Decision.NO_GO


def test_of_several_models_a_slow_one_does_not_hide_behind_what_another_declares():
    pose = LatencySamples(in_loop_ms=(5.0,) * 20, measured_ms=(50.0,) * 20)
    depth = LatencySamples(in_loop_ms=(300.0,) * 20, measured_ms=(9.0,) * 20)
    both = LatencySamples(
        in_loop_ms=pose.in_loop_ms + depth.in_loop_ms,
        measured_ms=pose.measured_ms + depth.measured_ms,
        models={"pose": pose, "depth": depth},
    )
    manifest, records = a_run("P" * 20, PASS_RATE, latency=both)
    (note,) = [note for note in decide(manifest, records).notes if note.startswith("inference")]
    assert note.startswith("inference of pose took 50 ms on this machine and 5 ms in the loop (p95)")


def test_its_name_is_read_for_measured_percentiles_alone():
    assert parse_latency_percentile("latency.measured_p95_over_declared") == LatencyPercentile(
        0.95, True, True
    )
    assert parse_latency_percentile("latency.measured_p95_ms") == LatencyPercentile(0.95, True, False)
    # What acts in the loop is drawn from the declaration.
    assert parse_latency_percentile("latency.p95_over_declared") is None
