"""How any number of frames goes into a model that takes certain batches."""

import numpy as np
import pytest

from simgate.policies.perception.inference.portions import ONE_BY_ONE, infer_in_portions, portions


@pytest.mark.parametrize(
    ("count", "ranges", "expected"),
    [
        (5, None, [(0, 5, 5)]),
        (0, None, []),
        (3, [(1, 1)], [(0, 1, 1), (1, 1, 1), (2, 1, 1)]),
        (5, [(4, 4)], [(0, 4, 4), (4, 1, 4)]),
        (17, [(1, 8)], [(0, 8, 8), (8, 8, 8), (16, 1, 1)]),
        (8, [(1, 2), (4, 6)], [(0, 6, 6), (6, 2, 2)]),
        (3, [(1, 2), (4, 6)], [(0, 2, 2), (2, 1, 1)]),
        (1, [(4, 6), (2, 3)], [(0, 1, 2)]),
    ],
)
def test_the_largest_batches_go_first_and_the_last_is_filled_up(count, ranges, expected):
    """First frame, number of frames, size of the batch."""
    assert portions(count, ranges) == expected


def test_a_model_may_answer_in_the_same_array_for_every_portion():
    kept = np.zeros(1)

    def infer(part, rows):
        kept[0] = part[0]
        return [kept]

    assert [float(one[0]) for one in infer_in_portions(np.arange(3.0), ONE_BY_ONE, infer)] == [0, 1, 2]
