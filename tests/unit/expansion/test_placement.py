"""Placed objects: inside, apart, clear, and distributed as joint rejection would have it."""

from __future__ import annotations

import itertools
import math
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_pack, expand_variant
from simgate.harness.expansion.placing.boxes import Boxes, distance
from simgate.harness.expansion.variant import Placed, Variant
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.packs.placing import PlaceSpec
from simgate.harness.packs.variants import VariantsSpec
from tests.unit.expansion.packs import pack, place, scenario
from tests.unit.packs.yard import PLUGINS, YARD

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True, scope="module")
def _yard_for_hypothesis() -> Iterator[None]:
    """Hypothesis runs many examples in one function; the world stays installed for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", PLUGINS)
        yield


def expanded(side_m: float, count: int, **groups: PlaceSpec) -> tuple[Variant, ...]:
    return expand_pack(pack(scenario({"side_m": side_m}, placed=groups, count=count)))


def boxes(objects: tuple[Placed, ...]) -> list[Boxes]:
    found = []
    for item in objects:
        half = YARD.object_kinds[item.kind]
        found.append(Boxes.turned(*(np.array([v]) for v in (item.x, item.y, item.yaw, *half))))
    return found


def test_objects_never_overlap_and_keep_their_clearance() -> None:
    groups = {"a": place(("integers", 0, 4), {"box": 2, "plank": 1}, 0.3), "b": place(3, "bin", 0.0)}
    for variant in expanded(7, 300, **groups):
        shapes = boxes(variant.placed)
        for (first, a), (second, b) in itertools.combinations(zip(variant.placed, shapes, strict=True), 2):
            gap = 0.3 if "a" in (first.group, second.group) else 0.0
            assert distance(a, b)[0] >= gap and distance(a, b)[0] > 0


def test_objects_stand_wholly_inside_their_region() -> None:
    for variant in expanded(4, 300, a=place(2, {"plank": 1, "box": 1})):
        for shape in boxes(variant.placed):
            x, y = shape.corners()
            assert min(x.min(), y.min()) >= -1e-9 and max(x.max(), y.max()) <= 4 + 1e-9


def test_objects_stay_out_of_the_places_to_keep_clear() -> None:
    for variant in expanded(5, 300, a=place(3, {"plank": 1, "bin": 1}, 0.0, ("start", "centre"))):
        for shape in boxes(variant.placed):
            assert shape.distance_to(np.zeros(1), np.zeros(1))[0] > 1.0
            assert shape.distance_to(np.full(1, 2.5), np.full(1, 2.5))[0] > 0.5


def test_counts_and_kinds_follow_their_law() -> None:
    variants = expanded(20, 3000, a=place(("integers", 0, 3), {"box": 3, "bin": 1}))
    counts = np.bincount([len(v.placed) for v in variants], minlength=4)
    assert stats.chisquare(counts).pvalue > 0.01
    kinds = [item.kind for v in variants for item in v.placed]
    assert stats.binomtest(kinds.count("box"), len(kinds), 0.75).pvalue > 0.01


def test_a_single_object_is_uniform_over_where_it_may_stand() -> None:
    variants = expanded(5, 4000, a=place(1, "bin"))
    turned = [item for v in variants for item in v.placed]
    reach = [0.2 * (abs(math.cos(i.yaw)) + abs(math.sin(i.yaw))) for i in turned]
    share = [(i.x - r) / (5 - 2 * r) for i, r in zip(turned, reach, strict=True)]
    assert stats.kstest(share, "uniform").pvalue > 0.01
    assert stats.kstest([i.yaw for i in turned], stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > 0.01


def test_positions_follow_the_law_of_naive_joint_rejection() -> None:
    """Three boxes in a narrow yard against a plain loop that draws all until all are apart."""
    side, wanted = 3.0, 1500
    variants = expanded(side, wanted, a=place(3, "box", 0.1))
    rng = np.random.default_rng(3)
    naive: list[list[tuple[float, float]]] = []
    while len(naive) < wanted:
        drawn = []
        for _ in range(3):
            yaw = rng.uniform(-math.pi, math.pi)
            shape = Boxes.turned(*(np.array([v]) for v in (0.0, 0.0, yaw, 0.3, 0.5)))
            ex, ey = (float(e[0]) for e in shape.extents())
            x, y = rng.uniform(ex, side - ex), rng.uniform(ey, side - ey)
            drawn.append(Boxes.turned(*(np.array([v]) for v in (x, y, yaw, 0.3, 0.5))))
        if all(distance(a, b)[0] >= 0.1 for a, b in itertools.combinations(drawn, 2)):
            naive.append([(float(b.x[0]), float(b.y[0])) for b in drawn])
    ours = [[(i.x, i.y) for i in v.placed] for v in variants]

    def spread(points: list[tuple[float, float]]) -> float:
        return min(math.dist(a, b) for a, b in itertools.combinations(points, 2))

    assert stats.ks_2samp([spread(p) for p in ours], [spread(p) for p in naive]).pvalue > 0.01
    for number in range(3):
        drawn_x, expected_x = ([p[number][0] for p in ps] for ps in (ours, naive))
        assert stats.ks_2samp(drawn_x, expected_x).pvalue > 0.01


def test_an_object_too_large_for_its_region_is_an_error_that_says_so() -> None:
    with pytest.raises(ExpansionError) as caught:
        expanded(1.2, 3, clutter=place(1, "plank"))
    assert "group 'clutter': no room for a 'plank' in region 'floor' (1.20 m x 1.20 m)" in str(caught.value)


def test_a_place_to_keep_clear_that_fills_the_region_is_named() -> None:
    with pytest.raises(ExpansionError, match="clear of start, centre"):
        expanded(1.0, 3, clutter=place(1, "bin", 0.0, ("start", "centre")))


def test_too_many_objects_are_an_error_with_a_remedy() -> None:
    with pytest.raises(ExpansionError) as caught:
        expanded(2.0, 1, clutter=place(9, "box", 0.5))
    assert "'clutter' (9 objects, clearance 0.5 m)" in str(caught.value)
    assert "lower count or clearance_m" in str(caught.value)


def test_another_group_leaves_counts_and_kinds_of_the_first_as_they_were() -> None:
    first = place(("integers", 0, 3), {"box": 1, "bin": 1})
    alone = expanded(12, 50, a=first)
    joined = expanded(12, 50, a=first, b=place(2, "plank"))
    for before, after in zip(alone, joined, strict=True):
        assert [i.kind for i in before.placed] == [i.kind for i in after.placed if i.group == "a"]


_weights = st.dictionaries(
    st.sampled_from(["bin", "box", "plank", "crate", "drum"]), st.integers(1, 5), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(weights=_weights, added=st.sampled_from(["bin", "box", "plank", "crate", "drum"]), order=st.randoms())
def test_kinds_can_be_reordered_and_added_without_swapping_others(
    weights: dict[str, int], added: str, order: Any
) -> None:
    shuffled = list(weights.items())
    order.shuffle(shuffled)
    before = expanded(25, 30, a=place(("integers", 0, 3), weights))
    assert expanded(25, 30, a=place(("integers", 0, 3), dict(shuffled))) == before
    if added in weights:
        return
    after = expanded(25, 30, a=place(("integers", 0, 3), {added: 2, **weights}))
    for old, new in zip(before, after, strict=True):
        pairs = list(zip(old.placed, new.placed, strict=True))
        assert all(b.kind in (a.kind, added) for a, b in pairs)
        # Other footprints can cost other attempts; without them nothing moves.
        assert old.placed == new.placed or any(b.kind == added for _, b in pairs)


def shapes(objects: tuple[Placed, ...]) -> list[tuple[Boxes, float]]:
    """Core and radius of every object, from what the variant says of it and the world."""
    found = []
    for item in objects:
        half_x, half_y = YARD.object_kinds[item.kind]
        if item.length_m is not None and item.width_m is not None:
            half_x, half_y = item.length_m / 2, item.width_m / 2
        is_round = item.kind in YARD.round_kinds
        core = (0.0, 0.0) if is_round else (half_x, half_y)
        box = Boxes.turned(*(np.array([v]) for v in (item.x, item.y, item.yaw, *core)))
        found.append((box, half_x if is_round else 0.0))
    return found


MIXED = {
    "crates": place(3, "crate", 0.2, length=("uniform", 0.4, 1.5), width=("uniform", 0.3, 0.8)),
    "drums": place(3, "drum", diameter=("uniform", 0.3, 1.2)),
    "rest": place(2, {"drum": 1, "bin": 1}, keep_clear=("centre",)),
}


def test_discs_and_sized_boxes_keep_their_exact_distances() -> None:
    touching = 0
    for variant in expanded(5, 400, **MIXED):
        found = list(zip(variant.placed, shapes(variant.placed), strict=True))
        for (first, (a, r)), (second, (b, s)) in itertools.combinations(found, 2):
            gap = 0.2 if "crates" in (first.group, second.group) else 0.0
            between = float(distance(a, b)[0]) - r - s
            assert between > 0 and between >= gap - 1e-12
            touching += between < gap + 0.05
    assert touching > 50


def test_round_objects_stand_inside_and_clear_of_what_is_kept_free() -> None:
    for variant in expanded(5, 300, **MIXED):
        for item, (box, radius) in zip(variant.placed, shapes(variant.placed), strict=True):
            if radius:
                assert radius - 1e-9 <= min(item.x, item.y) and max(item.x, item.y) <= 5 - radius + 1e-9
            if item.group == "rest":
                assert float(box.distance_to(np.full(1, 2.5), np.full(1, 2.5))[0]) > 0.5 + radius


def test_sizes_follow_their_law_and_only_chosen_ones_are_said() -> None:
    variants = expanded(40, 1500, **MIXED)
    crates = [item for v in variants for item in v.placed if item.group == "crates"]
    assert stats.kstest([c.length_m for c in crates], stats.uniform(0.4, 1.1).cdf).pvalue > 0.01
    assert stats.kstest([c.width_m for c in crates], stats.uniform(0.3, 0.5).cdf).pvalue > 0.01
    drums = [item for v in variants for item in v.placed if item.group == "drums"]
    assert all(d.length_m == d.width_m and 0.3 <= (d.length_m or 0) <= 1.2 for d in drums)
    rest = [item for v in variants for item in v.placed if item.group == "rest"]
    assert all(item.length_m is None and "length_m" not in item.model_dump() for item in rest)


def test_one_side_alone_leaves_the_other_to_the_world() -> None:
    for variant in expanded(9, 20, a=place(1, "crate", width=0.5)):
        assert (variant.placed[0].length_m, variant.placed[0].width_m) == (0.8, 0.5)


def test_turns_can_be_chosen() -> None:
    variants = expanded(
        9, 200, a=place(1, "crate", yaw={0: 1, 90: 1}), b=place(1, "plank", yaw=("uniform", -10, 10))
    )
    turns = {round(math.degrees(v.placed[0].yaw)) for v in variants}
    assert turns == {0, 90}
    assert all(abs(math.degrees(v.placed[1].yaw)) <= 10 for v in variants)


def test_a_group_more_moves_objects_only_where_it_was_in_the_way() -> None:
    """Poses are functions of variant, attempt and object; a further object can only cost further attempts."""
    first = {"a": place(3, "crate", length=("uniform", 0.4, 1.5))}
    alone = expanded(8, 400, **first)
    joined = expanded(8, 400, **first, b=place(1, "drum"))
    same = 0
    for before, after in zip(alone, joined, strict=True):
        kept = tuple(item for item in after.placed if item.group == "a")
        same += kept == before.placed
    assert 300 < same < 400


def test_a_placed_variant_alone_equals_the_one_of_the_whole() -> None:
    made = scenario({"side_m": ("uniform", 4, 6)}, placed=MIXED, count=50)
    whole = expand_pack(pack(made))
    assert all(expand_variant(pack(made), made, k) == whole[k] for k in (0, 7, 23, 49))


def test_sized_boxes_follow_the_law_of_naive_joint_rejection() -> None:
    side, wanted = 3.0, 1200
    groups = {"a": place(3, "crate", 0.1, length=("uniform", 0.4, 1.2), width=("uniform", 0.3, 0.9))}
    variants = expanded(side, wanted, **groups)
    rng = np.random.default_rng(5)
    naive: list[list[Boxes]] = []
    while len(naive) < wanted:
        drawn = []
        for _ in range(3):
            half = rng.uniform((0.2, 0.15), (0.6, 0.45))
            yaw = rng.uniform(-math.pi, math.pi)
            shape = Boxes.turned(*(np.array([v]) for v in (0.0, 0.0, yaw, *half)))
            ex, ey = (float(e[0]) for e in shape.extents())
            x, y = rng.uniform(ex, side - ex), rng.uniform(ey, side - ey)
            drawn.append(Boxes.turned(*(np.array([v]) for v in (x, y, yaw, *half))))
        if all(distance(a, b)[0] >= 0.1 for a, b in itertools.combinations(drawn, 2)):
            naive.append(drawn)
    ours = [[box for box, _ in shapes(v.placed)] for v in variants]
    for measure in (lambda b: b[0].x[0], lambda b: b[2].y[0], lambda b: b[1].half_x[0], nearest):
        drawn_values, expected = ([float(measure(boxes)) for boxes in found] for found in (ours, naive))
        assert stats.ks_2samp(drawn_values, expected).pvalue > 0.01


def nearest(found: list[Boxes]) -> float:
    return min(float(distance(a, b)[0]) for a, b in itertools.combinations(found, 2))


def test_the_arena_follows_the_law_of_naive_joint_rejection() -> None:
    """Eight sized objects, 0.3 m apart, of which 3 draws in 100 survive, against draws of numpy's own generator."""
    text = (ROOT / "scenarios" / "arena" / "pack.yaml").read_text(encoding="utf-8")
    place = {
        name: spec.model_copy(update={"clearance_m": 0.3})
        for name, spec in arena(text).scenarios[0].place.items()
    }
    variants = VariantsSpec(count=1500, method="random")
    made = arena(text).scenarios[0].model_copy(update={"place": place, "variants": variants})
    placed = [v.placed for v in expand_pack(arena(text).model_copy(update={"scenarios": (made,)}))]
    ours = np.array([[(o.x, o.y, o.yaw, o.length_m, o.width_m) for o in row] for row in placed])
    naive = naive_arena(made, 50_000)
    assert 0.02 < len(naive) / 50_000 < 0.05
    measures = {
        **{
            f"{what} of object {k}": (lambda a, k=k, i=i: a[:, k, i])
            for k in range(8)
            for i, what in enumerate(("x", "y", "yaw", "length"))
        },
        "nearest middle": lambda a: np.min(
            [np.hypot(*(a[:, i, :2] - a[:, j, :2]).T) for i, j in itertools.combinations(range(8), 2)], axis=0
        ),
        "area": lambda a: (a[..., 3] * a[..., 4]).sum(axis=1),
    }
    values = {
        name: stats.ks_2samp(measure(ours), measure(naive)).pvalue for name, measure in measures.items()
    }
    assert min(values.values()) > 0.01 / len(values), values


