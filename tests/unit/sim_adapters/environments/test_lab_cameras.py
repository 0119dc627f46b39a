"""Cameras of Isaac Lab's tasks: a picture at every step, or a refusal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from simgate.sim_adapters.environments.remote.isaaclab.cameras import Cameras
from simgate.sim_adapters.environments.remote.refused import Refused

STEP_S = 0.02


def task(period_s: float) -> SimpleNamespace:
    eye = SimpleNamespace(cfg=SimpleNamespace(data_types=["rgb"], update_period=period_s))
    return SimpleNamespace(scene=SimpleNamespace(sensors={"eye": eye}), step_dt=STEP_S)


@pytest.mark.parametrize("period_s", [0.0, 0.005, STEP_S])
def test_a_camera_that_keeps_up_with_the_steps_takes_a_picture_at_each(period_s: float) -> None:
    """Isaac Lab's sum of 32-bit times leaves out every second one of 0.02 s from the 1,600th on."""
    inner = task(period_s)
    Cameras(inner, sees=True)
    assert inner.scene.sensors["eye"].cfg.update_period == 0.0


def test_a_slower_one_is_refused_and_an_unseen_one_left_alone() -> None:
    with pytest.raises(Refused, match=r"'eye' takes a picture every 0\.03 s, and a step takes 0\.02 s"):
        Cameras(task(0.03), sees=True)
    inner = task(0.03)
    Cameras(inner, sees=False)
    assert inner.scene.sensors["eye"].cfg.update_period == 0.03
