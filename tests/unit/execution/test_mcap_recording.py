"""The MCAP of a recording, read by the reader of others: what the robot saw is in it, where and when it saw it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.kept_files import keep_files
from simgate.harness.execution.episode.recordings.mcap import attached
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.execution.episode.world_run import Episode
from simgate.harness.expansion.variant import Variant
from simgate.harness.results.record import CriterionResult, Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.scoring.score import Score
from tests.unit.execution.test_episode import cast, play

pytest.importorskip("mcap_protobuf", reason="needs simgate[recordings]")
pytest.importorskip("foxglove_schemas_protobuf", reason="needs simgate[recordings]")

__all__ = ["cast"]

LOST = CriterionResult(
    metric="collisions", statement="collisions at most 0", observed=1, outcome=Outcome.FAIL, lost_at_s=0.5
)


_PLAYED: list[Episode] = []


@pytest.fixture
def episode(cast) -> Episode:
    """One for all tests: none changes it."""
    if not _PLAYED:
        _PLAYED.extend(play(cast(), 3.0))
    return _PLAYED[0]


def keep(tmp_path: Path, episode, outcome=Outcome.FAIL, mode="failed") -> Path | None:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir(exist_ok=True)
    parameters = {"door.kind": "glass", "door.distance_m": 3.0}
    variant = Variant(id="s::v0007", scenario="s", index=7, parameters=parameters, seed=1, digest="0")
    kept, notes = keep_files(folder, mode, variant, episode, Score(outcome, "", (LOST,), {}))
    assert notes == ()
    return folder.path / kept["trace"] if "trace" in kept else None


def read(path: Path):
    """Topic -> [(time in ns, message)], as the reader of the format's authors gives them, and its metadata."""
    from mcap.reader import make_reader
    from mcap_protobuf.decoder import DecoderFactory

    found: dict[str, list] = {}
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        for _, channel, message in reader.iter_messages():
            factory = DecoderFactory().decoder_for
            schema = reader.get_summary().schemas[channel.schema_id]
            decode = factory(channel.message_encoding, schema) or json.loads
            found.setdefault(channel.topic, []).append((message.log_time, decode(message.data)))
        words = {one.name: dict(one.metadata) for one in reader.iter_metadata()}
        units = {channel.topic: dict(channel.metadata) for channel in reader.get_summary().channels.values()}
    return found, words, units


def test_each_picture_is_in_it_bit_for_bit_at_the_time_at_which_it_was_taken(episode, tmp_path) -> None:
    found, _, _ = read(keep(tmp_path, episode))
    seen = [(t.step, f) for t, f in zip(episode.trace.frames, episode.frames, strict=True) if f is not None]
    assert len(seen) > 10
    assert [time for time, _ in found["/front/rgb"]] == [step * 5_000_000 for step, _ in seen]
    for (_, image), (_, frame) in zip(found["/front/rgb"], seen, strict=True):
        assert (image.encoding, image.frame_id, image.step) == ("rgb8", "front", 3 * frame.shape[1])
        assert np.frombuffer(image.data, np.uint8).reshape(frame.shape).tolist() == frame.tolist()
        assert image.timestamp.ToNanoseconds() in {step * 5_000_000 for step, _ in seen}


def test_what_a_model_said_lies_on_the_picture_of_which_it_was_said(episode, tmp_path) -> None:
    trace = episode.trace
    found, _, _ = read(keep(tmp_path, episode))
    said = sorted(trace.detections, key=lambda one: one.frame_step)
    assert any(len(one) for one in said)
    assert [time for time, _ in found["/front/rgb/detections"]] == [
        5_000_000 * one.frame_step for one in said
    ]
    for (_, marks), boxes in zip(found["/front/rgb/detections"], said, strict=True):
        corners = [[m.points[0].x, m.points[0].y, m.points[2].x, m.points[2].y] for m in marks.points]
        assert corners == boxes.boxes.tolist()


def test_the_truth_of_each_picture_comes_back_as_it_was(episode, tmp_path) -> None:
    from simgate.sim_adapters.replay.labels import read_truth

    found, _, _ = read(keep(tmp_path, episode))
    back = [read_truth(marks) for _, marks in found["/front/rgb/truth"]]
    assert back == [(frame.entities, frame.dropped) for frame in episode.trace.frames]
    assert any(entities for entities, _ in back)


def test_signals_actions_and_latencies_have_their_units_and_values(episode, tmp_path) -> None:
    trace = episode.trace
    found, _, units = read(keep(tmp_path, episode))
    assert units["/simgate/signals"]["unit clearance_m"] == "m"
    assert units["/simgate/action"] == {"unit forward_mps": "m/s", "unit yaw_rate_rps": "rad/s"}
    x = [row["x_m"] for _, row in found["/simgate/signals"]]
    assert x == trace.signals["x_m"].tolist()
    assert [row["forward_mps"] for _, row in found["/simgate/action"]] == episode.told.values[:, 0].tolist()
    assert [row["latency_ms"] for _, row in found["/simgate/latency"]] == trace.latency_ms.tolist()
    assert [time for time, _ in found["/simgate/latency"]] == [5_000_000 * s for s in trace.delivered_steps]
    assert trace.actions is None  # No criterion asks for it, and the digest is of what criteria ask for.


def test_a_number_that_is_none_is_null_as_json_has_it(episode, tmp_path) -> None:
    blank = {name: np.full_like(values, np.nan) for name, values in episode.trace.signals.items()}
    strange = dataclasses.replace(episode, trace=dataclasses.replace(episode.trace, signals=blank))
    found, _, _ = read(keep(tmp_path, strange))
    assert found["/simgate/signals"][0][1]["x_m"] is None


