"""Localisation, flicker and calibration of detections, by hand; AP50 against COCO's own evaluation."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.scoring.families.detection import calibration_error
from simgate.harness.scoring.metrics import compute
from tests.unit.scoring.traces import BOX, CLASSES, found, frame, make_trace, samples, seen

HIT = ("glass_door", 0.9, BOX)
OFF = ("glass_door", 0.8, (0, 0, 20, 20))


def metric(what, frames, answers, label="glass_door", **options):
    trace = make_trace(len(frames) + 5, frames=frames, detections=answers)
    return compute(f"detection.{label}.{what}", trace, samples(), options)


class TestCentreError:
    def test_it_is_the_mean_distance_of_the_centres(self):
        shifted = ("glass_door", 0.9, (43, 24, 103, 114))
        frames = [frame(0, seen()), frame(1, seen())]
        assert metric("centre_error_px", frames, [found(0, HIT), found(1, shifted)]).value == pytest.approx(
            2.5
        )

    def test_without_true_detections_it_is_undefined(self):
        assert "ever detected" in metric("centre_error_px", [frame(0, seen())], [found(0, OFF)]).undefined


class TestAveragePrecision:
    @pytest.mark.parametrize("alarm_first", [True, False])
    def test_equal_scores_have_no_order_that_flatters(self, alarm_first):
        pair = [("glass_door", 0.9, (0, 0, 20, 20)), HIT]
        answer = found(0, *(pair if alarm_first else reversed(pair)))
        assert metric("ap50", [frame(0, seen())], [answer]).value == pytest.approx(0.5)

    def test_a_worse_score_of_the_false_alarm_does(self):
        assert metric("ap50", [frame(0, seen())], [found(0, HIT, OFF)]).value == pytest.approx(1.0)


class TestFlicker:
    def test_every_loss_of_an_object_in_view_counts(self):
        # Seen, lost, seen, lost: two losses in three tenths of a second.
        frames = [frame(tick, seen()) for tick in range(4)]
        value = metric("flicker_hz", frames, [found(0, HIT), found(1), found(2, HIT), found(3)])
        assert value.value == pytest.approx(2 / 0.3)
        assert value.lost_at_s == pytest.approx(0.1)

    def test_an_object_that_leaves_the_view_is_not_lost(self):
        frames = [frame(0, seen()), frame(1), frame(2, seen())]
        answers = [found(0, HIT), found(1), found(2)]
        assert "two frames in a row" in metric("flicker_hz", frames, answers).undefined

    def test_time_out_of_view_is_no_time_and_no_loss(self):
        # In view at 0, 0.1, 0.4, 0.5 s; found, found, missed (back in view), found: nothing was lost in view.
        frames = [frame(0, seen()), frame(1, seen()), frame(2), frame(3), frame(4, seen()), frame(5, seen())]
        answers = [found(0, HIT), found(1, HIT), found(2), found(3), found(4), found(5, HIT)]
        assert metric("flicker_hz", frames, answers).value == 0.0
        answers[5] = found(5)
        answers[4] = found(4, HIT)
        # One loss in two stretches of a tenth of a second.
        assert metric("flicker_hz", frames, answers).value == pytest.approx(1 / 0.2)

    def test_a_steady_miss_does_not_flicker(self):
        frames = [frame(0, seen()), frame(1, seen())]
        assert metric("flicker_hz", frames, [found(0), found(1)]).value == 0.0

    def test_one_frame_says_nothing(self):
        assert "two frames" in metric("flicker_hz", [frame(0, seen())], [found(0, HIT)]).undefined

    def test_two_objects_flicker_each_for_itself(self):
        left, right = (0, 0, 40, 80), (60, 0, 100, 80)
        truth = [frame(t, seen(box=left, name="a"), seen(box=right, name="b")) for t in range(2)]
        both = found(0, ("glass_door", 0.9, left), ("glass_door", 0.8, right))
        assert metric(
            "flicker_hz", truth, [both, found(1, ("glass_door", 0.9, left))]
        ).value == pytest.approx(5.0)


class TestCalibration:
    def test_scores_that_tell_the_truth_have_no_error(self):
        assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)

    def test_certainty_that_is_always_wrong_has_error_one(self):
        assert calibration_error([1.0, 1.0], [False, False]) == pytest.approx(1.0)

    def test_bins_are_weighted_by_their_detections(self):
        # Three at 0.95 of which all are true, one at 0.15 that is true: (3 * 0.05 + 0.85) / 4.
        assert calibration_error([0.95, 0.95, 0.95, 0.15], [True] * 4) == pytest.approx(0.25)

    def test_false_alarms_count_as_detections_that_are_not_true(self):
        answer = found(0, ("glass_door", 0.95, BOX), ("glass_door", 0.85, (0, 0, 20, 20)))
        assert metric("ece", [frame(0, seen())], [answer]).value == pytest.approx((0.05 + 0.85) / 2)


def boxes(size):
    corner = st.tuples(st.integers(0, 60), st.integers(0, 60))
    side = st.tuples(st.integers(8, 40), st.integers(8, 40))
    box = st.tuples(corner, side).map(lambda b: (b[0][0], b[0][1], b[0][0] + b[1][0], b[0][1] + b[1][1]))
    return st.lists(box, max_size=size)


SHIFT = st.integers(-6, 6)
DETECTION = st.tuples(st.sampled_from(CLASSES[:2]), st.integers(1, 99), SHIFT, SHIFT)


@st.composite
def episodes(draw):
    """Frames with boxes of two classes; some detections lie near a true box, some anywhere."""
    frames, answers = [], []
    for tick in range(draw(st.integers(1, 4))):
        truth = [(draw(st.sampled_from(CLASSES[:2])), box) for box in draw(boxes(3))]
        entities = [seen(label, box, name=f"{tick}.{k}") for k, (label, box) in enumerate(truth)]
        near = [
            (label, score, (b[0] + dx, b[1] + dy, b[2] + dx, b[3] + dy))
            for (_, b), (label, score, dx, dy) in zip(
                truth, draw(st.lists(DETECTION, max_size=3)), strict=False
            )
        ]
        free = [(draw(st.sampled_from(CLASSES[:2])), draw(st.integers(1, 99)), b) for b in draw(boxes(2))]
        frames.append(frame(tick, *entities))
        # Equal scores have no order; a hair of difference by rank makes the two evaluations comparable.
        scored = [
            (label, (score + k / 100) / 100, box) for k, (label, score, box) in enumerate([*near, *free])
        ]
        answers.append(found(tick, *((label, score + tick / 1e5, box) for label, score, box in scored)))
    return frames, answers


def coco_ap50(frames, answers):
    """AP at IoU 0.5 by pycocotools: by class, and the mean over the classes with ground truth."""
    coco_module = pytest.importorskip("pycocotools.coco", reason="needs pycocotools (extra dev)")
    from pycocotools.cocoeval import COCOeval

    def width_height(box):
        return [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])]

    truth = [
        {"image_id": image, "category_id": CLASSES.index(entity.label) + 1, "bbox": width_height(entity.box)}
        for image, one in enumerate(frames)
        for entity in one.entities
    ]
    for number, entry in enumerate(truth, start=1):
        entry.update(id=number, area=entry["bbox"][2] * entry["bbox"][3], iscrowd=0)
    detected = [
        {
            "image_id": image,
            "category_id": int(label) + 1,
            "bbox": width_height(box.tolist()),
            "score": float(score),
        }
        for image, answer in enumerate(answers)
        for label, score, box in zip(answer.class_ids, answer.scores, answer.boxes, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_module.COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": image} for image in range(len(frames))],
            "categories": [{"id": k + 1, "name": name} for k, name in enumerate(CLASSES)],
            "annotations": truth,
        }
        coco.createIndex()
        if not detected:
            return {name: 0.0 for name in CLASSES if any(name == e.label for f in frames for e in f.entities)}
        evaluation = COCOeval(coco, coco.loadRes(detected), "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][0, :, :, 0, -1]
    means = {name: float(precision[:, k].mean()) for k, name in enumerate(CLASSES)}
    return {name: value for name, value in means.items() if value >= 0}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(episode=episodes())
def test_ap50_agrees_with_cocos_own_evaluation(episode):
    frames, answers = episode
    wanted = coco_ap50(frames, answers)
    for label in CLASSES[:2]:
        value = metric("ap50", frames, answers, label).value
        assert value == (pytest.approx(wanted[label], abs=1e-9) if label in wanted else None)
    overall = metric("ap50", frames, answers, "all").value
    assert overall == (pytest.approx(np.mean(list(wanted.values())), abs=1e-9) if wanted else None)
