"""Collections of environments: how each is made, what is a success in it, where its seed goes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .refused import Refused

PREFIX = "preset:"
"""Begins names of environments that a preset makes: ``preset:SUITE/NAME``."""


class Preset(NamedTuple):
    """One collection."""

    make: Callable[[str, Mapping[str, Any]], Any]
    """Makes the environment of a name, with keyword arguments."""
    packages: tuple[str, ...]
    """Distributions to install, the one that is imported first."""
    module: str
    """What is imported."""
    success: Callable[[str], str] = lambda name: ""
    """Name -> the condition that is a success; empty where the collection tells none."""
    seed: str = ""
    """Keyword argument by which an episode is drawn when it is made; ``reset(seed=)`` does not reach it."""
    step_s: float | None = None
    """Seconds of a step, where the environment says something else of it, or nothing."""
    repeats: bool = True
    """Whether one seed leads to one episode."""
    steps: Callable[[Any], int | None] = lambda env: None
    """Environment -> steps after which it ends an episode itself, where it does not say so."""


def preset_of(name: str) -> tuple[Preset, str] | None:
    """The preset that an environment's name begins with, and the rest; None where it names none.

    Raises:
        Refused: There is no such preset, or its collection is not installed.
    """
    if not name.startswith(PREFIX):
        return None
    suite, _, rest = name[len(PREFIX) :].partition("/")
    if suite not in PRESETS or not rest:
        known = ", ".join(PRESETS)
        raise Refused(
            f"there is no preset '{suite}'; write {PREFIX}SUITE/NAME, of {known}", suite, tuple(PRESETS)
        )
    preset = PRESETS[suite]
    try:
        importlib.import_module(preset.module)
        if "gymnasium" in preset.packages:
            importlib.import_module("gymnasium")
    except ModuleNotFoundError as error:
        missing = (error.name or preset.module).partition(".")[0]
        own = {preset.module.partition(".")[0], *(one.replace("-", "_") for one in preset.packages)}
        # A module's name need not be that of what is installed (cv2), nor be anybody's whom one would trust.
        remedy = "pip install " + " ".join(preset.packages)
        if missing not in own:
            remedy = f"install what has this module; {preset.module} imports it"
        raise Refused(f"the preset {suite} needs {missing} in {sys.executable}: {remedy}") from None
    return preset, rest


def maker_by(preset: Preset, name: str) -> Callable[..., Any]:
    """What makes an environment of a preset."""

    def by_preset(**kwargs: Any) -> Any:
        return preset.make(name, kwargs)

    return by_preset


def _by_id(form: str, module: str) -> Callable[[str, Mapping[str, Any]], Any]:
    def make(name: str, given: Mapping[str, Any]) -> Any:
        import gymnasium

        importlib.import_module(module)  # It registers them.
        return gymnasium.make(form.format(name), **given)

    return make


def _metaworld(name: str, given: Mapping[str, Any]) -> Any:
    import gymnasium

    return gymnasium.make("Meta-World/MT1", env_name=name, **given)


def _dm_control_steps(env: Any) -> int | None:
    limit = getattr(env.unwrapped._env, "_step_limit", float("inf"))
    return int(limit) if limit < sys.maxsize else None


def _robotics_success(name: str) -> str:
    if name.startswith(("Fetch", "Hand")):
        return "info.is_success"
    # The kitchen tells a list of tasks, and no success.
    return "" if name.startswith("FrankaKitchen") else "info.success"


def _maniskill(name: str, given: Mapping[str, Any]) -> Any:
    import gymnasium

    wrappers: Any = importlib.import_module("mani_skill.utils.wrappers.gymnasium")
    settings = {"num_envs": 1, "obs_mode": "state", "sim_backend": "physx_cpu", **given}
    return wrappers.CPUGymWrapper(gymnasium.make(name, **settings))


class Robosuite:
    """An environment of robosuite as gymnasium has them: its numbers as channels, its success in the info.

    Args:
        name: Of the environment.
        given: Keyword arguments of ``robosuite.make``.
    """

    metadata: Mapping[str, Any] = {}

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        from gymnasium import spaces

        robosuite: Any = importlib.import_module("robosuite")

        drawn = given.get("render_mode") == "rgb_array"
        settings: dict[str, Any] = {
            "robots": "Panda",
            "has_renderer": False,
            "has_offscreen_renderer": drawn,
            "use_camera_obs": False,
            # It would else build a new model at each reset, and what is set in this one would be lost.
            "hard_reset": False,
            **{key: value for key, value in given.items() if key != "render_mode"},
        }
        self._env: Any = robosuite.make(name, **settings)
        self.render_mode = given.get("render_mode")
        self.dt = 1.0 / self._env.control_freq
        self.spec = SimpleNamespace(
            kwargs=dict(settings), entry_point=None, max_episode_steps=self._env.horizon
        )
        self._names = [
            key
            for key, value in self._env.observation_spec().items()
            if np.ndim(value) <= 1 and np.size(value)
        ]
        seen = self._seen(self._env.observation_spec())
        self.observation_space = spaces.Dict(
            {key: spaces.Box(-np.inf, np.inf, value.shape, np.float64) for key, value in seen.items()}
        )
        low, high = self._env.action_spec
        self.action_space = spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)

    @property
    def unwrapped(self) -> Robosuite:
        """Itself."""
        return self

    @property
    def model(self) -> Any:
        """MuJoCo's."""
        return self._env.sim.model._model

    @property
    def data(self) -> Any:
        """MuJoCo's."""
        return self._env.sim.data._data

    def _seen(self, told: Mapping[str, Any]) -> dict[str, np.ndarray]:
        return {key: np.atleast_1d(np.asarray(told[key], dtype=np.float64)) for key in self._names}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict[str, np.ndarray], Any]:
        """Resets; it draws from the seed that it was made with."""
        return self._seen(self._env.reset()), {"success": bool(self._env._check_success())}

    def step(self, action: np.ndarray) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Steps; the end of its horizon is a truncation."""
        seen, reward, done, info = self._env.step(action)
        info = {**info, "success": bool(self._env._check_success())}
        return self._seen(seen), reward, False, bool(done), info

    def render(self) -> np.ndarray:
        """What its camera sees, the right way up."""
        picture: np.ndarray = self._env.sim.render(width=256, height=256, camera_name="agentview")[::-1]
        return picture

    def close(self) -> None:
        """Ends it."""
        self._env.close()


PRESETS: Mapping[str, Preset] = {
    "dm_control": Preset(
        _by_id("dm_control/{}-v0", "shimmy"),
        ("shimmy", "dm-control", "packaging"),
        "shimmy",
        steps=_dm_control_steps,
    ),
    "gym_aloha": Preset(
        _by_id("gym_aloha/{}", "gym_aloha"), ("gym-aloha",), "gym_aloha", lambda name: "info.is_success"
    ),
    "gym_pusht": Preset(
        # Its `dt` is of a step of its physics.
        _by_id("gym_pusht/{}", "gym_pusht"),
        ("gym-pusht", "pymunk<7"),
        "gym_pusht",
        lambda name: "info.is_success",
        step_s=0.1,
        repeats=False,
    ),
    "gym_xarm": Preset(
        _by_id("gym_xarm/{}", "gym_xarm"),
        ("gym-xarm",),
        "gym_xarm",
        lambda name: "info.is_success",
        repeats=False,
    ),
    "gymnasium_robotics": Preset(
        _by_id("{}", "gymnasium_robotics"), ("gymnasium-robotics",), "gymnasium_robotics", _robotics_success
    ),
    "mani_skill": Preset(_maniskill, ("mani-skill",), "mani_skill.envs", lambda name: "info.success"),
    "metaworld": Preset(
        _metaworld, ("metaworld", "packaging"), "metaworld", lambda name: "info.success", seed="seed"
    ),
    "robosuite": Preset(
        # It does not ask for gymnasium, whose spaces the preset speaks in.
        Robosuite,
        ("robosuite", "gymnasium"),
        "robosuite",
        lambda name: "info.success",
        seed="seed",
    ),
}
"""By the word after ``preset:``."""
