"""Driving robots on MuJoCo Warp, on Warp's CPU device: conformance, agreement with MuJoCo, worlds side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

if find_spec("mujoco_warp") is None:
    pytest.skip("needs simgate[mujoco-warp]", allow_module_level=True)

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.conformance.scenes import LAMP, block
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco_warp.adapter import MujocoWarpAdapter
from simgate.sim_adapters.planar_drive import DEPTH, POSE, RGB, SCAN, TWIST
from simgate.sim_adapters.scene.body import Actor, Waypoint
from simgate.sim_adapters.scene.scene import Scene

CPU = {"device": os.environ.get("SIMGATE_WARP_DEVICE", "cpu")}


class TestDrivingOnMujocoWarp(AdapterConformance):
    def make_adapter(self, timing: Timing, options: Mapping[str, object] | None = None) -> MujocoWarpAdapter:
        return MujocoWarpAdapter(timing, {**CPU, **(options or {})})


def walker() -> Actor:
    return Actor(
        block("walker", (0.2, 0.2, 0.8), (0.0, 0.0, 0.8)),
        (Waypoint(0.0, (2.0, -1.0, 0.8), 0.0), Waypoint(2.0, (2.0, 1.0, 0.8), 0.0)),
    )


def rooms() -> list[Scene]:
    """Of one structure, each with another wall, lamp and ambient light; people walk, and lamps flicker."""
    return [
        replace(
            scene(wall(0.7 + 0.6 * k), actors=(walker(),)),
            lights=(replace(LAMP, lux=150.0 + 100.0 * k, flicker_hz=3.0, flicker_depth=0.5),),
            ambient_lux=60.0 + 90.0 * k,
        )
        for k in range(3)
    ]


def drive(adapter: Any, scenes: Sequence[Scene], ticks: int = 6) -> list[dict[str, Any]]:
    """What every world senses at the end, and what is true of it."""
    sensed = adapter.reset(scenes)
    for _ in range(ticks):
        sensed = adapter.step(np.tile([1.0, 0.2], (len(scenes), 1)))
    assert adapter.health() == ((),) * len(scenes)
    truths = adapter.ground_truth()
    return [
        {**{name: rows[w] for name, rows in sensed.channels.items()}, "truth": truths[w]}
        for w in range(len(scenes))
    ]


def test_worlds_that_share_a_simulation_are_bit_for_bit_what_each_is_alone() -> None:
    adapter = MujocoWarpAdapter(TIMING, {**CPU, "depth": True})
    together = drive(adapter, rooms())
    assert adapter._driven is not None
    assert [len(one.seats) for one in adapter._driven.simulations] == [3]
    frames = adapter.device_frames().numpy()
    for k, mine in enumerate(together):
        (alone,) = drive(adapter, [rooms()[k]])
        np.testing.assert_array_equal(frames[k], mine[RGB])
        for name, value in alone.items():
            if name == "truth":
                assert repr(value) == repr(mine[name])
            else:
                np.testing.assert_array_equal(value, mine[name], err_msg=name)
    adapter.close()


def test_a_room_is_driven_touched_and_seen_as_in_mujoco() -> None:
    ours, theirs = (kind(TIMING, options) for kind, options in (
        (MujocoWarpAdapter, {**CPU, "depth": True}), (MujocoAdapter, {"depth": True}),
    ))  # fmt: skip
    for mine, wanted in zip(drive(ours, rooms()), drive(theirs, rooms()), strict=True):
        for name, off in ((POSE, 1e-4), (TWIST, 2e-3), (SCAN, 1e-3)):
            np.testing.assert_allclose(mine[name], wanted[name], atol=off, err_msg=name)
        assert np.mean(np.abs(mine[DEPTH] - wanted[DEPTH]) > 0.02) < 0.01
        assert np.median(np.abs(mine[RGB].astype(int) - wanted[RGB])) <= 3
        seen, expected = mine["truth"], wanted["truth"]
        assert [one.body for one in seen.contacts] == [one.body for one in expected.contacts]
        assert {one.name for one in seen.entities} == {one.name for one in expected.entities}
        for one, other in zip(seen.entities, expected.entities, strict=True):
            np.testing.assert_allclose(one.box, other.box, atol=1)
    for adapter in (ours, theirs):
        adapter.close()


def test_more_contacts_than_there_is_room_for_is_said_of_the_world() -> None:
    adapter = MujocoWarpAdapter(TIMING, {**CPU, "contacts": 1})
    adapter.reset([scene(wall(0.4), block("box", (0.2, 0.2, 0.4), (-0.45, 0.0, 0.4)))])
    for _ in range(8):
        adapter.step(np.array([[1.0, 0.0]]))
    adapter.reset([scene(wall(0.35), block("left", (0.3, 0.2, 0.4), (0.0, 0.45, 0.4)))])
    for _ in range(8):
        adapter.step(np.array([[1.0, 1.0]]))
    assert any("more contacts than sim.options.contacts says" in text for text in adapter.health()[0])
    adapter.close()
