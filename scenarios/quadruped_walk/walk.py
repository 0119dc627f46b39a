"""The policy of this pack: a network that was trained in policies/quadruped walks to a mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.policy import Act, Brief
from simgate.policies.quadruped.interface import bounded, command_to, encode, joint_targets, next_phase
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.options import Option

_HERE = Path(__file__).parent


class Walk:
    """See :class:`simgate.policies.policy.Policy`.

    Reads the channels ``trunk`` (up, gyro, place and heading, three numbers each), ``legs.position`` and
    ``legs.velocity``; is told the mark as ``mark_x_m`` and ``mark_y_m``.
    """

    name = "walk"
    options: Mapping[str, Option] = {"gait": Option("file", "gait/gait.onnx", "The network, an ONNX file.")}

    def __init__(self, *, control_hz: int, options: Mapping[str, object]) -> None:
        if control_hz != 50:
            raise ValueError(f"the gait was trained at 50 commands a second, not at {control_hz}")
        threads = ort.SessionOptions()
        threads.intra_op_num_threads = 1
        path = _HERE / str(options.get("gait", "gait/gait.onnx"))
        self._network = ort.InferenceSession(str(path), threads, providers=["CPUExecutionProvider"])

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        """Starts N walks."""
        self._action = embodiment.action
        self._mark = np.array([[float(str(b.facts[f"mark_{axis}_m"])) for axis in "xy"] for b in briefs])
        self._phase = np.zeros(len(briefs))
        self._last = np.zeros((len(briefs), self._action.size))

    def act(self, observation: Observation, outputs: Sequence[ModelOutput | None]) -> list[Act]:
        """One step of the gait, as it was trained."""
        read = {name: values.astype(float) for name, values in observation.channels.items()}
        up, gyro, place, heading = np.split(read["trunk"], [3, 6, 9], axis=1)
        command = command_to(self._mark, place[:, :2], np.arctan2(heading[:, 1], heading[:, 0]))
        seen = encode(
            up, gyro, command, read["legs.position"], read["legs.velocity"], self._last, self._phase
        )
        # One by one: the sums of a batch differ from those of a single row in the last bit.
        rows = [self._network.run(None, {"observation": row[None]})[0] for row in seen]
        self._last = bounded(np.concatenate(rows).astype(np.float64))
        self._phase = next_phase(self._phase)
        targets = np.clip(joint_targets(self._last), self._action.low, self._action.high)
        stands = np.all(command == 0.0, axis=1)
        return [Act(t, "stand" if s else "walk") for t, s in zip(targets, stands, strict=True)]
