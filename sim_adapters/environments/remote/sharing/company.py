"""An episode among others: it must be what it is alone."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..refused import told


def is_independent(
    session: Any, values: Mapping[str, Any], seed: int, steps: int, info: Sequence[str]
) -> bool:
    """See :meth:`~simgate.sim_adapters.environments.remote.session.Session.independent`."""
    session.close()
    mine, others = (seed, values), [(seed + 1, values), (seed + 2, {})]
    alone = _course_among(session, [mine], 0, steps, info)
    if alone == _course_among(session, [others[0], mine, others[1]], 1, steps, info):
        return True
    # What does not even begin by itself (a reset that needs its options) has moved nobody.
    beginning = [one for one in others if _begins(session, *one)]
    if len(beginning) == len(others):
        return False
    return alone == _course_among(session, [*beginning, mine], len(beginning), steps, info)


def _begins(session: Any, seed: int, values: Mapping[str, Any]) -> bool:
    try:
        session.begin(0, seed, values)
    except (Exception, SystemExit):
        return False
    finally:
        session.end(0)
    return True


def _course_among(
    session: Any,
    worlds: Sequence[tuple[int, Mapping[str, Any]]],
    mine: int,
    steps: int,
    info: Sequence[str],
) -> str:
    """A digest of the episode of one world under random actions; those beside it have other ones. They are
    closed with it and not before, as those of a batch are.

    Args:
        session: A :class:`~.session.Session`, whose slots are all free.
        worlds: Seed and values of each.
        mine: Whose digest it is.
        steps: So many are compared.
        info: Names of the info that count.
    """
    digest, slots = hashlib.sha256(), list(range(len(worlds)))
    seeds = [seed for seed, _ in worlds]
    try:
        begun = session.begins(slots, seeds, [values for _, values in worlds], [info] * len(worlds))[mine]
        spaces = [copy.deepcopy(session.action_space(mine)) for _ in worlds]
        for space, seed in zip(spaces, seeds):
            space.seed(seed)
        seen, now, lasting = begun["observation"], [begun["info"]], set(slots) - {mine}
        for _ in range(steps):
            for array in seen.values():
                digest.update(array.tobytes())
            digest.update(repr(now).encode())
            if any(now[1:3]):
                break
            actions = [np.asarray(space.sample()) for space in spaces]
            lasting -= session.beside({slot: actions[slot] for slot in sorted(lasting)}, mine)
            answer = session.steps([mine], actions[mine].astype(np.float64).reshape(1, -1))
            seen = {name: array[0] for name, array in answer["observation"].items()}
            now = [answer[name][0] for name in ("info", "terminated", "truncated", "reward")]
    except (Exception, SystemExit) as error:
        digest.update(told(error).encode())
    finally:
        session.close()
    return digest.hexdigest()
