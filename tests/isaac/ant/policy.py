"""The trained gait and an earlier checkpoint of it, by the option ``checkpoint``."""

import json
from pathlib import Path

import numpy as np

from simgate.policies.policy import Act

from .network import RATE_HZ, act


class Walk:
    """Goes by the clock, from the episode's start on."""

    name = "walk"

    def __init__(self, control_hz, options):
        self._weights = np.array(json.loads(Path(__file__).with_name(options["checkpoint"]).read_text()))

    def reset(self, briefs, embodiment):
        self._step = 0

    def act(self, observation, outputs):
        seen = np.asarray(observation.channels["obs.policy"], dtype=np.float64)
        told = act(self._weights, seen, self._step / RATE_HZ)
        self._step += 1
        return [Act(row, self.name) for row in told]