def arena(text: str) -> Pack:
    """The shipped arena, without its model, which nothing here needs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(re.sub(r"(?m)^model:.*\n", "", text), encoding="utf-8")
        return load_pack(path)


def naive_arena(made: Scenario, draws: int) -> np.ndarray:
    """All objects drawn, all pairs measured, whole rows kept: x, y, yaw, length, width, (n, objects, 5)."""
    rng = np.random.default_rng(11)
    rows, found = [], []
    for _, spec in sorted(made.place.items()):
        for _ in range(int(spec.count.choices[0])):
            length, width = (
                rng.uniform(v.numbers["low"], v.numbers["high"], draws) for v in (spec.length, spec.width)
            )
            yaw = rng.uniform(-math.pi, math.pi, draws)
            cos, sin = np.abs(np.cos(yaw)), np.abs(np.sin(yaw))
            x, y = (
                (5 - e) * rng.uniform(-1, 1, draws)
                for e in ((length * cos + width * sin) / 2, (length * sin + width * cos) / 2)
            )
            rows.append(np.stack([x, y, yaw, length, width], axis=1))
            found.append(Boxes.turned(x, y, yaw, length / 2, width / 2))
    good = np.ones(draws, dtype=bool)
    for a, b in itertools.combinations(found, 2):
        good &= distance(a, b) >= 0.3
    return np.stack(rows, axis=1)[good]
