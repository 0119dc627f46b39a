"""Trains what the cart-pole is seen by, minutes on one core: ``python -m tests.isaac.sight.train PICTURES.npz``

Writes the packages ``trained`` and, after a few steps, ``early``. Pictures come of ``pictures.py``.
"""

import hashlib
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

SIZE, POINTS = 96, 4
EARLY, STEPS, BATCH = 80, 1200, 32
NAMES = ["picture", "cart", "pole"]
PACKAGE = """\
name: cartpole_sight
version: {version}
input: {{name: picture, channel: sensor.tiled_camera.rgb, width: 96, height: 96, mean: [0.9], std: [0.2]}}
decoder:
  kind: tensors
  outputs: {{cart: cart, pole: pole}}              # m; cosine and sine of the pole's angle
artifacts:
- {{kind: onnx, file: sight.onnx, sha256: {sha256}}}
latency:
  device: reference
  distribution: {{uniform: [8, 14]}}
lineage: {{seed: 0}}
"""


class Sight(nn.Module):
    """Where a few points are in the picture, and what follows from that."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs, stride in ((3, 8, 2), (8, 8, 1), (8, 12, 1), (12, 12, 1)):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
        self.features = nn.Sequential(*layers, nn.Conv2d(12, POINTS, 1))
        place = torch.linspace(-1.0, 1.0, SIZE // 2)
        self.register_buffer("x", place.repeat(SIZE // 2))
        self.register_buffer("y", place.repeat_interleave(SIZE // 2))
        self.state = nn.Sequential(nn.Linear(2 * POINTS, 32), nn.Tanh(), nn.Linear(32, 3))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """The cart's place (N, 1), m, and cosine and sine of the pole's angle (N, 2)."""
        weight = torch.softmax(self.features(picture).flatten(2), dim=2)
        points = torch.cat([(weight * self.x).sum(2), (weight * self.y).sum(2)], dim=1)
        found = self.state(points)
        return found[:, :1], found[:, 1:]


def write(net: Sight, folder: Path, version: str) -> None:
    """A model package."""
    folder.mkdir(exist_ok=True)
    file = folder / "sight.onnx"
    with warnings.catch_warnings():
        # The exporter that torch recommends needs onnxscript; the older one writes this network exactly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net.eval(),
            (torch.zeros(1, 3, SIZE, SIZE),),
            str(file),
            input_names=NAMES[:1],
            output_names=NAMES[1:],
            dynamic_axes={name: {0: "n"} for name in NAMES},
            opset_version=17,
            dynamo=False,
        )
    text = PACKAGE.format(version=version, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    (folder / "model.yaml").write_text(text)
    net.train()


def main(file: str) -> None:
    """Trains and writes."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    data, here = np.load(file), Path(__file__).parent
    pictures = torch.tensor(data["pictures"]).permute(0, 3, 1, 2)
    cart, pole = (torch.tensor(data[name], dtype=torch.float32) for name in ("cart_m", "pole_rad"))
    wanted = torch.stack([cart, torch.cos(pole), torch.sin(pole)], dim=1)
    held = len(wanted) // 8
    net = Sight()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)

    def said(rows: Tensor) -> Tensor:
        return torch.cat(net((pictures[rows].float() / 255.0 - 0.9) / 0.2), dim=1)

    for step in range(1, STEPS + 1):
        rows = torch.randint(held, len(wanted), (BATCH,))
        loss = ((said(rows) - wanted[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step in (EARLY, STEPS) or step % 250 == 0:
            net.eval()
            with torch.no_grad():
                off = torch.cat([said(rows) for rows in torch.arange(held).split(BATCH)]) - wanted[:held]
            net.train()
            print(
                step, "rms of held-out: cart, cos, sin", off.pow(2).mean(0).sqrt().tolist(), file=sys.stderr
            )
        if step in (EARLY, STEPS):
            write(
                net, here / ("early" if step == EARLY else "trained"), "0.1.0" if step == EARLY else "1.0.0"
            )


if __name__ == "__main__":
    main(sys.argv[1])
