"""Tasks on real PhysX, with robots of simgate's own: episodes of a plain loop, whoever stands beside them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments import remote
from simgate.sim_adapters.environments.link import Link
from tests.isaac.lab import TASK, actions, opened, run

ASSETS = Path(remote.__file__).parents[1] / "lab_assets"
ANT, REACH, WALK = "Isaac-Ant", "Isaac-Reach-Franka", "Isaac-Velocity-Flat-UnitreeGo2"
DIRECT = "Isaac-Cartpole-Direct"
SIZES = {TASK: 1, DIRECT: 1, ANT: 8, REACH: 7, WALK: 12}
SETS = {
    TASK: {
        "body/robot/pole.mass": 0.37,
        "body/robot/cart.mass": 1.4,
        "joint/robot/cart_to_pole.pos": 0.11,
        "joint/robot/cart_to_pole.vel": -0.3,
        "joint/robot/slider_to_cart.friction": 1.25,
        "joint/robot/slider_to_cart.armature": 0.2,
        "event/reset_cart_position.position_range": 0.5,
    },
    DIRECT: {"range/initial_pole_angle_range": 0.25},
    ANT: {
        "body/robot/torso.mass": 0.5,
        "contact/robot.friction": 0.35,
        "joint/robot/front_left_foot.friction": 0.3,
        "joint/robot/front_left_leg.pos": 0.3,
    },
    REACH: {
        "body/robot/panda_hand.mass": 1.7,
        "joint/robot/panda_joint2.friction": 1.0,
        "joint/robot/panda_joint1.pos": 0.2,
        "command/ee_pose.pos_x": 0.5,
        "command/ee_pose.yaw": 0.7,
    },
    WALK: {
        "body/robot/base.mass": 9.0,
        "contact/robot.friction": 0.35,
        "joint/robot/FL_thigh_joint.pos": 0.9,
        "event/reset_base.velocity_range.x": 0.3,
        "command/base_velocity.lin_vel_x": 0.4,
        "command/base_velocity.1": 0.2,
    },
}
SEEDS = list(range(20, 30))


def given(task: str) -> np.ndarray:
    """Actions, shape (steps, A)."""
    if SIZES[task] == 1:
        return actions()
    return 0.3 * np.random.default_rng(3).normal(size=(30, SIZES[task]))


@pytest.fixture(scope="module")
def plain(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what plain loops have seen, a file a task."""
    folder = tmp_path_factory.mktemp("plain")
    for task in SIZES:
        asked = {"seeds": SEEDS, "actions": given(task).tolist()}
        (folder / f"{task}.json").write_text(json.dumps(asked))
    command = [python, str(Path(__file__).with_name("plain_loop.py")), str(ASSETS), str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=400)
    return folder


@pytest.fixture(scope="module", params=SIZES)
def lab(python: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, Link]]:
    """A task, and the way to it."""
    link = opened(python, request.param)
    yield request.param, link
    link.close()


def test_ten_episodes_are_step_by_step_those_of_a_plain_loop(lab: tuple[str, Link], plain: Path) -> None:
    task, link = lab
    ours, theirs = run(link, SEEDS, told=given(task)), np.load(plain / f"{task}.npz")
    for world, seed in enumerate(SEEDS):
        length = len(theirs[f"rewards_{seed}"])
        np.testing.assert_array_equal(ours["seen"][: length + 1, world], theirs[f"seen_{seed}"])
        np.testing.assert_array_equal(ours["reward"][:length, world], theirs[f"rewards_{seed}"])
    assert not (ours["seen"][1:, 0] == ours["seen"][1:, 1]).all()


def test_worlds_are_the_same_alone_and_among_sixteen_and_have_what_is_set(lab: tuple[str, Link]) -> None:
    task, link = lab
    seeds, told = list(range(40, 56)), given(task)
    targets = list(SETS[task])
    values: list[dict[str, float]] = [{target: SETS[task][target]} for target in targets]
    values += [{}] * (16 - len(targets))
    bare, whole = run(link, seeds, told=told), run(link, seeds, values, told=told)
    assert whole["lost"] == whole["at_end"] == [[]] * 16
    if task == DIRECT:
        assert whole["seen"][0, 0, 1] == 0.25
        assert whole["seen"][0, 0, 0] == bare["seen"][0, 0, 0], "what is not set is drawn as without it"
    moved = (whole["seen"] != bare["seen"]).any(axis=(0, 2))
    assert moved.tolist() == [k < len(targets) for k in range(16)]
    back = run(link, seeds[::-1], values[::-1], told=told)
    np.testing.assert_array_equal(back["seen"][:, ::-1], whole["seen"])
    for k in (0, 1, 15):
        alone = run(link, [seeds[k]], [values[k]], told=told)
        np.testing.assert_array_equal(alone["seen"][:, 0], whole["seen"][:, k])
        np.testing.assert_array_equal(alone["reward"][:, 0], whole["reward"][:, k])
