"""A policy that starts again in its own interpreter is the one that the run began with, or it does not play."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from simgate.policies.interpreter.policy import InterpreterPolicy, PolicyFailed
from simgate.policies.policy import Brief
from simgate.sim_adapters.embodiment import ActionSpec, Embodiment
from simgate.sim_adapters.environments.remote.draws import seed_all
from simgate.sim_adapters.observation import Observation

CODE = """
import os
from pathlib import Path


class Mute:
    def __init__(self, control_hz, options):
        pass

    def files(self):
        if (Path(__file__).parent / "mute").exists():
            raise RuntimeError("nobody knows")
        return ()

    def reset(self, briefs, embodiment):
        if (Path(__file__).parent / "dies").exists():
            os._exit(3)

    def act(self, observation, outputs):
        return []
"""


DRAWS = """
import random

import numpy as np
import torch


class Draws:
    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.first = random.random()

    def act(self, observation, outputs):
        return [[self.first, np.random.normal(), torch.rand(1, dtype=torch.float64).item()]]
"""


def test_its_process_s_generators_are_seeded_as_the_worker_s_are(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "draws.py").write_text(DRAWS)
    policy = InterpreterPolicy(10, {"file": f"{tmp_path}/draws.py:Draws", "python": sys.executable})
    unit = (1.0, 1.0, 1.0)
    robot = Embodiment("none", (), ActionSpec(("a", "b", "c"), ("", "", ""), tuple(-x for x in unit), unit))
    for seed in (7, 2**62 + 5, 7):
        policy.reset([Brief("", {}, seed)], robot)
        (act,) = policy.act(Observation(0, {}, {}), [None])
        seed_all(seed)
        wanted = [random.random(), np.random.normal(), torch.rand(1, dtype=torch.float64).item()]
        assert act.values.tolist() == wanted
    policy.close()


def test_a_policy_that_cannot_say_what_it_is_does_not_play(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(CODE)
    policy = InterpreterPolicy(10, {"file": f"{tmp_path}/mute.py:Mute", "python": sys.executable})
    robot, briefs = Embodiment("none", (), ActionSpec((), (), (), ())), [Brief("", {}, 0)]
    policy.reset(briefs, robot)
    (tmp_path / "dies").touch()
    with pytest.raises(PolicyFailed, match=r"exit 3"):
        policy.reset(briefs, robot)
    (tmp_path / "dies").unlink()
    (tmp_path / "mute").touch()
    for _ in range(2):
        with pytest.raises(PolicyFailed, match="nobody knows"):
            policy.reset(briefs, robot)
    (tmp_path / "mute").unlink()
    policy.reset(briefs, robot)
    policy.close()
