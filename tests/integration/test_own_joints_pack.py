"""A pack of someone else's robot on its own joints, gymnasium's ant, by YAML alone: run, judged, run again."""

from __future__ import annotations

import math
from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs

ANT = Path(gymnasium.__file__).parent / "envs/mujoco/assets/ant.xml"
POLICY = """\
import math

from simgate.policies.policy import Act


class Swing:
    name = "swing"

    def __init__(self, *, control_hz, options):
        self.control_hz = control_hz

    def reset(self, briefs, embodiment):
        self.size = embodiment.action.size

    def act(self, observation, outputs):
        share = 0.5 * math.sin(2.0 * math.pi * observation.step / 100)
        values = [share * (-1) ** k for k in range(self.size)]
        return [Act(values, "swing") for _ in observation.channels["joints.position"]]
"""
PACK = """\
simgate: 1
pack: ant
policy: swing.py:Swing
sim: {physics_hz: 100, control_hz: 20, time_limit_s: 1}
task:
  signals:
    height_m: {position: body/torso, axis: z}
    hip_rad: {joint: hip_1}
    spin_rps: {joint: ankle_1, of: velocity}
    work_j: {energy: true}
  success: height_m < 0.7 for 0.2 s
  failure: height_m > 1
  touch: {allow: [[torso, floor]]}
scenarios:
  swings:
    title: an ant swings its legs
    severity: major
    world:
      mjcf: ant.xml
      robot: {body: torso, drive: actuators}
      sensors: {joints: {joints: all}}
      set: {floor.grip: geom/floor.friction.slide}
    parameters: {floor.grip: {uniform: [0.4, 1.2]}}
    variants: {count: 4}
    accept:
      success: {equals: true}
      highest: {signal: {name: height_m, reduce: max}, at_most: 0.8}
      falls: {stl: "eventually (height_m < 0.7)"}
      collisions: {at_most: 0}
      motion.energy_j: {at_most: 1000}
      motion.spin_rps.jerk_rms: {at_most: 100000}
      action.saturation: {at_most: 0}
gate:
  - pass_rate: {at_least: 0.2, confidence: 0.8}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pack, its policy and a copy of the robot in one folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ant.xml").write_bytes(ANT.read_bytes())
    (tmp_path / "swing.py").write_text(POLICY)
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def run(pack: Path, name: str, *options: str) -> RunFolder:
    """A run into a folder of its own."""
    main(["run", str(pack), "--quiet", "--record", "all", "--runs-dir", name, *options])
    (path,) = run_dirs(Path(name))
    return RunFolder(path)


def digests(folder: RunFolder) -> dict[str, str]:
    return {record.variant: record.trace_digest for record in folder.records()}


def test_it_runs_alike_with_one_and_two_workers_and_replays(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = run(pack, "one", "--workers", "1")
    records = list(one.records())
    assert [record.outcome.value for record in records] == ["PASS"] * 4, [r.reason for r in records]
    assert {record.end for record in records} == {"success"}
    assert [(set(record.artifacts), record.notes) for record in records] == [({"trace"}, ())] * 4
    units = [{one.metric: one.unit for one in record.criteria}["highest"] for record in records]
    assert units == ["m"] * 4
    assert all(record.metrics["success"] is True and record.metrics["spl"] is None for record in records)
    assert digests(run(pack, "two", "--workers", "2")) == digests(one)
    assert (one.path / "report.html").is_file()
    capsys.readouterr()
    assert main(["replay", str(one.path), "swings::v0001"]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out
    assert main(["explain", str(one.path), "swings::v0001"]) == 0
    assert "height_m is 0.75 m" in capsys.readouterr().out
    lines = one.journal_path.read_text().splitlines(keepends=True)
    expected = digests(one)
    one.journal_path.write_text("".join(lines[:2]))
    main(["run", "--resume", str(one.path), "--quiet", "--workers", "1"])
    assert digests(one) == expected


def test_its_signals_are_those_of_plain_mujoco(pack: Path) -> None:
    folder = run(pack, "runs", "--workers", "0", "--variants", "1")
    (record,) = folder.records()
    trace = load_trace(folder.path / record.artifacts["trace"])
    model = mujoco.MjModel.from_xml_path(str(ANT))
    model.opt.timestep = 0.01
    model.geom("floor").friction[0] = record.parameters["floor.grip"]
    data, work_j, told = mujoco.MjData(model), 0.0, []
    for row, step in enumerate(trace.steps):
        mujoco.mj_forward(model, data)
        now = (data.body("torso").xpos[2], data.joint("hip_1").qpos[0], data.joint("ankle_1").qvel[0])
        seen = tuple(trace.signals[name][row] for name in ("height_m", "hip_rad", "spin_rps"))
        np.testing.assert_allclose(seen, now, rtol=0.0, atol=1e-9)
        share = 0.5 * math.sin(2.0 * math.pi * step / 100)
        np.testing.assert_allclose(trace.signals["work_j"][row], work_j, rtol=1e-9, atol=1e-9)
        told.append([share * (-1) ** k for k in range(model.nu)])
        data.ctrl[:] = told[-1]
        for _ in range(5):
            mujoco.mj_step(model, data)
            work_j += 0.01 * np.maximum(data.actuator_force * data.actuator_velocity, 0.0).sum()
    np.testing.assert_array_equal(trace.actions.values, told)
    assert (trace.actions.low.tolist(), trace.actions.high.tolist()) == ([-1.0] * model.nu, [1.0] * model.nu)
    assert record.metrics["action.saturation"] == 0.0
    assert record.metrics["motion.energy_j"] == trace.signals["work_j"][-1] > 0.0
    jerk = np.diff(trace.signals["spin_rps"], n=2) / 0.05**2
    assert record.metrics["motion.spin_rps.jerk_rms"] == pytest.approx(np.sqrt(np.mean(jerk**2)), rel=1e-12)


def test_a_camera_of_another_rate_gives_pictures_and_a_strip_of_each_channel_and_no_doubt(pack: Path) -> None:
    camera = "{camera: track, kinds: [rgb, depth, semantic], width: 64, height: 48, rate_hz: 10}"
    view = f"sensors: {{joints: {{joints: all}}, view: {camera}}}"
    pack.write_text(
        PACK.replace("sensors: {joints: {joints: all}}", view).replace(
            "height_m < 0.7 for", "height_m < 0 for"
        )
    )
    folder = run(pack, "runs", "--workers", "0", "--variants", "1")
    (record,) = folder.records()
    assert (record.outcome.value, record.end) == ("FAIL", "time_limit"), record.reason
    strips = {"strip.view.rgb", "strip.view.depth", "strip.view.semantic"}
    assert set(record.artifacts) == {"start_picture", "failure_picture", "trace", "film"} | strips
    assert all((folder.path / path).is_file() for path in record.artifacts.values())
    page = (folder.path / "report.html").read_text()
    assert all(f"channel view.{kind} of swings::v0000" in page for kind in ("rgb", "depth", "semantic"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("height_m < 0.7 for 0.2 s", "height_m < 0.7 for 0.3 s"),
        ("body/torso, axis: z", "geom/torso_geom, axis: z"),
        ("drive: actuators", "drive: {joints: all, mode: torque}"),
        ("joints: {joints: all}", "joints: {joints: [hip_1]}"),
    ],
)
def test_what_is_asked_of_the_robot_is_part_of_what_a_record_is_about(
    pack: Path, before: str, after: str
) -> None:
    first = run(pack, "first", "--workers", "0", "--variants", "1")
    assert before in PACK
    pack.write_text(PACK.replace(before, after))
    second = run(pack, "second", "--workers", "0", "--variants", "1")
    assert [r.identity for r in first.records()] != [r.identity for r in second.records()]


CODED = """\
from simgate.harness.tasks.task import Task, TaskRun
from simgate.harness.trace import Signal
from simgate.policies.policy import Brief
from simgate.sim_adapters.quantities import read_quantity


