"""Parts of a field log that overlap are one unit of proof."""

import pytest

from simgate.harness.execution.planning.counting_order import DependentVariants, counting_order
from simgate.harness.execution.planning.plan import expected_variants
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.expansion.log_parts import overlapping_parts
from simgate.harness.expansion.scene_key import may_share_scenes
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.manifest import Fingerprint
from simgate.sim_adapters.worlds.declared.log import FROM, TO, LogSpec
from tests.unit.expansion.test_scene_key import load


@pytest.fixture
def pack(tmp_path):
    """A pack with two scenarios of one log."""
    pack = load(tmp_path, "{door.distance_m: 4}")
    log = LogSpec("a.mcap", "0" * 64, "/front/rgb", None, "camera.rgb", 50.0, (24, 32), 90.0)
    scenarios = [one.model_copy(update={"native": log, "world": log.name}) for one in pack.scenarios]
    return pack.model_copy(update={"scenarios": tuple(scenarios)})


def parts(*spans, scenario="glass"):
    return [
        Variant(
            id=f"{scenario}::v{k:04}",
            scenario=scenario,
            index=k,
            parameters={FROM: begin, TO: end},
            placed=(),
            seed=k,
            digest=f"{k:064x}",
        )
        for k, (begin, end) in enumerate(spans)
    ]


@pytest.mark.parametrize(
    ("spans", "scenes"),
    [
        ([(0, 30), (30, 60), (60, 90)], 3),  # One after the other.
        ([(0, 30), (0, 30)], 1),
        ([(0, 30), (1, 31), (2, 32)], 1),  # Moved on by a second.
        ([(0, 30), (50, 90), (20, 60)], 1),  # Two that a third one joins, in any order.
        ([(0, 90), (10, 20), (30, 40)], 1),  # Two within the whole.
        ([(0, 30), (20, 40), (40, 60), (59, 90)], 2),
    ],
)
def test_parts_that_overlap_are_one_scene_and_others_are_not(pack, spans, scenes):
    found = overlapping_parts(pack, parts(*spans))
    assert len(found) == len(spans)
    assert len(set(found.values())) == scenes


def test_the_same_part_in_another_scenario_is_the_same_scene(pack):
    both = [*parts((0, 30)), *parts((10, 40), scenario="again")]
    assert len(set(overlapping_parts(pack, both).values())) == 1


def test_a_manifest_names_the_scenes_so_and_a_sequential_test_refuses_them(pack):
    variants = parts((0, 30), (10, 40), (50, 60))
    one, two, three = expected_variants(pack, variants, Fingerprint())
    assert one.scene == two.scene != three.scene
    with pytest.raises(DependentVariants, match="show parts of a log that overlap"):
        counting_order(pack, variants)
    assert all(may_share_scenes(pack, scenario) for scenario in pack.scenarios)


def test_packs_without_logs_are_left_alone(tmp_path):
    pack = load(tmp_path, "{door.distance_m: 4}")
    assert overlapping_parts(pack, expand_pack(pack)) == {}
