"""Worlds of Isaac Lab on real PhysX: those of a plain loop, whoever stands beside them, and set exactly."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments import remote
from simgate.sim_adapters.environments.link import Link
from tests.isaac.lab import opened, run

POLE, START = "body/robot/pole.mass", "joint/robot/cart_to_pole.pos"
ASSETS = Path(remote.__file__).parents[1] / "lab_assets"


@pytest.fixture(scope="module")
def link(python: str) -> Iterator[Link]:
    link = opened(python)
    yield link
    link.close()


def test_a_start_is_the_one_that_was_set_to_the_bit(link: Link) -> None:
    begun = run(link, [5], [{START: 0.11, "event/reset_cart_position.position_range": 0.5}])
    assert begun["seen"][0, 0, 1] == np.float32(0.11)
    assert begun["seen"][0, 0, 0] == np.float32(0.5)


def test_a_world_that_is_over_is_told_of_as_it_ended_and_disturbs_nobody(link: Link) -> None:
    far = {"event/reset_cart_position.position_range": 2.95, "event/reset_cart_position.velocity_range": 2.0}
    asked = ("termination.cart_out_of_bounds", "reward.terminating")
    alone = run(link, [8], asked=asked)
    both = run(link, [7, 8], [far, {}], asked)
    end = int(np.argmax(both["over"][:, 0]))
    assert both["over"][end, 0]
    assert both["seen"][end + 1, 0, 0] > 3.0, "the simulation has begun it anew by then"
    assert both["info"][end, 0].tolist() == [1.0, -2.0]
    np.testing.assert_array_equal(both["seen"][:, 1], alone["seen"][:, 0])


@pytest.fixture(scope="module")
def direct(python: str) -> dict:
    """What ``commanded.py`` says, in one interpreter."""
    command = [python, str(Path(__file__).with_name("commanded.py")), str(ASSETS.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout.splitlines()[-1])


def test_a_command_that_is_drawn_anew_after_the_end_was_not_lost(direct: dict) -> None:
    assert set(direct["told"]) == {0.25}
    assert direct["lost"] == [[], []]


def test_an_event_before_the_start_draws_by_the_seed_of_its_world(direct: dict) -> None:
    (one,), (other,), (again,), *_ = direct["drawn"]
    assert one == again != other


def test_what_is_told_of_an_end_is_of_that_moment_also_where_observations_have_a_history(
    direct: dict,
) -> None:
    # Two moments of two places, then two of two speeds, which are told a step late.
    seen = np.array(direct["seen"]).reshape(-1, 2, 2, 2, 2)
    assert len(seen) > 10
    np.testing.assert_array_equal(seen[1:, :, :, 0], seen[:-1, :, :, 1])
    assert (seen[1:, :, 0, 0] != seen[1:, :, 0, 1]).all()
    assert any("delay of 'joint_vel_rel'" in one for one in direct["left_out"])


def test_what_cannot_be_had_is_refused_by_name(direct: dict) -> None:
    task, physics, files, several = direct["refused"]
    assert "no task 'Isaac-Cartpol'" in task
    assert "physics=bullet" in physics
    assert "humanoid_instanceable.usd" in files
    assert "1 of 'robot' for 2 worlds" in several and "batch 1" in several


def test_friction_that_only_holds_what_stands_still_is_no_target(link: Link) -> None:
    named = {name for name, _ in link.call("describe")["settable"]}
    assert {"joint/robot/slider_to_cart.friction", POLE} <= named
    idle = link.call("idle", values={"joint/robot/slider_to_cart.friction": 1.0},
                     asked=["joint/robot/slider_to_cart.friction"], seed=0, steps=60)  # fmt: skip
    assert idle == {"joint/robot/slider_to_cart.friction": False}


def test_what_a_task_does_not_tell_is_named_with_what_it_tells(link: Link) -> None:
    link.call("begins", slots=[0], seeds=[0], values=[{}], asked=[["termination.fallen"]])
    (never,) = link.call("problems", slot=0)["never"]
    assert "'termination.fallen'" in never and "termination.cart_out_of_bounds" in never
