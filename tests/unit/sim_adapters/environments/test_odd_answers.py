"""Environments that answer something else than their spaces say, or write where they should not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.link import EnvironmentFailed, open_link
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.environments.remote.spaces import Reader, action_of
from simgate.sim_adapters.environments.remote.spaces import spaces as told_of
from simgate.sim_adapters.scene.environment import EnvironmentSite
from tests.unit.sim_adapters.environments.links import FOREIGN, step

ENV = """\
import gymnasium
import numpy as np

class Env(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9, 9, (1,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float64)
    seen = np.zeros(1, np.float32)

    def reset(self, *, seed=None, options=None):
        self.seen[0] = seed
        return self.seen, {}

    def step(self, action):
"""


def opened(folder: Path, body: str, python: str | None = None) -> Any:
    (folder / "odd_env.py").write_text(ENV + body)
    link = open_link(python, {"name": "odd_env.py:Env", "folder": str(folder), "make": {}})
    link.call("describe")
    return link


def test_what_a_reset_wrote_is_not_what_that_of_another_slot_writes(tmp_path: Path) -> None:
    link = opened(tmp_path, "        return self.seen, 0.0, False, False, {}\n")
    begun = link.call("begins", slots=[0, 1], seeds=[3, 4], values=[{}, {}], asked=[(), ()])
    assert [one["observation"]["obs"].tolist() for one in begun] == [[3.0], [4.0]]
    link.close()


@FOREIGN
def test_an_environment_may_write_into_the_action_that_it_is_told(tmp_path: Path, python: str | None) -> None:
    link = opened(
        tmp_path, "        action *= 0.5\n        return self.seen, action[0], False, False, {}\n", python
    )
    link.call("begin", slot=0, seed=0, values={})
    told = np.array([[0.5]])
    answer = link.call("steps", slots=[0], actions=told)
    assert (answer["reward"], told.tolist()) == ([0.25], [[0.5]])
    link.close()


EXITING = """\
        raise SystemExit("by itself")

    def close(self):
        raise SystemExit(1)
"""


@FOREIGN
def test_one_that_exits_under_random_actions_and_when_it_is_closed_can_be_tried_out(
    tmp_path: Path, python: str | None
) -> None:
    link = opened(tmp_path, EXITING, python)
    assert link.call("repeats", values={}, seed=0, steps=5) is True
    link.call("begin", slot=0, seed=0, values={})
    link.call("begin", slot=0, seed=0, values={})
    link.close()


@pytest.mark.parametrize(
    ("answer", "reward", "ended"),
    [
        ("np.array([1.5]), False, False, {}", 1.5, (False, False)),
        ("np.float32(0.5), np.array([True]), np.bool_(False), {}", 0.5, (True, False)),
        ("1, 0, None, {}", 1.0, (False, False)),
        ("1, True, {}", 1.0, (True, False)),
        ("2, True, {'TimeLimit.truncated': True}", 2.0, (False, True)),
    ],
)
def test_scalars_are_read_as_libraries_write_them(
    tmp_path: Path, answer: str, reward: float, ended: tuple[bool, bool]
) -> None:
    link = opened(tmp_path, f"        return self.seen, {answer}\n")
    link.call("begin", slot=0, seed=0, values={})
    found = step(link, np.zeros(1))
    assert (found["reward"], found["terminated"], found["truncated"]) == (reward, *ended)
    link.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "self.seen, np.array([1.0, 2.0]), False, False, {}",
            r"the reward is \[1.0, 2.0\], and it must be a",
        ),
        ("self.seen, None, False, False, {}", "the reward is None, and it must be a number"),
        ("self.seen, '1.5', False, False, {}", "the reward is '1.5', and it must be a number"),
        ("self.seen, 0.0, 'False', False, {}", "terminated is 'False', and it must be true or false"),
        ("self.seen, 0.0, False, float('nan'), {}", "truncated is nan, and it must be true or false"),
        ("self.seen, 0.0, False, False, None", "info is None, and it must be a mapping"),
        ("self.seen, 0.0, False", r"step\(\) answered 3 values, and not 5"),
        ("np.array([1e300]), 0.0, False, False, {}", r"observation obs has 1e\+300, and its space's float32"),
        ("['0.5'], 0.0, False, False, {}", "observation obs is <U3, and its space says float32"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, answer: str, said: str) -> None:
    link = opened(tmp_path, f"        return {answer}\n")
    link.call("begin", slot=0, seed=0, values={})
    with pytest.raises(EnvironmentFailed, match=f"odd_env.py:Env: .*{said}"):
        step(link, np.zeros(1))
    link.close()


@FOREIGN
def test_an_environment_that_exits_is_told_as_one_that_raises(tmp_path: Path, python: str | None) -> None:
    link = opened(tmp_path, "        raise SystemExit(0)\n", python)
    for seed in (0, 1):
        link.call("begin", slot=0, seed=seed, values={})
        with pytest.raises(EnvironmentFailed, match=r"odd_env.py:Env: SystemExit: 0"):
            step(link, np.zeros(1))
    link.close()


@pytest.mark.parametrize(
    ("space", "seen", "said"),
    [
        (spaces.Box(0, 255, (2,), np.uint8), [0.7, 1.0], "has 0.7, and its space's uint8"),
        (spaces.Box(0, 255, (2,), np.uint8), np.array([1, 300]), "has 300"),
        (spaces.Box(0, 255, (2,), np.uint8), np.array([1, -1], np.int8), "has -1"),
        (spaces.Box(0, 9, (2,), np.int32), [1.0, np.nan], "has nan"),
        (spaces.Discrete(4), 2.7, "has 2.7, and its space's int64"),
    ],
)
def test_a_number_that_its_space_does_not_hold_is_not_made_another(
    space: gymnasium.Space, seen: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Reader(space, "obs").read(seen)


def test_a_number_in_another_type_is_the_same_number() -> None:
    found = Reader(spaces.Box(0, 255, (3,), np.uint8), "obs").read([0.0, 7.0, 255.0])["obs"]
    assert (found.dtype, found.tolist()) == (np.uint8, [0, 7, 255])
    found = Reader(spaces.Box(-1, 1, (1,), np.float32), "obs").read(np.array([0.1]))["obs"]
    assert found.tolist() == np.array([0.1], np.float32).tolist()


def test_whole_numbers_begin_where_their_space_says() -> None:
    space = spaces.MultiDiscrete([3, 4], start=[-1, 2])
    action = action_of(space, None)
    assert (action["low"], action["high"], action["whole"]) == ([-1.0, 2.0], [1.0, 5.0], True)
    (said,) = told_of(space, "obs")
    assert (said["shape"], said["low"], said["high"]) == ([2], -1.0, 5.0)
    assert action_of(spaces.MultiBinary((2, 3)), None)["high"] == [1.0] * 6
    assert action_of(spaces.Box(0, 5, (2,), np.int32), None)["whole"]


def test_a_part_that_an_observation_lacks_or_that_has_no_numbers_is_named() -> None:
    box = gymnasium.spaces.Box(-1.0, 1.0, (1,))
    reader = Reader(gymnasium.spaces.Dict({"x": box}), "obs")
    with pytest.raises(ValueError, match=r"an observation has no obs\.x, which its space has"):
        reader.read({"y": np.zeros(1)})
    with pytest.raises(Refused, match=r"observation obs has no numbers \(its space has shape \(2, 0\)\)"):
        list(told_of(gymnasium.spaces.Box(-1.0, 1.0, (2, 0)), "obs"))


def test_two_parts_of_one_name_are_refused() -> None:
    one = spaces.Box(0, 1, (1,))
    space = spaces.Dict({"arm": spaces.Dict({"left": one}), "arm.left": one})
    with pytest.raises(Refused, match=r"two parts of the observation are called obs.arm.left"):
        list(told_of(space, "obs"))


CHANGING = """\
        return self.seen, 0.0, False, False, {}

    def __init__(self, most=1.0, size=1):
        self.action_space = gymnasium.spaces.Box(-most, most, (1,), np.float64)
        self.observation_space = gymnasium.spaces.Box(-9, 9, (size,), np.float32)
        self.seen = np.zeros(size, np.float32)
"""


@pytest.mark.parametrize(
    ("target", "value", "said"),
    [
        ("make.most", 0.5, r"action is \['action.0'\] \[-0.5\] to \[0.5\], and was .* \[-1.0\] to \[1.0\]"),
        ("make.size", 3, r"observation is obs \[3\] float32, and was obs \[1\] float32 before"),
    ],
)
def test_a_value_that_changes_a_space_is_refused(
    tmp_path: Path, target: str, value: float, said: str
) -> None:
    link = opened(tmp_path, CHANGING)
    link.call("begin", slot=0, seed=0, values={"make.most": 1.0})
    with pytest.raises(Refused, match=said):
        link.call("begin", slot=0, seed=0, values={target: value})
    link.close()


SHARING = """\
        return self.seen, CONFIG["nested"]["push"], False, False, {}

    def __init__(self):
        self.config = CONFIG

CONFIG = {"nested": {"push": 1.0}}
"""


def test_a_value_set_in_a_mapping_that_all_environments_share_is_not_left_there(tmp_path: Path) -> None:
    link, target = opened(tmp_path, SHARING), "attr/config.nested.push"
    assert link.call("idle", values={target: 3.0}, asked=[target], seed=0, steps=5) == {target: False}
    earned = []
    for values in ({}, {target: 3.0}, {}):
        link.call("begin", slot=0, seed=0, values=values)
        earned.append(step(link, np.zeros(1))["reward"])
    assert earned == [1.0, 3.0, 1.0]
    link.close()


@FOREIGN
def test_worlds_of_one_batch_that_share_what_is_set_leave_nothing_there(
    tmp_path: Path, python: str | None
) -> None:
    link, target = opened(tmp_path, SHARING, python), "attr/config.nested.push"
    two = {"slots": [0, 1], "seeds": [0, 0], "asked": [(), ()]}
    link.call("begins", **two, values=[{target: 3.0}, {target: 3.0}])
    assert link.call("idle", values={target: 3.0}, asked=[target], seed=0, steps=5) == {target: False}
    for value in (3.0, 4.0):
        link.call("begins", **two, values=[{target: value}, {target: value}])
    link.call("begins", **two, values=[{}, {}])
    assert link.call("steps", slots=[0, 1], actions=np.zeros((2, 1)))["reward"] == [1.0, 1.0]
    link.close()


def test_what_an_episode_has_set_is_not_there_in_one_of_another_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sharing_env.py").write_text(f"{ENV}{SHARING}\nclass Other(Env):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    adapter, earned = GymnasiumAdapter(Timing(20, 20, 20)), []
    setting = (("attr/config.nested.push", 3.0),)
    for name, values in [("Env", setting), ("Other", ()), ("Env", setting), ("Other", ())]:
        site = EnvironmentSite("shared", f"sharing_env:{name}", str(tmp_path), seed=0, values=values)
        adapter.reset([site])
        adapter.step(np.zeros((1, 1)))
        earned.append(adapter._worlds[0].reward)
    adapter.close()
    assert earned == [3.0, 1.0, 3.0, 1.0]


@pytest.mark.parametrize("told", ["float('nan')", "10**400", "'yes'", "None"])
def test_a_success_that_is_never_a_number_has_never_been_told(tmp_path: Path, told: str) -> None:
    link = opened(
        tmp_path, f"        return self.seen, 0.0, False, False, {{'is_success': {told}, 'key': 10**400}}\n"
    )
    link.call("begin", slot=0, seed=0, values={}, asked=["is_success"])
    step(link, np.zeros(1))
    assert "info has never had 'is_success' as a number" in link.call("problems", slot=0)["never"][0]
    link.close()


def test_an_environment_that_cannot_be_closed_leaves_nothing_to_the_next_episode(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "        return self.seen, 0.0, False, False, {}\n\n    def close(self):\n        raise OSError('stuck')\n"
    link = opened(tmp_path, body)
    for seed in (3, 4):
        begun = link.call("begin", slot=0, seed=seed, values={})
        assert begun["observation"]["obs"].tolist() == [seed]
    assert "stuck" in capsys.readouterr().err
    link.close()
