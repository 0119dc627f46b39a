"""Packs that name a policy, a world, a metric or a decoder by its file."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.results.parts import Part
from tests.unit.execution.memory_pack import write_pack

POLICY = """\
from tests.unit.execution.memory_plugins import MemoryPolicy
from .gains import GAIN

class Mine(MemoryPolicy):
    gain = GAIN
"""
WORLD = """\
from tests.unit.execution.memory_plugins import MemoryCorridor

HALL = MemoryCorridor()
"""


def a_pack(folder: Path, policy: str = "mine.py:Mine", world: str = "memory_corridor") -> Pack:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.py").write_text(POLICY)
    (folder / "gains.py").write_text("GAIN = 1.0\n")
    (folder / "hall.py").write_text(WORLD)
    path = write_pack(folder)
    text = path.read_text().replace("policy: memory_policy", f"policy: {policy}")
    path.write_text(text.replace("world: memory_corridor", f"world: {world}"))
    return load_pack(path)


def part(parts: tuple[Part, ...], role: str) -> Part:
    return next(one for one in parts if one.role == role)


METRICS = """\
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue

WAY = Metric(
    MetricInfo("way", "m", "higher", 0.0, None, "number", "Way driven.", "own"),
    lambda evidence, options: MetricValue(float(evidence.signal("x_m")[-1])),
)
NOTHING = 3
"""


def a_pack_with_metrics(folder: Path, accept: str, gate: str = "") -> Path:
    (folder / "ways.py").write_text(METRICS)
    path = write_pack(folder)
    text = path.read_text().replace("collisions: {at_most: 0}", accept)
    path.write_text(text + gate)
    return path
