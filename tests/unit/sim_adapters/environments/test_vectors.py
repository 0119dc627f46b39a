"""Worlds of vector environments: number for number those of single ones, or refused by name."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from simgate.sim_adapters.environments.link import open_link
from simgate.sim_adapters.environments.remote.refused import Refused
from tests.unit.sim_adapters.environments.links import HERE, opened

SEEDS = [3, 4, 5, 6]
ASKED = ["gap.m", "there"]


def pushes(seed: int) -> np.ndarray:
    """Actions of an episode, most of them towards the mark, so that episodes end at different steps."""
    return np.random.default_rng(seed).uniform(-0.2, 1.0, (60, 1))


def episodes(
    name: str,
    seeds: list[int],
    values: list[dict[str, Any]] | None = None,
    python: str | None = None,
    **make: Any,
) -> list[list[Any]]:
    """What each world tells until it is over, all begun together and stepped while they last."""
    link, values = opened(f"vector_env.py:{name}", python, **make), values or [{}] * len(seeds)
    slots = list(range(len(seeds)))
    begun = link.call("begins", slots=slots, seeds=seeds, values=values, asked=[ASKED] * len(seeds))
    told = [[plain(one["observation"]), one["info"][:1], one["lost"]] for one in begun]
    actions, lasting = [pushes(seed) for seed in seeds], slots
    for step in range(60):
        if not lasting:
            break
        answer = link.call("steps", slots=lasting, actions=np.stack([actions[k][step] for k in lasting]))
        still = []
        for row, slot in enumerate(lasting):
            seen = {key: array[row] for key, array in answer["observation"].items()}
            ends = answer["terminated"][row], answer["truncated"][row]
            told[slot] += [plain(seen), answer["reward"][row], ends, list(answer["info"][row])]
            if not any(ends):
                still.append(slot)
        lasting = still
    for slot in slots:
        told[slot].append(link.call("problems", slot=slot))
    link.close()
    return told


def plain(observation: dict[str, np.ndarray]) -> dict[str, tuple[Any, ...]]:
    return {name: (array.dtype.name, *array.tolist()) for name, array in observation.items()}


@pytest.mark.parametrize(
    ("name", "mode", "python"),
    [
        *[
            (name, mode, None)
            for name in ("Carts", "wrapped")
            for mode in ("NextStep", "SameStep", "Disabled")
        ],
        ("synced", "SameStep", None),
        ("Carts", "NextStep", sys.executable),
    ],
)
def test_every_episode_is_that_of_a_single_environment(name: str, mode: str, python: str | None) -> None:
    alone = [episodes("Cart", [seed])[0] for seed in SEEDS]
    lengths = {len(one) for one in alone}
    assert len(lengths) == len(SEEDS), "episodes of one length would not show how the next one begins"
    assert episodes(name, SEEDS, python=python, mode=mode) == alone
    assert episodes(name, SEEDS[::-1], python=python, mode=mode) == alone[::-1]


def test_a_world_that_begins_anew_gives_no_other_one_new_draws() -> None:
    alone = [episodes("Cart", [seed], gusts=0.02)[0] for seed in SEEDS]
    assert episodes("Carts", SEEDS, mode="Disabled", gusts=0.02) == alone


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_the_last_picture_of_an_episode_is_never_one_of_the_next(mode: str) -> None:
    made = {"name": "vector_env.py:Carts", "folder": str(HERE), "make": {"mode": mode}, "camera": True}
    if mode == "SameStep":
        with pytest.raises(Refused, match=r"would be the first of the next one.* NextStep or Disabled"):
            open_link(None, made).call("describe")
        return
    link = open_link(None, made)
    assert link.call("describe")["picture"] == (2, 2, 3)
    link.call("begins", slots=[0, 1], seeds=[3, 4], values=[{}] * 2, asked=[[]] * 2)
    over = False
    while not over:
        answer = link.call("steps", slots=[0, 1], actions=np.ones((2, 1)))
        over = answer["terminated"][0]
    seen = answer["observation"]
    assert seen["render.rgb"][0, 0, 0, 0] == int(100 * seen["obs.cart"][0, 0]) > 0
    link.close()


def test_worlds_in_processes_of_their_own_are_taken_out_of_them() -> None:
    assert episodes("apart", SEEDS[:2], gain=2.0) == episodes("Cart", SEEDS[:2], gain=2.0)


def test_values_of_one_world_are_its_own_and_read_back() -> None:
    singles = [{"make.gain": 2.0}, {"options.shift": 0.05}, {"attr/mass": 3.0}, {}, {"attr/mass": 0.5}]
    rows = [{k.replace("mass", "masses.0"): v for k, v in one.items()} for one in singles]
    seeds = list(range(10, 15))
    alone = [episodes("Cart", [seed], [values])[0] for seed, values in zip(seeds, singles, strict=True)]
    assert episodes("Carts", seeds, rows) == alone
    assert episodes("synced", seeds, singles) == alone
    assert episodes("Carts", seeds[:2], [{"attr/gravity.2": -1.0}, {}])[0][2] == []
    link = opened("vector_env.py:Carts")
    link.call("describe")
    values = [{"attr/friction.0": 0.4}, {"attr/friction.0": 0.6}]  # One number of all worlds.
    begun = link.call("begins", slots=[0, 1], seeds=[1, 2], values=values, asked=[[], []])
    assert [one["lost"] for one in begun] == [[], []]
    link.close()


def test_a_value_that_does_not_stay_is_named_for_its_world_alone() -> None:
    link = opened("vector_env.py:Carts")
    link.call("describe")
    values = [{"attr/masses.0": 2.0}, {"attr/masses.0": 4.0}, {"attr/at.0": 3.0}]
    begun = link.call("begins", slots=[0, 1, 2], seeds=[1, 2, 3], values=values, asked=[[]] * 3)
    said = "attr/at.0 was set to 3.0 and is 0.0: it did not take"
    assert [one["lost"] for one in begun] == [[], [], [said]]
    link.close()


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("vector_env.py:Carts", {"pull": 0.01}, "a world is another one among others than alone"),
        ("vector_env.py:Carts", {"mode": "SameStep", "says": False}, None),
        (
            "gymnasium:make_vec",
            {"id": "CartPole-v1", "vectorization_mode": "vector_entry_point"},
            r"its worlds cannot each be given a seed \(.*list",
        ),
    ],
)
def test_worlds_that_hang_together_are_refused_by_name(
    name: str, make: dict[str, Any], why: str | None
) -> None:
    link = opened(name, **make)
    if why is None:
        # That the last observation of an episode is lost shows where one ends.
        link.call("describe")
        link.call("begins", slots=[0, 1], seeds=[3, 4], values=[{}] * 2, asked=[[]] * 2)
        with pytest.raises(Refused, match="where its last observation is nobody says"):
            for _ in range(60):
                link.call("steps", slots=[0, 1], actions=np.ones((2, 1)))
    else:
        with pytest.raises(Refused, match=rf"a \w+ has worlds that hang together: .*{why}.*batch"):
            link.call("describe")
    link.close()


@pytest.mark.parametrize("name", ["Carts", "wrapped", "synced"])
@pytest.mark.parametrize("values", [{}, {"make.gain": 2.0}, {"options.shift": 0.05}])
def test_worlds_that_do_not_hang_together_are_not_said_to(name: str, values: dict[str, Any]) -> None:
    link = opened(f"vector_env.py:{name}")
    link.call("describe")
    assert link.call("independent", values=values, seed=0, steps=40)
    link.close()


def test_a_value_that_moves_the_worlds_beside_it_makes_no_episode_independent() -> None:
    about = {"seed": 0, "steps": 40, "info": []}
    link = opened("vector_env.py:Carts", pull=0.01, by="masses")
    link.call("describe")
    assert link.call("independent", values={}, **about)
    assert not link.call("independent", values={"attr/masses.0": 2.0}, **about)
    assert link.call("repeats", values={"attr/masses.0": 2.0}, **about)
    link.close()


def test_who_makes_several_worlds_and_is_not_told_how_many_is_refused(tmp_path) -> None:
    for make in ({"num_envs": 3}, {}):
        name = "gymnasium:make_vec" if make else "vector_env.py:Fixed"
        said = "leave make.num_envs out" if make else r"makes 2 worlds at once \(a Carts\); give .* num_envs"
        with pytest.raises(Refused, match=said):
            opened(name, **make, **({"id": "CartPole-v1"} if make else {})).call("describe")


def test_an_id_as_a_vector_says_what_the_id_says() -> None:
    single, vector = (
        opened("CartPole-v1"),
        opened("gymnasium:make_vec", id="CartPole-v1", vectorization_mode="sync"),
    )
    said, of_vector = single.call("describe"), vector.call("describe")
    assert said["max_steps"] == 500
    for what in ("observations", "action", "settable", "max_steps", "step_s"):
        assert of_vector[what] == said[what]
    single.close()
    vector.close()
