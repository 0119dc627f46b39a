"""The torch runtime on the CPU, with real programs made from the tiny ONNX model."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the tiny model of these tests")
pytest.importorskip("torch", reason="the runtime under test")

import torch

from simgate.policies.perception.files.trust import ALL, VARIABLE
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.onnx_to_torch import UnknownOperator, convert, main
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.policies.perception.runtimes.torch_runtime import TorchRuntime
from tests.unit.policies.perception.made_models import package
from tests.unit.policies.perception.tiny_model import onnx_bytes, write_external, write_package

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

FRAMES = np.random.default_rng(3).integers(0, 256, (5, 24, 32, 3)).astype(np.uint8)


@pytest.fixture(autouse=True)
def trusted(monkeypatch):
    """These tests load what they have just made."""
    monkeypatch.setenv(VARIABLE, ALL)


def packaged(folder, file):
    path = write_package(folder)
    assert main([str(path), str(folder / file), "--add"]) == 0
    return load_package(path)


def with_program(folder, program):
    path = write_package(folder)
    file = folder / "other.pt"
    torch.jit.trace(program, (torch.zeros(2, 3, 24, 32),), strict=False).save(str(file))
    import hashlib

    add_artifact(path, artifact_line("torch", file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
    return load_package(path)


def same(first, second):
    assert [len(found) for found in first] == [len(found) for found in second]
    assert sum(map(len, first)) > 0
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.class_ids, b.class_ids)
        np.testing.assert_allclose(a.boxes, b.boxes, atol=1e-4)
        np.testing.assert_allclose(a.scores, b.scores, atol=1e-5)


@pytest.mark.parametrize("file", ["detector.pt2", "detector.pt"])
def test_both_kinds_of_files_find_what_onnxruntime_finds(tmp_path, file):
    package = packaged(tmp_path, file)
    runtime = TorchRuntime(package)
    reference = OnnxRuntime(package)
    for count in (1, 2, 5):
        same(runtime.infer(FRAMES[:count]), reference.infer(FRAMES[:count]))
    info = runtime.describe()
    assert (info.runtime, info.version) == ("torch", torch.__version__)
    assert info.artifact_sha256 == package.artifact("torch").sha256


def test_a_torch_file_is_made_of_weights_in_a_second_file(tmp_path, monkeypatch):
    path = write_external(tmp_path)
    monkeypatch.chdir("/")
    assert main([str(path), str(tmp_path / "detector.pt2"), "--add"]) == 0
    package = load_package(path)
    same(TorchRuntime(package, "cpu").infer(FRAMES), OnnxRuntime(package, "cpu").infer(FRAMES))


def test_a_torch_file_that_is_replaced_after_the_package_was_read_is_not_loaded(tmp_path):
    package = packaged(tmp_path, "detector.pt")
    (tmp_path / "detector.pt").write_bytes(b"another")
    with pytest.raises(PackageError, match=r"model-hash.*'detector.pt' has sha256"):
        TorchRuntime(package, "cpu")


def test_tensors_and_frames_that_must_not_be_written_are_taken(tmp_path):
    runtime = TorchRuntime(packaged(tmp_path, "detector.pt"), "cpu")
    frames = FRAMES.copy()
    frames.flags.writeable = False
    same(runtime.infer(frames), runtime.infer(torch.from_numpy(FRAMES)))


def test_onnxruntime_takes_frames_over_dlpack(tmp_path):
    reference = OnnxRuntime(load_package(write_package(tmp_path)), "cpu")
    same(reference.infer(torch.from_numpy(FRAMES)), reference.infer(FRAMES))


class ByName(torch.nn.Module):
    def __init__(self, names):
        super().__init__()
        self.names = names

    def forward(self, x):
        cells = x[:, :2, ::8, ::8]
        return dict.fromkeys(
            self.names, torch.cat((cells, cells), 1)[:, : 2 if "box" not in self.names else 4]
        )


def test_a_program_that_lacks_an_output_is_refused_by_its_name(tmp_path):
    runtime = TorchRuntime(with_program(tmp_path, ByName(["heatmap"])))
    with pytest.raises(RuntimeError, match=r"no output 'box' \(has: heatmap\)"):
        runtime.infer(FRAMES)


def test_a_program_with_too_few_outputs_is_refused(tmp_path):
    class One(torch.nn.Module):
        def forward(self, x):
            return x[:, :2, ::8, ::8]

    runtime = TorchRuntime(with_program(tmp_path, One()))
    with pytest.raises(RuntimeError, match="returns 1 tensors, the package declares heatmap, box"):
        runtime.infer(FRAMES)


@pytest.mark.parametrize("content", [b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_program_is_reported_with_its_name(tmp_path, content):
    import hashlib

    path = write_package(tmp_path)
    (tmp_path / "bad.pt2").write_bytes(content)
    add_artifact(path, artifact_line("torch", "bad.pt2", hashlib.sha256(content).hexdigest()))
    with pytest.raises(PackageError, match=r"model-unreadable.*'bad.pt2' cannot be loaded by torch"):
        TorchRuntime(load_package(path))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_is_refused_where_there_is_none(tmp_path):
    package = packaged(tmp_path, "detector.pt")
    with pytest.raises(PackageError, match="sees no CUDA device"):
        TorchRuntime(package, "cuda")
    with pytest.raises(PackageError, match=r"cannot use CUDA here \(providers: "):
        OnnxRuntime(package, "cuda:1")


def test_without_torch_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    package = packaged(tmp_path, "detector.pt")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(PackageError, match=r"runtime-missing.*simgate\[torch\]"):
        TorchRuntime(package)


def test_an_operator_that_is_not_known_is_named(tmp_path):
    import onnx

    model = onnx.load_model_from_string(onnx_bytes())
    model.graph.node[1].op_type = "Softplus"
    package = load_package(write_package(tmp_path, model.SerializeToString()))
    with pytest.raises(UnknownOperator, match="Softplus"):
        convert(package, tmp_path / "x.pt")


class Dense(torch.nn.Module):
    """A dense head (N, 7, K) whose boxes are divided by a second input when there is one.

    Args:
        batch: Held in the file when it is not -1; then more frames make more candidates, not an error.
    """

    def __init__(self, batch: int = -1):
        super().__init__()
        torch.manual_seed(3)
        self.conv = torch.nn.Conv2d(3, 7, 8, 8)
        self.batch = batch

    def forward(self, x, scale=None):
        table = self.conv(x).reshape(self.batch, 7, 12 if self.batch < 0 else -1)
        boxes, scores = table[:, :4].abs() * 40, table[:, 4:].sigmoid()
        if scale is not None:
            boxes = boxes / torch.cat((scale, scale), 1)[:, :, None]
        return torch.cat((boxes, scores), 1)


def saved(folder, program, batch, file, *extra):
    """A package with the program, traced or exported with ``batch`` frames."""
    folder.mkdir()
    given = (torch.rand(batch, 3, 24, 32), *(torch.ones(batch, 2) for _ in extra))
    if file.endswith(".pt2"):
        open_batch = {0: torch.export.Dim("batch", min=1, max=64)} if program.batch < 0 else None
        shapes = tuple(open_batch for _ in given)
        torch.export.save(torch.export.export(program, given, dynamic_shapes=shapes), folder / file)
    else:
        torch.jit.trace(program, given).save(str(folder / file))
    declared = {name: {"value": [2.0, 4.0]} for name in extra}
    return package(folder, (folder / file).read_bytes(), file=file, kind="torch", extra_inputs=declared)


@pytest.mark.parametrize("file", ["m.pt2", "m.pt"])
@pytest.mark.parametrize("extra", [(), ("scale",)])
def test_a_program_with_a_batch_of_one_finds_what_one_with_an_open_batch_finds(tmp_path, file, extra):
    with torch.no_grad():
        open_batch = TorchRuntime(saved(tmp_path / "open", Dense(), 2, file, *extra))
        of_one = TorchRuntime(saved(tmp_path / "one", Dense(1), 1, file, *extra))
    assert (open_batch.batches, of_one.batches) == (None, ((1, 1),))
    for count in (1, 2, 5):
        same(of_one.infer(FRAMES[:count]), open_batch.infer(FRAMES[:count]))


class Reusing(torch.nn.Module):
    """The mean of a picture, in the same memory each time."""

    def __init__(self):
        super().__init__()
        self.register_buffer("answer", torch.zeros(1, 1))

    def forward(self, x):
        self.answer[:] = x.mean()
        return self.answer


def test_frames_keep_their_own_answers_of_a_program_that_answers_in_one_place(tmp_path):
    decoder = {"kind": "tensors", "outputs": {"mean": "mean"}}
    torch.jit.script(Reusing()).save(str(tmp_path / "m.pt"))
    made = package(tmp_path, (tmp_path / "m.pt").read_bytes(), file="m.pt", kind="torch", decoder=decoder)
    dark, bright = TorchRuntime(made).infer(
        np.stack([np.full((24, 32, 3), grey, np.uint8) for grey in (0, 255)])
    )
    assert dark.values["mean"].item() < bright.values["mean"].item()


def test_an_exported_program_says_its_batch_and_a_traced_one_is_told(tmp_path):
    expected = TorchRuntime(saved(tmp_path / "open", Dense(), 2, "m.pt")).infer(FRAMES)
    exported = TorchRuntime(saved(tmp_path / "exported", Dense(4), 4, "m.pt2"))
    assert exported.batches == ((4, 4),)
    same(exported.infer(FRAMES), expected)
    traced = saved(tmp_path / "traced", Dense(4), 4, "m.pt")
    text = traced.path.read_text().replace("  name: images", "  name: images\n  batch: 4")
    traced.path.write_text(text)
    same(TorchRuntime(load_package(traced.path)).infer(FRAMES), expected)


def test_an_exported_program_with_other_inputs_than_declared_is_refused_with_those(tmp_path):
    two = saved(tmp_path / "two", Dense(), 2, "m.pt2", "scale")
    two.path.write_text(two.path.read_text().replace("value:\n    - 2.0\n    - 4.0", "value: [1, 2, 3]"))
    with pytest.raises(PackageError, match=r"'scale' has shape \[any, 2\], the package says \[N, 3\]"):
        TorchRuntime(load_package(two.path))
    path = two.path
    text = path.read_text()
    path.write_text(text[: text.index("extra_inputs:")])
    words = r"has an input 'scale' that .*; the model has inputs images float32 \[any, 3, 24, 32\], scale"
    with pytest.raises(PackageError, match=words):
        TorchRuntime(load_package(path))
