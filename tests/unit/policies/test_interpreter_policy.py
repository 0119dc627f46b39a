"""A policy that starts again in its own interpreter is the one that the run began with, or it does not play."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simgate.policies.interpreter.policy import InterpreterPolicy, PolicyFailed
from simgate.policies.policy import Brief
from simgate.sim_adapters.embodiment import ActionSpec, Embodiment

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
