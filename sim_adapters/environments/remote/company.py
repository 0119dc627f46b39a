"""An episode among others: it must be what it is alone."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .refused import told


def course_among(
    session: Any,
    worlds: Sequence[tuple[int, Mapping[str, Any]]],
    mine: int,
    steps: int,
    info: Sequence[str],
) -> str:
    """A digest of the episode of one world under random actions; those beside it have other ones.

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
        seen, now = begun["observation"], [begun["info"]]
        for _ in range(steps):
            for array in seen.values():
                digest.update(array.tobytes())
            digest.update(repr(now).encode())
            if any(now[1:3]):
                break
            actions = [np.asarray(space.sample()) for space in spaces]
            session.beside(slots, mine, actions)
            answer = session.steps([mine], actions[mine].astype(np.float64).reshape(1, -1))
            seen = {name: array[0] for name, array in answer["observation"].items()}
            now = [answer[name][0] for name in ("info", "terminated", "truncated", "reward")]
    except (Exception, SystemExit) as error:
        digest.update(told(error).encode())
    finally:
        session.close()
    return digest.hexdigest()
