"""The network that finds the brick, and its ONNX file."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from simgate.policies.grasping.motion import CAMERA_M
from simgate.policies.grasping.scenes import SIZE

CENTRE_M, HALF_VIEW_M = (0.45, 0.0), 0.2632
"""What the camera sees of the plane of the brick's top: about which point, and how far to each side."""
LYING_M = 0.02
"""Height of the middle of a brick that lies on the table."""
CELLS = SIZE // 4
_TABLE_DEPTH_M, _DEPTH_SCALE = 0.85, 10.0
_OPSET = 17


class BrickNet(nn.Module):
    """Colour (N, 3, 96, 96) from 0 to 1 and depth (N, 1, 96, 96) in metres in; see :meth:`forward`."""

    x: Tensor
    y: Tensor
    centre: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(4, 16, stride=2),
            *_convolution(16, 32, stride=2),
            *_convolution(32, 32),
            *_convolution(32, 32, dilation=2),
            *_convolution(32, 32, dilation=4),
            *_convolution(32, 32),
        )
        self.heat = nn.Conv2d(32, 1, 1)
        self.turn = nn.Conv2d(32, 2, 1)
        self.place = nn.Linear(2, 2)
        nn.init.eye_(self.place.weight)
        nn.init.zeros_(self.place.bias)
        steps = (torch.arange(CELLS) + 0.5) / CELLS * 2.0 - 1.0
        # The top of the picture is far from the base, its right side is at the base's right: x up, y left.
        self.register_buffer("x", -steps.repeat_interleave(CELLS))
        self.register_buffer("centre", torch.tensor(CENTRE_M))
        self.register_buffer("y", -steps.repeat(CELLS))

    def heat_logits(self, features: Tensor) -> Tensor:
        """(N, 24 * 24), row by row."""
        logits: Tensor = self.heat(features).flatten(1)
        return logits

    def features(self, rgb: Tensor, depth: Tensor) -> Tensor:
        """(N, 32, 24, 24)."""
        found: Tensor = self.body(torch.cat([rgb - 0.5, (_TABLE_DEPTH_M - depth) * _DEPTH_SCALE], dim=1))
        return found

    def pose(self, features: Tensor) -> Tensor:
        """(N, 4) x and y in metres, cosine and sine of twice the yaw."""
        weight = torch.softmax(self.heat_logits(features), dim=1)
        middle = torch.stack([(weight * self.x).sum(1), (weight * self.y).sum(1)], dim=1)
        place = self.place(middle) * HALF_VIEW_M + self.centre
        return torch.cat([place, (weight[:, None] * self.turn(features).flatten(2)).sum(2)], dim=1)

    def forward(self, rgb: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """The brick in the camera's frame, X right, Y down and Z ahead: its translation (N, 1, 3) in
        metres, and the first two columns of its rotation (N, 1, 6)."""
        x, y, cosine, sine = self.pose(self.features(rgb, depth)).unbind(1)
        yaw, zero = torch.atan2(sine, cosine) / 2.0, torch.zeros_like(x)
        cos, sin, ahead = torch.cos(yaw), torch.sin(yaw), zero + float(CAMERA_M[2]) - LYING_M
        place = torch.stack([float(CAMERA_M[1]) - y, float(CAMERA_M[0]) - x, ahead], dim=1)
        turned = torch.stack([-sin, -cos, zero, -cos, sin, zero], dim=1)
        return place[:, None], turned[:, None]


def export(net: BrickNet, path: Path) -> None:
    """Writes ``rgb``, ``depth`` -> ``translation``, ``rotation`` with a free batch axis."""
    names = ["rgb", "depth", "translation", "rotation"]
    with warnings.catch_warnings():
        # The exporter that torch recommends needs onnxscript; the older one writes this network exactly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net.eval(),
            (torch.zeros(1, 3, SIZE, SIZE), torch.ones(1, 1, SIZE, SIZE)),
            str(path),
            input_names=names[:2],
            output_names=names[2:],
            dynamic_axes={name: {0: "n"} for name in names},
            opset_version=_OPSET,
            dynamo=False,
        )


def _convolution(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    layer = nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)
    return [layer, nn.BatchNorm2d(outputs), nn.ReLU()]
