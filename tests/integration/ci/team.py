"""A small team's repository, with a folder ``policies/`` of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.integration.shipped import ROOT

PACK = """simgate: 1
pack: site
model: ../../policies/doors/model.yaml
policy: door_navigator
sim: {{adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10, time_limit_s: 4}}
latency: {{mode: simulated}}
seed: 5
parameters:
  lighting.lux: {{uniform: [200, 800]}}
  door.kind: none
  door.distance_m: {{uniform: [4, 7]}}
scenarios:
  doorway:
    title: The doorway is open
    severity: minor
    world: office_corridor
    variants: {{count: 8}}
    accept:
      {accept}
gate:
  - {{severity: minor, pass_rate: {{at_least: {rate}, confidence: 0.9}}}}
"""


def team(
    folder: Path, rate: float = 0.5, accept: str = "collisions: {at_most: 0}", pack: str = "site"
) -> Path:
    """Writes it: one pack of eight variants of four simulated seconds.

    Args:
        folder: Is made.
        rate: The pass rate that its gate asks for at 0.9 confidence: 0.5 needs 4 clean runs, 0.7 needs 7.
        pack: Name of its folder.
        accept: The criterion; four seconds are too few for `success: {equals: true}`.
    """
    home, model = folder / "scenarios" / pack, folder / "policies" / "doors"
    home.mkdir(parents=True)
    model.mkdir(parents=True)
    (folder / "policies" / "__init__.py").write_text('"""The team\'s own."""\n')
    (folder / "requirements.txt").write_text("simgate\n")
    (home / "pack.yaml").write_text(PACK.format(rate=rate, accept=accept))
    for name in ("model.yaml", "detector.onnx", "model_card.md"):
        shutil.copy(ROOT / "policies" / "reference_model" / name, model)
    return folder
