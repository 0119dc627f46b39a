"""Distances between oriented boxes and points are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simgate.harness.expansion.placing.boxes import Boxes, apart, distance, overlaps, separation


def box(x: float, y: float, yaw_deg: float, half_x: float, half_y: float) -> Boxes:
    return Boxes.turned(*(np.array([value]) for value in (x, y, np.radians(yaw_deg), half_x, half_y)))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (box(0, 0, 0, 1, 1), box(3, 0, 0, 1, 1), 1.0),
        (box(0, 0, 0, 1, 1), box(5, 6, 0, 1, 1), 5.0),
        (box(0, 0, 0, 1, 1), box(1.5, 0, 0, 1, 1), 0.0),
        (box(0, 0, 0, 1, 1), box(0, 0, 45, 0.1, 0.1), 0.0),
        (box(0, 0, 0, 1, 1), box(1 + np.sqrt(2) + 0.5, 0, 45, 1, 1), 0.5),
        (box(0, 0, 0, 5, 0.1), box(0, 0, 90, 5, 0.1), 0.0),
        (box(0, 0, 45, 1, 1), box(1.6, 1.6, 45, 1, 1), np.hypot(1.6, 1.6) - 2),
    ],
)
def test_known_distances(a: Boxes, b: Boxes, expected: float) -> None:
    assert distance(a, b)[0] == pytest.approx(expected, abs=1e-12)
    assert distance(b, a)[0] == pytest.approx(expected, abs=1e-12)


def outline(boxes: Boxes, points: int = 400) -> np.ndarray:
    x, y = boxes.corners()
    corners = np.stack([x[0], y[0]], axis=1)
    steps = np.linspace(0, 1, points, endpoint=False)[:, None]
    return np.concatenate(
        [a + steps * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
    )


_boxes = st.builds(
    box, st.floats(-2, 2), st.floats(-2, 2), st.floats(-180, 180), st.floats(0.05, 1.5), st.floats(0.05, 1.5)
)


@settings(max_examples=150, deadline=None)
@given(_boxes, _boxes)
def test_distances_agree_with_densely_sampled_outlines(a: Boxes, b: Boxes) -> None:
    exact = distance(a, b)[0]
    points_a, points_b = outline(a), outline(b)
    sampled = min(a.distance_to(*points_b.T).min(), b.distance_to(*points_a.T).min())
    assert sampled == pytest.approx(exact, abs=0.02)


@settings(max_examples=150, deadline=None)
@given(_boxes, _boxes)
def test_overlap_and_distance_agree(a: Boxes, b: Boxes) -> None:
    assert overlaps(a, b)[0] == (distance(a, b)[0] == 0.0)


@settings(max_examples=100, deadline=None)
@given(_boxes)
def test_the_axis_aligned_extents_touch_the_outermost_corners(a: Boxes) -> None:
    x, y = a.corners()
    extent_x, extent_y = a.extents()
    assert np.abs(x - a.x[:, None]).max() == pytest.approx(extent_x[0])
    assert np.abs(y - a.y[:, None]).max() == pytest.approx(extent_y[0])


def test_arrays_of_boxes_are_judged_one_by_one() -> None:
    rng = np.random.default_rng(5)

    def many() -> Boxes:
        return Boxes.turned(*rng.uniform(-2, 2, (3, 200)), *rng.uniform(0.1, 1, (2, 200)))

    a, b = many(), many()
    together = distance(a, b)
    for k in range(0, 200, 23):
        one = [o[k : k + 1] for o in (a, b)]
        assert distance(*one)[0] == together[k]


@settings(max_examples=200, deadline=None)
@given(a=_boxes, b=_boxes, radii=st.floats(0, 1), gap=st.floats(0, 1))
def test_being_apart_is_having_the_distance(a: Boxes, b: Boxes, radii: float, gap: float) -> None:
    between = distance(a, b)[0] - radii
    assume(abs(between) > 1e-9 and abs(between - gap) > 1e-9)
    expected = between > 0 and between >= gap
    assert apart(a, b, np.array([radii]), np.array([gap]))[0] == expected


@settings(max_examples=200, deadline=None)
@given(a=_boxes, b=_boxes)
def test_the_widest_shadow_gap_never_exceeds_the_distance(a: Boxes, b: Boxes) -> None:
    assert separation(a, b)[0] <= distance(a, b)[0] + 1e-9
