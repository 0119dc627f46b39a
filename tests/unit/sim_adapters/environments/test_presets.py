"""Presets: a collection's conventions by one word, and what is missing said by name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from simgate.sim_adapters.environments.link import Link, open_link
from simgate.sim_adapters.environments.remote import presets
from simgate.sim_adapters.environments.remote.presets import PRESETS, Preset
from simgate.sim_adapters.environments.remote.refused import Refused


class Drawn(gymnasium.Env):
    """Draws where it starts when it is made, as Meta-World and robosuite do."""

    observation_space = gymnasium.spaces.Box(-9.0, 9.0, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)
    dt = 0.001

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self.name, self.start = name, np.random.default_rng(given.get("seed")).uniform()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return np.array([self.start]), {}

    def step(self, action: int) -> Any:
        return np.array([self.start]), 0.0, False, False, {}


def opened(name: str, **make: object) -> Link:
    return open_link(None, {"name": name, "folder": str(Path(__file__).parent), "make": make})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Preset(
        Drawn,
        ("numpy",),
        "numpy",
        lambda name: f"info.{name}",
        seed="seed",
        step_s=0.1,
        steps=lambda env: len(env.name),
    )
    monkeypatch.setattr(presets, "PRESETS", {"drawn": made})


@pytest.mark.usefixtures("drawn")
def test_an_episode_is_that_of_its_seed_where_the_seed_goes_to_the_making() -> None:
    link = opened("preset:drawn/four")
    starts = [link.call("begin", slot=0, seed=seed, values={})["observation"]["obs"][0] for seed in (7, 8, 7)]
    assert starts == [np.random.default_rng(seed).uniform() for seed in (7, 8, 7)]
    assert link.call("repeats", values={}, seed=3, steps=5)
    own = link.call("begin", slot=0, seed=8, values={"make.seed": 7})["observation"]["obs"][0]
    assert own == starts[0]


@pytest.mark.usefixtures("drawn")
def test_a_preset_says_what_its_environments_do_not() -> None:
    said = opened("preset:drawn/four").call("describe")
    assert (said["success"], said["step_s"], said["max_steps"]) == ("info.four", 0.1, 4)
    assert said["versions"]["numpy"] == np.__version__
    assert str(Path(presets.__file__)) not in said["files"]


def test_what_no_preset_makes_or_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="there is no preset 'metawrld'; write preset:SUITE/NAME") as found:
        opened("preset:metawrld/reach-v3")
    assert (found.value.unknown, found.value.known) == ("metawrld", tuple(PRESETS))
    with pytest.raises(Refused, match="there is no preset"):
        opened("preset:metaworld")
    monkeypatch.setitem(sys.modules, "metaworld", None)
    with pytest.raises(
        Refused, match=r"the preset metaworld needs metaworld in .*: pip install metaworld packaging"
    ):
        opened("preset:metaworld/reach-v3")
    (tmp_path / "robosuite.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(Refused, match=r"robosuite needs gymnasium in .*: pip install robosuite gymnasium"):
        opened("preset:robosuite/Lift")


def test_what_a_collection_lacks_that_is_there_itself_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metaworld.py").write_text("import no_such_module.inside\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "metaworld", raising=False)
    with pytest.raises(
        Refused, match=r"metaworld needs no_such_module in .*: install what has this module; m"
    ):
        opened("preset:metaworld/reach-v3")


@pytest.mark.parametrize(
    ("name", "success"),
    [("FetchReach-v4", "info.is_success"), ("PointMaze_UMaze-v3", "info.success"), ("FrankaKitchen-v1", "")],
)
def test_the_key_of_success_is_that_of_each_environment(name: str, success: str) -> None:
    assert PRESETS["gymnasium_robotics"].success(name) == success
