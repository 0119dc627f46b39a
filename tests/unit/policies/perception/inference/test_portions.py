"""How any number of frames goes into a model that takes certain batches."""

import pytest

from simgate.policies.perception.inference.portions import portions


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
