"""The suite for robots of any embodiment: what a simulator declares of channels and actions must hold.

Example:
    >>> class TestMyRobot(RobotConformance):            # doctest: +SKIP
    ...     def make_worlds(self, timing):
    ...         return MyBatch(timing)
    ...     def make_payloads(self):
    ...         return [first, second]

Checks go by the kind of a channel, so a channel of a kind that a robot does not have is checked nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.embodiment import Channel, Embodiment
from simgate.sim_adapters.observation import Observation

_TICKS = 6
_UNIT_LENGTH = 1e-6
_MOVED = ("joints", "imu")
"""Kinds of channels that cannot stay the same when a robot moves."""
_NO_BOUND = 1.0
"""What an action without a bound is tried with, in its own unit."""


class RobotWorlds(Protocol):
    """N worlds with one robot each."""

    @property
    def embodiment(self) -> Embodiment: ...
    def reset(self, payloads: Sequence[Any], /) -> Observation: ...
    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation: ...
    def close(self) -> None: ...


Rows = NDArray[Any]


def _copied(sensed: Observation) -> dict[str, Rows]:
    return {name: rows.copy() for name, rows in sensed.channels.items()}


def _segments(channel: Channel, rows: Rows) -> str:
    return "" if len(np.unique(rows)) > 1 else "every pixel shows the same thing"


def _picture(channel: Channel, rows: Rows) -> str:
    return "" if float(rows.std()) > 0.0 else "every pixel has one colour"


def _depth(channel: Channel, rows: Rows) -> str:
    return "" if bool((rows > 0.0).all()) and len(np.unique(rows)) > 1 else "no distances"


def _pose(channel: Channel, rows: Rows) -> str:
    turned = [channel.entries.index(name) for name in ("qw", "qx", "qy", "qz") if name in channel.entries]
    if len(turned) < 4:
        return ""
    off = np.abs(np.linalg.norm(rows[..., turned], axis=-1) - 1.0).max()
    return "" if off < _UNIT_LENGTH else f"its quaternion is {off:g} from a turn"


def _points(channel: Channel, rows: Rows) -> str:
    missing = ~np.isfinite(rows)
    return "" if (missing.all(axis=-1) == missing.any(axis=-1)).all() else "half a point is missing"


def _finite(channel: Channel, rows: Rows) -> str:
    return "" if bool(np.isfinite(rows).all()) else "a reading is not finite"


PROFILES: dict[str, Callable[[Channel, Rows], str]] = {
    "rgb": _picture,
    "depth": _depth,
    "semantic": _segments,
    "instance": _segments,
    "points": _points,
    "pose": _pose,
    **dict.fromkeys(("joints", "twist", "imu", "wrench", "touch"), _finite),
}
"""Kind -> what must hold of N worlds beside declared shape, type and range; "" when it does."""


def problems_of(channel: Channel, rows: Rows, worlds: int) -> str:
    """What is wrong with the readings of a channel; empty when nothing is.

    Args:
        channel: As declared.
        rows: Readings, shape (N, ...).
        worlds: N.
    """
    if rows.shape != (worlds, *channel.shape) or rows.dtype != np.dtype(channel.dtype):
        return f"{rows.dtype} of shape {rows.shape} where {channel.dtype} of {channel.shape} is declared"
    if channel.dtype.startswith("float") and bool(np.isnan(rows).any()):
        return "a reading is not a number"
    if bool((rows < channel.low).any() or (rows > channel.high).any()):
        return f"a reading lies outside {channel.low:g} to {channel.high:g}"
    check = PROFILES.get(channel.kind)
    return check(channel, rows) if check is not None else ""


class RobotConformance:
    """Subclass it and implement ``make_worlds`` and ``make_payloads``."""

    timing = Timing(physics_hz=200, control_hz=20, camera_hz=20)

    def make_worlds(self, timing: Timing) -> RobotWorlds:
        """Fresh worlds."""
        raise AssertionError("a conformance suite must say what it tests: override make_worlds")

    def make_payloads(self) -> Sequence[Any]:
        """Two or more worlds of one robot that differ in what is sensed."""
        raise AssertionError("a conformance suite must say what it tests: override make_payloads")

    @pytest.fixture
    def worlds(self) -> Iterator[RobotWorlds]:
        """Worlds that are closed after the test."""
        made = self.make_worlds(self.timing)
        yield made
        made.close()
        made.close()

    def test_readings_are_what_their_channels_declare(self, worlds: RobotWorlds) -> None:
        """Shape, type, range, and what each kind of channel promises, at the start and while it moves."""
        payloads = self.make_payloads()
        sensed = worlds.reset(payloads)
        assert set(sensed.channels) == {channel.name for channel in worlds.embodiment.channels}
        for actions in [None, *self._actions(worlds, len(payloads))]:
            sensed = worlds.step(actions) if actions is not None else sensed
            for channel in worlds.embodiment.channels:
                problem = problems_of(channel, sensed.channels[channel.name], len(payloads))
                assert not problem, f"{channel.name} at step {sensed.step}: {problem}"

    def test_readings_come_at_their_rates(self, worlds: RobotWorlds) -> None:
        """The stamp is the newest multiple of a channel's period; a reading changes with it, never else."""
        payloads = self.make_payloads()
        sensed = worlds.reset(payloads)
        first = before = _copied(sensed)
        stamps = dict(sensed.stamps)
        for tick, actions in enumerate(self._actions(worlds, len(payloads)), start=1):
            sensed = worlds.step(actions)
            assert sensed.step == tick * self.timing.control_steps
            for channel in worlds.embodiment.channels:
                name, period = channel.name, round(self.timing.physics_hz / channel.rate_hz)
                assert sensed.stamps[name] == sensed.step // period * period, name
                is_old = sensed.stamps[name] == stamps[name]
                assert not is_old or np.array_equal(sensed.channels[name], before[name]), (
                    f"{name} has changed and has the stamp of its last reading"
                )
            before, stamps = _copied(sensed), dict(sensed.stamps)
        for channel in worlds.embodiment.channels:
            if channel.kind in _MOVED:
                assert not np.array_equal(first[channel.name], before[channel.name]), (
                    f"{channel.name} reads the same although the robot was told to move"
                )

    def test_every_entry_of_the_action_does_something(self, worlds: RobotWorlds) -> None:
        """Of two robots that differ in one entry of their action, something is sensed or moves otherwise."""
        payload = self.make_payloads()[0]
        action = self._action_space(worlds, payload)
        idle = self._run(worlds, [payload], [action[0][None]] * _TICKS)
        for entry, name in enumerate(worlds.embodiment.action.names):
            told = action[0].copy()
            told[entry] = action[1][entry]
            moved = self._run(worlds, [payload], [told[None]] * _TICKS)
            assert moved != idle, f"nothing that is sensed depends on {name}"

    def test_what_is_no_action_is_refused(self, worlds: RobotWorlds) -> None:
        """Another shape, what is not finite, and what lies beyond a bound that is not cut."""
        payload = self.make_payloads()[0]
        low, _ = self._action_space(worlds, payload)
        action = worlds.embodiment.action
        with pytest.raises(ValueError, match="shape"):
            worlds.step(np.zeros((1, action.size + 1)))
        for entry, (name, most) in enumerate(zip(action.names, action.high, strict=True)):
            for value in (np.nan, np.inf, *([most + 1.0] if np.isfinite(most) and not action.clip else [])):
                told = low.copy()
                told[entry] = value
                with pytest.raises(ValueError, match=str(name)):
                    worlds.step(told[None])

    def test_worlds_know_nothing_of_each_other(self, worlds: RobotWorlds) -> None:
        """Together, alone, in another order, and again: the same readings bit for bit."""
        payloads = list(self.make_payloads())
        worlds.reset(payloads)
        told = [actions[:1] for actions in self._actions(worlds, 1)]
        alone = [self._run(worlds, [payload], told)[0] for payload in payloads]
        assert len(set(alone)) == len(alone), "the worlds of this suite must differ in what is sensed"
        repeated = [np.repeat(actions, len(payloads), axis=0) for actions in told]
        assert self._run(worlds, payloads, repeated) == alone
        assert self._run(worlds, payloads[::-1], repeated) == alone[::-1]
        assert [self._run(worlds, [payload], told)[0] for payload in payloads[::-1]] == alone[::-1]

    def _run(
        self, worlds: RobotWorlds, payloads: Sequence[Any], told: Sequence[NDArray[np.float64]]
    ) -> list[bytes]:
        """All readings of an episode, world by world."""
        sensed = worlds.reset(payloads)
        found = [b""] * len(payloads)
        for actions in [None, *told]:
            sensed = worlds.step(actions) if actions is not None else sensed
            for index in range(len(payloads)):
                found[index] += b"".join(rows[index].tobytes() for rows in sensed.channels.values())
        return found

    def _action_space(
        self, worlds: RobotWorlds, payload: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two actions within the bounds, at most a unit from zero, that differ in every entry."""
        worlds.reset([payload])
        action = worlds.embodiment.action
        return np.maximum(action.low, -_NO_BOUND), np.minimum(action.high, _NO_BOUND)

    def _actions(self, worlds: RobotWorlds, count: int) -> list[NDArray[np.float64]]:
        """Actions of a few ticks, the same for every world and run."""
        action, generator = worlds.embodiment.action, np.random.default_rng(1)
        low, high = np.maximum(action.low, -_NO_BOUND), np.minimum(action.high, _NO_BOUND)
        return [np.repeat(generator.uniform(low, high)[None], count, axis=0) for _ in range(_TICKS)]
