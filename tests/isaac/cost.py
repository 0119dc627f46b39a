"""What a step costs through simgate beside a loop of Isaac Lab alone, on a quiet machine.

``python -m tests.isaac.cost TASK WORLDS``: the same actions in both, in turn twice; medians and lower deciles of their
steps, ms. Through simgate: from one call of the policy to the next in a whole run, with all that is recorded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from simgate.sim_adapters.environments import remote

PYTHON = os.environ.get("SIMGATE_ISAACLAB", str(Path(__file__).parents[2] / ".isaac" / "bin" / "python"))
ASSETS = Path(remote.__file__).parents[1] / "lab_assets"
STEPS, FIRST = 500, 50
TASKS = {"Isaac-Cartpole": (1, 60), "Isaac-Ant": (8, 60), "Isaac-Reach-Franka": (7, 30)}
TASKS["Isaac-Velocity-Flat-UnitreeGo2"] = (12, 50)
PLAIN = """
import sys, time, json, os, numpy as np
task, worlds, size, steps, assets, out, here = sys.argv[1:]
os.environ["ISAACSIM_ASSET_ROOT"] = assets
sys.path.insert(0, here)
from plain_loop import on_one_core, without_what_is_random
on_one_core()
import gymnasium, isaaclab_tasks, torch
from isaaclab.app.sim_launcher import launch_simulation
from isaaclab_tasks.utils import parse_env_cfg
config = parse_env_cfg(task, device="cpu", num_envs=int(worlds), overrides=["physics=ovphysx"])
config.seed, config.episode_length_s = 1, 1e9
without_what_is_random(config)
action = np.zeros((int(worlds), int(size)), dtype=np.float32)
times = []
with launch_simulation(config, {"visualizer": "none"}):
    env = gymnasium.make(task, cfg=config)
    env.reset(seed=1)
    for _ in range(int(steps)):
        times.append(time.perf_counter())
        seen, reward, over, cut, _ = env.step(torch.as_tensor(action))
        seen["policy"].numpy(), reward.numpy(), over.numpy(), cut.numpy()
    env.close()
json.dump(times, open(out, "w"))
"""
POLICY = """
import json, time
import numpy as np
from simgate.policies.policy import Act


class Idle:
    name = "idle"

    def __init__(self, control_hz, options):
        self.size, self.out, self.times = int(options["size"]), options["out"], []

    def reset(self, briefs, embodiment):
        self.times = []

    def act(self, observation, outputs):
        self.times.append(time.perf_counter())
        if len(self.times) == STEPS - 1:
            json.dump(self.times, open(self.out, "w"))
        return [Act(np.zeros(self.size), "idle") for _ in observation.channels["obs.policy"]]
"""
PACK = """
simgate: 1
pack: cost
policy: policy.py:Idle
policy_options: {{size: {size}, out: {out}}}
sim: {{adapter: isaaclab, physics_hz: {hz}, control_hz: {hz}, camera_hz: {hz}, time_limit_s: {time_s}, batch: {worlds}}}
scenarios:
  idle:
    title: Nothing is done
    severity: critical
    world: {{isaaclab: {task}, python: {python}, assets: simgate, physics: ovphysx}}
    variants: {{count: {worlds}}}
    accept: {{return: {{at_least: -1.0e9}}}}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.5, confidence: 0.5}}}}
"""


def plain(task: str, worlds: int, out: Path) -> None:
    """Steps a loop of Isaac Lab alone."""
    size, _ = TASKS[task]
    words = [task, worlds, size, STEPS, ASSETS, out, Path(__file__).parent]
    subprocess.run([PYTHON, "-c", PLAIN, *map(str, words)], check=True, capture_output=True)


def ours(task: str, worlds: int, out: Path) -> None:
    """Steps a run."""
    size, hz = TASKS[task]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "policy.py").write_text(POLICY.replace("STEPS", str(STEPS)))
        given = {"size": size, "hz": hz, "out": out, "time_s": STEPS / hz, "worlds": worlds, "task": task}
        (folder / "pack.yaml").write_text(PACK.format(python=PYTHON, **given))
        words = ["run", name, "--workers", "1", "--record", "none", "--runs-dir", str(folder / "runs")]
        command = [sys.executable, "-m", "simgate.harness.cli.main", *words]
        subprocess.run(command, check=False, capture_output=True)


def main(task: str, worlds: int) -> None:
    """Prints a line for each turn."""
    for turn in (1, 2):
        for name, steps in (("plain", plain), ("simgate", ours)):
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder, "times.json")
                steps(task, worlds, out)
                times = 1e3 * np.diff(json.loads(out.read_text()))[FIRST:]
            print(
                task, worlds, turn, name, f"{np.median(times):.3f} {np.quantile(times, 0.1):.3f}", flush=True
            )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
