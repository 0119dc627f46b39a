"""An environment of a team's own: what it is made with, what is set in it, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.scene.native import NativeValue
from simgate.sim_adapters.scene.sensor import CameraEffects


@dataclass(frozen=True, slots=True)
class Probe:
    """A variant in which it is asked whether targets change anything.

    Attributes:
        values: Target -> value.
        targets: Those that are asked about.
    """

    values: tuple[tuple[str, NativeValue], ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentSite:
    """One world: an environment with the values of a variant.

    Attributes:
        name: Name of the world that made it.
        env: An id, ``package.module:factory`` or ``file.py:factory``.
        folder: Where files begin.
        make: Keyword arguments that are the same in every variant.
        python: Interpreter that it runs in; None for the worker's own.
        keeps_time_limit: Whether the limit of steps that the id is registered with stays.
        camera: Whether what ``render()`` draws is a channel.
        clip: Whether an action beyond its bounds is cut; otherwise it is refused.
        reproducible: Whether one seed must lead to one episode.
        seed: The variant's own.
        reset_seed: For ``reset`` in place of the variant's own; None for that.
        values: Target -> value.
        probes: Where it is asked whether what is set changes anything, and whether one seed leads to one
            episode: the same for every variant of a scenario; empty asks nothing.
        quantities: Name -> what is measured at each control tick.
        worn: Axis -> value: what is wrong with its sensors and actuators.
        instruction: The wording of the task that the policy is told; empty for the task's own.
        batch: So many run side by side.
    """

    name: str
    env: str
    folder: str
    make: tuple[tuple[str, NativeValue], ...] = ()
    python: str | None = None
    keeps_time_limit: bool = False
    camera: bool = False
    clip: bool = False
    reproducible: bool = True
    seed: int = 0
    reset_seed: int | None = None
    values: tuple[tuple[str, NativeValue], ...] = ()
    probes: tuple[Probe, ...] = ()
    quantities: tuple[tuple[str, Quantity], ...] = ()
    worn: tuple[tuple[str, float], ...] = ()
    instruction: str = ""
    batch: int = 1

    @property
    def effects(self) -> CameraEffects:
        """None: what is wrong with its cameras is in :attr:`worn`."""
        return CameraEffects()

    @property
    def start_seed(self) -> int:
        """What ``reset`` is given; some environments take no more than 31 bits."""
        return self.seed % 2**31 if self.reset_seed is None else self.reset_seed

    def asked(
        self,
        quantities: tuple[tuple[str, Quantity], ...],
        watched: tuple[str, ...],
        allow: tuple[tuple[str, str], ...],
        seed: int,
    ) -> EnvironmentSite:
        """The world of one variant, with what its task asks for; an environment tells of no bodies."""
        return replace(self, quantities=quantities, seed=seed)


def instruction_of(payload: object) -> str:
    """The wording of the task in what a simulator builds; empty for the task's own."""
    return payload.instruction if isinstance(payload, EnvironmentSite) else ""
