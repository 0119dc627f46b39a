"""The trained policy and an earlier checkpoint of it, by the option ``checkpoint``."""

import json
from pathlib import Path

import numpy as np

from simgate.policies.policy import Act

from .network import act


class Balance:
    """Holds the pole."""

    name = "balance"

    def __init__(self, control_hz, options):
        self._weights = np.array(json.loads(Path(__file__).with_name(options["checkpoint"]).read_text()))

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        told = act(self._weights, np.asarray(observation.channels["obs.policy"], dtype=np.float64))
        return [Act(row, "balance") for row in told]
