from __future__ import annotations

import pytest

from simgate.harness.scoring.metrics import compute
from tests.unit.scoring.traces import BOX, PHYSICS_HZ, found, frame, make_trace, samples, seen

HIT = ("glass_door", 0.9, BOX)
OFF = ("glass_door", 0.8, (0, 0, 20, 20))


def metric(what, trace, latency=None, **options):
    return compute(f"detection.glass_door.{what}", trace, latency or samples(), options)


def watched(*frames_and_answers, **changes):
    """Frames with their answers, one a tick; None is a frame that perception never answered."""
    frames = [one for one, _ in frames_and_answers]
    answers = [answer for _, answer in frames_and_answers if answer is not None]
    return make_trace(len(frames) + 5, frames=frames, detections=answers, **changes)


def test_recall_is_the_share_of_sightings_that_were_detected():
    trace = watched((frame(0, seen()), found(0, HIT)), (frame(1, seen()), found(1)))
    assert metric("recall", trace).value == pytest.approx(0.5)
    assert metric("recall", trace).lost_at_s == pytest.approx(0.1)


def test_an_overlap_below_one_half_is_both_a_miss_and_a_false_alarm():
    # Half the box's width shifted out: IoU 1/3.
    shifted = ("glass_door", 0.9, (70, 20, 130, 110))
    trace = watched((frame(0, seen()), found(0, shifted)))
    assert metric("recall", trace).value == 0.0
    assert metric("precision", trace).value == 0.0


def test_an_overlap_of_exactly_one_half_is_a_hit():
    half = ("glass_door", 0.9, (40, 20, 70, 110))
    assert metric("recall", watched((frame(0, seen()), found(0, half)))).value == 1.0


def test_the_right_box_of_the_wrong_class_is_a_miss():
    trace = watched((frame(0, seen()), found(0, ("wooden_door", 0.9, BOX))))
    assert metric("recall", trace).value == 0.0
    assert compute("detection.wooden_door.precision", trace, samples()).value == 0.0


def test_a_second_detection_of_the_same_object_is_a_false_alarm():
    trace = watched((frame(0, seen()), found(0, HIT, ("glass_door", 0.7, BOX))))
    assert metric("precision", trace).value == pytest.approx(0.5)
    assert metric("recall", trace).value == 1.0


def test_dropped_frames_are_misses():
    trace = watched((frame(0, seen()), found(0, HIT)), (frame(1, seen(), dropped=True), None))
    assert metric("recall", trace).value == pytest.approx(0.5)


def test_a_frame_whose_answer_was_still_to_come_is_not_judged():
    frames = [frame(0, seen()), frame(10, seen())]
    trace = make_trace(11, frames=frames, detections=[found(0, HIT)], delay_steps=20)
    assert metric("recall", trace, latency=samples(100.0, 100.0)).value == 1.0


def test_before_the_first_answer_as_after_the_last():
    trace = make_trace(11, frames=[frame(0, seen()), frame(5, seen())])
    assert "ever in view" in metric("recall", trace, latency=samples(1200.0, 1200.0)).undefined
    # The answer to the frame at 0 s was due at 0.9 s and never came.
    assert metric("recall", trace, latency=samples(900.0, 900.0)).value == 0.0


def test_each_frame_has_the_latency_that_it_had():
    lost = frame(1, seen(), dropped=True)
    frames = [frame(0, seen()), lost, frame(8, seen()), frame(9, seen())]
    trace = make_trace(11, frames=frames, detections=[found(0, HIT)])
    # Dropped: a miss. At 0.8 s answered by 1 s and yet not: a miss. At 0.9 s with 300 ms: on its way.
    assert metric("recall", trace, latency=samples(0.0, 200.0, 300.0)).value == pytest.approx(1 / 3)


def test_a_frame_that_a_model_of_two_cameras_never_got_shifts_no_latency():
    frames = [frame(tick, seen()) for tick in (0, 1, 2, 9)]
    trace = make_trace(11, frames=frames, detections=[found(0, HIT), found(2, HIT)])
    # The other camera lost its picture at 0.1 s, so that three latencies belong to four frames.
    assert metric("recall", trace, latency=samples(0.0, 0.0, 300.0)).value == pytest.approx(2 / 3)


