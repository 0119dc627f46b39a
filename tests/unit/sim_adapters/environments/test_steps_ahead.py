"""A step that is begun before it is known who goes on is the step that it would have been."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.lab_adapter import IsaacLabAdapter
from simgate.sim_adapters.environments.link import EnvironmentFailed
from simgate.sim_adapters.scene.environment import EnvironmentSite

SITES = [EnvironmentSite("pole", "CartPole-v1", ".", python=sys.executable, seed=seed) for seed in (3, 4)]
ACTIONS = np.array([[0.0], [1.0]])


@pytest.fixture
def ahead() -> Iterator[IsaacLabAdapter]:
    adapter = IsaacLabAdapter(Timing(50, 50, 50))
    yield adapter
    adapter.close()


@pytest.fixture
def plain() -> Iterator[GymnasiumAdapter]:
    adapter = GymnasiumAdapter(Timing(50, 50, 50))
    yield adapter
    adapter.close()


def courses(adapter: GymnasiumAdapter) -> list[str]:
    return [truth.course for truth in adapter.ground_truth()]


def test_worlds_come_to_the_same_and_one_that_has_ended_meanwhile_is_not_looked_at(
    ahead: IsaacLabAdapter, plain: GymnasiumAdapter
) -> None:
    ahead.reset(SITES)
    plain.reset(SITES)
    told, both, one = ACTIONS.copy(), np.array([True, True]), np.array([True, False])
    for active in (both, both, one, one):
        ahead.step_ahead(told, both if active is both else one)
        told[:] = 7.0  # What is told is told by then.
        seen = ahead.step(ACTIONS, active).channels["obs"]
        told[:] = ACTIONS
        np.testing.assert_array_equal(plain.step(ACTIONS, active).channels["obs"], seen)
    assert courses(ahead) == courses(plain)
    before = courses(ahead)[1]
    ahead.step_ahead(ACTIONS, both)
    kept = plain.step(ACTIONS, one).channels["obs"]
    np.testing.assert_array_equal(ahead.step(ACTIONS, one).channels["obs"], kept)
    assert courses(ahead)[1] == before


def test_a_step_that_nobody_waits_for_is_not_taken_for_an_answer(ahead: IsaacLabAdapter) -> None:
    ahead.reset(SITES)
    ahead.step_ahead(ACTIONS)
    assert ahead.health() == ((), ())
    ahead.step_ahead(ACTIONS)
    assert ahead.reset(SITES).step == 0


def test_numbers_that_are_none_are_the_fault_of_the_world_that_has_them(ahead: IsaacLabAdapter) -> None:
    ahead.reset(SITES)
    (group,) = ahead._stepped(None)
    answer = {
        "observation": {"obs": np.array([[np.nan], [1.0]])},
        "reward": [float("inf"), 0.5],
        "info": [[1.0], [2.0]],
    }
    others, theirs = group.narrowed(np.array([False, True]), answer)
    assert (others.indices, theirs["reward"], theirs["info"]) == ([1], [0.5], [[2.0]])
    ahead._check_answer(theirs)
    assert group.narrowed(np.array([False, False]), answer)[0].slots == []
    with pytest.raises(EnvironmentFailed, match="CartPole-v1: observation obs has a number that is nan"):
        ahead._check_answer(answer)
    answer["observation"] = {"obs": np.zeros((2, 1))}
    with pytest.raises(EnvironmentFailed, match="the reward is no finite number"):
        ahead._check_answer(answer)
