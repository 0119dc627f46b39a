"""A world that is an environment which a team already has, as a pack declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.environment import EnvironmentSite
from simgate.sim_adapters.scene.native import NativeValue
from simgate.sim_adapters.worlds.declared.native import Knob, set_by
from simgate.sim_adapters.worlds.placing import Placing, PlacingWorld
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value

SEED = "seed"
"""Target: the seed of ``reset``; the variant's own when nothing sets it."""
INSTRUCTION = "instruction"
"""Parameter of every environment: the wording of the task that the policy is told."""
WORDINGS = ParameterSpec("choice", "", "The task in words, as the policy is told it; the task's own without.")


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """All that a pack says about an environment, checked against one that was made.

    Attributes:
        file: An id, ``package.module:factory`` or ``file.py:factory``; the id of a task of Isaac Lab.
        sha256: Digest over its files and the releases that it is made of, hex.
        make: Keyword arguments that are the same in every variant.
        python: Interpreter, as the pack writes it; None for the workers' own.
        keeps_time_limit: Whether the limit of steps that the id is registered with stays.
        camera: Whether what ``render()`` draws is a channel.
        clip: Whether an action beyond its bounds is cut; otherwise it is refused.
        reproducible: Whether one seed must lead to one episode.
        knobs: Parameter -> what it sets.
        unproven: Parameters that need not change anything under random actions.
        unset: Parameters that the scenario gives no value: the environment keeps what it has.
        axes: What every environment can have: parameter -> what it takes. What may be wrong with its sensors
            and actuators, and :data:`INSTRUCTION`.
        files: Files of nobody's release -> SHA-256, hex, by path from the folder of ``file`` as written: the
            pack's for an id without a namespace.
        versions: Releases that it is made of.
        remarks: What a task of Isaac Lab draws itself, and what of it was switched off: title -> lines.
        kind: Tells this kind from others in stored data.
    """

    file: str
    sha256: str
    make: tuple[tuple[str, NativeValue], ...] = ()
    python: str | None = None
    keeps_time_limit: bool = False
    camera: bool = False
    clip: bool = False
    reproducible: bool = True
    knobs: dict[str, Knob] = field(default_factory=dict)
    unproven: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    axes: dict[str, ParameterSpec] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kind: Literal["env", "isaaclab"] = "env"

    @property
    def name(self) -> str:
        """The world's name in results: what it is, and what was in it."""
        return f"{self.kind}:{self.file}@{self.sha256[:12]}"


class EnvironmentWorld(PlacingWorld):
    """See :class:`simgate.sim_adapters.worlds.world.World`.

    Args:
        spec: As the pack declares it.
        folder: The pack's folder, where paths begin.
    """

    def __init__(self, spec: EnvironmentSpec, folder: Path) -> None:
        super().__init__(Placing())
        self.spec, self._folder = spec, folder
        self.name = f"{spec.kind}:{spec.file}"
        self.description = f"The environment {spec.file}."
        self.parameters: Mapping[str, ParameterSpec] = {
            **spec.axes,
            **{name: knob.spec for name, knob in spec.knobs.items()},
        }

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """The :class:`EnvironmentSite` of a variant, without its seed and what its task measures.

        ``Any``, because the protocol of worlds knows scenes alone.
        """
        spec = self.spec
        given = {name: knob for name, knob in spec.knobs.items() if name not in spec.unset}
        values = dict(set_by(given, parameters))
        seed = values.pop(SEED, None)
        return EnvironmentSite(
            name=self.name,
            env=spec.file if spec.kind == "env" else self.name,
            folder=str(absolute(self._folder)),
            make=spec.make,
            python=None if spec.python is None else str(absolute(self._folder / spec.python)),
            keeps_time_limit=spec.keeps_time_limit,
            camera=spec.camera,
            clip=spec.clip,
            reproducible=spec.reproducible,
            reset_seed=None if seed is None else int(seed),  # type: ignore[arg-type]
            values=tuple(values.items()),
            worn=tuple((name, float(parameters[name])) for name in spec.axes if name != INSTRUCTION),
            instruction=str(parameters[INSTRUCTION]) if INSTRUCTION in spec.axes else "",
        )
