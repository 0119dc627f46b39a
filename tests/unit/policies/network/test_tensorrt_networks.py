"""A network as TensorRT's plan, on the double of its bindings: the numbers of the ONNX file that it was built from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the networks of these tests")
pytest.importorskip("torch", reason="the engine keeps its buffers in torch")

from simgate.policies.network.policy import NetworkPolicy
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.trt import needs
from simgate.policies.policy import Brief
from tests.doubles.engines import VERSIONS, double_on_path
from tests.doubles.tensorrt_device import CpuDevice
from tests.doubles.tensorrt_double.plan_file import write_plan
from tests.unit.policies.network.test_network_policy import JOINTS, robot, told
from tests.unit.policies.network.tiny_networks import counter, linear

PLAIN = "network: net.plan\nobservation: [{channel: legs.position}]\n"
WITH_STATE = """\
network: net.plan
observation: [{channel: legs.position}]
recurrent: [{input: h_in, output: h_out, shape: [1, batch, 1]}]
"""
WEIGHTS = [[1.0, 2.0], [0.5, -1.0]]


@pytest.fixture(params=sorted(VERSIONS))
def release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(needs, "CudaDevice", CpuDevice)
    with double_on_path(request.param, monkeypatch):
        yield request.param


def planned(folder: Path, onnx: Path, profile: dict[str, list[list[int]]], release: str) -> None:
    (folder / "net.plan").write_bytes(write_plan(onnx.read_bytes(), [profile], VERSIONS[release]))


def made(folder: Path, text: str, worlds: int, joints: tuple[str, ...] = JOINTS) -> NetworkPolicy:
    (folder / "policy.yaml").write_text(text)
    policy = NetworkPolicy(50, {"network": str(folder / "policy.yaml")})
    policy.reset([Brief()] * worlds, robot(joints))
    return policy


def test_a_plan_gives_what_its_onnx_file_gives(tmp_path: Path, release: str) -> None:
    onnx = linear(tmp_path / "net.onnx", WEIGHTS)
    planned(tmp_path, onnx, {"obs": [[1, 2], [1, 2], [8, 2]]}, release)
    rows = [[1.0, 2.0], [-0.5, 0.25]]
    for text in (PLAIN, PLAIN + "together: true\n"):
        run = made(tmp_path, text, 2)
        wanted = made(tmp_path, text.replace("net.plan", "net.onnx"), 2)
        for _ in range(3):  # plain, captured, replayed
            assert told(run, *rows) == told(wanted, *rows)
    np.testing.assert_allclose(told(run, *rows), np.array(rows) @ WEIGHTS)


def test_a_plan_s_state_is_of_its_world_and_of_its_episode(tmp_path: Path, release: str) -> None:
    onnx = counter(tmp_path / "net.onnx")
    planned(tmp_path, onnx, {"obs": [[1, 1]] * 3, "h_in": [[1, 1, 1]] * 3}, release)
    run = made(tmp_path, WITH_STATE, 2, JOINTS[:1])
    for step in range(4):
        assert [row[0] for row in told(run, [0.5], [7.0])] == [0.5 + step, 7.0 + step]
    run.reset([Brief()], robot(JOINTS[:1]))
    assert told(run, [0.5])[0][0] == 0.5


def test_a_plan_that_is_not_as_declared_is_refused_at_its_line(tmp_path: Path, release: str) -> None:
    onnx = linear(tmp_path / "net.onnx", WEIGHTS)
    planned(tmp_path, onnx, {"obs": [[1, 2]] * 3}, release)
    with pytest.raises(PackageError, match=r"policy.yaml:3:\d+: .*has no output 'h_out'") as refused:
        made(tmp_path, PLAIN + "recurrent: [{input: h, output: h_out, shape: [1, batch, 1]}]\n", 1)
    assert "the network has inputs obs float32 (?, 2)" in str(refused.value)
    (tmp_path / "net.plan").write_bytes(b"garbage")
    with pytest.raises(PackageError, match=r"policy.yaml:1:\d+: .*cannot deserialize the plan"):
        made(tmp_path, PLAIN, 1)


@pytest.mark.parametrize("has", ["nothing", "tensorrt"])
def test_without_tensorrt_or_a_gpu_the_message_says_what_else_can_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has: str
) -> None:
    onnx = linear(tmp_path / "net.onnx", WEIGHTS)
    planned(tmp_path, onnx, {"obs": [[1, 2]] * 3}, "11.4")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    said = "sees 0 CUDA devices" if has == "tensorrt" else "TensorRT cannot be imported"
    with pytest.MonkeyPatch.context() as patched:
        if has == "tensorrt":
            with double_on_path("11.4", patched), pytest.raises(PackageError, match=said) as refused:
                made(tmp_path, PLAIN, 1)
        else:
            patched.setitem(__import__("sys").modules, "tensorrt", None)
            with pytest.raises(PackageError, match=said) as refused:
                made(tmp_path, PLAIN, 1)
    assert "name the network's ONNX file" in str(refused.value)
