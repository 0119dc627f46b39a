"""Measured latency counts only when the deployed runtime took it."""

import pytest

from simgate.harness.gate.decide import decide
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.record import LatencySamples
from tests.unit.gate.runs import a_run

IN_LOOP = GateRule(kind="metric", metric="latency.p95_ms", at_most=50.0)
MEASURED = GateRule(kind="metric", metric="latency.measured_p95_ms", at_most=50.0)


def decided(rule, deployed, mode="simulated", until_decided=False):
    latency = LatencySamples(in_loop_ms=(20.0,) * 10, measured_ms=(8.0,) * 10, mode=mode)
    manifest, records = a_run(
        "P" * 20, rule, latency=latency, runtime="onnxruntime 1.31 cpu", runtime_deployed=deployed
    )
    return decide(manifest.model_copy(update={"until_decided": until_decided}), records).rules[0]


@pytest.mark.parametrize(
    ("rule", "mode"), [(MEASURED, "simulated"), (MEASURED, "measured"), (IN_LOOP, "measured")]
)
def test_latency_of_another_runtime_decides_nothing(rule, mode):
    found = decided(rule, deployed=False, mode=mode)
    assert found.decision is Decision.INCONCLUSIVE
    assert (
        "measured on onnxruntime 1.31 cpu, which is not what the model package says is deployed"
        in found.reason
    )
    assert "runtime: any" in found.would_change


@pytest.mark.parametrize("deployed", [True, None])
def test_latency_of_the_deployed_runtime_or_of_an_unknown_one_counts(deployed):
    assert decided(MEASURED, deployed).decision is Decision.GO
    assert decided(IN_LOOP, deployed, "measured").decision is Decision.GO


def test_latency_drawn_from_the_package_counts_whatever_ran():
    assert decided(IN_LOOP, deployed=False).decision is Decision.GO


@pytest.mark.parametrize("until_decided", [False, True])
def test_the_rule_can_be_told_otherwise(until_decided):
    anyhow = MEASURED.model_copy(update={"any_runtime": True})
    assert decided(anyhow, deployed=False, until_decided=until_decided).decision is Decision.GO
    assert decided(MEASURED, False, until_decided=until_decided).decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize(("deployed", "noted"), [(False, 1), (True, 0), (None, 0)])
def test_a_verdict_on_another_runtime_than_the_deployed_one_says_so(deployed, noted):
    manifest, records = a_run("P" * 20, runtime="onnxruntime 1.31 cpu", runtime_deployed=deployed)
    words = "the model ran on onnxruntime 1.31 cpu, which is not what its package says is deployed"
    assert sum(note.startswith(words) for note in decide(manifest, records).notes) == noted
