"""``simgate explain RUN VARIANT``: one variant in sentences, with times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.harness.cli.explaining.story import paragraph, story
from simgate.harness.cli.main import main
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.tasks.reach_or_report import SIGNALS
from simgate.harness.trace import FrameTruth, Signal, Trace
from simgate.policies.perception.outputs import Boxes, Depth
from simgate.sim_adapters.observation import Contact, VisibleEntity
from tests.unit.cli.small_runs import write_pack, write_run

HZ, STEP = 100, 10
CLASSES = ("glass_door", "person")


def door(distance_m: float) -> VisibleEntity:
    return VisibleEntity("door", "glass_door", (4, 4, 12, 12), 64, 0.0, distance_m, False)


def seen(step: int, *class_ids: int) -> Boxes:
    count = len(class_ids)
    boxes = np.tile(np.array([4, 4, 12, 12], dtype=np.float32), (count, 1))
    scores = np.full(count, 0.75, dtype=np.float32)
    return Boxes(boxes, scores, np.array(class_ids, dtype=np.int64), CLASSES, step)


def trace(found: dict[int, tuple[int, ...]], **changes: object) -> Trace:
    """Ten ticks of 0.1 s towards a glass door 5 m ahead; frames arrive one tick later."""
    steps = np.arange(0, 100, STEP)
    signals = {name: np.full(10, np.nan) for name in (signal.name for signal in SIGNALS)}
    signals["speed_mps"] = np.full(10, 0.8)
    signals["clearance_m"] = 5.0 - steps / HZ * 0.8
    signals["barrier_distance_m"] = signals["clearance_m"].copy()
    signals["goal_distance_m"] = signals["clearance_m"] + 3.0
    content: dict[str, object] = {
        "physics_hz": HZ,
        "steps": steps,
        "signals": signals,
        "modes": ("cruise",) * 6 + ("stop",) * 4,
        "frames": tuple(FrameTruth(int(s), (door(5.2 - s / HZ),)) for s in steps),
        "detections": tuple(seen(int(s), *found.get(int(s), ())) for s in steps[:-1]),
        "delivered_steps": tuple(int(s) + STEP for s in steps[:-1]),
        "latency_ms": np.full(9, 100.0),
        "contacts": (),
        "report": "glass",
        "end": "done",
        "facts": {"barrier_kind": "glass", "has_barrier": True, "goal_radius_m": 0.4},
        "image_size": (32, 24),
    }
    return Trace(**(content | changes))  # type: ignore[arg-type]


def test_sight_detection_delivery_decision_and_end_are_told_with_their_times() -> None:
    told = paragraph(story(trace(dict.fromkeys(range(40, 100, STEP), (0,)))))
    assert told == [
        "At the start the goal is 8.0 m away; the way is barred by glass, 5.0 m ahead.",
        "A glass_door is in view from 0.0 s on, first 5.2 m away, in 10 frames.",
        "The model misses the glass_door in 4 of 10 frames that show it, from 0.0 s to 0.3 s; the nearest at 4.9 m.",
        "The model finds the glass_door first in the frame of 0.4 s (score 0.75, 4.8 m away); the policy hears of it at "
        "0.50 s.",
        "At 0.6 s the policy goes from 'cruise' to 'stop', at 0.80 m/s, 4.52 m from the nearest body; the model saw "
        "glass_door in the frame of 0.5 s.",
        "After 0.9 s it ended, 7.3 m from the goal: the policy said that it was done; it reported glass.",
    ]


def test_of_a_model_that_gives_no_boxes_it_tells_what_was_in_view_and_which_frame_was_answered() -> None:
    answers = tuple(Depth(np.ones((2, 2), dtype=np.float32), int(s)) for s in range(0, 90, STEP))
    told = " ".join(paragraph(story(trace({}, detections=(), outputs=answers))))
    assert "A glass_door is in view from 0.0 s on" in told
    assert (
        "to 'stop', at 0.80 m/s, 4.52 m from the nearest body; the model had answered the frame of 0.5 s."
        in told
    )
    assert "misses" not in told


@pytest.mark.parametrize("facts", [{}, {"success": True}, {"has_barrier": True, "success": False}])
def test_a_task_with_signals_of_these_names_but_none_of_the_facts_is_told_by_its_signals(
    facts: dict[str, bool],
) -> None:
    told = paragraph(story(trace({}, facts=facts)))
    assert "speed_mps is 0.8" in told[0]
    assert told[-1].startswith("After 0.9 s it ended: the policy said that it was done; ")


def test_a_declared_task_is_told_by_what_its_signals_did_between_start_and_end() -> None:
    rows = {"tilt": np.array([1.0, 2, 9, 4, 3, 3, 3, 3, -5000, 2]), "force": np.full(10, np.nan)}
    declared = (Signal("tilt", "deg", "tilt"), Signal("force", "N", "force"))
    depth = tuple(Depth(np.ones((2, 2), dtype=np.float32), int(s)) for s in range(0, 90, STEP))
    changes = {"signals": rows, "declared": declared, "facts": {}, "detections": (), "outputs": depth}
    told = paragraph(story(trace({}, frames=(), end="failure", **changes)))
    assert told == [
        "At the start tilt is 1 deg, force is without a value.",
        "At 0.10 s the policy hears of depth first, 9 times in all.",
        "At 0.2 s tilt is largest, 9 deg.",
        "At 0.6 s the policy goes from 'cruise' to 'stop'.",
        "At 0.8 s tilt is smallest, -5000 deg.",
        "After 0.9 s it ended: the task had failed; tilt is 2 deg, force is without a value.",
    ]


def test_a_declared_task_tells_what_was_seen_and_what_was_reported_where_it_was_not() -> None:
    changes = {"signals": {"tilt": np.zeros(10)}, "facts": {}}
    told = " ".join(paragraph(story(trace({50: (1,)}, **changes))))
    assert "A glass_door is in view from 0.0 s on" in told
    assert "reports a person where none is in view" in told


def test_what_the_model_never_saw_and_what_it_made_up_are_told() -> None:
    told = "\n".join(
        paragraph(
            story(trace({50: (1,)}, report=None, end="collision", contacts=(Contact("door", 1.0, 0.0, 80),)))
        )
    )
    assert "finds the glass_door" not in told
    assert "misses the glass_door in 9 of 10 frames" in told, "the last frame never reached the model"
    assert "reports a person where none is in view, in 1 frame, first at 0.5 s (score 0.75)" in told
    assert "At 0.8 s the robot touches door, at 0.80 m/s" in told
    assert "the robot had hit something; it reported nothing" in told


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return write_run(
        tmp_path / "runs" / "r1", write_pack(tmp_path), {0: Outcome.FAIL, 1: Outcome.PASS, 2: Outcome.ERROR}
    )


def test_what_lies_at_the_rim_of_its_range_is_out_of_the_ordinary(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = [one for one in folder.records() if one.variant == "closed::v0001"]
    (name,) = [name for name in record.parameters if name == "lighting.lux"]
    folder.journal_path.unlink()
    append_record(
        folder.journal_path, record.model_copy(update={"parameters": record.parameters | {name: 799.0}})
    )
    assert main(["explain", str(folder.path), "closed::v0001"]) == 0
    assert "What was out of the ordinary: lighting.lux 799" in " ".join(capsys.readouterr().out.split())


def test_a_failure_is_told_with_criteria_conditions_and_the_command_to_see_it_again(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(folder.path), "closed::v0000"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "closed::v0000 (critical): A closed door It failed." in out
    assert "It did not meet 1 criterion of 1: - collisions at most 0: 1" in out
    assert "Nothing was out of the ordinary; farthest from nominal: " in out and "percentile of" in out
    assert "There is no recording of it" in out
    assert f"run it again: simgate replay {folder.path} closed::v0000" in out


def test_without_a_recording_its_end_is_told_in_words_and_nothing_of_models_or_reports(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    records = {one.variant: one for one in folder.records()}
    ended = {"end": "time_limit", "sim_s": 2.0, "report": None, "criteria": records["closed::v0001"].criteria}
    invalid = {"outcome": Outcome.INVALID, "reason": "heavy did not take"}
    folder.journal_path.unlink()
    append_record(folder.journal_path, records["closed::v0001"].model_copy(update=ended))
    append_record(folder.journal_path, records["closed::v0002"].model_copy(update=ended | invalid))
    main(["explain", str(folder.path), "closed::v0001"])
    passed = " ".join(capsys.readouterr().out.split())
    assert "It ended after 2.0 s: its time was up. There is no recording of it (passing variants" in passed
    assert "so what it saw and did on the way is not known." in passed
    main(["explain", str(folder.path), "closed::v0002"])
    said = " ".join(capsys.readouterr().out.split())
    assert "cannot be believed: heavy did not take." in said and "There is no recording of it, so" in said
    assert "Met:" in passed and "Met:" not in said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "It passed: it met every criterion."),
        (2, "It was not run to its end"),
        (9, "It has no record: it was missing"),
    ],
)
def test_what_became_of_it_is_the_second_sentence(
    folder: RunFolder, capsys: pytest.CaptureFixture[str], number: int, words: str
) -> None:
    main(["explain", str(folder.path), f"closed::v{number:04d}"])
    assert capsys.readouterr().out.splitlines()[1].startswith(words)


def test_a_variant_that_is_not_there_is_answered_with_those_that_are(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(folder.path), "close::v0001"]) == 2
    assert "there are closed::v0001" in capsys.readouterr().err
    assert main(["explain", str(folder.path), "closed::v0001", "--format", "markdown"]) == 2
