"""A pack whose model estimates a pose in the loop, judged against where plain MuJoCo has the body at each picture."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.policies.perception.made_models import constant_onnx, package
from tests.unit.sim_adapters.articulated.machines import ARM

POLICY = """\
from simgate.policies.policy import Act


class Lowers:
    name = "lowers"

    def __init__(self, *, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.count = len(briefs)

    def act(self, observation, outputs):
        return [Act((-1.4, 0.0), "lower")] * self.count
"""
PACK = """\
simgate: 1
pack: arm
policy: lowers.py:Lowers
model: model/model.yaml
sim: {physics_hz: 200, control_hz: 20, time_limit_s: 1}
scenarios:
  looks:
    title: the arm looks for a cube
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: actuators}
      sensors: {wrist: {camera: wrist, width: 64, height: 48}}
    task:
      signals: {shoulder_rad: {joint: shoulder}}
      success: shoulder_rad > 9
      touch: {allow: [[base, floor], [base, table]]}
    variants: {count: 1}
    accept:
      poses.cube.translation_error_m: {of: body/cube, at_most: 1}
      poses.cube.recall: {of: body/cube, at_least: 1}
"""
SAID = (0.02, -0.01, 0.5)


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pack with its robot, its policy, and a model that says one pose of every picture."""
    monkeypatch.chdir(tmp_path)
    turned = 'pos="0 0 .1" xyaxes="0 -1 0 .5 0 .87" fovy="110"'
    (tmp_path / "arm.xml").write_text(ARM.replace('pos="0 0 .3" xyaxes="0 -1 0 .7 0 .7" fovy="60"', turned))
    (tmp_path / "lowers.py").write_text(POLICY)
    outputs = {
        "t": np.array([[SAID]], np.float32),
        "q": np.array([[[1.0, 0.0, 0.0, 0.0]]], np.float32),
    }
    decoder = {"kind": "poses", "outputs": {"translation": "t", "rotation": "q"}}
    package(
        tmp_path / "model",
        constant_onnx(outputs, frames=("images", 48, 64)),
        classes=["cube"],
        decoder=decoder,
        input={"width": 64, "height": 48},
    )
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def test_a_pose_is_judged_by_where_the_body_was_at_the_picture(pack: Path) -> None:
    main(["run", str(pack), "--quiet", "--record", "all", "--runs-dir", "runs", "--workers", "0"])
    (path,) = run_dirs(Path("runs"))
    record = next(iter(RunFolder(path).records()))
    trace = load_trace(path / record.artifacts["trace"])
    model = mujoco.MjModel.from_xml_path("arm.xml")
    model.opt.timestep = 1 / 200
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    data.ctrl[:] = -1.4, 0.0
    last = max(one.frame_step for one in trace.outputs)
    errors, step = [], 0
    for truth in trace.truths:
        while step < truth.step:
            mujoco.mj_step(model, data)
            step += 1
        mujoco.mj_forward(model, data)
        (cube,) = truth.view.bodies
        if truth.step <= last and cube.pixels:
            right, up, back = data.camera("wrist").xmat.reshape(3, 3).T
            way = data.body("cube").xpos - data.camera("wrist").xpos
            errors.append(np.linalg.norm(np.array(SAID, np.float32) - (way @ right, way @ -up, way @ -back)))
    assert len(errors) > 5 and max(errors) - min(errors) > 0.01
    found = record.metrics["poses.cube.translation_error_m{of=body/cube}"]
    assert found == pytest.approx(np.mean(errors), abs=1e-9)
    assert record.metrics["poses.cube.recall{of=body/cube}"] == 1.0
