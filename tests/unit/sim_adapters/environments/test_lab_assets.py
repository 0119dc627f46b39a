"""Robots that come with simgate are those that their script writes, and hold together as it says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from simgate.sim_adapters.environments.lab_assets.stage_text import _onto, _quaternion, rotation
from simgate.sim_adapters.environments.lab_assets.write_robots import HERE, stages


@pytest.mark.parametrize("path", stages())
def test_a_stage_is_what_the_script_writes(path: str) -> None:
    assert (HERE / path).read_text() == stages()[path]


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (0.3, -1.2, 2.9), (np.pi, 0, 0), (0, np.pi, 1.0), (-2.0, 1.0, -3.0)]
)
def test_a_quaternion_turns_as_its_matrix(angles: tuple[float, float, float]) -> None:
    matrix = rotation(*angles)
    w, *v = map(float, re.findall(r"[-.e0-9]+", _quaternion(matrix)))
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    turned = np.eye(3) + 2 * w * cross + 2 * cross @ cross
    np.testing.assert_allclose(turned, matrix, atol=1e-6)


@pytest.mark.parametrize("axis", [(1, 0, 0), (-1, 0, 0), (0, 0, -1), (1, 1, 0), (-1, 1, 0), (0.2, -0.5, 3)])
@pytest.mark.parametrize("first", [0, 2])
def test_an_axis_is_taken_onto_a_direction_by_a_rotation(axis: tuple[float, ...], first: int) -> None:
    found = _onto(axis, first)
    np.testing.assert_allclose(found[:, first], np.array(axis) / np.linalg.norm(axis), atol=1e-9)
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(found) == pytest.approx(1.0)
