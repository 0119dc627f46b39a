"""A world that is a field log, as a pack declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.scene.log import LogChannel, LogSite
from simgate.sim_adapters.worlds.declared.native import EFFECTS, effects_of
from simgate.sim_adapters.worlds.placing import Placing, PlacingWorld
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value

LOG, FROM, TO = "log.name", "log.from_s", "log.to_s"


@dataclass(frozen=True, slots=True)
class LogPiece:
    """One log of a world.

    Attributes:
        path: From the pack's folder.
        sha256: Digest over the content of its files, whatever they are called, hex.
        labels: File of its labels, from the pack's folder; None without.
    """

    path: str
    sha256: str
    labels: str | None


@dataclass(frozen=True, slots=True)
class LogSpec:
    """All that a pack says about a log, checked against it.

    Attributes:
        file: The log, or the folder of the logs, from the pack's folder.
        sha256: Digest over its files, hex.
        images: Topic of the pictures.
        truth: Topic of their labels; None without.
        channel: What the camera's channel is called.
        tolerance_ms: So far may the stamps of a picture and its labels be apart.
        shape: Rows and columns of the pictures.
        duration_s: Of the whole log; the longest of several.
        labels: File of their labels, from the pack's folder; None without. Of several logs a folder.
        labels_by: What tells which picture an entry of that file belongs to.
        labelled: Whether every picture must have labels; of ``some`` those without are not judged.
        channels: What is read besides the pictures.
        logs: Each log by its name.
        about: What logs say of themselves: name of a parameter -> what it may be.
        files: Its files, those of labels too -> SHA-256, hex, by path from the folder that it lies in.
        kind: Tells this kind from others in stored data.
    """

    file: str
    sha256: str
    images: str
    truth: str | None
    channel: str
    tolerance_ms: float
    shape: tuple[int, int]
    duration_s: float
    labels: str | None = None
    labels_by: Literal["stamp", "number"] = "stamp"
    labelled: Literal["every", "some"] = "every"
    channels: tuple[LogChannel, ...] = ()
    logs: dict[str, LogPiece] = field(default_factory=dict)
    about: dict[str, ParameterSpec] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    kind: Literal["log"] = "log"

    @property
    def name(self) -> str:
        """The world's name in results: what it is, and what was in it."""
        return f"log:{self.file}@{self.sha256[:12]}"

    @property
    def is_labelled(self) -> bool:
        """Whether anybody says what was really there."""
        return self.truth is not None or self.labels is not None


class LogWorld(PlacingWorld):
    """See :class:`simgate.sim_adapters.worlds.world.World`.

    Attributes:
        told: Parameters that a log tells of itself: nobody can set them.
        which: The one that says which log is shown.

    Args:
        spec: As the pack declares it.
        folder: The pack's folder, where paths begin.
    """

    def __init__(self, spec: LogSpec, folder: Path) -> None:
        super().__init__(Placing())
        self.spec = spec
        self.name, self.which = f"log:{spec.file}", LOG
        self.told = frozenset(spec.about)
        self.description = f"The field log {spec.file}, replayed: open loop."
        self._folder = folder
        self._logs = spec.logs or {spec.file: LogPiece(spec.file, spec.sha256, spec.labels)}
        begins = "Where the part that is replayed begins, from the log's first picture."
        ends = "Where the part that is replayed ends; the end of the log when left out."
        most = spec.duration_s + 1.0
        self.parameters: Mapping[str, ParameterSpec] = {
            # What a camera in the field saw is as it is, unless somebody asks for worse.
            **{name: replace(effect, default=0.0) for name, effect in EFFECTS.items()},
            **spec.about,
            **({LOG: self._which()} if len(self._logs) > 1 else {}),
            FROM: ParameterSpec("number", 0.0, begins, "s", 0.0, most),
            TO: ParameterSpec("number", most, ends, "s", 0.0, most),
        }

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """The :class:`LogSite` of a variant. ``Any``, because the protocol of worlds knows scenes alone.

        Raises:
            ValueError: It ends before it begins.
        """
        spec, begin, end = self.spec, float(parameters[FROM]), float(parameters[TO])
        if end <= begin:
            raise ValueError(f"{TO} = {end:g} is not after {FROM} = {begin:g}")
        names = list(self._logs)
        name = str(parameters[LOG]) if len(names) > 1 else names[0]
        piece = self._logs[name]
        return LogSite(
            name=self.name if len(names) == 1 else f"{self.name}/{name}",
            path=str(absolute(self._folder / piece.path)),
            channel=spec.channel,
            shape=spec.shape,
            images=spec.images,
            truth=spec.truth,
            labels=str(absolute(self._folder / piece.labels)) if piece.labels is not None else None,
            labels_by=spec.labels_by,
            labelled=spec.labelled,
            tolerance_s=spec.tolerance_ms / 1000.0,
            from_s=begin,
            to_s=end,
            effects=effects_of(parameters),
            channels=spec.channels,
        )

    def _which(self) -> ParameterSpec:
        names = tuple(self._logs)
        return ParameterSpec("choice", names[0], "Which log is replayed.", choices=names)
