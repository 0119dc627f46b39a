"""The training loop."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from simgate.policies.reference_model.frames import CLASSES, FrameSet
from simgate.policies.reference_model.loss import detector_loss, make_targets
from simgate.policies.reference_model.network import STRIDE, DoorNet

MEAN, STD = 0.45, 0.27
_BATCH = 64
_PEAK_RATE = 4e-3
_AVERAGED_STEPS = 400


def train(frames: FrameSet, epochs: int, seed: int, say: Callable[[str], None] = print) -> DoorNet:
    """Trains a network and returns the running average of its weights, in evaluation mode.

    Args:
        frames: Training frames. Left and right are swapped at random; colours never are.
        epochs: Passes over the frames.
        seed: Seed of initial weights and of the order of frames.
        say: Told the loss after each epoch.
    """
    torch.manual_seed(seed)
    net = DoorNet(len(CLASSES))
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(net)
    follower = _Follower(average, net)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}],
        lr=_PEAK_RATE,
        foreach=True,
    )
    steps = epochs * (len(frames) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _PEAK_RATE, total_steps=steps, pct_start=0.15)
    rng = np.random.default_rng(seed)
    # bfloat16 halves the time where the CPU multiplies it natively and would be slower elsewhere.
    reduced = torch.cpu._is_avx512_bf16_supported()
    net.train()
    done, started = 0, time.monotonic()
    for epoch in range(epochs):
        losses = []
        for images, boxes, class_ids, counted in _batches(frames, rng):
            with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
                logits, log_box = net(images)
            size = (images.shape[2] // STRIDE, images.shape[3] // STRIDE)
            targets = make_targets(boxes, class_ids, counted, len(CLASSES), size)
            loss = detector_loss(logits, log_box, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            done += 1
            follower.follow(min(1.0 - 1.0 / _AVERAGED_STEPS, done / (done + 20.0)))
            losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise FloatingPointError(f"the loss is {losses[-1]} in epoch {epoch + 1}: training diverged")
        minutes = (time.monotonic() - started) / 60.0
        say(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.3f}, {minutes:.1f} min")
    average.eval()
    return average


def _batches(frames: FrameSet, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    order = rng.permutation(len(frames))
    counted = frames.counted()
    width = frames.images.shape[2]
    for start in range(0, len(order) - _BATCH + 1, _BATCH):
        rows = np.sort(order[start : start + _BATCH])
        images, boxes = frames.images[rows], frames.boxes[rows].copy()
        mirrored = rng.random(_BATCH) < 0.5
        images[mirrored] = images[mirrored, :, ::-1]
        boxes[mirrored, :, 0], boxes[mirrored, :, 2] = (
            width - boxes[mirrored, :, 2],
            width - boxes[mirrored, :, 0],
        )
        yield (
            as_input(torch.from_numpy(images)),
            torch.from_numpy(boxes),
            torch.from_numpy(frames.class_ids[rows]),
            torch.from_numpy(counted[rows]),
        )


def as_input(images: Tensor) -> Tensor:
    """uint8 (N, H, W, 3) to the network's input."""
    # One pass over the pixels where arithmetic takes four.
    levels = (torch.arange(256).float() / 255.0 - MEAN) / STD
    return levels.index_select(0, images.reshape(-1).int()).reshape(images.shape).permute(0, 3, 1, 2)


class _Follower:
    """Lets the average follow a network's weights and statistics."""

    def __init__(self, average: DoorNet, net: DoorNet) -> None:
        pairs = list(zip(average.state_dict().values(), net.state_dict().values(), strict=True))
        self._numbers = [mine for mine, _ in pairs if mine.is_floating_point()]
        self._followed = [theirs for mine, theirs in pairs if mine.is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    def follow(self, keep: float) -> None:
        """Takes over the rest of ``keep``."""
        with torch.no_grad():
            torch._foreach_lerp_(self._numbers, self._followed, 1.0 - keep)
            for own, other in self._counts:
                own.copy_(other)
