"""Tensors inside a model: what the model's own library holds there, of ONNX and of torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

import onnx
import onnxruntime as ort

from simgate.policies.perception.files.trust import ALL, VARIABLE
from simgate.policies.perception.inference.inner_tensor import (
    NoTensor,
    pooled,
    tensor_names,
    with_output,
)
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.package import load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.tiny_model import onnx_bytes, write_external, write_package

SHIPPED = Path(__file__).parents[5] / "policies" / "reference_model" / "detector.onnx"
FRAMES = np.random.default_rng(3).integers(0, 256, (3, 24, 32, 3)).astype(np.uint8)
INPUT = ((FRAMES.transpose(0, 3, 1, 2) / 255.0 - 0.5) / 0.25).astype(np.float32)


def by_the_library(model: onnx.ModelProto, tensor: str) -> np.ndarray:
    """The tensor as ONNX Runtime gives it of a file to which the onnx library has added the output."""
    if tensor not in {one.name for one in model.graph.output}:
        model.graph.output.append(onnx.ValueInfoProto(name=tensor))
    session = ort.InferenceSession(model.SerializeToString())
    return np.concatenate([session.run([tensor], {"frames": INPUT[k : k + 1]})[0] for k in range(len(INPUT))])


@pytest.mark.parametrize("tensor", ["logits", "heatmap"])
@pytest.mark.parametrize("write", [write_package, write_external])
def test_numbers_are_the_means_of_what_onnxruntime_holds_there(tmp_path, write, tensor) -> None:
    path = write(tmp_path)
    found = OnnxRuntime(load_package(path), "cpu").tensor(tensor, FRAMES)
    whole = by_the_library(onnx.load(tmp_path / "tiny.onnx"), tensor).astype(np.float64)
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found, whole.mean(axis=(2, 3)), atol=1e-5)
    assert len(np.unique(found)) == 6


def test_all_tensors_of_a_file_are_known_and_each_can_be_an_output() -> None:
    for content in (SHIPPED.read_bytes(), onnx_bytes()):
        model = onnx.load_from_string(content)
        names = [name for node in model.graph.node for name in node.output]
        assert tensor_names(content) == names
        for name in names:
            assert onnx.load_from_string(content + with_output(name)).graph.output[-1].name == name
    long = "x" * 300
    assert onnx.load_from_string(onnx_bytes() + with_output(long)).graph.output[-1].name == long


def test_a_name_that_the_model_does_not_have_is_told_with_the_nearest(tmp_path) -> None:
    runtime = OnnxRuntime(load_package(write_package(tmp_path)), "cpu")
    with pytest.raises(NoTensor, match=r"model 'tiny' has no tensor 'logit'; did you mean 'logits'\?"):
        runtime.tensor("logit", FRAMES)
    assert len(runtime.infer(FRAMES)) == 3


def test_shapes_become_numbers_of_each_frame() -> None:
    values = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    assert np.array_equal(pooled(values, 2, "t"), values.mean(axis=(2, 3)))
    assert np.array_equal(pooled(values[..., 0], 2, "t"), values[..., 0].mean(axis=1)), "over tokens"
    assert np.array_equal(pooled(values[:, 0, 0], 2, "t"), values[:, 0, 0])


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.zeros(2), "not one row for each frame"),
        (np.zeros((3, 4)), "not one row for each frame"),
        (np.array([["a"], ["b"]]), "holds no numbers"),
        (np.full((2, 3), np.nan), "not finite"),
        (np.zeros((2, 5000)), "5,000 numbers a frame, 4,096 at most"),
    ],
)
def test_what_says_nothing_of_each_frame_is_refused(values, why) -> None:
    with pytest.raises(NoTensor, match=why):
        pooled(values, 2, "t")


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torch_shows_what_a_forward_hook_sees(tmp_path, monkeypatch) -> None:
    torch = pytest.importorskip("torch")
    from simgate.policies.perception.runtimes.torch_runtime import TorchRuntime

    class Net(torch.nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 8, 8), torch.nn.ReLU())
            self.heads = torch.nn.ModuleList([torch.nn.Conv2d(5, 2, 1), torch.nn.Conv2d(5, 4, 1)])

        def forward(self, x):  # type: ignore[no-untyped-def]
            found = self.body(x)
            return torch.sigmoid(self.heads[0](found)), self.heads[1](found)

    monkeypatch.setenv(VARIABLE, ALL)
    torch.manual_seed(1)
    net, shape = Net().eval(), (torch.zeros(2, 3, 24, 32),)
    path = write_package(tmp_path)
    dynamic = ({0: torch.export.Dim("n", min=1, max=64)},)
    torch.export.save(torch.export.export(net, shape, dynamic_shapes=dynamic), tmp_path / "net.pt2")
    sha256 = hashlib.sha256((tmp_path / "net.pt2").read_bytes()).hexdigest()
    add_artifact(path, artifact_line("torch", "net.pt2", sha256))
    runtime = TorchRuntime(load_package(path), "cpu")
    for name in ("body", "body.0", "heads.1"):
        seen = []
        hook = net.get_submodule(name).register_forward_hook(lambda *given, seen=seen: seen.append(given[2]))
        with torch.inference_mode():
            for k in range(len(INPUT)):
                net(torch.from_numpy(INPUT[k : k + 1]))
        hook.remove()
        wanted = torch.cat(seen).double().mean(dim=(2, 3)).numpy()
        np.testing.assert_allclose(runtime.tensor(name, FRAMES), wanted, rtol=1e-5, atol=1e-6)
    assert runtime.tensor("sigmoid", FRAMES).shape == (3, 2), "a node of the graph"
    with pytest.raises(NoTensor, match=r"no module and no node 'bodi'; did you mean 'body'\?"):
        runtime.tensor("bodi", FRAMES)
    traced = torch.jit.trace(net, shape)
    scripted = tmp_path / "scripted"
    scripted.mkdir()
    path = write_package(scripted)
    traced.save(str(scripted / "net.pt"))
    sha256 = hashlib.sha256((scripted / "net.pt").read_bytes()).hexdigest()
    add_artifact(path, artifact_line("torch", "net.pt", sha256))
    with pytest.raises(NoTensor, match="TorchScript file shows no inner tensors"):
        TorchRuntime(load_package(path), "cpu").tensor("body", FRAMES)
