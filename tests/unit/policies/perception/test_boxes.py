import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.perception.boxes import iou_matrix

coordinate = st.integers(0, 20)
box = st.tuples(coordinate, coordinate, coordinate, coordinate).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


def raster(b) -> np.ndarray:
    grid = np.zeros((21, 21), bool)
    grid[b[1] : b[3], b[0] : b[2]] = True
    return grid


@given(st.lists(box, min_size=1, max_size=4), st.lists(box, min_size=1, max_size=4))
def test_iou_agrees_with_counting_pixels(first, second):
    result = iou_matrix(np.array(first), np.array(second))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            union = (raster(a) | raster(b)).sum()
            expected = (raster(a) & raster(b)).sum() / union if union else 0.0
            assert abs(result[i, j] - expected) < 1e-12
