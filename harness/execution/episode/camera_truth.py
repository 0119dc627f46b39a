"""What is true of each picture, kept where a metric holds against it what a model has said of the picture."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from simgate.harness.packs.checks.metric_catalog import Record
from simgate.harness.trace import CameraTruth
from simgate.sim_adapters.embodiment import IMAGES, Channel, Embodiment, eye_of, sensor_of
from simgate.sim_adapters.observation import GroundTruth, Observation


class CameraTruths:
    """Collects it for one world.

    Args:
        embodiment: The robot.
        records: What metrics need; nothing is kept of the rest.
    """

    def __init__(self, embodiment: Embodiment, records: Collection[Record]) -> None:
        self._records = records
        cameras: dict[tuple[str, str], list[Channel]] = {}
        for channel in embodiment.channels if {"labels", "bodies"} & set(records) else ():
            if channel.kind in IMAGES:
                cameras.setdefault((channel.frame, sensor_of(channel.name)), []).append(channel)
        eye = eye_of(embodiment)
        self._cameras = [_Camera(name, group, eye in group) for (_, name), group in cameras.items()]
        self._found: list[CameraTruth] = []

    def glimpse(self, world: int, observation: Observation, truth: GroundTruth) -> None:
        """Takes in the pictures that are new."""
        for camera in self._cameras:
            step = observation.stamps[camera.channels[0]]
            if step <= camera.seen_step:
                continue
            camera.seen_step = step
            views = [one for one in truth.views if (one.camera, one.step) == (camera.name, step)]
            self._found.append(
                CameraTruth(
                    channels=camera.called,
                    step=step,
                    labels=camera.labels(observation, world) if "labels" in self._records else None,
                    classes=camera.classes,
                    view=views[0] if views and "bodies" in self._records else None,
                )
            )

    def truths(self) -> tuple[CameraTruth, ...]:
        """All of them, in order."""
        return tuple(self._found)


class _Camera:
    """The channels of one camera.

    Args:
        name: Of the sensor.
        channels: All of it; they are read together.
        is_eye: Whether a model looks at it that names no channel.
    """

    def __init__(self, name: str, channels: list[Channel], is_eye: bool) -> None:
        self.name, self.seen_step = name, -1
        self.channels = [channel.name for channel in channels]
        self.called = (*self.channels, *([""] if is_eye else []))
        kinds = {channel.kind: channel for channel in channels}
        labelled = kinds.get("semantic") or kinds.get("instance")
        self.classes = labelled.classes if labelled is not None else ()
        self._labelled = labelled.name if labelled is not None else ""

    def labels(self, observation: Observation, world: int) -> NDArray[np.unsignedinteger] | None:
        """The class of each pixel of the newest picture; None for a camera that does not tell."""
        if not self._labelled:
            return None
        kind = np.min_scalar_type(max(len(self.classes) - 1, 1))
        labels: NDArray[np.unsignedinteger] = observation.channels[self._labelled][world].astype(kind)
        return labels
