"""The detector's network: a small fully convolutional centre-point detector at stride 8."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDE = 8
_PRIOR_LOGIT = -2.19  # Score 0.1 at the start (Lin et al. 2017), so that empty cells do not swamp the loss.


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Block(nn.Module):
    """Residual 3 x 3, dilated: dilation lets a cell see a whole near door.

    Dense on purpose: depthwise layers train slower on a CPU than dense ones with seven times the work.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, dilation, dilation, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.change(x))


class DoorNet(nn.Module):
    """Heatmap logits (N, classes, H / 8, W / 8) and log box distances (N, 4, H / 8, W / 8)."""

    def __init__(self, classes: int, widths: tuple[int, int, int] = (20, 40, 64)) -> None:
        super().__init__()
        a, b, c = widths
        self.stem = nn.Sequential(
            _convolution(3, a, 2), _convolution(a, b, 2), _convolution(b, b), _convolution(b, c, 2)
        )
        self.body = nn.Sequential(*[_Block(c, dilation) for dilation in (1, 2, 4, 1, 2, 4)])
        self.context = nn.Sequential(nn.Linear(c, c), nn.ReLU(inplace=True), nn.Linear(c, c))
        self.head = _convolution(c, c)
        self.heatmap = nn.Conv2d(c, classes, 1)
        self.box = nn.Conv2d(c, 4, 1)
        nn.init.constant_(self.heatmap.bias, _PRIOR_LOGIT)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Raw outputs; see the class."""
        x = self.body(self.stem(x))
        # The whole image's mean says how bright and noisy the frame is.
        x = self.head(x + self.context(x.mean((2, 3)))[:, :, None, None])
        return self.heatmap(x), self.box(x)


class Exported(nn.Module):
    """What the ONNX file computes: scores, and distances in strides."""

    def __init__(self, net: DoorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmap scores and box distances; see the class."""
        heatmap, box = self.net(x)
        return torch.sigmoid(heatmap), torch.exp(box.clamp(-5.0, 5.0))
