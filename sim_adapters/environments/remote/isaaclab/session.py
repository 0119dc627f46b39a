"""Isaac Lab tasks in slots; the words are those of an environment's session."""

from __future__ import annotations

import gc
import hashlib
import sys
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from ..draws import Draws
from ..fragment import Stepped
from ..refused import Refused, told
from ..session import Session
from ..settable import same
from ..spaces import action_of, spaces
from .config import asset_paths, draws
from .files import needs
from .runtime import configured, load
from .targets import targets_of
from .told import SUCCESS, names_of
from .worlds import Worlds

OWN_ASSETS = Path(__file__).resolve().parents[2] / "lab_assets"
"""Files that simgate has made itself, where Isaac Lab's remote ones would be."""
_LEFT_OUT = {"device": "cpu", "physics": "physx", "renderer": ""}
_RELEASES = ("isaaclab", "torch", "numpy", "ovphysx", "ovstage", "newton", "mujoco-warp", "warp-lang")


class LabSession(Session):
    """All slots are worlds of one simulation, made anew for every batch; a process has one at a time.

    Args:
        name: ``isaaclab:TASK``.
        folder: Where files begin.
        make: ``physics``, ``renderer``, ``device``, ``assets``; each may be left out.
        keeps_time_limit: Whether the task's own limit of an episode stays.
        camera: Whether pictures of the task's cameras are observations: ``sensor.NAME.rgb``.
    """

    def __init__(
        self,
        name: str,
        folder: str,
        make: Mapping[str, Any],
        keeps_time_limit: bool = False,
        camera: bool = False,
    ) -> None:
        given = dict(make)
        self._assets = _assets_of(str(given.pop("assets", "")), folder)
        load(self._assets)
        self._task, self._keeps, self._sees = name.partition(":")[2], keeps_time_limit, camera
        self._made = {word: str(given.pop(word, left_out)) for word, left_out in _LEFT_OUT.items()}
        self._worlds: Worlds | None = None
        self._rows: dict[int, int] = {}
        self._asked: list[list[str]] = []
        self._found: dict[str, Any] | None = None

    def describe(self) -> dict[str, Any]:
        """See :meth:`Session.describe`; makes one world."""
        if self._found is not None:
            return self._found
        config = configured(self._task, 1, **self._made)
        self._require(asset_paths(config))
        worlds = self._open([0], [{}], [[]])
        try:
            worlds.reset()
            inner = worlds.inner
            settable, units, drawn = [], {}, []
            assets = sorted(path for path in set(asset_paths(config)) if Path(path).is_file())
            for name, unit, make in targets_of(inner):
                place = make(0)
                if place.lasts and not name.startswith("command/"):
                    settable.append([name, place.now()])
                else:
                    drawn.append(name)
                units[name] = unit
            self._found = {
                "observations": [
                    *spaces(inner.single_observation_space, "obs"),
                    *worlds.cameras.described(),
                ],
                "picture": None,
                "action": {**action_of(inner.single_action_space, inner), "names": _actions(inner)},
                "settable": settable,
                "drawn": drawn,
                "units": units,
                "told": list(names_of(inner)),
                "draws": draws(config),
                "left_out": worlds.left_out,
                "any_make": False,
                "open_make": [],
                "files": [] if self._assets == str(OWN_ASSETS) else assets,
                "assets": assets,
                "root": self._assets or "/",
                "step_s": float(inner.step_dt),
                "fps": None,
                "max_steps": int(np.ceil(config.episode_length_s / inner.step_dt)),
                "success": f"info.{SUCCESS}" if SUCCESS in set(names_of(inner)) else "",
                "repeats": True,
                "versions": _versions(),
            }
        finally:
            self.close()
        return self._found

    def needs(self) -> dict[str, Any]:
        """See :func:`.files.needs`."""
        return needs(asset_paths(configured(self._task, 1, **self._made)), self._assets)

    def _require(self, paths: Any) -> None:
        if not self._assets:
            return
        missing = sorted({path for path in paths if not Path(path).is_file()})
        if missing:
            raise Refused(
                f"{self._task} needs files that are not there: {', '.join(missing)}; "
                f"'simgate assets {self._task}' says how to fetch them"
            )

    def _open(
        self, seeds: Sequence[int], values: Sequence[Mapping[str, Any]], asked: Sequence[Sequence[str]]
    ) -> Worlds:
        self.close()
        self._worlds = Worlds(self._task, self._made, self._keeps, seeds, values, asked, self._sees)
        return self._worlds

    def begins(
        self,
        slots: Sequence[int],
        seeds: Sequence[int],
        values: Sequence[Mapping[str, Any]],
        asked: Sequence[Sequence[str]],
    ) -> list[dict[str, Any]]:
        """See :meth:`Session.begins`; whatever was in slots before is closed."""
        worlds = self._open(seeds, values, asked)
        self._rows = {slot: row for row, slot in enumerate(slots)}
        self._asked = [list(names) for names in asked]
        self._known = set(names_of(worlds.inner))
        seen = worlds.reset()
        return [
            {
                "observation": {name: array[row] for name, array in seen.items()},
                "info": worlds.told(row),
                "lost": worlds.lost(row),
            }
            for row in range(len(slots))
        ]

    def steps(self, slots: Sequence[int], actions: np.ndarray) -> dict[str, Any]:
        """See :meth:`Session.steps`; worlds of other slots are told zeros, and nobody looks at them. Numbers
        that are none are answered as they are: the worlds that have ended may come to them."""
        seen, reward, terminated, truncated, info = self._stepping(slots)(actions)
        return {
            "observation": seen,
            "reward": reward,
            "terminated": terminated,
            "truncated": truncated,
            "info": info,
        }

    @property
    def draws(self) -> Draws:
        """See :attr:`Session.draws`."""
        assert self._worlds is not None
        return self._worlds.draws

    def tell_draws(self, tell: Callable[[], None]) -> bool:
        """See :meth:`Session.tell_draws`."""
        assert self._worlds is not None
        self._worlds.before_drawing = tell
        return True

    def _stepping(self, slots: Sequence[int]) -> Callable[[np.ndarray], Stepped]:
        assert self._worlds is not None
        worlds, count, rows = self._worlds, len(self._rows), [self._rows[slot] for slot in slots]
        are_all, nothing = rows == list(range(count)), [[] for _ in rows]  # type: ignore[var-annotated]
        asks = any(self._asked[row] for row in rows)

        def step(told: np.ndarray) -> Stepped:
            if are_all:
                found = worlds.step(told.astype(np.float32))
            else:
                told_all = np.zeros((count, told.shape[1]), dtype=np.float32)
                told_all[rows] = told
                seen, reward, fallen, cut = worlds.step(told_all)
                found = (
                    {name: array[rows] for name, array in seen.items()},
                    [reward[row] for row in rows],
                    [fallen[row] for row in rows],
                    [cut[row] for row in rows],
                )
            return (*found, [worlds.told(row) for row in rows] if asks else nothing)

        return step

    def problems(self, slot: int) -> dict[str, list[str]]:
        """See :meth:`Session.problems`."""
        assert self._worlds is not None
        row = self._rows[slot]
        known = ", ".join(sorted(self._known)) or "nothing"
        never = [
            f"the task has no '{name}', which is asked for; it has {known}"
            for name in self._asked[row]
            if name not in self._known
        ]
        return {"lost": self._worlds.lost(row), "never": never}

    def independent(self, values: Mapping[str, Any], seed: int, steps: int, info: Sequence[str] = ()) -> bool:
        """Not asked: its worlds are always of one simulation, alone too."""
        return True

    def _is_default(self, target: str, value: Any, others: Mapping[str, Any]) -> bool:
        known = dict(self.describe()["settable"])
        return target in known and same(np.float32(known[target]), value)

    def _course(self, values: Mapping[str, Any], seed: int, steps: int, asked: Sequence[str]) -> str:
        digest = hashlib.sha256()
        try:
            (began,) = self.begins([0], [seed], [values], [asked])
            assert self._worlds is not None
            space = self._worlds.inner.single_action_space
            space.seed(seed)
            observation, reward, info, over = began["observation"], None, began["info"], False
            for _ in range(steps):
                for name in sorted(observation):
                    digest.update(np.ascontiguousarray(observation[name]).tobytes())
                digest.update(repr((reward, info)).encode())
                if over:
                    break
                action = np.asarray(space.sample(), dtype=np.float64).reshape(1, -1)
                answer = self.steps([0], action)
                observation = {name: array[0] for name, array in answer["observation"].items()}
                reward, info = answer["reward"][0], answer["info"][0]
                over = answer["terminated"][0] or answer["truncated"][0]
        except (Exception, SystemExit) as error:
            digest.update(told(error).encode())
        finally:
            self.close()
        return digest.hexdigest()

    def end(self, slot: int) -> None:
        """Slots end together, with their simulation."""

    def close(self) -> None:
        """Ends the simulation."""
        worlds, self._worlds = self._worlds, None
        if worlds is None:
            return
        worlds.close()
        # Whatever is left are modules; the end of each simulation would look through them again, for long.
        gc.freeze()


def _assets_of(word: str, folder: str) -> str:
    """The folder that stands for Isaac Lab's remote files; empty for those."""
    if word == "simgate":
        return str(OWN_ASSETS)
    return str(Path(folder, word).resolve()) if word else ""


def _actions(inner: Any) -> list[str]:
    """Names of the numbers of an action: term and joint where the task says them."""
    size = int(np.prod(inner.single_action_space.shape))
    names: list[str] = []
    manager: Any = getattr(inner, "action_manager", None)
    for name in manager.active_terms if manager is not None else ():
        term = manager.get_term(name)
        joints = list(getattr(term, "_joint_names", ()))
        parts = joints if len(joints) == term.action_dim else list(map(str, range(term.action_dim)))
        names += [f"{name}.{part}" for part in parts]
    return names if len(names) == size else [f"action.{number}" for number in range(size)]


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _RELEASES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
