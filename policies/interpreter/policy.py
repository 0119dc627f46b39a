"""``policy: {file: policy.py:NAME, python: FILE}``: a policy in the interpreter that it is installed in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.environments.fragment import MixedDraws, Terms
from simgate.sim_adapters.environments.link import (
    FRAGMENT,
    EnvironmentFailed,
    Link,
    LodgerFailed,
    RemoteLink,
)
from simgate.sim_adapters.environments.remote.deciding.lodging import OF_LODGER
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option, Options, read_options

_CHANNEL = ("name", "kind", "shape", "dtype", "unit", "rate_hz", "low", "high", "entries")
_ACTION = ("names", "units", "low", "high", "size")


class PolicyFailed(Exception):  # noqa: N818 - the name says what happened
    """The policy raised, its interpreter died, or it did not answer; the message says which and how."""


class InterpreterPolicy:
    """See :class:`simgate.policies.policy.Policy`. What failed is started anew with the next episode.

    It moves in with environments of the same interpreter (:meth:`lodge`), where no message goes between what
    they observe and what it does.

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
        self._host: RemoteLink | None = None
        self._seen: RemoteLink | None = None
        self._apart = False
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

    @property
    def _python(self) -> str:
        return str(Path(str(self._given["python"])).absolute())

    @property
    def _opened(self) -> dict[str, Any]:
        path, _, attribute = str(self._given["file"]).rpartition(":")
        return {
            "name": f"{Path(path).name}:{attribute}",
            "folder": str(Path(path).parent.absolute()),
            "control_hz": self._control_hz,
            "options": json.loads(str(self._given["given"])),
        }

    def _start(self) -> RemoteLink:
        where = self._given["file"]
        try:
            self._link = link = RemoteLink(self._python, self._opened, "policy")
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

    def lodge(self, link: RemoteLink | None) -> None:
        """Moves to where the environments of the next episodes are, or back into a process of its own.

        It stays apart where it would be another one there: where its interpreter is another, a name that it
        imports is taken, or its files are not those that the run began with.

        Args:
            link: The way to the environments; None where they are in no interpreter of their own.
        """
        if link is self._seen:
            return
        self._seen, self._host = link, None
        if link is None or _place(link.python) != _place(self._python):
            return
        try:
            now = link.call("lodge", **self._opened)
        except (Refused, EnvironmentFailed):
            return
        if all(now.get(name) == said for name, said in self.said.items()):
            self._host = link
            self._end_own()

    def roll(self, link: Link, terms: Terms, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See :meth:`simgate.sim_adapters.environments.fragment.Player.roll`; the answer has ``modes`` and
        ``pending`` too, see :meth:`.Lodger.fragment`.

        Raises:
            PolicyFailed: The policy raised.
            EnvironmentFailed: The environment did, or its interpreter is gone.
            MixedDraws: See there; not once more for the same policy.
        """
        if link is not self._host:
            return None
        bounds = np.array((terms.low, terms.high) if terms.clip else (terms.least, terms.most))
        given = {"step": terms.step, "period": terms.period, "bounds": bounds, "clip": terms.clip}
        try:
            answer: Mapping[str, Any] = self._host.call(FRAGMENT, **asked, **given, apart=self._apart)
        except LodgerFailed as error:
            self.close()
            raise PolicyFailed(str(error)) from None
        if answer["were_drawn"]:
            self._apart = True
            raise MixedDraws
        acts = answer["pending"]
        return {**answer, "pending": None if acts is None else _acts(acts)}

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
        return _acts(self._call("act", step=observation.step, channels=seen, stamps=dict(observation.stamps)))

    def _call(self, word: str, **given: Any) -> Any:
        link = self._host or self._link or self._start()
        try:
            return link.call(f"{OF_LODGER if link is self._host else ''}{word}", **given)
        except (Refused, EnvironmentFailed) as error:
            self.close()
            raise PolicyFailed(str(error)) from None

    def close(self) -> None:
        """Ends its interpreter; safe to call twice."""
        self._host = self._seen = None  # That one is the environments'.
        self._end_own()

    def _end_own(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _place(python: str) -> tuple[Path, str]:
    """Where an interpreter is; not what it is a link to, which is that of all environments made by it."""
    return Path(python).parent.resolve(), Path(python).name


def _acts(said: Sequence[tuple[Sequence[float], str, dict[str, str | float], bool]]) -> list[Act]:
    return [Act(np.array(values), mode, facts, done) for values, mode, facts, done in said]


def _changed(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    names = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    return ", ".join(
        f"{name} was {was.get(name, 'not there')[:12]}, is {now.get(name, 'gone')[:12]}" for name in names
    )
