from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import Usd, UsdGeom, UsdPhysics

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.variant import objects_of
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.worlds import world_of
from simgate.harness.scoring import metrics
from simgate.sim_adapters.usd.stage import write_stage
from tests.unit.sim_adapters.usd.openusd_checks import stage_problems
from tests.unit.sim_adapters.usd.scenes import built, random_office

VARIANTS = 200
SCENARIOS = Path(__file__).parents[4] / "scenarios"


def test_a_stage_without_units_and_default_prim_is_complained_about():
    stage = Usd.Stage.CreateInMemory()
    stage.DefinePrim("/Box", "Cube")
    found = " ".join(stage_problems(stage))
    assert "MissingDefaultPrim" in found
    assert "metersPerUnit" in found
    assert "upAxis" in found


def test_a_rigid_body_that_cannot_move_is_complained_about():
    stage = built(random_office(0))
    UsdPhysics.RigidBodyAPI.Apply(UsdGeom.Scope.Define(stage, "/World/Fixed").GetPrim())
    assert any("/World/Fixed" in problem for problem in stage_problems(stage))


def test_a_picture_that_is_not_there_is_complained_about(tmp_path):
    path, *pictures = write_stage(
        built(next(filter(_has_pattern, map(random_office, range(50))))), tmp_path / "s.usda"
    )
    assert stage_problems(Usd.Stage.Open(str(path))) == []
    pictures[0].unlink()
    assert any(pictures[0].name in problem for problem in stage_problems(Usd.Stage.Open(str(path))))


def _has_pattern(scene):
    return any(part.material.pattern != "plain" for body in scene.bodies for part in body.parts)


def test_two_hundred_random_offices_are_clean():
    """Every parameter over its whole range; this takes about six seconds."""
    problems = {
        seed: found for seed in range(VARIANTS) if (found := stage_problems(built(random_office(seed))))
    }
    assert problems == {}


@pytest.mark.parametrize("name", ["office_doors", "arena"])
def test_every_scenario_of_the_shipped_packs_is_clean(name, tmp_path):
    """Read without its model, which nothing here needs."""
    lines = [
        line
        for line in (SCENARIOS / name / "pack.yaml").read_text().splitlines()
        if not line.startswith("model:")
    ]
    copy = tmp_path / "pack.yaml"
    copy.write_text("\n".join(lines))
    pack = load_pack(copy, metrics)
    problems = {}
    for scenario in pack.scenarios:
        for variant in expand_scenario(pack, scenario, 5):
            made = world_of(pack, scenario).build(variant.parameters, objects_of(variant))
            if found := stage_problems(built(made)):
                problems[variant.id] = found
    assert problems == {}
