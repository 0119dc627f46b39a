"""Makes the networks: ``python -m simgate.policies.safety_stop.train [--out DIR] [--seed 0]``.

Both learn from scans of aisles by chance which speeds are too fast, by geometry: ``stop.onnx`` from all that
the pack may put into the way, ``plain.onnx``, the worse one, from tall bright boxes and people who stand.
The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from simgate.policies.safety_stop.network import PointNet, export
from simgate.policies.safety_stop.scenes import AISLE, samples

_MOMENTS = 8
_BATCH, _RATE = 32, 3e-3
_MISSED = 3.0
"""How much worse a speed is that is wrongly called safe than one that is wrongly called too fast."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m simgate.policies.safety_stop.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=AISLE.parent.parent / "net", help="folder for the ONNX files"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--aisles", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=4000)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name, plain in (("stop.onnx", False), ("plain.onnx", True)):
        started = time.monotonic()
        seen, wanted = gather(np.random.default_rng(options.seed), options.aisles, plain)
        print(f"{name}: {len(seen)} moments, {time.monotonic() - started:.0f} s", flush=True)
        torch.manual_seed(options.seed)
        net = PointNet()
        loss = fit(net, seen, wanted, options.steps)
        export(net, options.out / name)
        print(f"{name}: loss {loss:.4f}, {time.monotonic() - started:.0f} s", flush=True)
    return 0


def gather(rng: np.random.Generator, aisles: int, plain: bool) -> tuple[list[Tensor], Tensor]:
    """Inputs, (K, 4) each, and targets (M, S)."""
    found = [(torch.from_numpy(seen), wanted) for seen, wanted in samples(rng, aisles, _MOMENTS, plain)]
    return [seen for seen, _ in found], torch.as_tensor(np.array([w for _, w in found]), dtype=torch.float32)


def fit(net: PointNet, seen: Sequence[Tensor], wanted: Tensor, steps: int) -> float:
    """Learns; returns the mean loss of the last tenth."""
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    losses = []
    for _ in range(steps):
        chosen = torch.randint(len(seen), (_BATCH,))
        targets = wanted[chosen]
        clouds = [seen[k] for k in chosen]
        logits = net(torch.cat(clouds), torch.tensor([len(cloud) for cloud in clouds]))
        loss = nn.functional.binary_cross_entropy_with_logits(
            logits, targets, weight=1.0 + (_MISSED - 1.0) * targets
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses[-max(1, steps // 10) :]))


if __name__ == "__main__":
    sys.exit(main())
