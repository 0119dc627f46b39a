"""A ROS 2 node as the perception model: what it says is what the same network says in the harness."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.models.perception_stage import PerceptionStage
from simgate.policies.perception.latency import Latency
from simgate.policies.perception.outputs import Tensors
from simgate.policies.perception.runtime import Asked
from simgate.policies.ros.link import RosFailed
from simgate.policies.ros.model import RosModel
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.scene.sensor import CameraEffects
from tests.integration.test_policy_server import simgate
from tests.ros import NODE, ROOT, ROS, needs_ros
from tests.ros.bead_cases import CASES
from tests.ros.test_link import LAUNCH, ROBOT, STATE, of_folder

pytestmark = needs_ros


def model(folder: Path, *parameters: str, **more: Any) -> RosModel:
    """The bead's node, whose answer is looked at as numbers."""
    launch = [*LAUNCH, *(word for one in parameters for word in ("-p", one))]
    values = {"push": "twist.linear.x", "timed": "twist.linear.y"}
    heard = {"topic": "/push", "type": "geometry_msgs/msg/TwistStamped", "values": values}
    spec = {"python": str(ROS), "launch": launch, "publish": [STATE], "subscribe": [heard], "timeout_s": 4.0}
    return RosModel({"ros": str(folder), "declared": json.dumps(spec | more)})


def asked(step: int, *cases: str) -> Asked:
    """Worlds in which the bead is at -0.5 and the node is to misbehave so at its fourth reading."""
    row = np.array([[-0.5, CASES.index(case)] for case in cases])
    return Asked(step, tuple(range(len(cases))), {"obs": row}, {"obs": step})


def test_each_world_has_a_node_of_its_own_that_answers_for_each_reading(tmp_path: Path) -> None:
    made = model(tmp_path)
    try:
        made.begin([1, 2], ROBOT, 200)
        assert made.channels == ("obs",)
        for step in (0, 20, 40, 60, 80, 100):
            for answer, took_ms in made.answer(asked(step, "good", "good")):
                assert isinstance(answer, Tensors)
                # Its timer of 0.3 s is called at 1.0 s, for the first time that there is, then at 1.2, 1.5 s.
                timed = (step > 0) + (step > 40)
                assert {k: v.tolist() for k, v in answer.values.items()} == {"push": 0.5, "timed": timed / 10}
                assert took_ms > 0
        made.ended(0)
        (alone,) = made.answer(Asked(120, (1,), {"obs": np.array([[-0.25, 0.0]])}, {"obs": 120}))
        assert isinstance(alone[0], Tensors)
        assert alone[0].values["push"].tolist() == 0.25
    finally:
        made.close()
    assert of_folder(tmp_path) == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("crashes", "the node ended with exit code 3 when it was"),
        ("hangs", "the node did not answer on /push at 1.300 s within 4 s"),
        ("future", "a message on /push has the stamp 2.300000000 s, and it is only 1.300000000 s"),
        ("kills the bridge", "the bridge to ROS was killed by signal 9"),
    ],
)
def test_what_it_does_wrong_ends_the_episode_and_nothing_is_left(
    tmp_path: Path, case: str, said: str
) -> None:
    made = model(tmp_path)
    made.begin([1], ROBOT, 200)
    with pytest.raises(RosFailed, match=said):
        for step in (0, 20, 40, 60):
            made.answer(asked(step, case))
    assert of_folder(tmp_path) == []
    made.close()


@pytest.mark.parametrize("latency", [None, Latency(device="", distribution={"constant": 250.0})])
def test_what_it_says_reaches_the_policy_when_its_latency_is_over(
    tmp_path: Path, latency: Latency | None
) -> None:
    made: Any = model(tmp_path, "sleeps_s:=0.15")
    models = [LoopModel(made, latency, "bead")]
    stage = PerceptionStage(models, 0.0, [CameraEffects()], [1], 200, LapClock(), ROBOT)
    try:
        stage.sense(Observation(0, {"obs": np.array([[-0.5, 0.0]])}, {"obs": 0}), [0])
        told = {step: stage.deliver(step, [0])[0] for step in range(0, 20 * 100, 20)}
    finally:
        made.close()
    said = stage.latency_samples(0)
    # It slept 150 ms on the wall clock, whatever acts.
    assert said.measured_ms[0] >= 150
    assert said.mode == ("measured" if latency is None else "simulated")
    acted = said.measured_ms[0] if latency is None else 250.0
    ((step, (arrived,)),) = [(step, arrived) for step, arrived in told.items() if arrived]
    assert step == 20 * math.ceil(acted / 100)
    assert arrived.latency_ms == acted
    assert (arrived.answer.model, arrived.answer.channel, arrived.answer.frame_step) == ("bead", "obs", 0)


@pytest.mark.slow
def test_the_network_in_a_node_gives_every_episode_bit_for_bit(tmp_path: Path) -> None:
    pack = (ROOT / "scenarios" / "ros_doors" / "pack.yaml").read_text()
    head, rest = (
        pack[: pack.index("policy:\n")].replace("ros_doors", "ros_detector"),
        pack[pack.index("sim: {") :],
    )
    network = ROOT / "policies" / "reference_model" / "model.yaml"
    (tmp_path / "pack.yaml").write_text(f"{head}model: {network}\npolicy: door_navigator\n{rest}")
    digests = []
    for place, name in ((tmp_path / "pack.yaml", "network"), (ROOT / "scenarios" / "ros_detector", "node")):
        chosen = ("--scenario", "degraded_camera", "--scenario", "person_crossing", "--variants", 1)
        words = ("--runs-dir", tmp_path, "--run-name", name, "--workers", 2, "--quiet")
        code, text = simgate("run", place, *chosen, *words)
        assert code == 20, text  # Two variants prove nothing.
        records = [json.loads(line) for line in (tmp_path / name / "journal.ndjson").read_text().splitlines()]
        digests.append({one["variant"]: (one["outcome"], one["trace_digest"]) for one in records})
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2
    manifest = json.loads((tmp_path / "node" / "manifest.json").read_text())
    (part,) = [one for one in manifest["fingerprint"]["parts"] if one["role"] == "model"]
    assert '"sleeps_s": 0.0' in part["said"]["parameters of /door_detector"]
    assert {Path(name).name for name in part["files"]} >= {"detector.py", "detector.onnx", "bridge.py"}
    assert NODE.name not in str(part["files"])
