"""The protocol that every simulator implements: batch-first, counted in physics steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.scene.scene import Scene


class SimulatorUnavailable(Exception):  # noqa: N818 - the name says what is wrong
    """An optional simulator is not installed, or cannot be used here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Rates of the loop; every period is a whole number of physics steps.

    Attributes:
        physics_hz: Physics steps a second.
        control_hz: Commands a second; divides ``physics_hz``.
        camera_hz: Frames a second; divides ``physics_hz``, and may be above or below ``control_hz``.

    Raises:
        ValueError: A rate does not divide ``physics_hz``.
    """

    physics_hz: int = 200
    control_hz: int = 10
    camera_hz: int = 10

    def __post_init__(self) -> None:
        for name, rate, base in (
            ("control_hz", self.control_hz, self.physics_hz),
            ("camera_hz", self.camera_hz, self.physics_hz),
        ):
            if rate <= 0 or base % rate:
                raise ValueError(f"{name}={rate} must divide {base} so that periods are whole steps")

    @property
    def control_steps(self) -> int:
        """Physics steps between two commands."""
        return self.physics_hz // self.control_hz

    @property
    def camera_steps(self) -> int:
        """Physics steps between two frames."""
        return self.physics_hz // self.camera_hz

    def steps_ahead(self, step: int) -> int:
        """Physics steps from one moment to the next at which a command begins or a frame is taken."""
        return min(period - step % period for period in (self.control_steps, self.camera_steps))

    def is_control(self, step: int) -> bool:
        """Whether a command begins at a physics step."""
        return step % self.control_steps == 0

    def seconds(self, steps: int) -> float:
        """Simulated time of a step count, seconds."""
        return steps / self.physics_hz


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """Identity of a simulator, part of every run's fingerprint.

    Attributes:
        name: Entry-point name, for example ``mujoco``.
        version: Version of the simulator.
        renderer: What draws the frames, for example ``egl Mesa llvmpipe``.
        device: Where physics and rendering run, for example ``cpu``.
    """

    name: str
    version: str
    renderer: str
    device: str


class SimAdapter(Protocol):
    """N worlds that advance together.

    Constructed by entry point (group ``simgate.sim_adapters``) as ``factory(timing=Timing,
    options=Mapping[str, object])``. Its options can be declared in group ``simgate.adapter_options``
    (:data:`simgate.sim_adapters.options.Options`), so that packs are checked without starting it.
    """

    def describe(self) -> AdapterInfo:
        """Identity for the fingerprint."""
        ...

    def reset(self, scenes: Sequence[Scene]) -> Observation:
        """Builds one world for each scene, at step 0, with a first frame.

        Raises:
            ValueError: A scene cannot be built by this simulator, naming what it lacks.
        """
        ...

    @property
    def embodiment(self) -> Embodiment:
        """The robot of the scenes that were last built.

        Raises:
            RuntimeError: There is no scene.
        """
        ...

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """Holds the actions to the next moment of the timing (:meth:`Timing.steps_ahead`), and senses.

        Args:
            actions: One number for each entry of the embodiment's action, float64, shape (N, A).
            active: Shape (N,); worlds that are False are neither stepped nor rendered and
                keep their last readings. None means all.

        Raises:
            RuntimeError: There is no scene: before the first ``reset``, after one that was refused, or after
                ``close``.
            ValueError: The actions have another shape or are no finite numbers
                (:func:`simgate.sim_adapters.commands.checked_commands` says it).
        """
        ...

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """The true state of each world at the last observation."""
        ...

    def health(self) -> tuple[tuple[str, ...], ...]:
        """For each world the reasons why its simulation cannot be believed; empty when sound."""
        ...

    def close(self) -> None:
        """Releases simulator and graphics; safe to call twice."""
        ...
