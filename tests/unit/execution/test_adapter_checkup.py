"""The doctor's page about one simulator: what is measured, and what is said of it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgate.harness.doctor.adapter_checkup import (
    _AdapterCheckup,
    _alignment_finding,
    _memory_finding,
    _repeat_finding,
    _Run,
    _start_findings,
)
from simgate.harness.doctor.adapter_probe import measure_alignment, measure_repeat, measure_start
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.planar_drive import RGB
from simgate.sim_adapters.scene.articulated import ArticulatedSite

REPOSITORY = Path(__file__).parents[3]


class LateByOne(MujocoAdapter):
    """Shows every frame one control period late."""

    def reset(self, scenes):
        seen = super().reset(scenes)
        self._kept = seen.channels[RGB].copy()
        return seen

    def step(self, actions, active=None):
        seen = super().step(actions, active)
        late, self._kept = self._kept, seen.channels[RGB].copy()
        return dataclasses.replace(seen, channels={**seen.channels, RGB: late})


class Jittery(MujocoAdapter):
    """Adds something to a pixel that differs from run to run."""

    count = 0

    def step(self, actions, active=None):
        seen = super().step(actions, active)
        Jittery.count += 1
        rgb = seen.channels[RGB].copy()
        rgb[0, 0, 0, 0] = Jittery.count % 251
        return dataclasses.replace(seen, channels={**seen.channels, RGB: rgb})


class ArmsOnly(MujocoAdapter):
    """Takes robots on their own joints and no scenes."""

    traits = dataclasses.replace(MujocoAdapter.traits, planar=False)

    def reset(self, scenes):
        assert all(isinstance(scene, ArticulatedSite) for scene in scenes)
        return super().reset(scenes)


class Nothing(MujocoAdapter):
    """Takes neither."""

    traits = dataclasses.replace(MujocoAdapter.traits, planar=False, actuators=False)

    def reset(self, scenes):
        raise AssertionError("it was given a world that it does not take")


@pytest.fixture
def make() -> Iterator[object]:
    made = []

    def build(kind: type[MujocoAdapter]) -> MujocoAdapter:
        made.append(kind(timing=Timing()))
        return made[-1]

    yield build
    for adapter in made:
        adapter.close()


def run(answer, by_itself=True, ended="it ended with exit code 0"):
    return _Run(answer, ended, by_itself, 1.5, "last words")


def test_frames_that_show_the_moment_are_within_a_pixel(make):
    found = measure_alignment(make(MujocoAdapter))
    assert found["frames"] > 15
    assert found["worst_px"] < 1.0
    assert _alignment_finding("frames", run(found)).state == "ok"


def test_a_renderer_that_is_late_by_one_frame_is_found_and_told(make):
    found = measure_alignment(make(LateByOne))
    finding = _alignment_finding("frames", run(found))
    assert finding.state == "bad"
    assert "late by one" in finding.remedy


def test_the_same_scene_twice_tells_frames_from_poses(make):
    assert _repeat_finding(run(measure_repeat(make(MujocoAdapter)))).detail.endswith(
        "bit for bit, frames too"
    )
    jittery = _repeat_finding(run(measure_repeat(make(Jittery))))
    assert jittery.state == "ok"
    assert "poses are equal bit for bit, frames differ by" in jittery.detail


def test_a_start_is_told_with_its_first_frame_and_its_end(make):
    answer = measure_start(make(MujocoAdapter))
    start, close = _start_findings("mujoco", run(answer))
    assert (start.state, close.state) == ("ok", "ok")
    assert "first frame after" in start.detail
    _, hung = _start_findings("mujoco", run(answer, by_itself=False, ended="it had to be killed"))
    assert hung.state == "note"
    assert "it had to be killed" in hung.detail


def test_a_simulator_is_started_with_a_world_that_it_takes(make):
    arms = measure_start(make(ArmsOnly))
    assert (arms["planar"], measure_start(make(MujocoAdapter))["planar"]) == (False, True)
    assert next(_start_findings("arms", run(arms))).state == "ok"
    (start, _) = _start_findings("nothing", run(measure_start(make(Nothing))))
    assert (start.state, "without a camera" in start.detail) == ("ok", True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "no first frame: it died of signal 6; its last words: last words"),
        ({"unavailable": "no licence"}, "no licence"),
    ],
)
def test_a_simulator_that_does_not_start_is_one_line(answer, said):
    (finding,) = _start_findings("isaacsim", run(answer, ended="it died of signal 6"))
    assert (finding.state, finding.detail) == ("bad", said)


def test_memory_that_grows_fast_is_noted():
    assert _memory_finding(run({"mib_per_stage": 80.0, "mib": 900.0, "stages": 12})).state == "note"
    assert _memory_finding(run({"mib_per_stage": 1.0, "mib": 900.0, "stages": 12})).state == "ok"
    assert _memory_finding(run(None)).state == "bad"


def test_a_renderer_that_is_not_here_is_a_note_and_says_why():
    finding = _alignment_finding("frames, ovrtx renderer", run({"unavailable": "needs an RTX GPU"}))
    assert (finding.state, finding.detail) == ("note", "needs an RTX GPU")


def test_a_frame_without_the_post_measures_nothing():
    finding = _alignment_finding("frames", run({"frames": 0, "health": []}))
    assert (finding.state, finding.detail.split(":")[0]) == ("bad", "nothing was measured")


CRASHES = """
import faulthandler, os, runpy, sys
from pathlib import Path
tries = Path(__file__).with_name("tries")
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
if len(tries.read_text()) <= {most}:
    faulthandler.enable()
    os.abort()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("most", "state", "said"), [(1, "note", "no suite: by its traits"), (2, "bad", "no result: ")]
)
def test_a_suite_that_crashes_is_run_once_more_and_both_ends_are_told(
    tmp_path, monkeypatch, most, state, said
):
    (tmp_path / "python.py").write_text(CRASHES.format(most=most))
    (tmp_path / "none.py").write_text("from tests.unit.execution.test_adapter_checkup import Nothing\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    interpreter = [sys.executable, str(tmp_path / "python.py")]
    found = _AdapterCheckup("none.py:Nothing", interpreter, tmp_path).conformance()
    assert (found.state, found.detail.startswith(said)) == (state, True)
    crash = "a first try gave nothing: it died of signal 6; Fatal Python error: Aborted | File"
    assert crash in found.detail and 'python.py", line 8 in <module>' in found.detail
