"""What an episode of an environment is must not depend on what ran before, or runs beside it."""

from __future__ import annotations

import sys
import venv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.hosts.pool.host_limits import limits_of
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments import link
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.link import EnvironmentFailed, RemoteLink
from simgate.sim_adapters.environments.remote.session import Session
from simgate.sim_adapters.quantities import Return, Seen
from simgate.sim_adapters.scene.environment import EnvironmentSite, Probe

NOISY = '''
import random

import gymnasium
import numpy as np


class Noisy(gymnasium.Env):
    """Draws from the process's own generators, and heeds its load from 2 on; some loads break it later."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, load=0.0, breaks_at=-1):
        self.load, self.breaks_at = load, breaks_at

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self._seen(), {}

    def step(self, action):
        self.count += 1
        if self.count == self.breaks_at:
            raise RuntimeError("it broke")
        return self._seen(), 0.0, False, False, {}

    def _seen(self):
        return np.array([np.random.uniform(), random.random(), max(self.load, 2.0)])
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "noisy.py").write_text(NOISY)
    return tmp_path


def site(
    folder: Path, seed: int, values: dict[str, float], probes: tuple[Probe, ...] = ()
) -> EnvironmentSite:
    return EnvironmentSite(
        "noisy", "noisy.py:Noisy", str(folder), seed=seed, values=tuple(values.items()), probes=probes
    )


def probe(target: str, value: float) -> Probe:
    return Probe(((target, value),), (target,))


def episodes(*sites: EnvironmentSite, adapter: GymnasiumAdapter | None = None) -> list[np.ndarray]:
    """What each world sees within three steps, shape (4, 3)."""
    adapter = adapter or GymnasiumAdapter(Timing(20, 20, 20))
    seen = [adapter.reset(sites).channels["obs"].copy()]
    for _ in range(3):
        seen.append(adapter.step(np.zeros((len(sites), 1))).channels["obs"].copy())
    return list(np.stack(seen, axis=1))


def test_draws_of_one_environment_are_not_those_of_its_neighbours(folder: Path) -> None:
    alone = [episodes(site(folder, seed, {}))[0] for seed in (1, 2, 3)]
    together = episodes(*(site(folder, seed, {}) for seed in (1, 2, 3)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


SHARING = """
import gymnasium
import numpy as np


class Sharing(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        HOLDER.at = float(self.np_random.uniform())
        return np.array([HOLDER.at, 0.0, 0.0]), {}

    def step(self, action):
        HOLDER.at += float(action[0])
        return np.array([HOLDER.at, 0.0, 0.0]), 0.0, False, False, {}
"""


@pytest.mark.parametrize("python", [None, sys.executable])
@pytest.mark.parametrize(
    ("holder", "batch", "shares"), [("type(self)", 3, True), ("type(self)", 1, False), ("self", 3, False)]
)
def test_environments_that_share_a_state_are_named_where_they_run_side_by_side(
    tmp_path: Path, python: str | None, holder: str, batch: int, shares: bool
) -> None:
    (tmp_path / "noisy.py").write_text(
        SHARING.replace("HOLDER", holder).replace("class Sharing", "class Noisy")
    )
    asked = replace(site(tmp_path, 1, {}, (Probe((), ()),)), batch=batch, python=python)
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    adapter.reset([asked] * batch)
    (said,) = set(adapter.health())
    adapter.close()
    assert ["beside others in its process" in one for one in said] == [True] * shares


def test_the_first_episode_of_a_process_is_that_of_any_other(folder: Path) -> None:
    asked = site(folder, 1, {"make.load": 3.0}, (probe("make.load", 3.0),))
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    assert np.array_equal(episodes(asked, adapter=adapter)[0], episodes(asked, adapter=adapter)[0])


@pytest.mark.parametrize(("probed", "is_idle"), [(3.0, False), (1.0, True)])
def test_whether_a_target_does_anything_is_no_question_of_which_variant_comes_first(
    folder: Path, probed: float, is_idle: bool
) -> None:
    for order in [(1.0, 3.0), (3.0, 1.0)]:
        adapter = GymnasiumAdapter(Timing(20, 20, 20))
        for value in order:
            adapter.reset([site(folder, 1, {"make.load": value}, (probe("make.load", probed),))])
            assert bool(adapter.health()[0]) is is_idle


def test_what_raises_under_random_actions_need_not_raise_in_the_episode(folder: Path) -> None:
    breaking = site(folder, 1, {"make.breaks_at": 50}, (probe("make.breaks_at", 50),))
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    assert len(episodes(breaking, adapter=adapter)[0]) == 4
    assert adapter.health() == ((),)


def test_variants_that_are_worn_otherwise_share_one_interpreter(folder: Path) -> None:
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    for noise in (0.01, 0.02):
        one = site(folder, 1, {})
        adapter.reset([replace(one, worn=(("camera.noise_std", noise),))])
    assert len(adapter._links) == 1


def test_the_files_of_factory_and_wrappers_are_part_of_what_an_environment_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in [
        ("their_wrapper", "import gymnasium\n\nclass Scaled(gymnasium.RewardWrapper):\n    pass\n"),
        (
            "their_factory/__init__",
            "import gymnasium\nfrom their_wrapper import Scaled\n\n"
            "def make():\n    return Scaled(gymnasium.make('CartPole-v1'))\n",
        ),
    ]:
        (folder / f"{name}.py").parent.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    files = Session("their_factory:make", str(folder), {}).describe()["files"]
    assert {Path(one).relative_to(folder).as_posix() for one in files} == {
        "their_factory/__init__.py",
        "their_wrapper.py",
    }


def test_an_interpreter_without_numpy_says_so(folder: Path) -> None:
    bare = folder / "bare"
    venv.create(bare, with_pip=False, symlinks=True)
    with pytest.raises(
        EnvironmentFailed, match=r"bare/bin/python has no numpy; .* needs numpy and gymnasium"
    ):
        RemoteLink(str(bare / "bin" / "python"), {"name": "CartPole-v1", "folder": str(folder), "make": {}})


def test_one_that_hangs_is_named_and_ended_before_its_worker_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "STEP_S", 0.3)
    (folder / "stuck.py").write_text(NOISY.replace("self.count += 1", "__import__('time').sleep(60)", 1))
    far = RemoteLink(sys.executable, {"name": "stuck.py:Noisy", "folder": str(folder), "make": {}})
    far.call("begin", slot=0, seed=1, values={})
    process = far._process
    with pytest.raises(EnvironmentFailed, match=r"stuck.py:Noisy: no answer to 'steps' within 0.3 s"):
        far.call("steps", slots=[0], actions=np.zeros((1, 1)))
    assert process is not None
    assert process.poll() is not None


def test_workers_are_given_longer_than_an_environment_may_take_to_be_made() -> None:
    limits = limits_of("gymnasium")
    assert min(limits.batch_floor_s, limits.heartbeat_s) > link.ANSWER_S


def test_an_environment_made_with_true_is_not_that_made_with_1(folder: Path) -> None:
    text = NOISY.replace("max(self.load, 2.0)", "float(self.load is True)")
    (folder / "noisy.py").write_text(text)
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    seen = []
    for load in (1, True, 1):
        observation = adapter.reset([replace(site(folder, 1, {}), make=(("load", load),))])
        seen.append(float(observation.channels["obs"][0, 2]))
    assert seen == [0.0, 1.0, 0.0]


def test_a_single_number_without_a_shape_is_seen_and_told(tmp_path: Path) -> None:
    """dm_control's walker tells its height so."""
    box = "gymnasium.spaces.Box(-9, 9, (), np.float64)"
    text = NOISY.replace(
        "gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float64)", f"gymnasium.spaces.Dict(high={box})"
    )
    text = text.replace("gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)", box)
    text = text.replace("def step(self, action):", "def step(self, action):\n        self.load = action")
    text = text.replace(
        "np.array([np.random.uniform(), random.random(), max(self.load, 2.0)])",
        "{'high': np.float64(self.load)}",
    )
    (tmp_path / "noisy.py").write_text(text)
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    adapter.reset([site(tmp_path, seed, {}) for seed in (1, 2)])
    assert adapter.embodiment.channels[0].shape == (1,)
    seen = adapter.step(np.array([[3.5], [-2.0]]))
    assert seen.channels["obs.high"].tolist() == [[3.5], [-2.0]]


DARK = """\
import gymnasium
import numpy as np

class Dark(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 255, (8, 8, 3), np.uint8)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        return np.zeros((8, 8, 3), np.uint8), {}

    def render(self):
        return np.zeros((8, 8, 3), np.uint8)
"""


def test_nobody_knows_what_a_picture_that_an_environment_observes_should_show(tmp_path: Path) -> None:
    (tmp_path / "dark.py").write_text(DARK)
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    adapter.reset([EnvironmentSite("dark", "dark.py:Dark", str(tmp_path), seed=0, camera=True)])
    black = {one.name: one.may_be_black for one in adapter.embodiment.channels}
    assert black == {"obs": True, "render.rgb": False}
    assert not adapter.ground_truth()[0].tells_entities
    adapter.close()


ECHO = """\
import gymnasium
import numpy as np

class Echo(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gymnasium.spaces.Box(np.array([-1.0, -np.inf]), np.array([1.0, np.inf]), dtype=np.float64)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2), {}

    def step(self, action):
        return action, 0.0, False, False, {}
"""


@pytest.mark.parametrize("clip", [False, True])
def test_actions_beyond_their_bounds_are_cut_where_that_is_said_and_else_refused(
    tmp_path: Path, clip: bool
) -> None:
    (tmp_path / "echo.py").write_text(ECHO)
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    adapter.reset([EnvironmentSite("echo", "echo.py:Echo", str(tmp_path), seed=0, clip=clip)])
    assert adapter.step(np.array([[-1.0, 1e9]])).channels["obs"].tolist() == [[-1.0, 1e9]]
    if clip:
        assert adapter.step(np.array([[5.0, -1e9]])).channels["obs"].tolist() == [[1.0, -1e9]]
    else:
        with pytest.raises(ValueError, match=r"action\.0 is 5, beyond its range from -1 to 1"):
            adapter.step(np.array([[5.0, 0.0]]))
    for nothing in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"action\.1 is {nothing}"):
            adapter.step(np.array([[0.0, nothing]]))
    adapter.close()


def test_who_writes_into_an_observation_changes_neither_course_nor_quantities() -> None:
    """Observations are the adapter's own arrays, and what a policy leaves in them is nobody's reading."""
    asked = (("angle", Seen(2)), ("return", Return()))
    sites = [EnvironmentSite("CartPole-v1", "CartPole-v1", ".", seed=k, quantities=asked) for k in (3, 4)]
    found = []
    for scribbles in (False, True):
        adapter = GymnasiumAdapter(Timing(50, 50, 50))
        seen, told = adapter.reset(sites), []
        for step in range(6):
            told.append([(truth.course, truth.values) for truth in adapter.ground_truth()])
            if scribbles:
                seen.channels["obs"][:] = 7.0
            # The second world has ended; what was seen of it last stays as it is.
            seen = adapter.step(np.array([[1.0], [0.0]]), np.array([True, step < 3]))
        adapter.close()
        found.append([worlds[: 2 if step < 4 else 1] for step, worlds in enumerate(told)])
    assert found[0] == found[1]
    assert len({course for worlds in found[0] for course, _ in worlds}) == 10
