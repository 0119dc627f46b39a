"""Environments opened over a link, in this interpreter or in one of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments.link import open_link

HERE = Path(__file__).parent
FOREIGN = pytest.mark.parametrize("python", [None, sys.executable], ids=["here", "own_interpreter"])


def opened(name="team_env.py:Cart", python=None, **make):
    return open_link(python, {"name": name, "folder": str(HERE), "make": make})


def step(link, action):
    """What one step of the first slot leads to."""
    answer = link.call("steps", slots=[0], actions=np.asarray(action, dtype=np.float64)[None])
    observation = {name: array[0] for name, array in answer.pop("observation").items()}
    return {"observation": observation, **{name: value[0] for name, value in answer.items()}}
