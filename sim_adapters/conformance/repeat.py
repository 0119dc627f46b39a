"""The same scene gives the same run, alone or in a batch."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import SimAdapter
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import drive, scene, wall
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene


class Repeat(ConformanceBase):
    """Reproducibility and batches."""

    def _frames(self, adapter: SimAdapter, scenes: list[Scene], world: int) -> list[NDArray[np.uint8]]:
        frames = [DriveView(adapter.reset(scenes)).rgb[world].copy()]
        for tick in range(6):
            commands = np.tile(np.array([0.5, 0.1 * (tick % 2)]), (len(scenes), 1))
            frames.append(DriveView(adapter.step(commands)).rgb[world].copy())
        return frames

    def test_the_same_scene_gives_the_same_run(self, adapter: SimAdapter) -> None:
        first, second = (self._frames(adapter, [scene(wall(3.0))], 0) for _ in range(2))
        if self.bit_reproducible:
            assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        adapter.reset([scene(wall(3.0))])
        one = [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]
        adapter.reset([scene(wall(3.0))])
        assert one == [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]

    def test_a_world_does_not_feel_its_neighbours_in_a_batch(self, adapter: SimAdapter) -> None:
        self._need_worlds(3)
        alone = self._frames(adapter, [scene(wall(3.0))], 0)
        beside = self._frames(adapter, [scene(wall(2.0)), scene(wall(3.0)), scene(wall(4.0))], 1)
        if self.bit_reproducible:
            assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))
        adapter.reset([scene(wall(3.0))])
        poses = [truth.pose for truth in drive(adapter, (0.5, 0.2), 10)]
        adapter.reset([scene(wall(3.0)), scene(wall(1.0))])
        assert poses == [truth.pose for truth in drive(adapter, (0.5, 0.2), 10, worlds=2)]

    def test_an_inactive_world_stands_still(self, adapter: SimAdapter) -> None:
        self._need_worlds(2)
        adapter.reset([scene(wall(3.0)), scene(wall(3.0))])
        active = np.array([True, False])
        for _ in range(5):
            seen = adapter.step(np.full((2, 2), 0.5), active)
        assert DriveView(seen).pose[0][0] > 0.05
        assert DriveView(seen).pose[1] == pytest.approx([0.0, 0.0, 0.0])

    def test_a_sound_world_has_no_complaints(self, adapter: SimAdapter) -> None:
        worlds = 1 if self.max_worlds == 1 else 2
        adapter.reset([scene(wall(3.0)), scene()][:worlds])
        drive(adapter, (0.3, 0.0), 3, worlds=worlds)
        assert adapter.health() == ((),) * worlds

    def test_more_worlds_than_it_takes_are_refused_in_words(self, adapter: SimAdapter) -> None:
        if self.max_worlds is None:
            pytest.skip("the adapter takes any number of worlds")
        with pytest.raises(ValueError, match=str(self.max_worlds + 1)):
            adapter.reset([scene()] * (self.max_worlds + 1))
