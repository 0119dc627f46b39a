"""Models that are given channels of a robot on its own joints: in the loop, by lint, by the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the models of these tests")

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.policies.perception.made_models import echo_package
from tests.unit.sim_adapters.articulated.machines import ARM

POLICY = '''\
"""Swings, and holds every answer against what it sensed itself at that step."""

import math

import numpy as np

from simgate.policies.policy import Act

GIVEN = {"rgb": "wrist.rgb", "depth": "wrist.depth", "angle": "arm.position"}


class Swing:
    name = "swing"

    def __init__(self, *, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.sensed, self.heard, self.worst = {}, 0, [0.0] * len(briefs)

    def act(self, observation, outputs):
        for channel, stamp in observation.stamps.items():
            self.sensed.setdefault((channel, stamp), observation.channels[channel].copy())
        for world, output in enumerate(outputs):
            if output is None:
                continue
            self.heard += 1
            for name, channel in GIVEN.items():
                at = max(s for c, s in self.sensed if c == channel and s <= output.frame_step)
                wanted = self.sensed[channel, at][world].astype(float)
                if name == "rgb":
                    wanted = wanted.transpose(2, 0, 1) / 255.0
                off = np.abs(output.values[name].reshape(wanted.shape) - wanted).max()
                self.worst[world] = max(self.worst[world], float(off))
        values = [0.2 * math.sin(observation.step / 40.0), 0.1]
        return [Act(values, "swing", {"worst": w, "heard": self.heard}) for w in self.worst]
'''
PACK = """\
simgate: 1
pack: arm
policy: swing.py:Swing
model: rgbd/model.yaml
sim: {physics_hz: 200, control_hz: 20, time_limit_s: 1, batch: 2}
scenarios:
  swings:
    title: swings
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: {joints: all, mode: position, kp: 100}}
      sensors:
        wrist: {camera: wrist, kinds: [rgb, depth], width: 20, height: 16, rate_hz: 25}
        arm: {joints: all, rate_hz: 40}
      set: {cube.kg: geom/cube.mass}
    task:
      signals: {height_m: {position: body/cube, axis: z}}
      success: height_m > 0.1 for 0.9 s
      touch: {allow: [[base, table], [base, cube]]}
    parameters: {cube.kg: {uniform: [0.1, 0.3]}, camera.noise_std: 0}
    variants: {count: 2}
    accept: {success: {equals: true}}
"""
DEPTH = {"channel": "wrist.depth", "shape": [1, 16, 20], "unit": "m"}
ANGLE = {"channel": "arm.position", "shape": [2], "unit": "rad, m"}


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "arm.xml").write_text(ARM)
    (tmp_path / "swing.py").write_text(POLICY)
    frames = {"name": "rgb", "width": 20, "height": 16}
    shapes = {"rgb": (3, 16, 20), "depth": (1, 16, 20), "angle": (2,)}
    echo_package(tmp_path / "rgbd", frames, {"depth": DEPTH, "angle": ANGLE}, **shapes)
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def test_a_model_gets_each_channel_as_it_was_when_the_frame_was_taken(pack: Path) -> None:
    """The camera's 25 Hz lie beside the 20 Hz of control: joints that were read after the frame stay out."""
    main(["run", str(pack), "--workers", "0", "--quiet", "--record", "all", "--runs-dir", "runs"])
    (folder,) = run_dirs(Path("runs"))
    records = list(RunFolder(folder).records())
    assert [one.outcome for one in records] == ["PASS", "PASS"]
    traces = [load_trace(folder / one.artifacts["trace"]) for one in records]
    for trace in traces:
        assert trace.facts["policy.heard"] >= 20
        assert trace.facts["policy.worst"] < 1e-6
        assert {one.frame_step % 8 for one in trace.outputs} == {0}
        angles = np.array([one.values["angle"] for one in trace.outputs])
        assert np.ptp(angles[:, 0]) > 0.05


def test_lint_tells_a_channel_that_the_robot_lacks_at_its_line_of_the_package(pack: Path, capsys) -> None:
    model = pack.parent / "rgbd" / "model.yaml"
    assert main(["lint", str(pack)]) == 0
    model.write_text(model.read_text().replace("wrist.depth", "wirst.depth"))
    capsys.readouterr()
    assert main(["lint", str(pack)]) != 0
    line = next(k for k, text in enumerate(model.read_text().splitlines(), 1) if "wirst" in text)
    said = capsys.readouterr().out
    assert f"rgbd/model.yaml:{line}:14: error[model-channel]" in said
    assert "the robot of scenario 'swings' senses no 'wirst.depth'" in said
    assert "did you mean 'wrist.depth'?" in said


def test_a_model_of_the_command_line_is_held_against_the_robot_before_anything_runs(
    pack: Path, capsys
) -> None:
    frames, other = {"name": "rgb", "width": 20, "height": 16}, {**ANGLE, "unit": "deg"}
    shapes = {"rgb": (3, 16, 20), "angle": (2,)}
    echo_package(pack.parent / "other", frames, {"angle": other}, **shapes)
    code = main(["run", str(pack), "--workers", "0", "--quiet", "--runs-dir", "runs", "--model", "other"])
    assert code == 2
    assert (
        "'arm.position' of the robot of scenario 'swings' is in rad, m, the model takes deg"
        in capsys.readouterr().err
    )
    assert not Path("runs").exists()
