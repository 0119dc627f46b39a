"""Options of the adapter: what a pack may say under ``sim.options``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simgate.sim_adapters.options import Option, Options, read_options
from simgate.sim_adapters.traits import ProcessTraits

PROCESSES = ProcessTraits(own_interpreter=True, one_a_gpu=True, slow=True)

OPTIONS: Options = {
    "depth": Option("bool", False, "Also deliver depth."),
    "loop": Option(
        "text", "explicit", "explicit steps physics, then renders; coupled lets the application do both, as "
        "Isaac Sim's own window does.", choices=("explicit", "coupled"), shows=True,
    ),
    "physics_device": Option("text", "cpu", "cpu or cuda:0. One robot is quicker on the CPU."),
    "renderer": Option("text", "RealTimePathTracing", "RealTimePathTracing or PathTracing."),
    "settle_frames": Option(
        "integer", 4, "Frames rendered and thrown away after a reset, against ghosts of the last scene.",
        low=0,
    ),
    "ready_frames": Option(
        "integer", 120, "Most frames that are rendered to get one that can be believed; the last one is "
        "taken as it is, and the run becomes INVALID.", low=1,
    ),
    "frame_time": Option("bool", True, "Compare each frame's ReferenceTime with the simulated time."),
    "gpu": Option(
        "integer", None, "Number of the GPU; without it the first of CUDA_VISIBLE_DEVICES, or Kit's choice.",
        form="a number",
    ),
    "experience": Option("text", "isaacsim.exp.base.zero_delay.kit", "Experience file below EXP_PATH."),
    "extra_args": Option(
        "text", "", "More arguments for Kit, --/path=value, separated by spaces.",
        pattern=r"\s*(?:--/\S+(?:\s+|$))*", form="settings like --/path=value",
    ),
    "assets": Option("file", None, "Asset table of the pack.", form="the file of an asset table"),
}  # fmt: skip
"""Name -> option; :class:`IsaacOptions` holds their values."""


@dataclass(frozen=True, slots=True)
class IsaacOptions:
    """Values of :data:`OPTIONS`, where each is explained."""

    depth: bool
    loop: str
    physics_device: str
    renderer: str
    settle_frames: int
    ready_frames: int
    frame_time: bool
    gpu: int | None
    experience: str
    extra_args: tuple[str, ...]
    assets: str | None

    @classmethod
    def read(cls, given: Mapping[str, object]) -> IsaacOptions:
        """Checks names and values; ``extra_args`` may also be a sequence.

        Raises:
            ValueError: An option is unknown or has a value that it cannot have.
        """
        arguments = given.get("extra_args", "")
        if isinstance(arguments, (list, tuple)):
            given = {**given, "extra_args": " ".join(map(str, arguments))}
        values = read_options("isaacsim adapter", OPTIONS, given)
        return cls(**{**values, "extra_args": tuple(values["extra_args"].split())})
