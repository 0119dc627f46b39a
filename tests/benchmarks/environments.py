"""What a step of an environment costs through the adapter over a bare loop, as ratios within one run.

``python -m tests.benchmarks.environments [--steps N]`` steps the same environments both ways under the same
actions, episode by episode in turn (step by step each would find the other's numbers in the processor's caches),
and prints the ratio of the lower deciles of their times, which a busy machine hurts least. Through the adapter is
all of it: bounds of actions, digest of the course, arrays of the batch, and in an interpreter of its own also the
socket.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.remote.spaces import fitting
from simgate.sim_adapters.scene.environment import EnvironmentSite
from tests.benchmarks.overhead import use_software_gl

EPISODE = 50
"""Steps after which all begin again."""


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes:
        env: Its id.
        own: Whether in an interpreter of its own.
        batch: Environments side by side.
        camera: Whether each step is drawn.
        at_most: Ratio that the project has promised; None for none.
    """

    env: str
    own: bool
    batch: int = 1
    camera: bool = False
    at_most: float | None = None

    @property
    def label(self) -> str:
        where = "own interpreter" if self.own else "host process"
        return f"{self.env}, {where}, batch {self.batch}{', drawn' if self.camera else ''}"


CASES = (
    Case("Ant-v5", own=False, at_most=1.10),
    Case("Ant-v5", own=True, at_most=1.5),
    Case("Ant-v5", own=False, batch=16, at_most=1.10),
    Case("Ant-v5", own=True, batch=16, at_most=1.10),
    Case("CartPole-v1", own=False),
    Case("CartPole-v1", own=True),
    Case("CartPole-v1", own=False, batch=16),
    Case("CartPole-v1", own=True, batch=16),
    Case("Ant-v5", own=True, camera=True, at_most=1.10),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--steps", type=int, default=1000, help="steps of each (default 1000; 30 if drawn)")
    args = parser.parse_args()
    use_software_gl()
    print(f"{'':44} {'bare us':>8} {'ours us':>8} {'ratio':>6}  promised")
    for case in CASES:
        steps = min(args.steps, 30) if case.camera else max(50, args.steps // case.batch)
        bare, ours = (statistics.quantiles(side, n=10)[0] for side in measured(case, steps))
        ratio = ours / bare
        missed = "" if case.at_most is None or ratio <= case.at_most else " MISSED"
        promised = "" if case.at_most is None else f"{case.at_most:g}{missed}"
        per = 1e6 / case.batch
        print(f"{case.label:44} {per * bare:8.1f} {per * ours:8.1f} {ratio:6.2f}  {promised}", flush=True)
    return 0


def measured(case: Case, steps: int) -> tuple[list[float], list[float]]:
    """Seconds for each step of all environments, bare and through the adapter."""
    lasting = {"terminate_when_unhealthy": False} if case.env.startswith("Ant") else {}
    adapter = GymnasiumAdapter(Timing(20, 20, 20))
    sites = [
        EnvironmentSite(
            case.env,
            case.env,
            ".",
            make=tuple(lasting.items()),
            python=sys.executable if case.own else None,
            camera=case.camera,
            seed=seed,
        )
        for seed in range(case.batch)
    ]
    drawn = {"render_mode": "rgb_array"} if case.camera else {}
    made: dict[str, Any] = {**lasting, **drawn, "max_episode_steps": 10**9}
    envs = [gymnasium.make(case.env, **made) for _ in sites]
    space = envs[0].action_space
    space.seed(0)
    bare: list[float] = []
    ours: list[float] = []
    while len(bare) < steps:
        adapter.reset(sites)
        for env, site in zip(envs, sites, strict=True):
            env.reset(seed=site.start_seed)
        told: list[np.ndarray] = []
        while len(told) < EPISODE and not any(truth.over for truth in adapter.ground_truth()):
            told.append(np.array([np.atleast_1d(space.sample()) for _ in sites], dtype=np.float64))
            began = time.perf_counter()
            adapter.step(told[-1])
            ours.append(time.perf_counter() - began)
        for actions in told:
            began = time.perf_counter()
            _step(envs, actions, case.camera)
            bare.append(time.perf_counter() - began)
    adapter.close()
    for env in envs:
        env.close()
    return bare, ours


def _step(envs: list[Any], actions: np.ndarray, camera: bool) -> None:
    for env, action in zip(envs, actions, strict=True):
        env.step(fitting(env.action_space, action))
        if camera:
            env.render()


if __name__ == "__main__":
    sys.exit(main())
