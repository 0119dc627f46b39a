"""Inputs that are readings of the robot's channels: declared, checked, normalised, fed by portions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the models of these tests")

from simgate.policies.perception.channels import channel_problems
from simgate.policies.perception.model_yaml.spec import ReadingInput
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.preprocessing.readings import blank_inputs, reading_array
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from simgate.sim_adapters.embodiment import Channel, Intrinsics
from tests.unit.policies.perception.made_models import constant_onnx, echo_package, package

RNG = np.random.default_rng(5)
FRAMES = RNG.integers(0, 256, (5, 24, 32, 3)).astype(np.uint8)
DEPTH = RNG.uniform(0.5, 2.0, (5, 24, 32)).astype(np.float32)
ARM = RNG.normal(0, 1, (5, 3))
RGB_IN = {"name": "rgb", "width": 32, "height": 24}
DEPTH_IN = {"channel": "front.depth", "shape": [1, 24, 32], "unit": "m", "mean": [0.5], "std": [2.0]}
ARM_IN = {
    "channel": "arm.position",
    "shape": [3],
    "unit": "rad",
    "scale": 2.0,
    "mean": [1, 2, 3],
    "std": [1, 2, 4],
}
LENS = Intrinsics(32, 24, 60.0)
CHANNELS = (
    Channel("front.rgb", "rgb", (24, 32, 3), "uint8", "", 10, intrinsics=LENS),
    Channel("front.depth", "depth", (24, 32), "float32", "m", 10, intrinsics=LENS),
    Channel("scan.points", "points", (9, 3), "float64", "m", 10),
    Channel("arm.position", "joints", (3,), "float64", "rad", 10),
)


def rgbd(folder: Path, **changes):
    extra = {"depth": DEPTH_IN, "arm": ARM_IN} | changes
    return echo_package(folder / "rgbd", RGB_IN, extra, rgb=(3, 24, 32), depth=(1, 24, 32), arm=(3,))


@pytest.mark.parametrize("batch", ["n", 1, 2])
def test_every_input_gets_its_own_channel_normalised_as_declared_also_by_portions(tmp_path, batch) -> None:
    shapes = {"rgb": (3, 24, 32), "depth": (1, 24, 32), "arm": (3,)}
    made = echo_package(tmp_path / "m", RGB_IN, {"depth": DEPTH_IN, "arm": ARM_IN}, batch=batch, **shapes)
    assert made.channels == ("front.depth", "arm.position")
    found = OnnxRuntime(made, "cpu").infer(FRAMES, {"front.depth": DEPTH, "arm.position": ARM})
    assert len(found) == 5
    for k, one in enumerate(found):
        np.testing.assert_allclose(one.values["rgb"], FRAMES[k].transpose(2, 0, 1) / 255.0, atol=1e-6)
        np.testing.assert_allclose(one.values["depth"][0], (DEPTH[k] - 0.5) / 2.0, atol=1e-6)
        np.testing.assert_allclose(one.values["arm"], (2 * ARM[k] - [1, 2, 3]) / [1, 2, 4], atol=1e-6)


def test_the_main_input_may_be_a_reading_and_a_further_one_another_camera(tmp_path: Path) -> None:
    main = {"name": "cloud", "channel": "scan.points", "shape": [9, 3], "unit": "m", "not_finite": 30.0}
    extra = {
        "wrist": {"channel": "wrist.rgb", "width": 16, "height": 12, "resize": "stretch", "color": "grey"}
    }
    made = echo_package(tmp_path / "m", main, extra, cloud=(9, 3), wrist=(1, 12, 16))
    points = RNG.normal(0, 1, (2, 9, 3))
    points[1, 4] = np.inf
    found = OnnxRuntime(made, "cpu").infer(points, {"wrist.rgb": np.full((2, 24, 32, 3), 51, np.uint8)})
    np.testing.assert_allclose(found[0].values["cloud"], points[0], atol=1e-6)
    assert found[1].values["cloud"][4].tolist() == [30.0] * 3
    np.testing.assert_allclose(found[1].values["wrist"], 0.2, atol=1e-6)
    # What is tried before a run has the shapes of what will come.
    assert len(OnnxRuntime(made, "cpu").infer(*blank_inputs(made, 3))) == 3


def test_torch_feeds_channels_as_onnxruntime_does(tmp_path: Path, monkeypatch) -> None:
    torch = pytest.importorskip("torch")
    from simgate.policies.perception.runtimes.torch_runtime import TorchRuntime

    class Echo(torch.nn.Module):
        def forward(self, rgb, depth, arm):
            return rgb, depth, arm

    made = rgbd(tmp_path)
    example = (torch.zeros(2, 3, 24, 32), torch.zeros(2, 1, 24, 32), torch.zeros(2, 3))
    torch.jit.trace(Echo(), example).save(tmp_path / "rgbd" / "m.pt")
    text = made.path.read_text().replace("m.onnx", "m.pt").replace("kind: onnx", "kind: torch")
    sha256 = hashlib.sha256((tmp_path / "rgbd" / "m.pt").read_bytes()).hexdigest()
    made.path.write_text(text.replace(made.artifacts[0].sha256, sha256))
    monkeypatch.setenv("SIMGATE_TRUST", "all")
    readings = {"front.depth": DEPTH, "arm.position": ARM}
    ours = TorchRuntime(load_package(made.path), "cpu").infer(FRAMES, readings)
    theirs = OnnxRuntime(made, "cpu").infer(FRAMES, readings)
    for one, other in zip(ours, theirs, strict=True):
        for name in ("rgb", "depth", "arm"):
            np.testing.assert_allclose(one.values[name], other.values[name], atol=1e-6)


@pytest.mark.parametrize(
    ("readings", "words"),
    [
        ({"front.depth": DEPTH}, "input 'arm' takes what arm.position senses, and nothing of it is here"),
        ({"front.depth": DEPTH[:, :5], "arm.position": ARM}, r"as \[1, 24, 32\], the robot gives \[5, 32\]"),
        ({"front.depth": DEPTH * np.inf, "arm.position": ARM}, "768 numbers of front.depth are not finite"),
    ],
)
def test_readings_that_do_not_fit_are_refused_with_their_channel(tmp_path: Path, readings, words) -> None:
    with pytest.raises(RuntimeError, match=words):
        OnnxRuntime(rgbd(tmp_path), "cpu").infer(FRAMES, readings)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("channel", "arm.positon", "the arm senses no 'arm.positon'"),
        ("unit", "deg", "'arm.position' of the arm is in rad, the model takes deg"),
        ("channel", "front.depth", "'front.depth' of the arm has shape [24, 32], the model takes [3]"),
        ("channel", "front.rgb", "'front.rgb' of the arm is a colour camera"),
    ],
)
def test_what_the_robot_does_not_sense_so_is_told_at_its_line(tmp_path: Path, key, value, words) -> None:
    made = rgbd(tmp_path, arm=ARM_IN | {key: value})
    (found,) = channel_problems(made, CHANNELS, "the arm")
    assert (found.code, found.message) == ("model-channel", words)
    assert found.hint
    line = made.path.read_text().splitlines()[found.line - 1].strip()
    assert line == (f"{key}: {value}" if "shape" not in words else "- 3")


def test_whole_numbers_are_not_cut_from_a_channel_of_others(tmp_path: Path) -> None:
    made = rgbd(tmp_path)
    whole = ReadingInput(channel="arm.position", shape=(3,), unit="rad", dtype="int32")
    asked = replace(made, spec=made.spec.model_copy(update={"extra_inputs": {"arm": whole}}))
    (found,) = channel_problems(asked, CHANNELS, "the arm")
    assert found.message == "'arm.position' of the arm is float64, which int32 would cut"
    assert channel_problems(made, CHANNELS, "the arm") == []


def test_a_scanner_that_reads_inf_needs_a_number_for_it_and_a_camera_the_model_s_size(tmp_path: Path) -> None:
    main = {"name": "cloud", "channel": "scan.points", "shape": [9, 3], "unit": "m"}
    (found,) = channel_problems(echo_package(tmp_path / "a", main, {}, cloud=(9, 3)), CHANNELS, "the robot")
    assert "'scan.points' of the robot is inf where nothing was hit" in found.message
    small = {"name": "rgb", "width": 16, "height": 12}
    (found,) = channel_problems(
        echo_package(tmp_path / "b", small, {}, rgb=(3, 12, 16)), CHANNELS, "the robot"
    )
    assert "takes frames of 16x12 pixels, the camera gave 32x24" in found.message
    (found,) = channel_problems(echo_package(tmp_path / "c", RGB_IN, {}, rgb=(3, 24, 32)), (), "the robot")
    assert found.message == "the robot has no colour camera"


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"depth": {"channel": "d", "shape": [2]}}, "key 'extra_inputs.depth.unit' is missing"),
        (
            {"depth": {"chanel": "d", "shape": [2], "unit": "m"}},
            r"unknown key.*chanel.*did you mean 'channel'\?",
        ),
        (
            {"depth": {"channel": "d", "shape": [2], "unit": "m", "mean": [1, 2, 3]}},
            "mean has 3 numbers, the last",
        ),
        (
            {"d": {"channel": "d", "shape": [2], "unit": "m", "dtype": "uint8", "scale": 2.0}},
            "scale cannot act",
        ),
        ({"d": {"channel": "d", "width": 8}}, "key 'extra_inputs.d.height' is missing"),
    ],
)
def test_what_a_package_may_not_say_of_an_input_is_told_with_the_key(tmp_path: Path, extra, words) -> None:
    with pytest.raises(PackageError, match=words):
        package(tmp_path, constant_onnx({"output0": np.zeros((1, 7, 12), np.float32)}), extra_inputs=extra)


def test_a_decoder_of_pixels_needs_a_main_input_of_pixels(tmp_path: Path) -> None:
    main = {"name": "images", "channel": "scan.points", "shape": [9, 3], "unit": "m"}
    content = constant_onnx({"output0": np.zeros((1, 7, 12), np.float32)})
    with pytest.raises(PackageError, match=r"yolo speaks of a frame's pixels, .* readings of scan\.points"):
        package(tmp_path, content, input=main)


@pytest.mark.parametrize("wrong", [300, -1])
def test_a_number_that_the_declared_type_cannot_hold_is_refused_and_not_wrapped_around(wrong: int) -> None:
    spec = ReadingInput(channel="front.instance", shape=(1, 2, 2), unit="", dtype="uint8")
    labels = np.array([[[0, 255], [7, 1]]], np.int32)
    assert reading_array(spec, labels).tolist() == [[[[0, 255], [7, 1]]]]
    with pytest.raises(ValueError, match=rf"front\.instance reads {wrong}, which uint8 cannot hold"):
        reading_array(spec, np.where(labels == 7, wrong, labels))


def test_a_reading_beyond_half_precision_is_refused_and_not_made_infinite() -> None:
    spec = ReadingInput(channel="top.depth", shape=(2,), unit="m", dtype="float16", scale=1000.0)
    assert reading_array(spec, np.array([[0.5, 60.0]])).tolist() == [[500.0, 60000.0]]
    with pytest.raises(ValueError, match=r"top\.depth reads 80\.0: .* beyond float16"):
        reading_array(spec, np.array([[0.5, 80.0]]))
