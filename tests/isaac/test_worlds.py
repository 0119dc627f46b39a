"""Worlds of Isaac Lab on real PhysX: those of a plain loop, whoever stands beside them, and set exactly."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments import remote
from simgate.sim_adapters.environments.link import Link, open_link
from simgate.sim_adapters.environments.remote.refused import Refused

TASK = "Isaac-Cartpole"
POLE, START = "body/robot/pole.mass", "joint/robot/cart_to_pole.pos"
SETS = {
    POLE: 0.37,
    "body/robot/cart.mass": 1.4,
    START: 0.11,
    "joint/robot/cart_to_pole.vel": -0.3,
    "joint/robot/slider_to_cart.friction": 1.25,
    "joint/robot/slider_to_cart.armature": 0.2,
    "event/reset_cart_position.position_range": 0.5,
}
STEPS = 60
ASSETS = Path(remote.__file__).parents[1] / "lab_assets"


def opened(python: str, task: str = TASK, **made: str) -> Link:
    make = {"assets": "simgate", "physics": "ovphysx", **made}
    return open_link(python, {"name": f"isaaclab:{task}", "folder": ".", "make": make})


@pytest.fixture(scope="module")
def link(python: str) -> Iterator[Link]:
    link = opened(python)
    yield link
    link.close()


def actions(size: int = 1) -> np.ndarray:
    return 0.3 + 0.1 * np.random.default_rng(3).normal(size=(STEPS, size))


def run(link: Link, seeds: list[int], values: list[dict] | None = None, asked: tuple[str, ...] = ()) -> dict:
    """Observations (steps + 1, N, d), rewards, infos and ends of worlds that all do the same."""
    slots = list(range(len(seeds)))
    begun = link.call("begins", slots=slots, seeds=seeds, values=values or [{}] * len(seeds),
                      asked=[asked] * len(seeds))  # fmt: skip
    seen, reward, info, over = [[one["observation"]["obs.policy"] for one in begun]], [], [], []
    for action in actions():
        told = np.repeat(action[None], len(seeds), axis=0)
        answer = link.call("steps", slots=slots, actions=told)
        seen.append(answer["observation"]["obs.policy"])
        reward.append(answer["reward"])
        info.append(answer["info"])
        over.append(answer["terminated"])
    return {
        "seen": np.array(seen), "reward": np.array(reward), "info": np.array(info), "over": np.array(over),
        "lost": [one["lost"] for one in begun],
        "at_end": [link.call("problems", slot=slot)["lost"] for slot in slots],
    }  # fmt: skip


@pytest.mark.parametrize("task", [TASK, "Isaac-Cartpole-Direct"])
def test_episodes_are_step_by_step_those_of_a_plain_loop(task: str, python: str, tmp_path: Path) -> None:
    seeds = list(range(20, 30)) if task == TASK else [20, 21, 22]
    np.save(tmp_path / "actions.npy", actions())
    command = [python, Path(__file__).with_name("plain_loop.py"), task, tmp_path / "actions.npy",
               tmp_path / "plain.npz", ASSETS, *seeds]  # fmt: skip
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=300)
    plain = np.load(tmp_path / "plain.npz")
    link = opened(python, task)
    ours = run(link, seeds)
    link.close()
    for world, seed in enumerate(seeds):
        length = len(plain[f"rewards_{seed}"])
        np.testing.assert_array_equal(ours["seen"][: length + 1, world], plain[f"seen_{seed}"])
        np.testing.assert_array_equal(ours["reward"][:length, world], plain[f"rewards_{seed}"])
    ends_early = any(len(plain[f"rewards_{seed}"]) < STEPS for seed in seeds)
    assert ends_early or task != TASK


def test_a_world_is_the_same_alone_and_among_sixteen_in_any_order(link: Link) -> None:
    seeds = list(range(40, 56))
    values = [{POLE: 0.2 + 0.02 * k, START: 0.05 * k - 0.4} for k in range(16)]
    whole = run(link, seeds, values)
    back = run(link, seeds[::-1], values[::-1])
    np.testing.assert_array_equal(back["seen"][:, ::-1], whole["seen"])
    for k in (0, 7, 15):
        alone = run(link, [seeds[k]], [values[k]])
        np.testing.assert_array_equal(alone["seen"][:, 0], whole["seen"][:, k])
        np.testing.assert_array_equal(alone["reward"][:, 0], whole["reward"][:, k])


@pytest.mark.parametrize("target", SETS)
def test_what_is_set_in_a_world_is_what_it_has_and_no_other_moves_by_a_bit(target: str, link: Link) -> None:
    before = run(link, [1, 2, 3])
    after = run(link, [1, 2, 3], [{}, {target: SETS[target]}, {}])
    assert after["lost"] == after["at_end"] == [[], [], []]
    np.testing.assert_array_equal(after["seen"][:, [0, 2]], before["seen"][:, [0, 2]])
    assert (after["seen"][:, 1] != before["seen"][:, 1]).any()


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


def test_a_command_that_is_drawn_anew_after_the_end_was_not_lost(python: str) -> None:
    command = [python, str(Path(__file__).with_name("commanded.py")), str(ASSETS.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said["told"]) == {0.25}
    assert said["lost"] == [[], []]


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


@pytest.mark.parametrize(
    ("task", "made", "words"),
    [
        ("Isaac-Cartpol", {}, "no task 'Isaac-Cartpol'"),
        (TASK, {"physics": "bullet"}, "physics=bullet"),
        ("Isaac-Ant", {}, "ant_instanceable.usd"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(task: str, made: dict, words: str, python: str) -> None:
    link = opened(python, task, **made)
    with pytest.raises(Refused, match=words):
        link.call("describe")
    link.close()


def test_a_task_without_managers_starts_where_it_is_set_in_place_of_its_range(python: str) -> None:
    link = opened(python, "Isaac-Cartpole-Direct")
    pinned, drawn = link.call("begins", slots=[0, 1], seeds=[3, 3], asked=[[], []],
                              values=[{"range/initial_pole_angle_range": 0.25}, {}])  # fmt: skip
    link.close()
    cart, pole, *_ = pinned["observation"]["obs.policy"]
    assert (pole, pinned["lost"]) == (0.25, [])
    assert drawn["observation"]["obs.policy"][1] != 0.25
    assert cart == drawn["observation"]["obs.policy"][0], "what is not set is drawn as without it"
