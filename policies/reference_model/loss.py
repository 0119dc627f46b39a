"""Targets and loss of the centre-point detector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from simgate.policies.reference_model.network import STRIDE

_SPREAD = 0.1  # Standard deviation of a centre's blob as a share of its box.
_BOX_WEIGHT, _PRESENCE_WEIGHT = 1.0, 0.8


@dataclass(frozen=True, slots=True)
class Targets:
    """What the network should say about N frames.

    Attributes:
        heatmap: 1 at a centre, falling off around it, (N, C, h, w).
        matters: False where a body is there that nobody is asked for, (N, C, h, w).
        box: Distances in strides to left, top, right, bottom, (N, 4, h, w).
        box_weight: How much a cell's box counts, (N, h, w).
    """

    heatmap: Tensor
    matters: Tensor
    box: Tensor
    box_weight: Tensor


def make_targets(
    boxes: Tensor, class_ids: Tensor, counted: Tensor, classes: int, size: tuple[int, int]
) -> Targets:
    """Targets of N frames with E entities each.

    Args:
        boxes: Pixels, (N, E, 4).
        class_ids: (N, E), -1 for none.
        counted: (N, E), entities that are asked for.
        classes: Number of classes.
        size: (h, w) of the grid.
    """
    h, w = size
    cell = boxes / STRIDE
    centre_x, centre_y = 0.5 * (cell[..., 0] + cell[..., 2]), 0.5 * (cell[..., 1] + cell[..., 3])
    column, row = centre_x.long().clamp(0, w - 1), centre_y.long().clamp(0, h - 1)
    sigma_x = (_SPREAD * (cell[..., 2] - cell[..., 0])).clamp(min=0.45)
    sigma_y = (_SPREAD * (cell[..., 3] - cell[..., 1])).clamp(min=0.45)
    x = torch.arange(w).view(1, 1, 1, w)
    y = torch.arange(h).view(1, 1, h, 1)
    dx = (x - column[..., None, None]) / sigma_x[..., None, None]
    dy = (y - row[..., None, None]) / sigma_y[..., None, None]
    blob = torch.exp(-0.5 * (dx**2 + dy**2)) * counted[..., None, None]
    near = (x + 1 > cell[..., 0, None, None]) & (x < cell[..., 2, None, None])
    near = near & (y + 1 > cell[..., 1, None, None]) & (y < cell[..., 3, None, None])
    unasked = near & ((class_ids >= 0) & ~counted)[..., None, None]
    member = class_ids[..., None] == torch.arange(classes)
    heatmap = (blob[:, :, None] * member[..., None, None]).amax(1)
    matters = ~(unasked[:, :, None] & member[..., None, None]).any(1)
    strength, owner = blob.max(1)
    x0, y0, x1, y1 = (cell[..., k].gather(1, owner.flatten(1)).view_as(owner) for k in range(4))
    cx, cy = x[:, 0] + 0.5, y[:, 0] + 0.5
    box = torch.stack((cx - x0, cy - y0, x1 - cx, y1 - cy), 1).clamp(min=0.05)
    return Targets(heatmap, matters, box, torch.where(strength > 0.3, strength, 0.0))


def detector_loss(logits: Tensor, log_box: Tensor, targets: Targets) -> Tensor:
    """Penalty-reduced focal loss (Law and Deng 2018, alpha 2, beta 4), box loss and presence loss.

    The box loss is 1 - GIoU (Rezatofighi et al. 2019) plus L1 of the log distances, which keeps
    a gradient where boxes are far off. The presence loss is the cross entropy of each class's highest
    score in the frame: focal loss alone is content with a score of 0.4 for glass in an open doorway.
    """
    logits, log_box = logits.float(), log_box.float().clamp(-5.0, 5.0)
    score = torch.sigmoid(logits)
    is_centre = targets.heatmap >= 0.999
    log_score, log_rest = torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)
    found = -((1.0 - score) ** 2) * log_score * is_centre
    empty = -((1.0 - targets.heatmap) ** 4) * score**2 * log_rest * (~is_centre & targets.matters)
    focal = (found + empty).sum() / is_centre.sum().clamp(min=1)
    weight = targets.box_weight
    giou = _giou(torch.exp(log_box), targets.box)
    l1 = (log_box - targets.box.log()).abs().sum(1)
    box = ((1.0 - giou + 0.25 * l1) * weight).sum() / weight.sum().clamp(min=1.0)
    return focal + _BOX_WEIGHT * box + _PRESENCE_WEIGHT * _presence(logits, is_centre, targets.matters)


def _presence(logits: Tensor, is_centre: Tensor, matters: Tensor) -> Tensor:
    """Mean cross entropy of the highest score of each class, over frames that are sure of the class."""
    highest = logits.masked_fill(~matters, -20.0).flatten(2).amax(2)
    present = is_centre.flatten(2).any(2)
    sure = present | matters.flatten(2).all(2)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(highest, present.float(), reduction="none")
    return (entropy * sure).sum() / sure.sum().clamp(min=1) * logits.shape[1]


def _giou(first: Tensor, second: Tensor) -> Tensor:
    """Generalized IoU of boxes given as distances from one point, (N, 4, h, w) -> (N, h, w)."""

    def area(d: Tensor) -> Tensor:
        return (d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3])

    inner = area(torch.minimum(first, second))
    hull = area(torch.maximum(first, second))
    union = area(first) + area(second) - inner
    return inner / union - (hull - union) / hull
