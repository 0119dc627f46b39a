"""Metrics of what the robot touched and should not have."""

from __future__ import annotations

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options


def contact_ticks(evidence: Evidence) -> set[int]:
    """Control ticks (row of the trace) in which something was touched."""
    period = evidence.control_period_steps
    return {-(-contact.step // period) for contact in evidence.contacts}


def count_touches(evidence: Evidence) -> int:
    """Counts touches: contact with one body in consecutive control ticks is one touch."""
    period = evidence.control_period_steps
    ticks: dict[str, set[int]] = {}
    for contact in evidence.contacts:
        ticks.setdefault(contact.body, set()).add(-(-contact.step // period))
    return sum(sum(tick - 1 not in touched for tick in touched) for touched in ticks.values())


def _collisions(evidence: Evidence, options: Options) -> MetricValue:
    return MetricValue(count_touches(evidence), lost_at_s=evidence.first_contact_s)


def _contact_impulse(evidence: Evidence, options: Options) -> MetricValue:
    total = sum(contact.impulse_ns for contact in evidence.contacts)
    return MetricValue(float(total), lost_at_s=evidence.first_contact_s)


def _contact_time(evidence: Evidence, options: Options) -> MetricValue:
    contacts = evidence.contacts
    if all(contact.touched for contact in contacts):
        touched = {step for contact in contacts for step in contact.touched}
        seconds = len(touched) / evidence.trace.physics_hz
    else:
        seconds = len(contact_ticks(evidence)) * evidence.control_period_ms / 1000.0
    return MetricValue(seconds, lost_at_s=evidence.first_contact_s)


def _contact_depth(evidence: Evidence, options: Options) -> MetricValue:
    deepest = max(evidence.contacts, key=lambda contact: contact.depth_m, default=None)
    if deepest is None:
        return MetricValue(0.0)
    return MetricValue(float(deepest.depth_m), lost_at_s=deepest.step / evidence.trace.physics_hz)


CONTACT_METRICS = (
    Metric(
        MetricInfo(
            name="collisions",
            unit="",
            direction="lower",
            low=0,
            high=None,
            kind="count",
            meaning="Touches of bodies; contact with one body in consecutive control ticks is one touch.",
            source="Contacts reported by the simulator.",
            touches=True,
            moves="up",
        ),
        _collisions,
    ),
    Metric(
        MetricInfo(
            name="contact_impulse_ns",
            unit="N s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Sum of the normal impulses of all contacts.",
            source="Contacts reported by the simulator.",
            touches=True,
            moves="up",
        ),
        _contact_impulse,
    ),
    Metric(
        MetricInfo(
            name="contact_time_s",
            unit="s",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Simulated time during which the robot touched something: physics steps with contact, "
            "or whole control periods where the simulator does not tell the steps.",
            source="Contacts reported by the simulator.",
            touches=True,
            moves="up",
        ),
        _contact_time,
    ),
    Metric(
        MetricInfo(
            name="contact_depth_max_m",
            unit="m",
            direction="lower",
            low=0,
            high=None,
            kind="number",
            meaning="Deepest penetration of any contact; 0 without contact.",
            source="Contacts reported by the simulator.",
            touches=True,
            moves="up",
        ),
        _contact_depth,
    ),
)
