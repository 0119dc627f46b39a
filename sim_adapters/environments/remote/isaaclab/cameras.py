"""What a task's cameras see, whether its policy is shown it or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..refused import Refused

_COLOURS = "rgb"


class Cameras:
    """Colour pictures of every world, by the name of the camera: ``sensor.NAME.rgb``.

    Args:
        inner: The environment.
        sees: Whether anybody asks for them; else there are none, and nothing is drawn for them.

    Raises:
        Refused: There is no such camera, or one that does not take a picture at every step: an older one
            would be taken for one of this step.
    """

    def __init__(self, inner: Any, sees: bool) -> None:
        coloured = {
            name: sensor
            for name, sensor in sorted(inner.scene.sensors.items() if sees else ())
            if _COLOURS in getattr(sensor.cfg, "data_types", ())
        }
        if sees and not coloured:
            raise Refused(
                "the task has no camera with colour pictures (rgb), and 'camera: true' asks for one"
            )
        for name, sensor in coloured.items():
            if sensor.cfg.update_period > inner.step_dt:
                every = f"{sensor.cfg.update_period:g} s, and a step takes {inner.step_dt:g} s"
                raise Refused(f"the task's camera '{name}' takes a picture every {every}: leave out 'camera'")
            # Isaac Lab counts time in 32 bits, and leaves out pictures of a period as long as a step.
            sensor.cfg.update_period = 0.0
        self._sensors = {f"sensor.{name}.rgb": sensor for name, sensor in coloured.items()}

    def described(self) -> list[dict[str, Any]]:
        """As :func:`~..spaces.spaces` has observations."""
        return [
            {"name": name, "shape": list(pictures.shape[1:]), "dtype": "uint8", "low": 0, "high": 255}
            for name, pictures in self.read().items()
        ]

    def read(self) -> dict[str, np.ndarray]:
        """As they are now, each of shape (N, rows, columns, 3), uint8; a copy."""
        return {
            name: np.array(sensor.data.output[_COLOURS].torch.cpu().numpy()[..., :3])
            for name, sensor in self._sensors.items()
        }
