"""What a node says in real time, when its topics come as they like; the nodes' own part is played by a list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.policies.policy import Act, Brief
from simgate.policies.ros.declared import Nodes
from simgate.policies.ros.pace import Pace
from simgate.policies.ros.policy import RosPolicy
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment
from simgate.sim_adapters.observation import Observation

ROBOT = Embodiment(
    "bead",
    (Channel("obs", "vector", (2,), "float64", "", 10),),
    ActionSpec(("push",), ("",), (-1.0,), (1.0,)),
)
PUSH = {"topic": "/push", "type": "geometry_msgs/msg/TwistStamped", "action": {"push": "twist.linear.x"}}
DONE = {"topic": "/done", "type": "std_msgs/msg/Bool", "done": "data", "mode": "word", "optional": True}
SAYS = {"twist.linear.x": 0.5}, 0.04
NOTHING = None, 0.0


def played(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *heard: list[tuple[Any, float]]
) -> tuple[list[Act], RosPolicy]:
    """The acts of ticks at which a node has said something, or nothing."""
    ticks = iter(heard)
    monkeypatch.setattr(RosPolicy, "says", lambda *_: {})
    monkeypatch.setattr(Nodes, "start", lambda *_: None)
    monkeypatch.setattr(Nodes, "tick", lambda *_: {0: next(ticks)})
    monkeypatch.setattr(Pace, "wait", lambda *_: None)
    published = [{"topic": "/state", "type": "sensor_msgs/msg/JointState", "channels": {"position": "obs"}}]
    spec = {"launch": ["x"], "publish": published, "subscribe": [PUSH, DONE], "time": "realtime"}
    policy = RosPolicy(10, {"ros": str(folder), "declared": json.dumps(spec)})
    policy.reset([Brief()], ROBOT)
    seen = [Observation(2 * k, {"obs": np.zeros((1, 2))}, {"obs": 2 * k}) for k in range(len(heard))]
    return [policy.act(one, [None])[0] for one in seen], policy


def test_that_it_has_finished_is_heard_at_a_tick_without_an_action_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = {"data": True, "word": "there"}, 0.0
    acts, policy = played(monkeypatch, tmp_path, [SAYS, NOTHING], [NOTHING, NOTHING], [NOTHING, done])
    assert [act.done for act in acts] == [False, False, True]
    assert [act.mode for act in acts] == ["node", "waiting", "there"]
    assert list(acts[2].values) == [0.5]
    # It is no answer to a picture, and nothing was measured.
    assert policy.latencies(0) == [(100.0, 40.0)]


def test_what_has_finished_before_it_was_told_anything_says_so_with_its_first_action(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = {"data": True, "word": "there"}, 0.0
    acts, _ = played(monkeypatch, tmp_path, [NOTHING, done], [SAYS, NOTHING])
    assert [act.done for act in acts] == [False, True]
