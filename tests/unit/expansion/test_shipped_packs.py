"""The packs of the repository expand, and every variant can be built by its world."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from simgate.harness.expansion.expand import expand_scenario, expand_variant
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.loader import find_packs, load_pack
from simgate.harness.packs.worlds import world_of
from simgate.harness.scoring import metrics

ROOT = Path(__file__).parents[3]
NEEDS_USD = [] if find_spec("pxr") is None else find_packs(ROOT / "docs" / "examples")
PACKS = [*find_packs(ROOT / "scenarios"), *NEEDS_USD]


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.parent.name)
def test_every_variant_of_a_shipped_pack_can_be_built(path: Path, tmp_path: Path) -> None:
    """The pack is read without its model, which nothing here needs and which may be in training."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if not line.startswith("model: ")]
    for beside in path.parent.parent.iterdir():
        if beside != path.parent:
            (tmp_path / beside.name).symlink_to(beside)
    shutil.copytree(path.parent, tmp_path / path.parent.name)
    copy = tmp_path / path.parent.name / "pack.yaml"
    copy.write_text("\n".join(lines), encoding="utf-8")
    pack = load_pack(copy, metrics)
    for scenario in pack.scenarios:
        world = world_of(pack, scenario)
        variants = expand_scenario(pack, scenario)
        assert len(variants) == scenario.variants.count + len(scenario.pinned)
        for variant in variants:
            scene = world.build(variant.parameters, objects_of(variant))
            assert scene.name == world.name
        last = len(variants) - 1
        assert expand_variant(pack, scenario, last) == variants[last]
