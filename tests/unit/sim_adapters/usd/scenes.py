"""Scenes for the tests of the USD room."""

import random
from collections import deque

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from simgate.sim_adapters.worlds.world import PlacedObject

TIMING = Timing()
_alive = deque(maxlen=4)


def built(made):
    """The stage of a scene, kept alive for the test: a prim does not keep its stage, and USD aborts."""
    from simgate.sim_adapters.usd.stage import build_stage

    stage = build_stage(made, TIMING)
    _alive.append(stage)
    return stage


def office(**changes):
    """The office with some parameters (``__`` for a dot), a person, a box and a chair."""
    parameters = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    parameters |= {"person.present": True, "person.cross_at_m": 1.6}
    parameters |= {name.replace("__", "."): value for name, value in changes.items()}
    placed = [PlacedObject("box", 1.2, 0.4, 0.3), PlacedObject("chair", 2.0, -0.5, 0.3)]
    return OFFICE_CORRIDOR.build(parameters, placed)


def random_office(seed):
    """A variant with every parameter drawn from its whole range."""
    rng = random.Random(seed)
    parameters = {}
    for name, spec in OFFICE_CORRIDOR.parameters.items():
        if spec.kind == "choice":
            parameters[name] = rng.choice(spec.choices)
        elif spec.kind == "bool":
            parameters[name] = rng.random() < 0.5
        else:
            parameters[name] = rng.uniform(spec.low, spec.high)
    parameters["door.distance_m"] = rng.uniform(2.5, 9.0)
    parameters["person.cross_at_m"] = rng.uniform(1.2, parameters["door.distance_m"] - 0.6)
    parameters["robot.start_y_m"] = rng.uniform(-0.3, 0.3)
    placed = [
        PlacedObject(
            rng.choice(tuple(OFFICE_CORRIDOR.object_kinds)), rng.uniform(0.5, 2.0), 0.6, rng.random()
        )
        for _ in range(rng.randrange(4))
    ]
    return OFFICE_CORRIDOR.build(parameters, placed)
