"""What a policy answers, checked before a simulator makes something of it.

``nan`` is clipped to ``nan``, MuJoCo then stands still, and a robot that stands still collides with nothing.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence

from simgate.policies.policy import Decision, Policy


class BadDecision(ValueError):  # noqa: N818 - the name says what is wrong
    """A policy answered with what is no command; the message names policy, step and value."""


def checked_decisions(
    policy: Policy, decisions: Sequence[Decision], worlds: int, active: Sequence[int], step: int
) -> Sequence[Decision]:
    """The decisions of one control tick.

    Args:
        policy: Who decided.
        decisions: One for each world.
        worlds: Number of worlds.
        active: Worlds whose episode goes on; what the others are told does not matter.
        step: Physics step.

    Raises:
        BadDecision: Not one decision for each world, or one that is no command.
    """
    if len(decisions) != worlds:
        raise BadDecision(
            f"policy {_name(policy)!r} returned {len(decisions)} decisions for {worlds} worlds at step {step}"
        )
    for world in active:
        wrong = _wrong_with(decisions[world])
        if wrong:
            raise BadDecision(f"policy {_name(policy)!r}, step {step}: {wrong}")
    return decisions


def _name(policy: Policy) -> str:
    return getattr(policy, "name", type(policy).__name__)


def _wrong_with(decision: Decision) -> str:
    """What makes this no decision; empty when it is one."""
    if not isinstance(decision, Decision):
        return f"a decision must be a simgate.policies.policy.Decision, not {type(decision).__name__}"
    for field, unit in (("forward_mps", "m/s"), ("yaw_rate_rps", "rad/s")):
        value = getattr(decision, field)
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return f"{field} must be one number in {unit}, not {_shown(value)}; wrap it in float()"
        if not math.isfinite(value):
            return f"{field} is {value}, which is no speed; a policy that cannot decide must say 0"
    if not isinstance(decision.mode, str):
        return f"mode must be a word, not {_shown(decision.mode)}"
    if decision.report is not None and not isinstance(decision.report, str):
        return f"report must be a word or None, not {_shown(decision.report)}"
    return ""


def _shown(value: object) -> str:
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return f"{kind} of shape {tuple(shape)}" if shape is not None else f"{value!r} ({kind})"
