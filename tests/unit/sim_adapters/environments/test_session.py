"""Episodes of environments over a link: as a plain loop plays them, and what goes wrong is told."""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from simgate.sim_adapters.environments.link import EnvironmentFailed, open_link
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.environments.remote.spaces import Reader, fitting
from tests.unit.sim_adapters.environments.links import FOREIGN, HERE, opened, step


@FOREIGN
@pytest.mark.parametrize(
    "name",
    ["CartPole-v1", "Pendulum-v1", "Acrobot-v1", "MountainCarContinuous-v0", "Taxi-v4", "FrozenLake-v1",
     "Blackjack-v1", "team_env.py:Cart"],
)  # fmt: skip
def test_an_episode_is_that_of_a_plain_loop(name: str, python: str | None, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    from team_env import Cart

    plain = Cart() if name.endswith(":Cart") else gymnasium.make(name)
    link = opened(name, python)
    space = plain.action_space
    space.seed(3)
    observation, _ = plain.reset(seed=7)
    seen = link.call("begin", slot=0, seed=7, values={})
    for _ in range(40):
        for path, array in Reader(plain.observation_space, "obs").read(observation).items():
            np.testing.assert_array_equal(seen["observation"][path], array)
        action = np.atleast_1d(np.asarray(space.sample(), dtype=np.float64)).reshape(-1)
        observation, reward, terminated, truncated, _ = plain.step(fitting(space, action))
        seen = step(link, action)
        assert (seen["reward"], seen["terminated"]) == (reward, terminated)
        if terminated or truncated:
            break
    link.close()


@pytest.mark.filterwarnings("error")
def test_an_observation_may_be_too_large_to_be_squared_and_may_not_be_nan() -> None:
    reader = Reader(gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64), "obs")
    assert reader.read(np.array([1e200, -np.inf]))["obs"].tolist() == [1e200, -np.inf]
    with pytest.raises(ValueError, match="observation obs has a number that is nan"):
        reader.read(np.array([1e200, np.nan]))


def test_the_limit_of_steps_of_an_id_is_taken_away_unless_it_is_kept() -> None:
    ended = {}
    for keeps in (False, True):
        link = open_link(None, {"name": "Pendulum-v1", "folder": ".", "make": {}, "keeps_time_limit": keeps})
        link.call("begin", slot=0, seed=0, values={})
        ended[keeps] = [step(link, np.zeros(1))["truncated"] for _ in range(200)]
        link.close()
    assert not any(ended[False])
    assert ended[True][-1] and not any(ended[True][:-1])


@pytest.mark.parametrize(
    ("drifts", "info", "repeats"),
    [(False, [], True), (False, ["gap.metres"], True), (False, ["noise"], False), (True, [], False)],
)
def test_an_environment_that_draws_from_more_than_its_seed_is_seen_where_anybody_looks(
    drifts: bool, info: list[str], repeats: bool
) -> None:
    link = opened(drifts=drifts)
    assert link.call("repeats", values={}, seed=4, steps=10, info=info) is repeats
    link.close()


def test_an_action_of_whole_numbers_in_a_box_is_not_cut() -> None:
    space = gymnasium.spaces.Box(0, 5, (2,), np.int32)
    found = fitting(space, np.array([2.0, 3.0]))
    assert (found.tolist(), found.dtype) == ([2, 3], np.int32)
    with pytest.raises(ValueError, match=r"the action is \[1.7, 3.0\], and this environment takes whole"):
        fitting(space, np.array([1.7, 3.0]))


@pytest.mark.parametrize("painted", ["picture / 255.0", "picture.astype(int) * 2"])
def test_a_picture_that_no_byte_holds_is_refused(tmp_path: Path, painted: str) -> None:
    text = (HERE / "team_env.py").read_text().replace("return picture", f"return {painted}")
    (tmp_path / "painted.py").write_text(text)
    link = open_link(None, {"name": "painted.py:Cart", "folder": str(tmp_path), "make": {}, "camera": True})
    with pytest.raises(Refused, match=r"render\(\) gives .* picture is of whole numbers from 0 to 255"):
        link.call("describe")


