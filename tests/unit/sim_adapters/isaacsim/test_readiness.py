"""Which frames can be believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgate.sim_adapters.isaacsim.readiness import Frame, FrameGate

GATE = FrameGate(step_s=0.005)
PICTURE = np.tile(np.arange(8, dtype=np.uint8)[None, :, None] * 20, (6, 1, 3))
GOOD = Frame(PICTURE, np.zeros((6, 8), dtype=np.uint32), {}, time_s=2.0)


def test_a_picture_of_the_moment_is_believed():
    assert GATE.problem(GOOD, 2.0) == ""
    assert GATE.problem(GOOD, 2.002) == ""


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (replace(GOOD, rgb=None), "no frame"),
        (replace(GOOD, ids=None), "no frame"),
        (replace(GOOD, rgb=np.zeros_like(PICTURE)), "black frames"),
        (replace(GOOD, rgb=np.full_like(PICTURE, 90)), "of one colour"),
        (replace(GOOD, time_s=None), "does not say when"),
        (replace(GOOD, time_s=1.9), "100.0 ms before the state"),
        (replace(GOOD, time_s=2.005), "5.0 ms after the state"),
    ],
)
def test_others_are_not(frame, said):
    assert said in GATE.problem(frame, 2.0)


def test_depth_must_be_there_where_it_was_asked_for():
    gate = FrameGate(step_s=0.005, with_depth=True)
    assert "no frame" in gate.problem(GOOD, 2.0)
    assert gate.problem(replace(GOOD, depth_m=np.ones((6, 8), dtype=np.float32)), 2.0) == ""


def test_the_time_may_be_left_unchecked():
    gate = FrameGate(step_s=0.005, with_time=False)
    assert gate.problem(replace(GOOD, time_s=None), 2.0) == ""
