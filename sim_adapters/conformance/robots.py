"""The suite for robots of any embodiment: what a simulator declares of channels and actions must hold.

Example:
    >>> class TestMyRobot(RobotConformance):            # doctest: +SKIP
    ...     def make_worlds(self, timing):
    ...         return MyBatch(timing)
    ...     def make_payloads(self):
    ...         return [first, second]

Checks go by the kind of a channel and by the entries of an action, so what a robot does not have is checked
nowhere (:mod:`simgate.sim_adapters.conformance.kinds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance.kinds import (
    Rows,
    contradictions,
    misfit,
    problems_of,
    rates_of_change,
)
from simgate.sim_adapters.embodiment import IMAGES, Embodiment
from simgate.sim_adapters.observation import Observation

_TICKS = 6
_MOVED = ("joints", "imu")
"""Kinds of channels that cannot stay the same when a robot moves."""
_NO_BOUND = 1.0
"""What an action without a bound is tried with, in its own unit."""
_PLANAR = ("forward_mps", "yaw_rate_rps")
"""Entries of the action of a robot that drives in the plane, and those of its pose."""
_PLACE = ("x_m", "y_m", "yaw_rad")


class RobotWorlds(Protocol):
    """N worlds with one robot each."""

    @property
    def embodiment(self) -> Embodiment: ...
    def reset(self, payloads: Sequence[Any], /) -> Observation: ...
    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation: ...
    def close(self) -> None: ...


def _copied(sensed: Observation) -> dict[str, Rows]:
    return {name: rows.copy() for name, rows in sensed.channels.items()}


class ChannelProfiles:
    """What each kind of channel and of action promises; needs ``make_worlds`` and ``make_payloads``."""

    timing = Timing(physics_hz=200, control_hz=20, camera_hz=20)

    max_worlds: int | None = None
    """Most worlds that run together."""

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
        payloads = self.make_payloads()[: self.max_worlds]
        sensed = worlds.reset(payloads)
        assert (
            set(sensed.channels)
            == set(sensed.stamps)
            == {channel.name for channel in worlds.embodiment.channels}
        )
        for actions in [None, *self._actions(worlds, len(payloads))]:
            sensed = worlds.step(actions) if actions is not None else sensed
            for channel in worlds.embodiment.channels:
                problem = problems_of(channel, sensed.channels[channel.name], len(payloads))
                assert not problem, f"{channel.name} at step {sensed.step}: {problem}"
                assert channel.space.contains(sensed.channels[channel.name][0]), channel.name
            assert not list(contradictions(worlds.embodiment.channels, sensed)), f"at step {sensed.step}"

    def test_velocities_are_those_of_the_positions(self, worlds: RobotWorlds) -> None:
        """Of joints and of bodies, where a robot reads both: the same sign and unit."""
        payload = self.make_payloads()[0]
        low, high = self._action_space(worlds, payload)
        told = 0.5 * (0.5 * (low + high) + high)
        sensed = worlds.reset([payload])
        pairs = rates_of_change(worlds.embodiment.channels)
        kept = [(dict(sensed.stamps), _copied(sensed))]
        for _ in range(_TICKS):
            sensed = worlds.step(told[None])
            kept.append((dict(sensed.stamps), _copied(sensed)))
        for first, second, columns, rates in pairs:
            fresh = {s[first.name]: r for s, r in kept if s[first.name] == s[second.name]}
            times_s = [step / self.timing.physics_hz for step in fresh]
            positions = np.array([rows[first.name][0][columns] for rows in fresh.values()])
            velocities = np.array([rows[second.name][0][rates] for rows in fresh.values()])
            problem = misfit(times_s, positions, velocities)
            assert not problem, f"{first.name} and {second.name}: {problem}"

    def test_a_joint_follows_the_entry_of_the_action_that_has_its_name(self, worlds: RobotWorlds) -> None:
        """Told more, it comes out higher: a target, a speed and a torque alike."""
        payload = self.make_payloads()[0]
        low, high = self._action_space(worlds, payload)
        for entry, name in enumerate(worlds.embodiment.action.names):
            for channel in worlds.embodiment.of_kind("joints"):
                if name not in channel.entries or channel.unit.endswith("/s"):
                    continue
                ends = []
                for value in (low[entry], high[entry]):
                    told = 0.5 * (low + high)
                    told[entry] = value
                    worlds.reset([payload])
                    for _ in range(_TICKS):
                        sensed = worlds.step(told[None])
                    ends.append(float(sensed.channels[channel.name][0][channel.entries.index(name)]))
                assert ends[0] < ends[1], f"{name} moves against what it is told"

    def test_a_robot_that_drives_in_the_plane_goes_ahead_and_turns_left(self, worlds: RobotWorlds) -> None:
        """Metres along its heading and radians counter-clockwise, where the action has these entries."""
        payload = self.make_payloads()[0]
        start = worlds.reset([payload])
        places = [c.name for c in worlds.embodiment.of_kind("pose") if c.entries == _PLACE]
        if worlds.embodiment.action.names != _PLANAR or not places:
            pytest.skip("the robot does not drive in the plane, or does not read where it is")
        before = start.channels[places[0]][0].copy()
        for _ in range(_TICKS):
            sensed = worlds.step(np.array([[0.3, 0.0]]))
        x, y, yaw = sensed.channels[places[0]][0] - before
        ahead = np.array([np.cos(before[2]), np.sin(before[2])])
        assert float(ahead @ (x, y)) > 0.01
        assert abs(float(ahead[0] * y - ahead[1] * x)) < 0.01 > abs(yaw)
        before = worlds.reset([payload]).channels[places[0]][0].copy()
        for _ in range(_TICKS):
            sensed = worlds.step(np.array([[0.0, 0.5]]))
        x, y, yaw = sensed.channels[places[0]][0] - before
        assert yaw > 0.01 > np.hypot(x, y)

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


class RobotConformance(ChannelProfiles):
    """The whole suite. Subclass it and implement ``make_worlds`` and ``make_payloads``."""

    bit_reproducible = True
    """Whether the same world gives the same pictures bit for bit; other readings must always repeat."""

    def test_readings_come_at_their_rates(self, worlds: RobotWorlds) -> None:
        """The stamp is the newest multiple of a channel's period; a reading changes with it, never else."""
        payloads = self.make_payloads()[: self.max_worlds]
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
                with pytest.raises(ValueError, match=name.partition("_")[0]):
                    worlds.step(told[None])

    def test_worlds_know_nothing_of_each_other(self, worlds: RobotWorlds) -> None:
        """Together, alone, in another order, and again: the same readings bit for bit."""
        payloads = list(self.make_payloads())
        worlds.reset(payloads[:1])
        told = [actions[:1] for actions in self._actions(worlds, 1)]
        alone = [self._run(worlds, [payload], told)[0] for payload in payloads]
        assert len(set(alone)) == len(alone), "the worlds of this suite must differ in what is sensed"
        assert [self._run(worlds, [payload], told)[0] for payload in payloads[::-1]] == alone[::-1]
        if self.max_worlds is not None and self.max_worlds < len(payloads):
            return
        repeated = [np.repeat(actions, len(payloads), axis=0) for actions in told]
        assert self._run(worlds, payloads, repeated) == alone
        assert self._run(worlds, payloads[::-1], repeated) == alone[::-1]

    def _run(
        self, worlds: RobotWorlds, payloads: Sequence[Any], told: Sequence[NDArray[np.float64]]
    ) -> list[bytes]:
        """All readings of an episode, world by world."""
        sensed = worlds.reset(payloads)
        repeats = [
            c.name for c in worlds.embodiment.channels if self.bit_reproducible or c.kind not in IMAGES
        ]
        found = [b""] * len(payloads)
        for actions in [None, *told]:
            sensed = worlds.step(actions) if actions is not None else sensed
            for index in range(len(payloads)):
                found[index] += b"".join(sensed.channels[name][index].tobytes() for name in repeats)
        return found
