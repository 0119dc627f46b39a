"""A policy beside the environment in whose interpreter it is installed: nothing is sent between two steps."""

from __future__ import annotations

import importlib.util
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..draws import Draws, check_unused, used_up
from ..fragment import Decisions
from ..imports import named_by, plain_names
from ..making import FOLDERS
from ..refused import Refused, told
from ..sources import is_nobodys
from .playing import PLAIN, Playing, Said

_POLICY = -2
"""Beside the slots of environments: the course of the process's own generators that is the policy's."""


OF_LODGER = "policy."
"""Before the words that are for it."""


class ByPolicy(Exception):  # noqa: N818 - the name says what happened
    """What the policy raised, in words."""


class Lodger(Playing):
    """What environment and policy draw stays apart, and what either imports.

    Args:
        session: Of the environment.
        opened: What :class:`.Playing` is made with.

    Raises:
        Refused: They would share a module, or either could import one of the other's.
    """

    def __init__(self, session: Any, **opened: Any) -> None:
        self._session = session
        _check_modules(opened["name"], opened["folder"], session.files)
        before = list(sys.path)
        try:
            super().__init__(**opened)
        finally:
            # What the environment imports as it runs is found where it was.
            sys.path[:] = [*before, *(path for path in sys.path if path not in before)]

    def _seed(self, seed: int) -> None:
        self._session.draws.begin(_POLICY, seed)

    def reset(self, briefs: Sequence[Mapping[str, Any]], embodiment: Mapping[str, Any]) -> None:
        """See :meth:`.Playing.reset`."""
        self._size = len(embodiment["action"]["names"])
        with self._asked(begins=True):
            super().reset(briefs, embodiment)

    def act(self, step: int, channels: Mapping[str, np.ndarray], stamps: Mapping[str, int]) -> list[Said]:
        """See :meth:`.Playing.act`."""
        with self._asked():
            return super().act(step, channels, stamps)

    def fragment(
        self,
        rows: Sequence[int],
        step: int,
        period: int,
        bounds: np.ndarray,
        clip: bool,
        apart: bool,
        **asked: Any,
    ) -> dict[str, Any]:
        """A rollout fragment, see :func:`.roll`, up to what is for simgate to hear of: a word of the policy,
        its end, an action beyond its range.

        Args:
            rows: Places of the environments among the worlds.
            step: Physics step of what is seen first.
            period: Physics steps of a control period.
            bounds: Least and largest numbers of an action, shape (2, A).
            clip: Whether others are clipped to them.
            apart: Whether the process's generators change hands at each step; else they do not as long as
                nobody draws, where the session tells when its worlds do.
            asked: What :func:`.roll` takes besides.

        Returns:
            As :func:`.roll` and :meth:`.Decisions.told`, and ``were_drawn``, whether somebody drew where the
            generators did not change hands: then nothing of it holds.

        Raises:
            ByPolicy: The policy raised.
        """
        decided, left, plain = Decisions(), _Left(), [PLAIN] * len(rows)
        before: list[tuple[Any, ...]] = []
        is_left = not apart and self._session.tell_draws(left.end)
        is_checked = not clip and not _is_open(bounds)

        def decide(count: int, seen: dict[str, np.ndarray]) -> Any:
            now, acts, began = step + count * period, None, time.perf_counter()
            with left if is_left else self._asked():
                if self._worlds > 1 and not is_left and not before:
                    before.append(used_up())
                answered = self.answer(now, seen, dict.fromkeys(seen, now))
                said = self._plain(answered)
                if said is None:
                    acts = self.read(answered)
                    said = np.array([act[0] for act in acts], dtype=np.float64)
            decided.policy_s += time.perf_counter() - began
            told = said[rows] if len(rows) < self._worlds else said
            has_word = acts is not None and any(acts[row][2] or acts[row][3] for row in rows)
            if has_word or (is_checked and not _is_within(told, bounds)):
                decided.pending = self.read(answered) if acts is None else acts
                return None
            decided.add(told, plain if acts is None else [acts[row][1] for row in rows])
            return np.clip(told, *bounds) if clip else told

        answer: dict[str, Any] = self._session.fragment(rows=rows, decide=decide, **asked)
        left.end()
        if before:
            with self._asked():
                check_unused(self._name, self._worlds, before[0])
        return {**answer, **decided.told(len(rows), self._size), "were_drawn": left.were_drawn}

    def _plain(self, answered: Any) -> Any:
        """An array of numbers for all worlds as float64, shape (W, A); None for any other answer."""
        if type(answered) is not np.ndarray or answered.shape != (self._worlds, self._size):
            return None
        if answered.dtype.kind != "f":
            return None
        found = answered.astype(np.float64)
        return found if math.isfinite(np.vdot(found, found)) else None

    def _asked(self, begins: bool = False) -> _Asked:
        """Around a call of the policy: the process's generators are its own for so long."""
        return _Asked(self._session.draws, begins)


def _is_within(told: np.ndarray, bounds: np.ndarray) -> bool:
    return bool(((bounds[0] <= told) & (told <= bounds[1])).all())


def _is_open(bounds: np.ndarray) -> bool:
    most = np.finfo(np.float64).max
    return bool((bounds[0] <= -most).all() and (bounds[1] >= most).all())


def _check_modules(name: str, folder: str, files: Sequence[str]) -> None:
    """Before anything is imported: what an environment has set in a module, a policy elsewhere never sees."""
    where = name.rpartition(":")[0]
    is_file = where.endswith(".py")
    own = Path(folder, where).resolve()
    begun = str(own) if is_file else getattr(importlib.util.find_spec(where), "origin", None) or ""
    named = named_by({begun}, is_nobodys)
    for other in FOLDERS - {own.parent} if is_file else ():
        mine, its = _importable(own.parent), _importable(other)
        # One may look for what only the other has, and do without it.
        if both := mine & (its | plain_names(files)) or its & plain_names(named):
            raise Refused(f"the module '{min(both)}' would be that of {own.parent}, or of {other}")
    shared = {os.path.realpath(path) for path in files} & named
    if held := [path for path in sorted(shared) if Path(path).read_bytes().strip()]:
        raise Refused(f"the environment has {held[0]}, too")


def _importable(folder: Path) -> set[str]:
    """Names of modules and packages; with a slash of folders that may be packages without a file."""
    found = {path.stem for path in folder.glob("*.py")}
    found |= {path.parent.name for path in folder.glob("*/__init__.py")}
    return found - {"__init__"} | {f"{path.parent.name}/" for path in folder.glob("*/*.py")}


class _Asked:
    """Around a call of the policy: raises what it does as :class:`ByPolicy`."""

    def __init__(self, draws: Draws, begins: bool) -> None:
        self._draws, self._before = draws, draws.slot
        if not begins:
            draws.resume(_POLICY)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._before is not None:
            self._draws.resume(self._before)
        _raise(error)


class _Left:
    """The same, with the process's generators left as they are.

    Attributes:
        were_drawn: Whether the policy, or a world that has not told of it, has drawn from them.
    """

    def __init__(self) -> None:
        self.were_drawn = False
        self._before: tuple[Any, ...] | None = None

    def __enter__(self) -> None:
        if self._before is None:
            self._before = used_up()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        _raise(error)

    def end(self) -> None:
        """Called before a world draws, and at the end."""
        if self._before is not None and used_up() != self._before:
            self.were_drawn = True
        self._before = None


def _raise(error: Any) -> None:
    if isinstance(error, (Exception, SystemExit)):
        raise ByPolicy(told(error)) from error
