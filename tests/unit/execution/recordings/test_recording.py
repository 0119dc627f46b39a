from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.recording import load_trace, save_trace
from simgate.harness.trace import Trace
from tests.unit.execution.test_episode import cast, play

__all__ = ["cast"]


@pytest.mark.parametrize("fault", ["none", "blind", "nan"])
def test_a_trace_comes_back_bit_for_bit(cast, tmp_path: Path, fault: str) -> None:
    trace = play(cast(), 2.5, fault=fault)[0].trace
    save_trace(tmp_path / "trace.npz", trace)
    back = load_trace(tmp_path / "trace.npz")
    assert back.digest() == trace.digest()
    assert [one.values.tolist() for one in back.readings] == [one.values.tolist() for one in trace.readings]
    for field in dataclasses.fields(Trace):
        if field.name not in ("signals", "steps", "latency_ms", "detections"):
            assert getattr(back, field.name) == getattr(trace, field.name)
    assert [d.classes for d in back.detections] == [d.classes for d in trace.detections]


def test_a_trace_without_any_detection_comes_back(cast, tmp_path: Path) -> None:
    trace = play(cast(models=()), 2.5)[0].trace
    save_trace(tmp_path / "trace.npz", trace)
    assert load_trace(tmp_path / "trace.npz").digest() == trace.digest()


def test_a_recording_needs_no_pickle(cast, tmp_path: Path) -> None:
    save_trace(tmp_path / "trace.npz", play(cast(), 2.5)[0].trace)
    with np.load(tmp_path / "trace.npz", allow_pickle=False) as archive:
        assert {"words", "steps", "signal.x_m"} <= set(archive.files)


def test_something_else_is_refused_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a recording"):
        load_trace(tmp_path / "other.npz")


def test_a_recording_holds_what_channels_of_numbers_have_read_and_the_digest_does_not(cast) -> None:
    trace = play(cast(), 2.5)[0].trace
    readings = {one.channel: one for one in trace.readings}
    assert readings["pose"].entries == ("x_m", "y_m", "yaw_rad")
    assert readings["pose"].values[:, 0].tolist() == pytest.approx(trace.signals["x_m"].tolist())
    assert readings["scan"].values[:, 0].tolist() == pytest.approx(trace.signals["lidar_min_m"].tolist())
    assert dataclasses.replace(trace, readings=()).digest() == trace.digest()


@pytest.mark.parametrize("number", [1, 2])
def test_recordings_of_older_formats_are_read_without_what_they_lack(
    cast, tmp_path: Path, number: int
) -> None:
    trace = play(cast(), 2.5)[0].trace
    path = tmp_path / "old.npz"
    save_trace(path, trace)
    with np.load(path) as archive:
        arrays = {name: array for name, array in archive.items() if not name.startswith("reading.")}
    words = json.loads(arrays["words"].tobytes())
    del words["readings"]
    if number == 1:
        words |= words.pop("facts")
        del words["signals"]
    arrays["words"] = np.frombuffer(json.dumps(words | {"format": number}).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)
    old = load_trace(path)
    assert (old.facts, old.readings, old.digest()) == (trace.facts, (), trace.digest())
    assert old.declared == (() if number == 1 else trace.declared)
