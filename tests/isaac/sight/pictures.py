"""Pictures of the cart-pole by the task's own camera, with where cart and pole are, for ``train.py``; a minute.

``.isaac/bin/python -m tests.isaac.sight.pictures ASSETS FILE``: ``pictures`` (N, 96, 96, 3), ``cart_m`` and ``pole_rad``
(N,) go into FILE (npz).
"""

import os
import sys
from pathlib import Path

import numpy as np

from tests.isaac.plain_loop import on_one_core

TASK = "Isaac-Cartpole-Camera"
WORLDS, ROUNDS = 64, 64
CART_M = 2.0
"""Further out the camera does not see the cart."""
POLES_RAD = (0.5, 1.0, 3.1)
"""How far the pole may lean, in turn."""


def main(assets: str, into: str) -> None:
    """Draws and writes."""
    os.environ["ISAACSIM_ASSET_ROOT"] = str(Path(assets).resolve())
    on_one_core()
    import gymnasium
    import isaaclab_tasks  # noqa: F401
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    config = parse_env_cfg(TASK, device="cpu", num_envs=WORLDS, overrides=["physics=ovphysx"])
    # As simgate has its worlds; Newton's renderer shows each of them alone.
    config.scene.env_spacing = 0.0
    pictures, states = [], []
    with launch_simulation(config, {"visualizer": "none"}):
        env = gymnasium.make(TASK, cfg=config).unwrapped
        events = env.event_manager
        events.get_term_cfg("reset_cart_position").params["position_range"] = (-CART_M, CART_M)
        for number in range(ROUNDS):
            lean = POLES_RAD[number % len(POLES_RAD)]
            events.get_term_cfg("reset_pole_position").params["position_range"] = (-lean, lean)
            observation, _ = env.reset(seed=number)
            states.append(observation["critic"][:, :2].numpy().copy())
            output = env.scene.sensors["tiled_camera"].data.output["rgb"].torch
            pictures.append(output.numpy()[..., :3].copy())
        env.close()
    state = np.concatenate(states)
    np.savez_compressed(into, pictures=np.concatenate(pictures), cart_m=state[:, 0], pole_rad=state[:, 1])


if __name__ == "__main__":
    main(*sys.argv[1:])
