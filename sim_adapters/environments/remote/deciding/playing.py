"""A policy in the interpreter that it is installed in: loaded from its file, told what is seen, asked."""

from __future__ import annotations

import hashlib
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Tuple

import numpy as np

from ..draws import alone, seed_all
from ..imports import named_by
from ..making import maker_of
from ..refused import Refused
from ..sources import is_nobodys

Said = Tuple[List[float], str, Dict[str, Any], bool]
"""Of one world: values, mode, facts, and whether the robot has finished."""
PLAIN = "acting"
"""The mode of an answer that is numbers alone."""


class Playing:
    """One policy.

    Args:
        name: ``file.py:NAME`` or ``package.module:NAME``.
        folder: Where files begin.
        control_hz: Decisions a second.
        options: What it is made with.
    """

    def __init__(self, name: str, folder: str, control_hz: int, options: Mapping[str, Any]) -> None:
        factory, file = maker_of(name, folder)
        self._policy: Any = factory(control_hz=control_hz, options=dict(options))
        for needed in ("reset", "act"):
            if not callable(getattr(self._policy, needed, None)):
                raise Refused(f"{name} has no {needed}()")
        self._name = name
        self._module, self._file = str(getattr(factory, "__module__", "")), file

    def describe(self) -> dict[str, str]:
        """What it is: releases, and SHA-256 of every file of nobody's release that it is made of."""
        from importlib import metadata

        own = self._file or getattr(sys.modules.get(self._module), "__file__", None) or ""
        begun = {own} if own else set()
        for name in getattr(self._policy, "files", lambda: ())() or ():
            begun.add(str(name))
        said = {"python": ".".join(map(str, sys.version_info[:3])), "numpy": np.__version__}
        for path in sorted(named_by(begun, is_nobodys)):
            shown = os.path.relpath(path, Path(own).parent if own else Path.cwd())
            said[Path(shown).as_posix()] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for name in sorted({name.partition(".")[0].replace("_", "-") for name in sys.modules}):
            if name in _LIBRARIES or name == self._module.partition(".")[0].replace("_", "-"):
                try:
                    said[name] = metadata.version(name)
                except metadata.PackageNotFoundError:
                    continue
        return said

    def reset(self, briefs: Sequence[Mapping[str, Any]], embodiment: Mapping[str, Any]) -> None:
        """Starts as many episodes as there are briefs."""
        robot = SimpleNamespace(
            name=embodiment["name"],
            channels=tuple(SimpleNamespace(**one) for one in embodiment["channels"]),
            action=SimpleNamespace(**embodiment["action"]),
        )
        self._worlds, self._names = len(briefs), tuple(embodiment["action"]["names"])
        self._seed(briefs[0]["seed"])
        with alone(self._name, self._worlds):
            self._policy.reset([SimpleNamespace(**brief) for brief in briefs], robot)

    def _seed(self, seed: int) -> None:
        """As the loop does it for a policy in the worker."""
        seed_all(seed)

    def act(self, step: int, channels: Mapping[str, np.ndarray], stamps: Mapping[str, int]) -> list[Said]:
        """What each world's robot does.

        Raises:
            ValueError: An answer is no action.
        """
        # Its own, to write in: what came over the line is read-only.
        with alone(self._name, self._worlds):
            answered = self.answer(step, {n: a.copy() for n, a in channels.items()}, dict(stamps))
        return self.read(answered)

    def answer(self, step: int, channels: dict[str, np.ndarray], stamps: dict[str, int]) -> Any:
        """What the policy itself answers; what it is given becomes its own."""
        seen = SimpleNamespace(step=step, channels=channels, stamps=stamps)
        return self._policy.act(seen, [None] * self._worlds)

    def read(self, answered: Any) -> list[Said]:
        """See :meth:`act`."""
        acts = list(answered)
        if len(acts) != self._worlds:
            raise ValueError(f"act() answered {len(acts)} acts for {self._worlds} worlds")
        return [self._read(act) for act in acts]

    def _read(self, act: Any) -> Said:
        """An array or a list of numbers; a mapping with ``values``; or what has an attribute of that name."""
        told = act.get if isinstance(act, Mapping) else lambda name, other=None: getattr(act, name, other)
        values = told("values")
        row = np.asarray(act if values is None else values, dtype=np.float64).reshape(-1)
        if len(row) != len(self._names):
            wanted = ", ".join(self._names)
            raise ValueError(
                f"act() answered {len(row)} numbers, and an action is {len(self._names)}: {wanted}"
            )
        for name, value in zip(self._names, row.tolist()):
            if not math.isfinite(value):
                raise ValueError(f"act() answered {value} for {name}")
        return (
            row.tolist(),
            str(told("mode") or PLAIN),
            dict(told("facts") or {}),
            bool(told("done") or False),
        )

    def close(self) -> None:
        """Ends it, where it has an end."""
        if callable(getattr(self._policy, "close", None)):
            self._policy.close()


_LIBRARIES = frozenset(
    {"torch", "tensorflow", "jax", "onnxruntime", "lerobot", "transformers", "scipy", "flax"}
)
"""Releases that can change what a policy computes, named where they are loaded."""
