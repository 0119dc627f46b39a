"""No episode depends on what ran before it in the same simulator."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import GLASS, TIMING, block, scene, wall
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensor import Camera

GHOST_LEVEL = 4.0
"""A first frame that differs by more from the one of a fresh simulator, in grey levels on average, shows
something of another scene; the noise of a ray tracer stays far below."""


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """What an episode left.

    Attributes:
        first_frame: uint8, shape (H, W, 3).
        digest: SHA-256 over poses, twists, ranges, contacts and clearances, and over frames and boxes where
            frames repeat bit for bit; hex.
    """

    first_frame: NDArray[np.uint8]
    digest: str


class Independence(ConformanceBase):
    """Scenes in one order, in the other, and alone."""

    def test_scenes_give_the_same_runs_in_either_order_and_alone(self) -> None:
        scenes = _telling_scenes()
        alone = [self._in_one_simulator([one])[0] for one in scenes]
        forth = self._in_one_simulator(scenes)
        back = self._in_one_simulator(scenes[::-1])[::-1]
        for index, fresh in enumerate(alone):
            assert len({fresh.digest, *(other.digest for other in alone)}) == len(scenes)
            for used in (forth[index], back[index]):
                ghost = np.abs(used.first_frame.astype(float) - fresh.first_frame.astype(float)).mean()
                assert ghost == 0.0 if self.bit_reproducible else ghost < GHOST_LEVEL
                assert used.digest == fresh.digest

    def test_an_episode_that_was_left_half_way_leaves_nothing_to_the_next(self) -> None:
        crash, glass = _telling_scenes()[:2]
        fresh = self._in_one_simulator([glass])[0]
        used = self.make_adapter(TIMING)
        try:
            used.reset([crash])
            used.step(np.array([[1.0, 1.0]]))
            assert self._play(used, glass).digest == fresh.digest
        finally:
            used.close()

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ([[np.nan, 0.0]], "finite"),
            ([[0.0, np.inf]], "finite"),
            ([0.5, 0.0], "shape"),
            ([[0.5, 0.0, 0.0]], "shape"),
            ([[0.5, 0.0]] * 2, "shape"),
            ([["0.5", "0"]], "numbers"),
            ([[True, False]], "numbers"),
        ],
    )
    def test_a_command_that_is_no_pair_of_numbers_is_refused_in_words(
        self, adapter: SimAdapter, command: list[object], said: str
    ) -> None:
        adapter.reset([scene()])
        with pytest.raises(ValueError, match=said):
            adapter.step(np.array(command))
        assert adapter.step(np.array([[0.5, 0.0]])).step == TIMING.control_steps

    def _in_one_simulator(self, scenes: Sequence[Scene]) -> list[Played]:
        adapter = self.make_adapter(TIMING)
        try:
            return [self._play(adapter, one) for one in scenes]
        finally:
            adapter.close()

    def _play(self, adapter: SimAdapter, one: Scene) -> Played:
        seen = adapter.reset([one])
        first = DriveView(seen).rgb[0].copy()
        h = hashlib.sha256()
        for tick in range(8):
            self._add(h, adapter, seen)
            seen = adapter.step(np.array([[0.9, 0.3 * (tick % 3)]]))
        self._add(h, adapter, seen)
        h.update(repr(adapter.health()).encode())
        return Played(first, h.hexdigest())

    def _add(self, h: hashlib._Hash, adapter: SimAdapter, seen: Observation) -> None:
        truth = adapter.ground_truth()[0]
        h.update(repr((seen.step, truth.contacts, sorted(truth.clearance_m.items()))).encode())
        for array in (DriveView(seen).pose[0], DriveView(seen).twist[0], DriveView(seen).ranges_m[0]):
            h.update(np.ascontiguousarray(array).tobytes())
        if self.bit_reproducible:
            h.update(np.ascontiguousarray(DriveView(seen).rgb[0]).tobytes())
            h.update(repr(truth.entities).encode())


def _telling_scenes() -> list[Scene]:
    """Scenes with little in common: a crash, glass in the dark, a walker before another camera."""
    walker = Body("walker", (Part("capsule", (0.2, 0.5, 0), (0, 0, 0.75)),), label="walker")
    path = (Waypoint(0.0, (1.2, 0.8, 0.0)), Waypoint(1.0, (1.2, -0.8, 0.0)))
    crash = scene(wall(0.5), start=(0.1, 0.0, 0.2))
    glass = scene(wall(2.0, "pane", GLASS), block("post", (0.1, 0.1, 0.5), (1.6, 0.4, 0.5)))
    crowd = scene(wall(3.0), actors=(Actor(walker, path),), camera=Camera(200, 100, 42.0))
    return [crash, dataclasses.replace(glass, ambient_lux=30.0, lights=()), crowd]
