"""Makes the gaits: ``python -m simgate.policies.quadruped.train [--out DIR] [--seed 0] [--iterations 150]``.

The network first copies a computed trot (``copied.onnx``, the worse one), then learns by PPO in friction,
payload, motor strength, kicks, slope and delay that open from nominal to their ranges (``gait.onnx``).
The same seed gives the same bytes, whatever the number of threads.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from simgate.policies.quadruped.interface import INPUTS, OUTPUTS
from simgate.policies.quadruped.network import as_tensor, export, perceptron
from simgate.policies.quadruped.ppo import Ppo
from simgate.policies.quadruped.practice import Practice
from simgate.policies.quadruped.robots import YARD

_ROBOTS = 256
_COPY_STEPS, _COPY_PORTION, _COPY_RATE = 1500, 1024, 2e-3
_OPENING = 0.3
"""Share of the iterations in which the conditions open to their whole ranges."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m simgate.policies.quadruped.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=YARD.parent.parent / "gait", help="folder for the ONNX files"
    )
    parser.add_argument("--yard", type=Path, default=YARD, help="MJCF file of robot and floor")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--threads", type=int, default=2, help="physics threads")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    actor = perceptron(INPUTS, OUTPUTS)
    practice = Practice(options.yard, _ROBOTS, options.seed, options.threads)
    print(f"copied the trot: mean squared error {_copy_trot(actor, practice):.5f}")
    export(actor, options.out / "copied.onnx")
    practice.difficulty = 0.0
    practice.begin()
    ppo = Ppo(practice, actor)
    for iteration in range(options.iterations):
        practice.difficulty = min(1.0, iteration / (_OPENING * options.iterations))
        paid = ppo.iterate()
        if iteration % 25 == 0 or iteration + 1 == options.iterations:
            print(
                f"iteration {iteration + 1}: reward {paid:.4f}, {time.monotonic() - started:.0f} s",
                flush=True,
            )
    export(actor, options.out / "gait.onnx")
    return 0


def _copy_trot(actor: nn.Sequential, practice: Practice) -> float:
    """Regression on the computed trot; returns the last mean squared error."""
    inputs, actions = map(as_tensor, practice.trot_examples(steps=100))
    optimizer = torch.optim.Adam(actor.parameters(), _COPY_RATE)
    loss = torch.zeros(())
    for step in range(_COPY_STEPS):
        optimizer.param_groups[0]["lr"] = _COPY_RATE * (1.0 - step / _COPY_STEPS)
        rows = torch.randint(len(inputs), (_COPY_PORTION,))
        loss = (actor(inputs[rows]) - actions[rows]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return float(loss.detach())


if __name__ == "__main__":
    sys.exit(main())