class Stands(Task):
    name = "stands"
    signals = (Signal("height_m", "m", "height of the torso"), Signal("hip_rad", "rad", "a hip"))
    facts = ("success",)
    quantities = {
        "z": read_quantity({"position": "body/torso", "axis": "z"}),
        "hip": read_quantity({"joint": "hip_1"}),
    }
    allow = (("torso", "floor"),)

    def brief(self, scene):
        return Brief("", {})

    def begin(self, scene, timing, time_limit_s):
        return StandsRun(round(time_limit_s * timing.physics_hz))


class StandsRun(TaskRun):
    def __init__(self, limit):
        self.limit, self.low = limit, False

    @property
    def facts(self):
        return {"success": self.low}

    def row(self, truth, observation, world, act):
        return truth.values["z"], truth.values["hip"]

    def ended(self, step, truth, act):
        self.low = self.low or truth.values["z"] < 0.7
        return "time_limit" if step >= self.limit else ""


STANDS = Stands()
"""


def test_a_task_that_is_code_reads_what_a_declared_one_reads(pack: Path) -> None:
    declared = run(pack, "declared", "--workers", "0", "--variants", "2")
    (pack.parent / "stands.py").write_text(CODED)
    start, end = PACK.index("task:\n"), PACK.index("scenarios:")
    rest = "".join(line for line in PACK[end:].splitlines(keepends=True) if "motion." not in line)
    pack.write_text(f"{PACK[:start]}task: stands.py:STANDS\n{rest}")
    coded = run(pack, "coded", "--workers", "2", "--variants", "2")
    pairs = zip(declared.records(), sorted(coded.records(), key=lambda one: one.variant), strict=True)
    for one, other in pairs:
        assert (one.variant, other.end, other.metrics["success"]) == (other.variant, "time_limit", True)
        first = load_trace(declared.path / one.artifacts["trace"])
        second = load_trace(coded.path / other.artifacts["trace"])
        for name in ("height_m", "hip_rad"):
            rows = len(first.steps)
            assert first.signals[name].tobytes() == second.signals[name][:rows].tobytes()


SIMULATOR = """\
import dataclasses

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.scene.articulated import ArticulatedSite


