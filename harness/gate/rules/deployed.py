"""Whose latency counts: what another runtime took says nothing about the robot."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.gate.tally import JudgedVariant


def foreign_runtime(variants: Sequence[JudgedVariant], measured: bool) -> str:
    """Why measured latencies must not be gated; empty when they may.

    Latency that was drawn from the model package (mode ``simulated``) is the target's own, whatever ran here.

    Args:
        variants: In the scope of the rule.
        measured: Whether the rule speaks of ``latency.measured_*``.
    """
    records = [variant.record for variant in variants if variant.record is not None]
    foreign = sorted(
        {
            record.runtime
            for record in records
            if record.runtime_deployed is False and (measured or record.latency.mode == "measured")
        }
    )
    if not foreign:
        return ""
    return (
        f"latency was measured on {', '.join(foreign)}, which is not what the model package says is deployed"
    )