def test_a_frame_that_perception_had_time_for_and_never_answered_is_a_miss():
    frames = [frame(0, seen()), frame(5, seen())]
    trace = make_trace(11, frames=frames, detections=[found(0, HIT)], delay_steps=20)
    assert metric("recall", trace, latency=samples(100.0, 100.0)).value == pytest.approx(0.5)


def test_a_dead_perception_has_recall_zero_and_no_other_value():
    trace = make_trace(11, frames=[frame(tick, seen()) for tick in range(11)])
    assert metric("recall", trace).value == 0.0
    assert "ever detected" in metric("precision", trace).undefined
    assert metric("false_alarms_per_min", trace).undefined == "perception delivered nothing"


def test_recall_is_undefined_when_the_class_was_never_in_view():
    trace = watched((frame(0, seen("person")), found(0, HIT)))
    assert metric("recall", trace).undefined == "no glass_door was ever in view"
    assert metric("recall", trace, within_m=3).undefined == "no glass_door was ever in view within 3 m"


@pytest.mark.parametrize(
    ("options", "recall"),
    [
        ({}, 1 / 4),
        ({"within_m": 3}, 1 / 3),
        ({"min_pixels": 100}, 1 / 3),
        ({"max_occlusion": 0.5}, 1 / 3),
        ({"within_m": 3, "min_pixels": 100, "max_occlusion": 0.5}, 1.0),
    ],
)
def test_options_say_which_sightings_count(options, recall):
    trace = watched(
        (frame(0, seen()), found(0, HIT)),
        (frame(1, seen(distance_m=5.0)), found(1)),
        (frame(2, seen(pixels=10)), found(2)),
        (frame(3, seen(occlusion=0.9)), found(3)),
    )
    assert metric("recall", trace, **options).value == pytest.approx(recall)


def test_detections_on_an_excluded_object_are_neither_true_nor_false():
    trace = watched((frame(0, seen(distance_m=5.0)), found(0, HIT)), (frame(1, seen()), found(1, HIT, OFF)))
    assert metric("precision", trace, within_m=3).value == pytest.approx(0.5)
    assert metric("false_alarms_per_min", trace, within_m=3).value == pytest.approx(60.0 / 0.6)


@pytest.mark.parametrize(("light", "recall"), [(0.5, 0.5), (0.49, None)])
def test_behind_glass_counts_what_at_least_half_of_the_light_comes_from(light, recall):
    """Behind darker glass a thing need not be found, and it is no false alarm to find it."""
    behind = seen(transmittance=light)
    trace = watched((frame(0, behind), found(0, HIT)), (frame(1, behind), found(1)))
    assert metric("recall", trace).value == recall
    assert metric("false_alarms_per_min", trace).value == 0.0


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    trace = watched((frame(0, seen()), found(0, HIT, OFF)), (frame(1, seen()), found(1)))
    precision, recall = 0.5, 0.5
    assert metric("f1", trace).value == pytest.approx(2 * precision * recall / (precision + recall))


def test_ap50_of_perfect_detections_is_one_and_of_none_is_zero():
    assert metric("ap50", watched((frame(0, seen()), found(0, HIT)))).value == pytest.approx(1.0)
    assert metric("ap50", watched((frame(0, seen()), found(0)))).value == 0.0


def test_ap50_follows_the_interpolated_curve():
    # By score: hit 0.9, alarm 0.8, hit 0.7, of 2 truths. Precision 1 up to recall 0.5, then 2/3 up to 1:
    # 51 of COCO's 101 levels at 1 and 50 at 2/3.
    trace = watched(
        (frame(0, seen()), found(0, HIT, OFF)), (frame(1, seen()), found(1, ("glass_door", 0.7, BOX)))
    )
    assert metric("ap50", trace).value == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_ap50_puts_a_confident_false_alarm_before_a_hesitant_hit():
    good = watched((frame(0, seen()), found(0, HIT, OFF)))
    bad = watched((frame(0, seen()), found(0, ("glass_door", 0.5, BOX), OFF)))
    assert metric("ap50", good).value == pytest.approx(1.0)
    assert metric("ap50", bad).value == pytest.approx(0.5)


