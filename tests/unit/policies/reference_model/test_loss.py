import numpy as np
import pytest

pytest.importorskip("torch", reason="training only")

import torch

from simgate.policies.perception.decoding.center_heatmap import decode_center_heatmap
from simgate.policies.reference_model.loss import detector_loss, make_targets

CLASSES, SIZE = 3, (15, 20)


def targets(box, class_id=0, counted=True):
    boxes = torch.tensor([[box, [0, 0, 0, 0]]], dtype=torch.float32)
    return make_targets(
        boxes, torch.tensor([[class_id, -1]]), torch.tensor([[counted, False]]), CLASSES, SIZE
    )


@pytest.mark.parametrize("box", [(40, 20, 80, 100), (0, 0, 160, 120), (100, 40, 112, 70)])
def test_a_network_that_says_the_targets_is_decoded_to_the_box(box):
    wanted = targets(box, class_id=1)
    (found,) = decode_center_heatmap(
        wanted.heatmap.numpy().astype(np.float32),
        wanted.box.numpy().astype(np.float32),
        classes=("a", "b", "c"),
        stride=8,
        thresholds=(0.9,) * 3,
        max_detections=5,
    )
    assert len(found) == 1 and found.label(0) == "b"
    np.testing.assert_allclose(found.boxes[0], box, atol=0.5)


def test_the_loss_is_lowest_at_the_targets():
    wanted = targets((40, 20, 80, 100))
    right = torch.logit(wanted.heatmap.clamp(1e-4, 1 - 1e-4)), wanted.box.log()
    best = float(detector_loss(*right, wanted))
    assert best < 0.3
    shifted = torch.roll(right[0], 4, dims=3), right[1]
    larger = right[0], right[1] + 0.5
    silent = torch.full_like(right[0], -9.0), right[1]
    for wrong in (shifted, larger, silent):
        assert float(detector_loss(*wrong, wanted)) > best + 0.2


def test_a_body_nobody_is_asked_for_costs_nothing_either_way():
    wanted = targets((40, 20, 80, 100), counted=False)
    quiet = torch.full((1, CLASSES, *SIZE), -9.0)
    loud = quiet.clone()
    loud[0, 0, 3:12, 6:9] = 3.0
    boxes = torch.zeros(1, 4, *SIZE)
    assert float(detector_loss(loud, boxes, wanted)) == pytest.approx(
        float(detector_loss(quiet, boxes, wanted)), abs=1e-3
    )


def test_frames_without_anything_have_a_finite_loss():
    empty = make_targets(
        torch.zeros(1, 2, 4), torch.full((1, 2), -1), torch.zeros(1, 2, dtype=torch.bool), CLASSES, SIZE
    )
    loss = detector_loss(torch.zeros(1, CLASSES, *SIZE), torch.zeros(1, 4, *SIZE), empty)
    assert torch.isfinite(loss)
