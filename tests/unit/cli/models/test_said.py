"""Every kind of output has words, numbers and a picture in ``simgate detect``."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest

from simgate.harness.cli.model.said import told
from simgate.policies.perception.outputs import Boxes, Depth, Keypoints, Masks, ModelOutput, Poses, Tensors

ONE, FIRST = np.ones(1, np.float32), np.zeros(1, np.int64)
SAID: dict[type, tuple[ModelOutput, str, tuple[str, ...]]] = {
    Boxes: (
        Boxes(np.array([[1, 2, 3, 4]], np.float32), ONE, FIRST, ("cup",)),
        "1 detection", ("cup", "1.000", "1.0", "2.0", "3.0", "4.0"),
    ),
    Masks: (Masks(np.array([[0, 0, 0, -1]]), ("floor", "cup")), "mask of 1 class", ("floor", "75.0")),
    Depth: (
        Depth(np.array([[1.0, 2.0, 4.0, np.nan]], np.float32)),
        "depth", ("depth", "1.000", "2.000", "4.000", "25.0"),
    ),
    Poses: (
        Poses(np.array([[0.1, -0.2, 1.5]]), np.eye(3)[None], ONE, FIRST, ("cup",)),
        "1 pose", ("cup", "1.000", "0.100", "-0.200", "1.500"),
    ),
    Keypoints: (
        Keypoints(np.array([[[5, 6]]], np.float32), np.array([[0.5]], np.float32), ONE, FIRST, ("dog",), ("tail",)),
        "keypoints of 1 object", ("dog tail", "0.500", "5.0", "6.0"),
    ),
    Tensors: (Tensors({"logits": np.array([[1.0, -2.0]])}), "1 tensor", ("logits", "1x2", "-2", "1")),
}  # fmt: skip


@pytest.mark.parametrize("kind", get_args(ModelOutput))
def test_each_kind_is_told_in_a_table_and_in_plain_values(kind: type) -> None:
    output, count, row = SAID[kind]
    found = told(output)
    assert (found.count, found.rows) == (count, (row,))
    assert len(found.head) == len(row)
    assert json.loads(json.dumps(found.values)) == found.values


def test_depth_that_says_nothing_has_no_numbers() -> None:
    found = told(Depth(np.full((2, 2), np.nan, np.float32)))
    assert found.values["depth_m"] == {"least": None, "median": None, "largest": None, "share_without": 1.0}
