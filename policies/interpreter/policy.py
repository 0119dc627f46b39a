"""``policy: {file: policy.py:NAME, python: FILE}``: a policy in the interpreter that it is installed in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.environments.link import EnvironmentFailed, RemoteLink
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options

_CHANNEL = ("name", "kind", "shape", "dtype", "unit", "rate_hz", "low", "high", "entries")
_ACTION = ("names", "units", "low", "high", "size")


class PolicyFailed(Exception):  # noqa: N818 - the name says what happened
    """The policy raised, its interpreter died, or it did not answer; the message says which and how."""


class InterpreterPolicy:
    """See :class:`simgate.policies.policy.Policy`. What failed is started anew with the next episode.

    Args:
        control_hz: Decisions a second.
        options: See :attr:`options`.

    Raises:
        PolicyFailed: The policy cannot be made there.
        ValueError: An option is unknown or missing.

    Attributes:
        said: The files and releases that it is made of; whenever it is started they must be the same.
    """

    name = "interpreter"
    options: ClassVar[Options] = {
        "file": Option("file", None, "The policy, my_policy.py:NAME."),
        "python": Option("file", None, "The interpreter."),
        "given": Option("text", "{}", "What the policy is made with, as JSON."),
    }
    """What a pack's ``policy:`` is made to."""

    def __init__(self, control_hz: int, options: Mapping[str, object] | None = None) -> None:
        self._given = read_options(self.name, self.options, options or {})
        self._control_hz = control_hz
        self._link: RemoteLink | None = None
        self.said: dict[str, str] = {}
        self._start()

    @classmethod
    def says(cls, options: Mapping[str, object]) -> dict[str, str]:
        """What it is made of; part of a run's identity.

        Raises:
            PolicyFailed: It cannot be made.
        """
        made = cls(10, options)
        made.close()
        return made.said

    @staticmethod
    def interpreters(options: Mapping[str, object]) -> list[Path]:
        """What must be installed where it runs."""
        return [Path(str(options["python"]))]

    @classmethod
    def code_elsewhere(cls, options: Mapping[str, object]) -> list[Path]:
        """The policy's file, and those that it says it is made of.

        Raises:
            PolicyFailed: It cannot be made.
        """
        folder = Path(str(options["file"])).parent
        return [path for name in cls.says(options) if (path := folder / name).is_file()]

    def _start(self) -> RemoteLink:
        python, where = (str(self._given[name]) for name in ("python", "file"))
        path, _, attribute = where.rpartition(":")
        opened = {
            "name": f"{Path(path).name}:{attribute}",
            "folder": str(Path(path).parent.absolute()),
            "control_hz": self._control_hz,
            "options": json.loads(str(self._given["given"])),
        }
        try:
            self._link = link = RemoteLink(str(Path(python).absolute()), opened, "policy")
            now = link.call("describe")
        except (Refused, EnvironmentFailed) as error:
            # Of one that could not say what it is nobody knows whether it is the same.
            self.close()
            raise PolicyFailed(str(error)) from None
        if self.said and now != self.said:
            self.close()
            raise PolicyFailed(
                f"policy {where} is another one than when the run began: {_changed(self.said, now)}"
            )
        self.said = now
        return link

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N episodes.

        Raises:
            PolicyFailed: See there.
        """
        told = [{"instruction": b.instruction, "facts": dict(b.facts), "seed": b.seed} for b in briefs]
        robot = {
            "name": embodiment.name,
            "channels": [{key: getattr(channel, key) for key in _CHANNEL} for channel in embodiment.channels],
            "action": {key: getattr(embodiment.action, key) for key in _ACTION},
        }
        self._call("reset", briefs=told, embodiment=robot)

    def act(self, observation: Observation, outputs: Sequence[Any]) -> list[Act]:
        """Decides for each world.

        Raises:
            PolicyFailed: See there.
        """
        seen = {name: np.asarray(array) for name, array in observation.channels.items()}
        acts = self._call("act", step=observation.step, channels=seen, stamps=dict(observation.stamps))
        return [Act(np.array(values), mode, facts, done) for values, mode, facts, done in acts]

    def _call(self, word: str, **given: Any) -> Any:
        link = self._link or self._start()
        try:
            return link.call(word, **given)
        except (Refused, EnvironmentFailed) as error:
            self.close()
            raise PolicyFailed(str(error)) from None

    def close(self) -> None:
        """Ends its interpreter; safe to call twice."""
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _changed(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    names = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    return ", ".join(
        f"{name} was {was.get(name, 'not there')[:12]}, is {now.get(name, 'gone')[:12]}" for name in names
    )
