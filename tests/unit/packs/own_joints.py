"""A pack with a robot on its own joints, and what lint says of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from tests.unit.sim_adapters.articulated.machines import ARM

PACK = """\
simgate: 1
pack: arm
policy: door_navigator
sim: {physics_hz: 200, control_hz: 20}
scenarios:
  lifts:
    title: lifts
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: {joints: all, mode: position, kp: 100}}
      sensors: {wrist: {camera: wrist}, angle: {sensor: angle}}
    task:
      signals: {height_m: {position: body/cube, axis: z}, grip_n: {contact_force: [body/fore, body/cube]}}
      success: height_m > 0.8 for 0.5 s
      touch: {allow: [[base, table]]}
    variants: {count: 1}
    accept: {success: {equals: true}}
"""


def said(folder: Path, text: str, arm: str = "") -> list[tuple[int, str, str, str]]:
    """Line, code, message and hint of everything that is wrong."""
    (folder / "arm.xml").write_text(arm or ARM)
    path = folder / "pack.yaml"
    path.write_text(text)
    found = lint([path], metrics, date(2026, 11, 28))
    return [(d.line, d.code, d.message, d.hint) for d in found]
