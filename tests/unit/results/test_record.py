"""What a record means by what it does not say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simgate.harness.results.record import LatencySamples, RunRecord

MUST = {
    "variant": "door::1",
    "scenario": "door",
    "severity": "critical",
    "variant_digest": "d",
    "identity": "i",
    "outcome": "PASS",
}


def test_a_record_that_says_no_more_than_it_must_claims_one_try_and_nothing_else() -> None:
    record = RunRecord.model_validate(MUST)
    said = record.model_dump(exclude_defaults=True)
    assert said == MUST
    assert (record.attempts, record.host, record.sim_s, record.wall_s) == (1, 0, 0.0, 0.0)
    assert (record.infrastructure, record.runtime_deployed, record.latency) == (False, None, LatencySamples())
    assert record.latency.in_loop_ms == ()
    assert not record.metrics and not record.criteria and not record.violations and not record.trace_digest


def test_nothing_is_begun_less_than_never() -> None:
    with pytest.raises(ValidationError, match="attempts"):
        RunRecord.model_validate({**MUST, "attempts": -1})
    assert RunRecord.model_validate({**MUST, "attempts": 0}).attempts == 0
