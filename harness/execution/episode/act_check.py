"""What a policy answers, checked before a simulator makes something of it.

``nan`` is clipped to ``nan``, MuJoCo then stands still, and a robot that stands still collides with nothing.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from simgate.policies.policy import NAME, Act, Policy
from simgate.sim_adapters.embodiment import ActionSpec


class BadAct(ValueError):  # noqa: N818 - the name says what is wrong
    """A policy answered with what is no action; the message names policy, step and value."""


def checked_acts(
    policy: Policy, acts: Sequence[Act], spec: ActionSpec, worlds: int, active: Sequence[int], step: int
) -> Sequence[Act]:
    """The acts of one control tick.

    Args:
        policy: Who decided.
        acts: One for each world.
        spec: What an action of these robots is.
        worlds: Number of worlds.
        active: Worlds whose episode goes on; what the others are told does not matter.
        step: Physics step.

    Raises:
        BadAct: Not one act for each world, or one that is no action.
    """
    if len(acts) != worlds:
        raise BadAct(f"policy {_name(policy)!r} returned {len(acts)} acts for {worlds} worlds at step {step}")
    for world in active:
        if _is_plainly_right(acts[world], spec):
            continue
        wrong = _wrong_with(acts[world], spec)
        if wrong:
            raise BadAct(f"policy {_name(policy)!r}, step {step}: {wrong}")
    return acts


def _name(policy: Policy) -> str:
    return NAME.of(policy) or type(policy).__name__


_REMEDIES = {
    "no number": "; a policy that cannot decide must say 0",
    "beyond its range": "; where the real robot cuts it, write clip: true beside env or drive in the pack, "
    "or bounds: cut under a network's action",
}


def _is_plainly_right(act: Act, spec: ActionSpec) -> bool:
    """Whether it is an act at first glance, as nearly all are; of the others :func:`_wrong_with` decides."""
    if type(act) is not Act or type(act.mode) is not str or not (type(act.facts) is dict and not act.facts):
        return False
    values = act.values
    if type(values) is np.ndarray and values.dtype == np.float64 and values.ndim == 1:
        values = values.tolist()
    if (type(values) is not tuple and type(values) is not list) or len(values) != len(spec.low):
        return False
    for low, value, high in zip(spec.low, values, spec.high, strict=True):
        if not (type(value) is float and low <= value <= high and isfinite(value)):
            return False
    return True


_FEW_NUMBERS = 24


def plain_values(
    acts: Sequence[Act], lows: Sequence[float], highs: Sequence[float]
) -> NDArray[np.float64] | None:
    """The values of acts of which each is one at first glance and says nothing but its mode, shape (N, A).
    None where one is not: then :func:`checked_acts` decides.

    Args:
        acts: N of them, N not 0.
        lows: Smallest value of each of A entries.
        highs: Largest.
    """
    shape, found = (len(lows),), []
    for act in acts:
        if type(act) is not Act or type(act.mode) is not str or type(act.facts) is not dict or act.facts:
            return None
        values = act.values
        if type(values) is np.ndarray:
            if values.dtype != np.float64 or values.shape != shape:
                return None
        elif type(values) is not list or len(values) != shape[0] or any(type(v) is not float for v in values):
            return None
        if act.done:
            return None
        found.append(values)
    table = np.array(found)
    if table.size > _FEW_NUMBERS:
        is_within = ((np.array(lows) <= table) & (table <= np.array(highs))).all() and isfinite(
            np.vdot(table, table)
        )
        return table if is_within else None
    # Of few numbers plain comparisons tell it in half of numpy's time.
    for row in table.tolist():
        for least, value, most in zip(lows, row, highs, strict=True):
            if not (least <= value <= most and isfinite(value)):
                return None
    return table


def _wrong_with(act: Act, spec: ActionSpec) -> str:
    """What makes this no act; empty when it is one."""
    if not isinstance(act, Act):
        return (
            f"an act must be a simgate.policies.policy.Act, not {type(act).__name__}; "
            "write Act(values=[...], mode='a word')"
        )
    if not isinstance(act.values, Sequence | np.ndarray) or isinstance(act.values, str):
        return f"the values of an act are one number for each entry of the action, not {_shown(act.values)}"
    for name, unit, value in zip(spec.names, spec.units, act.values, strict=False):
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return f"{name} must be one number in {unit}, not {_shown(value)}; wrap it in float()"
    problem = spec.problem(act.values)
    if problem:
        return problem + next((remedy for words, remedy in _REMEDIES.items() if words in problem), "")
    if not isinstance(act.mode, str):
        return f"mode must be a word, not {_shown(act.mode)}"
    if not isinstance(act.facts, Mapping):
        return f"facts must be words and numbers by name, not {_shown(act.facts)}"
    for name, said in act.facts.items():
        if not isinstance(said, str | int | float):
            return f"{name} must be a word or a number, not {_shown(said)}"
    return ""


def _shown(value: object) -> str:
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return f"{kind} of shape {tuple(shape)}" if shape is not None else f"{value!r} ({kind})"