def test_first_seen_is_the_distance_in_the_first_frame_with_a_hit():
    trace = watched(
        (frame(0, seen(distance_m=6.0)), found(0)),
        (frame(1, seen(distance_m=5.0)), found(1, HIT)),
        (frame(2, seen(distance_m=4.0)), found(2, HIT)),
    )
    assert metric("first_seen_m", trace).value == pytest.approx(5.0)
    assert metric("first_seen_m", trace).lost_at_s == pytest.approx(20 / PHYSICS_HZ)


def test_first_seen_tells_never_detected_from_never_in_view():
    assert "never detected" in metric("first_seen_m", watched((frame(0, seen()), found(0)))).undefined
    assert "ever in view" in metric("first_seen_m", watched((frame(0), found(0)))).undefined


def test_false_alarms_are_counted_for_each_minute_of_simulated_time():
    trace = watched((frame(0), found(0, OFF)), (frame(1), found(1)))
    assert metric("false_alarms_per_min", trace).value == pytest.approx(60.0 / 0.6)


def test_iou_mean_averages_over_true_detections_only():
    half = ("glass_door", 0.9, (40, 20, 70, 110))
    trace = watched((frame(0, seen()), found(0, HIT, OFF)), (frame(1, seen()), found(1, half)))
    assert metric("iou_mean", trace).value == pytest.approx(0.75)


def test_the_class_all_pools_the_models_classes():
    trace = watched(
        (frame(0, seen(), seen("person", (0, 0, 20, 60), name="p")), found(0, HIT)),
        (frame(1, seen("handle", (5, 5, 9, 9), name="h")), found(1)),
    )
    # The handle is no class of the model, so nobody can ask it to be found.
    assert compute("detection.all.recall", trace, samples()).value == pytest.approx(0.5)


def test_two_objects_of_a_class_are_matched_each_to_its_own_detection():
    left, right = (0, 0, 40, 80), (60, 0, 100, 80)
    truth = frame(0, seen(box=left, name="a"), seen(box=right, name="b"))
    trace = watched((truth, found(0, ("glass_door", 0.9, right), ("glass_door", 0.8, left))))
    assert metric("recall", trace).value == 1.0
    assert metric("precision", trace).value == 1.0


@pytest.mark.parametrize(
    ("options", "recall"),
    [
        ({"min_pixels": 500}, 1 / 2),
        ({"min_pixels": 501}, None),
        ({"within_m": 2.0}, 1 / 2),
        ({"within_m": 1.99}, None),
    ],
)
def test_a_thing_at_the_border_of_an_option_still_counts(options, recall):
    at_border = seen(pixels=500, distance_m=2.0)
    trace = watched((frame(0, at_border), found(0, HIT)), (frame(1, at_border), found(1)))
    assert metric("recall", trace, **options).value == recall


def test_f1_with_unequal_precision_and_recall():
    # Three hits, one false alarm, two misses: precision 3/4, recall 3/5.
    trace = watched(
        (frame(0, seen()), found(0, HIT, OFF)),
        (frame(1, seen()), found(1, HIT)),
        (frame(2, seen()), found(2, HIT)),
        (frame(3, seen()), found(3)),
        (frame(4, seen()), found(4)),
    )
    assert metric("f1", trace).value == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))


def test_false_alarms_add_up_over_frames():
    trace = watched((frame(0), found(0, OFF, HIT)), (frame(1), found(1)), (frame(2), found(2, OFF)))
    # Three in 0.7 s of the episode.
    assert metric("false_alarms_per_min", trace).value == pytest.approx(3 / (0.7 / 60))


def test_an_answer_due_at_the_very_end_is_owed_and_one_due_after_it_is_not():
    trace = make_trace(11, frames=[frame(0, seen()), frame(5, seen())], detections=[found(0, HIT)])
    assert metric("recall", trace, latency=samples(0.0, 500.0)).value == 0.5
    assert metric("recall", trace, latency=samples(0.0, 500.1)).value == 1.0


def test_a_false_alarm_in_an_answered_frame_is_never_excused_by_the_end():
    """What was answered is judged, whatever latency the frame is said to have had."""
    trace = make_trace(11, frames=[frame(0), frame(10)], detections=[found(0), found(10, OFF)])
    assert metric("false_alarms_per_min", trace, latency=samples(0.0, 900.0)).value == pytest.approx(60.0)
