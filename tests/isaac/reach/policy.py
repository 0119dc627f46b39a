"""The trained policy and an earlier checkpoint of it, by the option ``checkpoint``."""

import json
from pathlib import Path

import numpy as np

from simgate.policies.policy import Act

from .network import act


class Reach:
    """Brings the hand to the pose that is commanded."""

    name = "reach"

    def __init__(self, control_hz, options):
        layers = json.loads(Path(__file__).with_name(options["checkpoint"]).read_text())
        self._layers = [np.array(one) for one in layers]

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        seen = np.asarray(observation.channels["obs.policy"], dtype=np.float64)
        return [Act(row, "reach") for row in act(self._layers, seen)]
