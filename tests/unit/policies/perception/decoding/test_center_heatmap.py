import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.policies.perception.decoding.center_heatmap import decode_center_heatmap

CLASSES = ("glass_door", "wooden_door")


def decode(heatmap, box=None, **changes):
    heatmap = np.asarray(heatmap, np.float32)
    if box is None:
        box = np.ones((len(heatmap), 4, *heatmap.shape[2:]), np.float32)
    options = {"classes": CLASSES, "stride": 8, "thresholds": (0.3, 0.3), "max_detections": 10}
    return decode_center_heatmap(heatmap, box, **(options | changes))


def test_a_peak_becomes_a_box_around_its_cell_s_centre():
    heatmap, box = np.zeros((1, 2, 6, 8)), np.zeros((1, 4, 6, 8), np.float32)
    heatmap[0, 1, 3, 5] = 0.9
    box[0, :, 3, 5] = (1.0, 2.0, 1.5, 0.5)
    (found,) = decode(heatmap, box)
    np.testing.assert_allclose(found.boxes, [[44 - 8, 28 - 16, 44 + 12, 28 + 4]])
    assert found.label(0) == "wooden_door" and found.scores[0] == np.float32(0.9)


def test_boxes_are_clipped_to_the_frame():
    heatmap = np.zeros((1, 2, 6, 8))
    heatmap[0, 0, 0, 0] = 0.9
    (found,) = decode(heatmap, np.full((1, 4, 6, 8), 50.0, np.float32))
    np.testing.assert_array_equal(found.boxes, [[0, 0, 64, 48]])


def test_a_plateau_of_equal_scores_is_one_detection():
    heatmap = np.zeros((1, 2, 6, 8))
    heatmap[0, 0, 2:4, 3:5] = 0.7
    (found,) = decode(heatmap)
    assert len(found) == 1


def test_each_class_has_its_own_threshold():
    heatmap = np.zeros((1, 2, 6, 8))
    heatmap[0, :, 2, 2] = 0.5
    (found,) = decode(heatmap, thresholds=(0.6, 0.4))
    assert [found.label(k) for k in range(len(found))] == ["wooden_door"]


def test_overlapping_boxes_of_one_class_are_merged_to_the_best_and_other_classes_stay():
    heatmap = np.zeros((1, 2, 6, 8))
    heatmap[0, 0, 2, 2], heatmap[0, 0, 2, 4], heatmap[0, 1, 2, 3] = 0.9, 0.8, 0.7
    box = np.full((1, 4, 6, 8), 5.0, np.float32)
    (found,) = decode(heatmap, box, nms_iou=0.5)
    assert [found.label(k) for k in range(len(found))] == list(CLASSES)
    assert len(decode(heatmap, box)[0]) == 3


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), limit=st.integers(1, 12))
def test_detections_are_sorted_limited_and_exactly_the_local_maxima(seed, limit):
    heatmap = np.random.default_rng(seed).random((2, 2, 5, 7)).astype(np.float32)
    for frame, found in zip(heatmap, decode(heatmap, max_detections=limit), strict=True):
        expected = []
        for label in range(2):
            for r in range(5):
                for c in range(7):
                    window = frame[label, max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2]
                    if frame[label, r, c] >= 0.3 and frame[label, r, c] == window.max():
                        expected.append(frame[label, r, c])
        assert list(found.scores) == sorted(expected, reverse=True)[:limit]


def test_frames_of_a_batch_do_not_mix():
    heatmap = np.zeros((3, 2, 6, 8))
    heatmap[0, 0, 1, 1], heatmap[2, 1, 4, 4] = 0.8, 0.9
    assert [len(found) for found in decode(heatmap)] == [1, 0, 1]


def test_outputs_that_do_not_fit_or_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="do not fit 2 classes"):
        decode(np.zeros((1, 3, 6, 8)))
    broken = np.zeros((1, 2, 6, 8))
    broken[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        decode(broken)
