"""Makes the networks: ``python -m simgate.policies.grasping.train [--out DIR] [--epochs 10]``.

``brick.onnx`` learns from tables in any light, colour and clutter; ``brick_plain.onnx``, the worse one, from
tables that all look as the file has them. The same seed gives the same bytes on the same machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from simgate.policies.grasping.network import HALF_VIEW_M, BrickNet, export
from simgate.policies.grasping.scenes import TABLE, Pictures, Tables

_BATCH, _PEAK_RATE = 64, 4e-3
_HEAT_M = 0.02
"""Spread of the heat that is asked for about the brick."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m simgate.policies.grasping.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=TABLE.parent.parent / "brick", help="folder for ONNX files"
    )
    parser.add_argument("--pictures", type=int, default=2400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name, varied in (("brick.onnx", True), ("brick_plain.onnx", False)):
        started = time.monotonic()
        pictures = Tables(TABLE, options.seed, varied).pictures(options.pictures)
        print(f"{name}: {options.pictures} pictures in {time.monotonic() - started:.0f} s", flush=True)
        export(train(pictures, options.epochs, options.seed), options.out / name)
        print(f"{name}: made in {time.monotonic() - started:.0f} s", flush=True)
    return 0


def train(pictures: Pictures, epochs: int, seed: int) -> BrickNet:
    """Trains a network; prints the loss of each epoch."""
    torch.manual_seed(seed)
    net, rng = BrickNet(), np.random.default_rng(seed)
    rgb, depth = as_input(pictures)
    yaw = pictures.poses[:, 2]
    wanted = np.column_stack([pictures.poses[:, :2], np.cos(2.0 * yaw), np.sin(2.0 * yaw)])
    poses = torch.as_tensor(wanted, dtype=torch.float32)
    steps = len(poses) // _BATCH
    optimizer = torch.optim.AdamW(net.parameters(), lr=_PEAK_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _PEAK_RATE, total_steps=epochs * steps)
    for epoch in range(epochs):
        order, total = rng.permutation(len(poses)), 0.0
        for k in range(steps):
            rows = torch.from_numpy(order[k * _BATCH : (k + 1) * _BATCH])
            loss = _loss(net, rgb[rows].float() / 255.0, depth[rows], poses[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1}/{epochs}: loss {total / steps:.3f}", flush=True)
    net.eval()
    return net


def as_input(pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Colour as uint8 (N, 3, 96, 96), depth as float32 (N, 1, 96, 96)."""
    return torch.from_numpy(pictures.rgb).permute(0, 3, 1, 2), torch.from_numpy(pictures.depth_m)[:, None]


def _loss(net: BrickNet, rgb: Tensor, depth: Tensor, poses: Tensor) -> Tensor:
    features = net.features(rgb, depth)
    found = net.pose(features)
    across = torch.stack([net.x, net.y], dim=1) * HALF_VIEW_M + net.centre
    away = torch.cdist(poses[:, :2], across)
    heat = torch.softmax(-0.5 * (away / _HEAT_M) ** 2, dim=1)
    where = torch.nn.functional.cross_entropy(net.heat_logits(features), heat)
    place = ((found[:, :2] - poses[:, :2]) / 0.01).abs().mean()
    turn = (found[:, 2:] - poses[:, 2:]).pow(2).sum(1).mean()
    return where + 0.3 * place + turn


if __name__ == "__main__":
    sys.exit(main())
