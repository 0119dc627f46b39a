from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.preview.choice import columns, key_parameters, log_parameters, spread
from simgate.harness.cli.preview.contact_sheet import contact_sheet
from simgate.harness.cli.preview.frame_job import Shown
from simgate.harness.cli.preview.histogram import MOST_BINS, bin_counts
from simgate.harness.cli.preview.start_frames import StartFrame
from simgate.harness.expansion.variant import Placed, Variant
from tests.unit.reports.factory import RunPlan, pack_of


def variant(scenario: str, index: int, **parameters: float | str | bool) -> Variant:
    return Variant(
        id=f"{scenario}::v{index:04d}",
        scenario=scenario,
        index=index,
        parameters=parameters,
        seed=index,
        digest=f"{scenario}{index}",
    )


def group(scenario: str, count: int, lux: float = 100.0) -> list[Variant]:
    return [variant(scenario, k, lux=lux + k, door="wood" if k % 10 == 0 else "glass") for k in range(count)]


def test_the_same_number_is_shown_of_every_scenario() -> None:
    shown = spread([*group("a", 100), *group("b", 100), *group("c", 100)], 24)
    assert [sum(v.scenario == name for v in shown) for name in "abc"] == [8, 8, 8]


def test_what_a_small_scenario_leaves_goes_to_the_others() -> None:
    shown = spread([*group("a", 2), *group("b", 100)], 24)
    assert [sum(v.scenario == name for v in shown) for name in "ab"] == [2, 22]


def test_variants_are_evenly_spaced_and_never_twice() -> None:
    shown = spread(group("a", 61), 7)
    assert [v.index for v in shown] == [0, 10, 20, 30, 40, 50, 60]


def test_fewer_variants_than_asked_are_all_shown() -> None:
    assert len(spread(group("a", 3), 24)) == 3


def test_a_scenario_that_fixes_a_parameter_does_not_hide_its_distribution() -> None:
    fixed = [variant("b", k, lux=5.0, door="glass") for k in range(50)]
    assert 5.0 not in columns([*group("a", 10), *fixed])["lux"]


def test_a_parameter_that_only_differs_between_scenarios_is_counted_over_all() -> None:
    both = [variant("a", k, door="glass") for k in range(3)] + [
        variant("b", k, door="wood") for k in range(2)
    ]
    assert sorted(map(str, columns(both)["door"])) == ["glass"] * 3 + ["wood"] * 2


def test_the_most_unusual_parameters_are_named() -> None:
    variants = group("a", 101)
    named = key_parameters(variants[100], columns(variants))
    assert [name for name, _ in named] == ["lux", "door"]


def test_the_pack_says_which_axis_is_logarithmic() -> None:
    assert log_parameters(pack_of(RunPlan())) == {"lighting.lux"}


def test_every_value_is_in_a_bin() -> None:
    values = np.geomspace(1, 1000, 560)
    counts = bin_counts(values, log=True)
    assert counts.sum() == 560
    assert counts.tolist() == [20] * MOST_BINS


def test_few_values_get_few_bins() -> None:
    assert len(bin_counts(np.linspace(0, 1, 30), log=False)) == 8


def test_the_number_of_placed_objects_is_a_column_of_the_scenarios_that_place_some() -> None:
    placed = [
        v.model_copy(
            update={"placed": (Placed(group="clutter", kind="box", x=1, y=0, yaw=0),) * (v.index % 3)}
        )
        for v in group("a", 9)
    ]
    assert columns([*placed, *group("b", 5)])["clutter (objects)"] == [0, 1, 2] * 3


def test_what_a_scenario_fixes_is_not_named_as_unusual() -> None:
    fixed = [variant("b", k, lux=5.0 + k, door="glass") for k in range(5)]
    assert [name for name, _ in key_parameters(fixed[0], columns(fixed))] == ["lux"]


def test_the_sheet_has_a_tile_for_each_frame_and_says_why_one_is_missing(tmp_path: Path) -> None:
    variants = group("a", 30)
    picture = tmp_path / "0.png"
    Image.new("RGB", (160, 120), (200, 10, 10)).save(picture)
    shown = (Shown(title="front.rgb", path=str(picture)),)
    frames = [StartFrame(variants[0], shown), StartFrame(variants[1], (), "ValueError: no such wood")]
    sheet = contact_sheet(pack_of(RunPlan()), variants, frames)
    pixels = np.asarray(sheet)
    red = (pixels == (200, 10, 10)).all(axis=2).sum()
    assert red == pytest.approx(240 * 180, rel=0.02)


def test_every_camera_has_a_picture_in_its_own_proportions_and_a_robot_without_one_has_a_tile(
    tmp_path: Path,
) -> None:
    variants = group("a", 4)
    red, green = tmp_path / "red.png", tmp_path / "green.png"
    Image.new("RGB", (100, 100), (200, 10, 10)).save(red)
    Image.new("RGB", (160, 120), (10, 200, 10)).save(green)
    shown = tuple(Shown(title=path.stem, path=str(path)) for path in (red, green))
    both = np.asarray(contact_sheet(pack_of(RunPlan()), variants, [StartFrame(variants[0], shown)]))
    assert (both == (200, 10, 10)).all(axis=2).sum() == pytest.approx(180 * 180, rel=0.06)
    assert (both == (10, 200, 10)).all(axis=2).sum() == pytest.approx(240 * 180, rel=0.06)
    bare = contact_sheet(pack_of(RunPlan()), variants, [StartFrame(variants[0], ())])
    assert bare.height < both.shape[0] - 300