def test_pose_and_scan_are_in_the_frames_of_the_robot(episode, tmp_path) -> None:
    found, _, _ = read(keep(tmp_path, episode))
    assert found["/pose"][-1][1].pose.position.x == pytest.approx(episode.trace.signals["x_m"][-1])
    moved = found["/tf"][-1][1].transforms[0]
    assert (moved.parent_frame_id, moved.child_frame_id) == ("world", "robot")
    assert [time for time, _ in found["/scan"]] == [5_000_000 * s for s in episode.trace.steps.tolist()]
    scan = found["/scan"][0][1]
    assert scan.start_angle == -scan.end_angle < -1.0
    assert min(scan.ranges) == pytest.approx(episode.trace.signals["lidar_min_m"][0])


def test_events_say_when_a_criterion_was_lost_and_how_it_ended(episode, tmp_path) -> None:
    found, _, _ = read(keep(tmp_path, episode))
    told = [(time, one.name, one.message) for time, one in found["/simgate/events"]]
    assert (500_000_000, "criterion", "FAIL collisions at most 0: 1") in told
    assert told[-1][1:] == ("outcome", "FAIL: ended by done; reported glass")
    assert told[0][1] == "policy"


def test_metadata_hold_the_parameters_and_what_was_judged(episode, tmp_path) -> None:
    _, words, _ = read(keep(tmp_path, episode))
    assert words["parameters"] == {"door.kind": "glass", "door.distance_m": "3.0"}
    assert words["simgate"]["outcome"] == "FAIL"
    assert words["simgate"]["trace_digest"] == episode.trace.digest()


def test_the_trace_comes_back_from_it_bit_for_bit(episode, tmp_path) -> None:
    assert load_trace(keep(tmp_path, episode)).digest() == episode.trace.digest()


def test_pictures_that_are_too_many_are_kept_as_jpeg(episode, tmp_path, monkeypatch) -> None:
    where = "simgate.harness.execution.episode.recordings.mcap.entries.MOST_RAW_BYTES"
    monkeypatch.setattr(where, 1000)
    found, _, _ = read(keep(tmp_path, episode))
    assert {image.format for _, image in found["/front/rgb"]} == {"jpeg"}
    assert len(found["/front/rgb"]) == sum(frame is not None for frame in episode.frames)


@pytest.mark.parametrize(("mode", "outcome", "kept"), [
    ("failed", Outcome.PASS, False), ("failed", Outcome.FAIL, True), ("all", Outcome.PASS, True),
    ("none", Outcome.FAIL, False), ("none", Outcome.PASS, False),
])  # fmt: skip
def test_what_is_recorded_is_what_was_asked_for(episode, tmp_path, mode, outcome, kept) -> None:
    assert (keep(tmp_path, episode, outcome, mode) is not None) == kept


def test_without_mcap_the_trace_alone_is_kept(episode, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(attached, "_NEEDS", ("no_such_package",))
    path = keep(tmp_path, episode)
    assert path.suffix == ".npz"
    assert load_trace(path).digest() == episode.trace.digest()


def test_a_recording_that_was_cut_off_or_damaged_is_told_wherever_that_was(episode, tmp_path) -> None:
    whole = keep(tmp_path, episode).read_bytes()
    path = tmp_path / "cut.mcap"
    random = np.random.default_rng(1)
    cuts = [0, 1, 7, 8, 9, *random.integers(10, len(whole), 20).tolist(), *range(len(whole) - 30, len(whole))]
    for length in cuts:
        path.write_bytes(whole[:length])
        with pytest.raises(
            ValueError, match=r"cut\.mcap (is cut off or damaged|is not a recording of simgate)"
        ):
            load_trace(path)
    for _ in range(100):  # Around the index and the attachment, and anywhere.
        damaged = bytearray(whole)
        for place in random.integers(max(0, len(whole) - 60_000), len(whole), 3):
            damaged[place] ^= int(random.integers(1, 256))
        path.write_bytes(damaged)
        try:
            load_trace(path)
        except (OSError, ValueError) as error:
            assert "cut.mcap" in str(error)


def test_an_mcap_of_somebody_else_is_no_recording(tmp_path) -> None:
    from mcap.writer import Writer

    with (tmp_path / "other.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.finish()
    with pytest.raises(ValueError, match=r"other\.mcap is not a recording of simgate: it has no trace\.npz"):
        load_trace(tmp_path / "other.mcap")


def test_names_of_others_stay_names(episode, tmp_path) -> None:
    """A label, a report and a parameter with control characters and markup are text in their fields."""
    hostile = "</script>\x1b[2J\n::error::"
    frames = [
        dataclasses.replace(f, entities=tuple(dataclasses.replace(e, label=hostile) for e in f.entities))
        for f in episode.trace.frames
    ]
    trace = dataclasses.replace(episode.trace, frames=tuple(frames), report=hostile)
    found, _, _ = read(keep(tmp_path, dataclasses.replace(episode, trace=trace)))
    texts = {text.text for _, marks in found["/front/rgb/truth"] for text in marks.texts}
    assert texts == {hostile}
    assert all(topic.isprintable() and " " not in topic for topic in found)


def test_a_topic_holds_letters_digits_and_slashes_whatever_a_channel_is_called() -> None:
    from simgate.harness.execution.episode.recordings.mcap.messages import topic_of

    assert topic_of("front.rgb") == "/front/rgb"
    assert topic_of("a b\n<x>.rgb") == "/a_b__x_/rgb"
