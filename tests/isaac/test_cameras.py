"""Cameras of tasks: their pictures are channels, the same whoever stands beside, and a model sees by them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments.link import Link
from simgate.sim_adapters.environments.remote.refused import Refused
from tests.isaac.lab import opened
from tests.isaac.test_packs import run

TASK, PICTURE = "Isaac-Cartpole-Camera", "sensor.tiled_camera.rgb"
START, SPEED = "event/reset_cart_position.position_range", "event/reset_cart_position.velocity_range"
STEPS, DARK = 60, 128


def seen_by(link: Link, seeds: list[int], values: list[dict[str, float]]) -> tuple[dict, np.ndarray]:
    """Observations by name, (steps + 1, N, ...), and which worlds had ended, (steps, N)."""
    slots = list(range(len(seeds)))
    begun = link.call("begins", slots=slots, seeds=seeds, values=values, asked=[[]] * len(seeds))
    seen = {name: [[one["observation"][name] for one in begun]] for name in begun[0]["observation"]}
    over = []
    for action in 0.5 * np.random.default_rng(3).normal(size=(STEPS, 1)):
        answer = link.call("steps", slots=slots, actions=np.repeat(action[None], len(seeds), axis=0))
        over.append(answer["terminated"])
        for name, array in answer["observation"].items():
            seen[name].append(array)
    return {name: np.array(arrays) for name, arrays in seen.items()}, np.array(over)


def test_pictures_are_those_of_a_world_alone_also_where_its_neighbour_ends(python: str) -> None:
    link = opened(python, TASK, camera=True)
    (said,) = (one for one in link.call("describe")["observations"] if one["name"] == PICTURE)
    assert (said["shape"], said["dtype"]) == ([96, 96, 3], "uint8")
    both, over = seen_by(link, [7, 8], [{START: 2.95, SPEED: 2.0}, {}])
    alone, _ = seen_by(link, [8], [{}])
    link.close()
    end = int(np.argmax(over[:, 0]))
    assert over[end, 0] and not over[:, 1].any()
    # Out there the camera does not see the cart; the world that is begun anew has it in the middle.
    dark = (both[PICTURE][:, 0] < DARK).any(axis=(1, 2, 3))
    assert not dark[end + 1] and dark[end + 2 :].all()
    assert (alone[PICTURE][0] != alone[PICTURE][-1]).any()
    for name in (PICTURE, "obs.policy", "obs.critic"):
        np.testing.assert_array_equal(both[name][:, 1], alone[name][:, 0])


def test_a_task_without_a_camera_has_no_pictures(python: str) -> None:
    link = opened(python, camera=True)
    with pytest.raises(Refused, match="the task has no camera with colour pictures"):
        link.call("describe")
    link.close()


def test_a_model_that_sees_balances_the_pole_and_one_that_has_hardly_learned_does_not(
    python: str, tmp_path: Path
) -> None:
    _, records = run("sight", tmp_path / "trained", python, variants=8)
    _, others = run("sight", tmp_path / "others", python, batch=4, workers=2, variants=8)
    _, early = run("sight", tmp_path / "early", python, "early", variants=8)
    assert {record["outcome"] for record in records.values()} == {"PASS"}
    assert {record["outcome"] for record in early.values()} == {"FAIL"}
    digests = {name: record["trace_digest"] for name, record in records.items()}
    assert {name: record["trace_digest"] for name, record in others.items()} == digests
    assert len(digests) == 8