class Arms(MujocoAdapter):
    traits = dataclasses.replace(MujocoAdapter.traits, planar=False)

    def reset(self, scenes):
        assert all(isinstance(scene, ArticulatedSite) for scene in scenes)
        return super().reset(scenes)
"""


def test_a_simulator_of_ones_own_that_takes_such_robots_alone_runs_them(pack: Path) -> None:
    shipped = run(pack, "shipped", "--workers", "0", "--variants", "1")
    (pack.parent / "arms.py").write_text(SIMULATOR)
    pack.write_text(PACK.replace("sim: {", "sim: {adapter: arms.py:Arms, "))
    own = run(pack, "own", "--workers", "1", "--variants", "1")
    assert digests(own) == digests(shipped) != {}


def test_a_scanner_loses_other_beams_in_each_variant_and_the_same_in_each_run(pack: Path) -> None:
    scanner = "eye: {lidar3d: site/mast, beams: 40, rows: 9, low_deg: -60, high_deg: -20, dark_range_m: 2}"
    robot = ANT.read_text()
    mast = '<site name="mast" pos="0 0 1"/><geom name="torso_geom"'
    (pack.parent / "ant.xml").write_text(robot.replace('<geom name="torso_geom"', mast))
    text = PACK.replace("{joints: {joints: all}}", f"{{joints: {{joints: all}}, {scanner}}}")
    pack.write_text(text.replace("{uniform: [0.4, 1.2]}", "0.8").replace("count: 4", "count: 2"))
    seen = "f\"{(observation.channels['eye.ranges'][0] < 9).sum()} beams\""
    (pack.parent / "swing.py").write_text(POLICY.replace('Act(values, "swing")', f"Act(values, {seen})"))
    folder = run(pack, "one", "--workers", "0")
    first, second = (
        load_trace(folder.path / record.artifacts["trace"])
        for record in sorted(folder.records(), key=lambda r: r.variant)
    )
    assert first.modes != second.modes, "two variants of equal values are two episodes"
    assert np.array_equal(first.signals["height_m"], second.signals["height_m"])
    assert digests(run(pack, "two", "--workers", "0")) == digests(folder)
