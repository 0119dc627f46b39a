"""What a record means by what it does not say."""

from __future__ import annotations

from simgate.harness.results.record import LatencySamples, Outcome, RunRecord


def test_a_record_that_says_no_more_than_it_must_claims_one_try_and_nothing_else() -> None:
    record = RunRecord(
        variant="door::1",
        scenario="door",
        severity="critical",
        variant_digest="d",
        identity="i",
        outcome=Outcome.PASS,
    )
    said = record.model_dump(exclude_defaults=True)
    assert said.keys() == {"variant", "scenario", "severity", "variant_digest", "identity", "outcome"}
    assert (record.attempts, record.host, record.sim_s, record.wall_s) == (1, 0, 0.0, 0.0)
    assert (record.infrastructure, record.runtime_deployed, record.latency) == (False, None, LatencySamples())
    assert record.latency.in_loop_ms == ()
    assert not record.metrics and not record.criteria and not record.violations and not record.trace_digest
