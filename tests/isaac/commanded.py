"""What cannot be had, and a cart-pole with a command, an event before the start and observations with a history, pushed
over the edge.

``python commanded.py ENVIRONMENTS``: the folder of ``remote``. Prints refusals, what the event drew, what is told of the
command, ``problems`` of both worlds, and what both have observed until the first had ended, as JSON.
"""

import json
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from remote.isaaclab import worlds
from remote.isaaclab.session import LabSession
from remote.refused import Refused

refused = []
for name, other in (("Cartpol", {}), ("Cartpole", {"physics": "bullet"}), ("Humanoid", {})):
    try:
        LabSession(
            f"isaaclab:Isaac-{name}", ".", {"assets": "simgate", "physics": "ovphysx", **other}
        ).describe()
    except Refused as error:
        refused.append(str(error))
session = LabSession("isaaclab:Isaac-Cartpole", ".", {"assets": "simgate", "physics": "ovphysx"})

import torch  # noqa: E402
from isaaclab.managers import CommandTerm, CommandTermCfg, EventTermCfg  # noqa: E402
from isaaclab.utils import configclass  # noqa: E402


class Drawn(CommandTerm):
    def __init__(self, config, env):
        super().__init__(config, env)
        self.command = torch.zeros(self.num_envs, 1)

    command = None

    def _update_metrics(self):
        pass

    def _update_command(self):
        pass

    def _resample_command(self, ids):
        self.command[ids, 0] = torch.rand(len(ids))


@configclass
class DrawnConfig(CommandTermCfg):
    class_type: type = Drawn
    resampling_time_range: tuple = (5.0, 5.0)


@configclass
class Commands:
    drawn = DrawnConfig()


def before_the_start(env, env_ids):
    drawn.append(torch.rand(env.num_envs if env_ids is None else len(env_ids)).tolist())


def commanded(*given, **named):
    config = configured(*given, **named)
    config.commands = Commands()
    return config


def remembering(*given, **named):
    config = configured(*given, **named)
    config.observations.policy.history_length = 2
    config.observations.policy.joint_vel_rel.delay_max_lag = 1
    config.observations.policy.joint_vel_rel.delay_min_lag = 1
    config.observations.policy.joint_vel_rel.delay_hold_prob = 0.5
    return config


def early(*given, **named):
    config = configured(*given, **named)
    config.events.before_the_start = EventTermCfg(func=before_the_start, mode="prestartup")
    config.scene.replicate_physics = False  # Such events need it.
    return config


configured, worlds.configured = worlds.configured, early
drawn: list = []
for seeds in ([4], [3], [4], [3, 4]):
    try:
        session.begins(list(range(len(seeds))), seeds, [{}] * len(seeds), [[]] * len(seeds))
    except Refused as error:
        refused.append(str(error))
worlds.configured = commanded
values = [{"command/drawn.0": 0.25}, {"command/drawn.0": 0.5}]
session.begins([0, 1], [3, 4], values, [["command.drawn.0"]] * 2)
told, ended = [], False
while not ended:
    answer = session.steps([0, 1], np.array([[1.0], [0.0]]))
    told.append(answer["info"][0][0])
    ended = answer["terminated"][0]
for _ in range(3):
    session.steps([1], np.zeros((1, 1)))
problems = [session.problems(slot)["lost"] for slot in (0, 1)]
worlds.configured = remembering
begun = session.begins([0, 1], [3, 4], [{}] * 2, [[]] * 2)
seen, ended = [[one["observation"]["obs.policy"].tolist() for one in begun]], False
while not ended:
    answer = session.steps([0, 1], np.array([[1.0], [0.0]]))
    seen.append(answer["observation"]["obs.policy"].tolist())
    ended = answer["terminated"][0]
print(
    json.dumps(
        {
            "refused": refused,
            "told": told,
            "drawn": drawn,
            "lost": problems,
            "seen": seen,
            "left_out": session._worlds.left_out,
        }
    )
)
session.close()
