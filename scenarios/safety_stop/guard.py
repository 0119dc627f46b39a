"""The policy of this pack: as fast as it is set to, or as a network that sees the lidar's points allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.policy import Act, Brief
from simgate.policies.safety_stop.interface import (
    CONTROL_HZ,
    EARLIER_TICKS,
    drive,
    encode,
    in_lane,
    safe_speed,
)
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option

_HERE = Path(__file__).parent
_MPS_PER_SLIDER_M = 10.0


class Guard:
    """See :class:`simgate.policies.policy.Policy`.

    Reads the channels ``lidar.points``, ``base.position`` and ``base.velocity`` (drive, side, turn) and
    ``slider.position``, by which the robot's speed is set.
    """

    name = "guard"
    options: Mapping[str, Option] = {"network": Option("file", "net/stop.onnx", "The network, an ONNX file.")}

    def __init__(self, *, control_hz: int, options: Mapping[str, object]) -> None:
        if control_hz != CONTROL_HZ:
            raise ValueError(
                f"the network was trained at {CONTROL_HZ} commands a second, not at {control_hz}"
            )
        threads = ort.SessionOptions()
        threads.intra_op_num_threads = 1
        path = _HERE / str(options.get("network", "net/stop.onnx"))
        self._network = ort.InferenceSession(str(path), threads, providers=["CPUExecutionProvider"])

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N drives."""
        self._scans = [deque[np.ndarray](maxlen=EARLIER_TICKS + 1) for _ in briefs]

    def act(self, observation: Observation, outputs: Sequence[ModelOutput | None]) -> list[Act]:
        """The speed that is wanted, or the highest below it that is safe."""
        read = {name: values.astype(float) for name, values in observation.channels.items()}
        points, bases = read["lidar.points"], read["base.position"]
        speeds, wanted = read["base.velocity"][:, 0], _MPS_PER_SLIDER_M * read["slider.position"][:, 0]
        return [self._one(*row) for row in zip(self._scans, points, bases, speeds, wanted, strict=True)]

    def _one(
        self, scans: deque[np.ndarray], points: np.ndarray, base: np.ndarray, speed: float, wanted: float
    ) -> Act:
        scans.append(in_lane(points, base))
        seen = encode(scans[-1], scans[0], float(base[0]))
        # One by one: the sums of a batch differ from those of a single row in the last bit.
        (logits,) = self._network.run(None, {"points": seen})
        told = safe_speed(logits[0], wanted, speed)
        return Act(drive(told, base), "go" if told >= wanted - 1e-6 else "slow" if told > 0.0 else "stop")
