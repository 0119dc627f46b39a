"""Protocol, time, and the life of an adapter."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.conformance.base import ConformanceBase
from simgate.sim_adapters.conformance.scenes import TIMING, scene, wall
from simgate.sim_adapters.planar_drive import DriveView


class TimeAndLife(ConformanceBase):
    """Reset, steps, closing."""

    def test_it_has_the_protocol_of_an_adapter(self, adapter: SimAdapter) -> None:
        names = [name for name in vars(SimAdapter) if not name.startswith("_")]
        assert [name for name in names if inspect.getattr_static(adapter, name, None) is None] == []

    def test_reset_gives_a_first_frame_at_step_zero(self, adapter: SimAdapter) -> None:
        seen = adapter.reset([scene(wall(3.0))])
        assert (seen.step, DriveView(seen).frame_step, DriveView(seen).has_new_frame) == (0, 0, True)
        assert DriveView(seen).rgb.shape == (1, 120, 160, 3)
        assert DriveView(seen).rgb.dtype == np.uint8
        assert DriveView(seen).rgb.std() > 5.0

    def test_a_step_is_one_control_period_of_whole_physics_steps(self, adapter: SimAdapter) -> None:
        adapter.reset([scene()])
        steps = [adapter.step(np.zeros((1, 2))).step for _ in range(3)]
        assert steps == [20, 40, 60]
        assert adapter.ground_truth()[0].step == 60

    def test_a_slower_camera_repeats_its_frame_step(self) -> None:
        adapter = self.make_adapter(Timing(200, 20, 10))
        try:
            adapter.reset([scene(wall(3.0))])
            frames = [DriveView(adapter.step(np.zeros((1, 2)))).frame_step for _ in range(4)]
        finally:
            adapter.close()
        assert frames == [0, 20, 20, 40]

    def test_an_empty_reset_is_refused_in_words(self, adapter: SimAdapter) -> None:
        with pytest.raises(ValueError, match="at least one scene"):
            adapter.reset([])

    def test_closing_before_the_first_scene_is_harmless(self) -> None:
        self.make_adapter(TIMING).close()

    def test_closing_twice_is_harmless(self) -> None:
        adapter = self.make_adapter(TIMING)
        adapter.reset([scene()])
        adapter.close()
        adapter.close()

    def test_a_step_before_the_first_scene_or_after_the_end_is_refused_in_words(
        self, adapter: SimAdapter
    ) -> None:
        with pytest.raises(RuntimeError, match="reset"):
            adapter.step(np.zeros((1, 2)))
        adapter.reset([scene()])
        adapter.close()
        with pytest.raises(RuntimeError, match="reset"):
            adapter.step(np.zeros((1, 2)))

    def test_a_closed_adapter_starts_again_with_the_next_scene(self, adapter: SimAdapter) -> None:
        first = DriveView(adapter.reset([scene(wall(3.0))])).rgb.copy()
        adapter.close()
        again = adapter.reset([scene(wall(3.0))])
        assert (again.step, DriveView(again).rgb.shape) == (0, first.shape)
        assert adapter.step(np.zeros((1, 2))).step == TIMING.control_steps

    def test_another_simulator_follows_a_closed_one_in_the_same_process(self) -> None:
        for _ in range(2):
            made = self.make_adapter(TIMING)
            try:
                assert DriveView(made.reset([scene(wall(3.0))])).rgb.std() > 5.0
            finally:
                made.close()
