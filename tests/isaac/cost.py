"""What a step costs through simgate beside a loop of Isaac Lab alone.

``python -m tests.isaac.cost TASK WORLDS``: a whole run, with all that is recorded, whose policy, which is in Isaac Lab's
interpreter too, lets a plain loop make as many steps after each forty of its own, with the same actions, so that both
meet the same machine. Printed are medians of both, ms, and the median of the ratios of neighbouring blocks with their quartiles. A step through simgate is from one
call of the policy to the next.
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
STEPS, BLOCK, FIRST = 1600, 40, 8
"""Of a run, of a block, and so many of a block that are not counted."""
TASKS = {"Isaac-Cartpole": (1, 60), "Isaac-Ant": (8, 60), "Isaac-Reach-Franka": (7, 30)}
TASKS["Isaac-Velocity-Flat-UnitreeGo2"] = (12, 50)
PLAIN = """
import sys, time, json, os, numpy as np
task, worlds, size, answers, assets, here = sys.argv[1:]
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
with launch_simulation(config, {"visualizer": "none"}), open(int(answers), "w", buffering=1) as out:
    env = gymnasium.make(task, cfg=config)
    env.reset(seed=1)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            times.append(time.perf_counter())
            seen, reward, over, cut, _ = env.step(torch.as_tensor(action))
            seen["policy"].numpy(), reward.numpy(), over.numpy(), cut.numpy()
        print(json.dumps(times), file=out)
    env.close()
"""
POLICY = """
import json, os, subprocess, time
import numpy as np


class Idle:
    name = "idle"

    def __init__(self, control_hz, options):
        vars(self).update(json.load(open(options["given"])))
        self.times, self.blocks = [], []

    def reset(self, briefs, embodiment):
        answers, written = os.pipe()
        command = [str(written) if word == "ANSWERS" else word for word in self.command]
        self.plain = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=2, pass_fds=[written], text=True, bufsize=1
        )
        os.close(written)
        self.answers = os.fdopen(answers)

    def act(self, observation, outputs):
        self.times.append(time.perf_counter())
        if len(self.times) == self.block:
            print(self.block, file=self.plain.stdin)
            self.blocks.append([json.loads(self.answers.readline()), self.times])
            self.times = []
            if len(self.blocks) == self.steps // self.block:
                json.dump(self.blocks, open(self.out, "w"))
                self.plain.stdin.close()
        return np.zeros((len(observation.channels["obs.policy"]), self.size))
"""
PACK = """
simgate: 1
pack: cost
policy: {{file: policy.py:Idle, python: {python}, options: {{given: {options}}}}}
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


def measured(task: str, worlds: int) -> np.ndarray:
    """Steps of a plain loop and of a run beside each other, seconds, shape (blocks, 2, steps)."""
    size, hz = TASKS[task]
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name), Path(name, "times.json")
        words = [task, worlds, size, "ANSWERS", ASSETS, Path(__file__).parent]
        options = {"size": size, "out": str(out), "block": BLOCK, "steps": STEPS}
        options["command"] = [PYTHON, "-c", PLAIN, *map(str, words)]
        (folder / "policy.py").write_text(POLICY)
        (folder / "given.json").write_text(json.dumps(options))
        given = {"hz": hz, "time_s": (STEPS + 10) / hz, "worlds": worlds, "task": task}
        (folder / "pack.yaml").write_text(PACK.format(python=PYTHON, options=folder / "given.json", **given))
        command = [sys.executable, "-m", "simgate.harness.cli.main", "run", name, "--workers", "1"]
        command += ["--record", "none", "--runs-dir", str(folder / "runs")]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if not out.is_file():
            sys.exit(done.stdout + done.stderr)
        return np.diff(json.loads(out.read_text()))[:, :, FIRST:]


def main(task: str, worlds: int) -> None:
    """Prints a line."""
    plain, ours = 1e3 * np.median(measured(task, worlds), axis=2).T
    low, ratio, high = np.quantile(ours / plain, (0.25, 0.5, 0.75))
    both = f"plain {np.median(plain):.3f} simgate {np.median(ours):.3f}"
    print(task, worlds, both, f"ratio {ratio:.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
