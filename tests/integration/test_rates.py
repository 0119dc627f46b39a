"""Every rate that lint accepts runs: when each frame and reading is taken, and what the policy knows at each tick."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="makes the model of these tests")

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.trace import Trace
from tests.unit.policies.perception.made_models import echo_package
from tests.unit.sim_adapters.articulated.machines import ARM

LATENCY_MS = 25
POLICY = """\
import json
from pathlib import Path

import numpy as np

from simgate.policies.policy import Act


class Notes:
    name = "notes"

    def __init__(self, *, control_hz, options):
        self.rows = []

    def reset(self, briefs, embodiment):
        self.size = embodiment.action.size

    def act(self, observation, outputs):
        told = None if outputs[0] is None else outputs[0].frame_step
        self.rows.append([observation.step, dict(observation.stamps), told])
        Path("rows.json").write_text(json.dumps(self.rows))
        return [Act(np.full(self.size, 0.05), "goes")]
"""
PACK = """\
simgate: 1
pack: rates
policy: notes.py:Notes
model: echo/model.yaml
sim: {{adapter: {adapter}, physics_hz: {physics}, control_hz: {control}, camera_hz: {camera}, time_limit_s: {limit}}}
scenarios:
  moves:
    title: moves
    severity: minor
"""
ACCEPT = """\
    variants: {count: 1}
    accept: {latency.age_max_ms: {at_most: 10000}, latency.p50_ms: {at_most: 10000}}
"""
DRIVES = """\
    world: arena
    place: {robot: {count: 1, kinds: robot, length_m: 0.8, width_m: 0.6, region: floor}}
"""
ARM_WORLD = """\
    world:
      mjcf: arm.xml
      robot: {{body: base, drive: {{joints: all, mode: position, kp: 100}}}}
      sensors:
        view: {{camera: wrist, width: 16, height: 16, rate_hz: {camera}}}
        scan: {{lidar: site/eye, beams: 8, fov_deg: 90, range_m: 4, rate_hz: {scan}}}
        arm: {{joints: all, rate_hz: {joints}}}
        cube: {{body: cube}}
    task:
      signals: {{height_m: {{position: body/cube, axis: z}}}}
      success: height_m > 100
      touch: {{allow: [[base, table], [base, cube]]}}
"""


def played(folder: Path, pack: str, width: int, height: int) -> tuple[Trace, RunRecord, list[list]]:
    """The trace and record of the pack's one episode, and at each tick step, stamps and the answered frame."""
    (folder / "arm.xml").write_text(ARM)
    (folder / "notes.py").write_text(POLICY)
    shown = {"name": "images", "width": width, "height": height}
    echo_package(folder / "echo", shown, {}, images=(3, height, width))
    (folder / "pack.yaml").write_text(pack)
    assert main(["lint", "pack.yaml"]) == 0
    line = ["run", "pack.yaml", "--workers", "0", "--quiet", "--record", "all", "--run-name", "r"]
    main([*line, "--runs-dir", "runs"])
    run = RunFolder(folder / "runs" / "r")
    (record,) = run.records()
    assert record.outcome == "PASS", record.reason
    trace = load_trace(run.path / record.artifacts["trace"])
    return trace, record, json.loads((folder / "rows.json").read_text())


def heard_at(frames: list[int], physics: int, control: int, end: int) -> dict[int, int]:
    """Control tick -> the newest frame that is answered then."""
    late, period = math.ceil(LATENCY_MS * physics / 1000), physics // control
    due = {frame: math.ceil((frame + late) / period) * period for frame in frames}
    return {tick: frame for frame, tick in sorted(due.items()) if tick <= end}


def check(
    trace: Trace, record: RunRecord, rows: list[list], frames: list[int], physics: int, control: int
) -> None:
    """Ticks, answers and their ages against arithmetic on the moments at which frames were taken."""
    period, end = physics // control, int(trace.steps[-1])
    assert trace.steps.tolist() == [row[0] for row in rows] == list(range(0, end + 1, period))
    heard = heard_at(frames, physics, control, end)
    assert [row[2] for row in rows] == [heard.get(row[0]) for row in rows]
    assert [answer.frame_step for answer in trace.outputs] == [
        frame for frame in frames if heard_at([frame], physics, control, end)
    ]
    assert len(record.latency.in_loop_ms) == len(frames)
    ages = [
        1000 * (tick - frame) / physics
        for frame in frames
        for tick in heard_at([frame], physics, control, end)
    ]
    assert record.metrics["latency.age_max_ms"] == pytest.approx(max(ages), abs=1e-9)
    assert record.metrics["latency.p50_ms"] == LATENCY_MS


@pytest.mark.parametrize(
    ("physics", "control", "camera"),
    [(200, 10, 10), (200, 10, 25), (200, 20, 8), (120, 120, 8), (60, 4, 60)],
)
def test_each_frame_of_a_driving_robot_is_answered_at_its_own_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, physics: int, control: int, camera: int
) -> None:
    monkeypatch.chdir(tmp_path)
    pack = PACK.format(adapter="mujoco", physics=physics, control=control, camera=camera, limit=0.6)
    trace, record, rows = played(tmp_path, pack + DRIVES + ACCEPT, 160, 120)
    step = physics // camera
    frames = list(range(0, int(trace.steps[-1]) + 1, step))
    assert [frame.step for frame in trace.frames] == frames
    for now, stamps, _ in rows:
        assert stamps["front.rgb"] == now // step * step
    check(trace, record, rows, frames, physics, control)


PHYSX = pytest.mark.skipif(find_spec("ovphysx") is None, reason="needs simgate[physx]")


@pytest.mark.parametrize(
    ("adapter", "physics", "control", "camera", "scan", "joints"),
    [
        ("mujoco", 240, 20, 20, 20, 20),
        ("mujoco", 240, 20, 16, 5, 240),
        ("mujoco", 240, 20, 60, 240, 1),
        ("mujoco", 300, 50, 15, 100, 12),
        ("mujoco", 240, 240, 24, 10, 80),
        pytest.param("physx", 240, 20, 16, 5, 240, marks=PHYSX),
        pytest.param("physx", 240, 20, 48, 80, 30, marks=PHYSX),
    ],
)
def test_each_sensor_of_an_arm_reads_at_its_own_moments(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    adapter: str,
    physics: int,
    control: int,
    camera: int,
    scan: int,
    joints: int,
) -> None:
    """``camera_hz`` says nothing here; of a camera that is faster than control the newest picture is shown."""
    monkeypatch.chdir(tmp_path)
    world = ARM_WORLD.format(camera=camera, scan=scan, joints=joints)
    pack = PACK.format(adapter=adapter, physics=physics, control=control, camera=10, limit=0.4)
    trace, record, rows = played(tmp_path, pack + world + ACCEPT, 16, 16)
    rates = {"view.rgb": camera, "scan.ranges": scan, "arm.position": joints, "cube.pose": control}
    for now, stamps, _ in rows:
        for name, rate in rates.items():
            assert stamps[name] == now // (physics // rate) * (physics // rate), name
    frames = sorted({stamps["view.rgb"] for _, stamps, _ in rows})
    check(trace, record, rows, frames, physics, control)