def test_nothing_of_an_episode_is_left_in_the_next(cart) -> None:
    def course(values):
        cart.call("begin", slot=0, seed=1, values=values)
        return [step(cart, np.ones(1))["observation"]["obs.cart"][0] for _ in range(5)]

    alone = course({})
    assert course({"attr/friction": 5.0, "attr/nested.wind": 1.0}) != alone
    assert course({}) == alone


@FOREIGN
def test_an_exception_of_the_environment_names_it_and_its_cause(python: str | None) -> None:
    link = opened(python=python, fails_at=3)
    link.call("begin", slot=0, seed=0, values={})
    step(link, np.zeros(1))
    step(link, np.zeros(1))
    with pytest.raises(EnvironmentFailed, match=r"team_env.py:Cart: RuntimeError: the motor is on fire"):
        step(link, np.zeros(1))
    link.close()


@pytest.mark.parametrize("reward", ["nan", "inf", "-inf"])
def test_a_reward_that_is_no_finite_number_is_no_reward(reward: str) -> None:
    link = opened(odd_at=1, odd_reward=float(reward))
    link.call("begin", slot=0, seed=0, values={})
    with pytest.raises(EnvironmentFailed, match=f"the reward is {reward}"):
        step(link, np.zeros(1))
    link.close()


def test_environments_that_share_the_arrays_they_answer_with_are_each_told_their_own(tmp_path: Path) -> None:
    (tmp_path / "sharing_env.py").write_text(
        "import gymnasium\nimport numpy as np\nSEEN, TOLD = np.zeros(1), {}\n"
        "class Env(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Box(-9, 9, (1,), np.float64)\n"
        "    def reset(self, *, seed=None, options=None):\n        return SEEN, TOLD\n"
        "    def step(self, action):\n        SEEN[0] = TOLD['x'] = action[0]\n"
        "        return SEEN, 0.0, False, False, TOLD\n"
    )
    link = open_link(None, {"name": "sharing_env.py:Env", "folder": str(tmp_path), "make": {}})
    for slot in (0, 1):
        link.call("begin", slot=slot, seed=0, values={}, asked=["x"])
    answer = link.call("steps", slots=[0, 1], actions=np.array([[1.0], [2.0]]))
    assert (answer["observation"]["obs"].tolist(), answer["info"]) == ([[1.0], [2.0]], [[1.0], [2.0]])
    link.close()


def test_a_key_with_a_dot_in_it_is_a_key() -> None:
    space = gymnasium.spaces.Dict(
        {"arm.left": gymnasium.spaces.Box(0, 1, (2,)), "n": gymnasium.spaces.Discrete(3)}
    )
    seen = Reader(space, "obs").read({"arm.left": np.array([0.5, 1.0]), "n": 2})
    assert {name: array.tolist() for name, array in seen.items()} == {
        "obs.arm.left": [0.5, 1.0],
        "obs.n": [2],
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("team_env.py:Crat", "no factory 'Crat'"),
        ("team_evn.py:Cart", "there is no file"),
        ("CartPole-v9", "CartPole"),
        ("no_such_module:Make", "no_such_module"),
    ],
)
def test_an_environment_that_is_not_there_is_named(name: str, said: str) -> None:
    with pytest.raises((Refused, EnvironmentFailed), match=said):
        opened(name).call("describe")


def test_an_interpreter_that_dies_is_told(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text("import os\ndef Env():\n    os._exit(7)\n")
    link = open_link(sys.executable, {"name": "dying.py:Env", "folder": str(tmp_path), "make": {}})
    with pytest.raises(
        EnvironmentFailed, match=r"its interpreter ended \(exit 7\) while it was asked to 'describe'"
    ):
        link.call("describe")
    link.close()
