"""Options of the adapter: what a pack may say under ``sim.options``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

LOOPS = ("explicit", "coupled")


@dataclass(frozen=True, slots=True)
class IsaacOptions:
    """Settings of the simulator, all with defaults.

    Attributes:
        depth: Also deliver depth.
        loop: ``explicit`` steps physics, then renders; ``coupled`` lets the application do both, as
            Isaac Sim's own window does.
        physics_device: ``cpu`` or ``cuda:0``. One robot is quicker on the CPU.
        renderer: ``RealTimePathTracing`` or ``PathTracing``.
        settle_frames: Frames rendered and thrown away after a reset, against ghosts of the last scene.
        ready_frames: Most frames that are rendered to get one that can be believed; the last one is taken
            as it is, and the run becomes INVALID.
        frame_time: Compare each frame's ``ReferenceTime`` with the simulated time.
        gpu: Number of the GPU; None takes the first of ``CUDA_VISIBLE_DEVICES``, or Kit's choice.
        experience: Experience file below ``EXP_PATH``.
        extra_args: More arguments for Kit, ``--/path=value``.
        assets: File of an asset table (:mod:`simgate.sim_adapters.usd.assets`); None for none.
    """

    depth: bool = False
    loop: str = "explicit"
    physics_device: str = "cpu"
    renderer: str = "RealTimePathTracing"
    settle_frames: int = 4
    ready_frames: int = 120
    frame_time: bool = True
    gpu: int | None = None
    experience: str = "isaacsim.exp.base.zero_delay.kit"
    extra_args: tuple[str, ...] = ()
    assets: str | None = None

    @classmethod
    def read(cls, given: Mapping[str, object]) -> IsaacOptions:
        """Checks names and values.

        Raises:
            ValueError: An option is unknown or has a value that it cannot have.
        """
        known = {field.name for field in fields(cls)}
        for name in given:
            if name not in known:
                raise ValueError(
                    f"isaacsim adapter: unknown option {name!r} (known: {', '.join(sorted(known))})"
                )
        values: dict[str, Any] = dict(given)
        if "extra_args" in values:
            values["extra_args"] = tuple(str(argument) for argument in values["extra_args"])
        options = cls(**values)
        options._check()
        return options

    def _check(self) -> None:
        wrong = ""
        if self.loop not in LOOPS:
            wrong = f"loop must be {' or '.join(LOOPS)}, not {self.loop!r}"
        for name, least in (("settle_frames", 0), ("ready_frames", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                wrong = f"{name} must be a whole number of at least {least}, not {value!r}"
        if not (self.assets is None or isinstance(self.assets, str)):
            wrong = f"assets must be the file of an asset table, not {self.assets!r}"
        for name in ("depth", "frame_time"):
            if not isinstance(getattr(self, name), bool):
                wrong = f"{name} must be true or false, not {getattr(self, name)!r}"
        if self.gpu is not None and (isinstance(self.gpu, bool) or not isinstance(self.gpu, int)):
            wrong = f"gpu must be a number, not {self.gpu!r}"
        stray = [argument for argument in self.extra_args if not argument.startswith("--/")]
        if stray:
            wrong = f"extra_args must be settings like --/path=value, not {stray[0]!r}"
        if wrong:
            raise ValueError(f"isaacsim adapter: {wrong}")
