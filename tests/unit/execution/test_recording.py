from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.recording import load_trace, save_trace
from simgate.harness.trace import Trace
from tests.unit.execution.test_episode import cast, play

__all__ = ["cast"]


@pytest.mark.parametrize("fault", ["none", "blind", "nan"])
def test_a_trace_comes_back_bit_for_bit(cast, tmp_path: Path, fault: str) -> None:
    trace = play(cast(), 2.5, fault=fault)[0].trace
    save_trace(tmp_path / "trace.npz", trace)
    back = load_trace(tmp_path / "trace.npz")
    assert back.digest() == trace.digest()
    for field in dataclasses.fields(Trace):
        if field.name not in ("signals", "steps", "latency_ms", "detections"):
            assert getattr(back, field.name) == getattr(trace, field.name)
    assert [d.classes for d in back.detections] == [d.classes for d in trace.detections]


def test_a_trace_without_any_detection_comes_back(cast, tmp_path: Path) -> None:
    trace = play(cast(runtime=None), 2.5)[0].trace
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


def test_a_recording_of_format_1_has_the_facts_of_the_only_task_that_there_was(cast, tmp_path: Path) -> None:
    trace = play(cast(), 2.5)[0].trace
    path = tmp_path / "old.npz"
    save_trace(path, trace)
    with np.load(path) as archive:
        arrays = dict(archive)
    words = json.loads(arrays["words"].tobytes())
    facts = words.pop("facts")
    del words["signals"]
    arrays["words"] = np.frombuffer(json.dumps(words | facts | {"format": 1}).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)
    old = load_trace(path)
    assert (old.facts, old.declared, old.digest()) == (trace.facts, (), trace.digest())
