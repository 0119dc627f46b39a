"""What a robot with worn sensors and actuators is shown and does, by the parameters of :mod:`axes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Channel, Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.scene.environment import EnvironmentSite
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.sensors.effects import apply_effects, compressed, covered

Action = Sequence[float] | NDArray[np.floating]
Worn = Mapping[str, float]
"""Name of an axis -> value; what is missing changes nothing."""


class WornRobots:
    """The robots of a batch of worlds, from their reset until their last step.

    All that is random comes from a world's own seed and the number of the reading, so that no result depends
    on what stands beside it.

    Args:
        worn: Of each world.
        seeds: Of each world, 63 bits.
        embodiment: The robot.
        control_hz: Control periods a second.

    Attributes:
        are_worn: Whether anything is wrong with any of them.
    """

    def __init__(
        self, worn: Sequence[Worn], seeds: Sequence[int], embodiment: Embodiment, control_hz: int
    ) -> None:
        self.are_worn = any(worn)
        self._worn = tuple(map(bool, worn))
        self._actuators = [
            _Actuators(one, seed, embodiment, control_hz) for one, seed in zip(worn, seeds, strict=True)
        ]
        self._sensors = {
            channel.name: [
                _sensor(channel, number, one, seed, control_hz) for one, seed in zip(worn, seeds, strict=True)
            ]
            for number, channel in enumerate(embodiment.channels)
        }
        self._stamps: dict[str, int] = {}
        self._shown: dict[str, NDArray[Any]] = {}

    def shown(self, observation: Observation) -> Observation:
        """What the policy and its models are shown of an observation; the very same where nothing is worn."""
        if not self.are_worn:
            return observation
        for name, values in observation.channels.items():
            if observation.stamps[name] == self._stamps.get(name):
                continue
            self._stamps[name] = observation.stamps[name]
            self._shown[name] = np.stack(
                [sensor.read(value) for sensor, value in zip(self._sensors[name], values, strict=True)]
            )
        return replace(observation, channels={**observation.channels, **self._shown})

    def done(self, world: int, action: Action) -> Action:
        """What the actuators of a world do when they are told an action, once each control tick."""
        return self._actuators[world].done(np.asarray(action)) if self._worn[world] else action


def worn_of(payload: object) -> Worn:
    """What is wrong with the sensors and actuators of the robot in what a simulator builds."""
    return dict(payload.worn) if isinstance(payload, EnvironmentSite | ArticulatedSite) else {}


class _Actuators:
    def __init__(self, worn: Worn, seed: int, embodiment: Embodiment, control_hz: int) -> None:
        spec = embodiment.action
        low, high = np.array(spec.low), np.array(spec.high)
        bounded = np.isfinite(low) & np.isfinite(high)
        self._low, self._high = low, high
        self._middle = 0.5 * (np.where(bounded, low, 0.0) + np.where(bounded, high, 0.0))
        self._half = 0.5 * (np.where(bounded, high, 1.0) - np.where(bounded, low, -1.0))
        self._rest = np.clip(np.zeros(spec.size), low, high)
        self._late = [self._rest] * _periods(worn.get("action.delay_ms", 0.0), control_hz)
        self._bounded, self._worn, self._seed, self._tick = bounded, worn, seed, 0

    def done(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        self._late.append(np.array(action, dtype=np.float64))
        now = self._late.pop(0)
        get = self._worn.get
        if zone := get("action.dead_zone", 0.0):
            now = np.where(np.abs(now) < zone * self._half, self._rest, now)
        if noise := get("action.noise_std", 0.0):
            drawn = _stream(self._seed, self._tick, _LANES["action"]).standard_normal(now.size)
            now = now + noise * self._half * drawn
        limit = get("action.limit", 1.0)
        if limit < 1.0:
            reach = np.where(self._bounded, limit * self._half, np.inf)
            now = np.clip(now, self._middle - reach, self._middle + reach)
        dead = int(get("action.dead_entry", -1))
        if 0 <= dead < now.size:
            now = now.copy()
            now[dead] = self._rest[dead]
        self._tick += 1
        # What a policy asks for beyond the bounds is for the loop to refuse; what wear adds is not.
        return np.clip(now, self._low, self._high)


class _Sensor:
    """A channel that nothing is wrong with."""

    def read(self, value: NDArray[Any]) -> NDArray[Any]:
        return value


class _Numbers(_Sensor):
    def __init__(self, channel: Channel, number: int, worn: Worn, seed: int, control_hz: int) -> None:
        get = worn.get
        self._noise, self._share = get(f"{channel.name}.noise_std", 0.0), get("sensors.noise_share", 0.0)
        self._lost = get("sensors.dropout_rate", 0.0)
        most = get(f"{channel.name}.bias", 0.0)
        self._bias = most * _stream(seed, 0, _LANES["bias"], number).uniform(-1.0, 1.0, channel.shape)
        # Of a faster sensor one reading is seen in each control tick.
        self._periods = _periods(get("sensors.delay_ms", 0.0), min(channel.rate_hz, control_hz))
        self._late: list[NDArray[Any]] = []
        self._before: NDArray[Any] | None = None
        self._seed, self._number, self._count = seed, number, 0

    def read(self, value: NDArray[Any]) -> NDArray[Any]:
        self._late.append(value.copy())
        true = self._late[0] if len(self._late) <= self._periods else self._late.pop(0)
        stream = _stream(self._seed, self._count, _LANES["numbers"], self._number)
        self._count += 1
        lost = stream.random() < self._lost
        if lost and self._before is not None:
            return self._before
        drawn = stream.standard_normal(true.shape)
        with np.errstate(invalid="ignore"):  # A scanner reads inf where nothing is.
            seen = true + self._bias + (self._noise + self._share * np.abs(true)) * drawn
        self._before = np.where(np.isfinite(true), seen, true).astype(true.dtype)
        return self._before


class _Camera(_Sensor):
    def __init__(self, channel: Channel, number: int, worn: Worn, seed: int) -> None:
        get = worn.get
        self._effects = CameraEffects(
            noise_std=get("camera.noise_std", 0.0),
            blur_px=get("camera.blur_px", 0.0),
            exposure_ev=get("camera.exposure_ev", 0.0),
        )
        self._lost, self._quality = get("camera.dropout_rate", 0.0), int(get("camera.jpeg_quality", 100))
        self._hidden = get("camera.occlusion", 0.0)
        self._seed, self._number, self._count = seed, number, 0
        self._before: NDArray[Any] | None = None

    def read(self, value: NDArray[Any]) -> NDArray[Any]:
        stream = _stream(self._seed, self._count, _LANES["camera"], self._number)
        lost, noise = stream.random() < self._lost, int(stream.integers(2**63))
        self._count += 1
        if lost and self._before is not None:
            return self._before
        seen = covered(value, self._hidden, _stream(self._seed, 0, _LANES["patch"], self._number))
        found = apply_effects(seen, self._effects, noise, 0)
        assert found is not None
        self._before = found if self._quality == 100 else compressed(found, self._quality)
        return self._before


_LANES = {"action": 2, "bias": 3, "numbers": 4, "camera": 5, "patch": 6}
"""Parts of a seed's stream; the first two are those of a camera's effects."""


def _stream(seed: int, count: int, lane: int, number: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, number, count, lane]))


def _periods(delay_ms: float, rate_hz: float) -> int:
    return round(delay_ms * rate_hz / 1000.0)


def _sensor(channel: Channel, number: int, worn: Worn, seed: int, control_hz: int) -> _Sensor:
    if channel.kind == "rgb" and any(name.startswith("camera.") for name in worn):
        return _Camera(channel, number, worn, seed)
    own = ("sensors.", f"{channel.name}.")
    if channel.dtype.startswith("float") and any(name.startswith(own) for name in worn):
        return _Numbers(channel, number, worn, seed, control_hz)
    return _Sensor()
