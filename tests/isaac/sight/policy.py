"""Balances the pole by what the model says of the camera's pictures, and by nothing else that is sensed."""

import numpy as np

from simgate.policies.policy import Act

GAINS = np.array([0.06, -0.67, 0.1, -0.17])
"""Of cart, pole and their speeds: what a linear-quadratic regulator gives for the task's masses."""
PLACE, SPEED = 0.6, 0.2
"""Shares of a surprise that are believed of where something is, and of how fast it moves."""


class Seen:
    """Cart and pole of one world: where they are and how fast they move, by an alpha-beta filter."""

    def __init__(self):
        self.state, self.speed, self.at_s = None, np.zeros(2), 0.0

    def take(self, found, at_s):
        """What was said of the picture of a moment."""
        if self.state is None:
            self.state = found
        else:
            passed = at_s - self.at_s
            expected = self.state + passed * self.speed
            surprise = found - expected
            surprise[1] = (surprise[1] + np.pi) % (2.0 * np.pi) - np.pi
            self.state, self.speed = expected + PLACE * surprise, self.speed + SPEED / passed * surprise
        self.at_s = at_s

    def now(self, time_s):
        """Cart, pole, and their speeds by a moment, shape (4,)."""
        if self.state is None:
            return np.zeros(4)
        return np.concatenate([self.state + (time_s - self.at_s) * self.speed, self.speed])


class Balance:
    """A linear law; each world has a filter of its own."""

    name = "balance"

    def __init__(self, control_hz, options):
        self._hz = control_hz

    def reset(self, briefs, embodiment):
        self._seen = [Seen() for _ in briefs]

    def act(self, observation, outputs):
        for seen, said in zip(self._seen, outputs, strict=True):
            if said is not None:
                cosine, sine = said.values["pole"].astype(float)
                found = np.array([float(said.values["cart"][0]), np.arctan2(sine, cosine)])
                seen.take(found, said.frame_step / self._hz)
        now = np.array([seen.now(observation.step / self._hz) for seen in self._seen])
        return [Act(np.array([force]), self.name) for force in now @ GAINS]
