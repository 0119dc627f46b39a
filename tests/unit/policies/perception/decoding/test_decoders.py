"""YOLO-style and DETR-style decoding, resizing, and preprocessing on a device."""

import hashlib

import numpy as np
import pytest

from simgate.policies.perception.decoder_spec import Detr, Yolo
from simgate.policies.perception.decoding.declared import declared_outputs
from simgate.policies.perception.decoding.decoders import OutputDecoder
from simgate.policies.perception.decoding.detr import decode_detr
from simgate.policies.perception.decoding.scores import sigmoid
from simgate.policies.perception.decoding.yolo import decode_yolo
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.package import check_package, load_package
from simgate.policies.perception.preprocessing.preprocess import Preprocessor
from simgate.policies.perception.preprocessing.resize import plan_resize
from tests.unit.policies.perception.bare_onnx import bare_onnx

CLASSES = ("glass_door", "person")


def yolo(**changes):
    return Yolo(kind="yolo", score_threshold=0.5, outputs={"predictions": "p"}, **changes)


def detr(**changes):
    return Detr(kind="detr", score_threshold=0.5, outputs={"logits": "l", "boxes": "b"}, **changes)


def run_yolo(rows, spec, thresholds=(0.5, 0.5)):
    table = np.asarray([rows], np.float32)
    if spec.layout == "channels_first":
        table = table.transpose(0, 2, 1)
    return decode_yolo(table, spec, classes=CLASSES, thresholds=thresholds, size=(64, 48))[0]


def test_yolo_keeps_the_better_of_two_overlapping_boxes_of_a_class_and_both_of_two_classes():
    rows = [
        [20, 20, 10, 10, 0.7, 0.1],
        [21, 20, 10, 10, 0.9, 0.1],
        [20, 21, 10, 10, 0.1, 0.8],
        [50, 30, 8, 8, 0.4, 0.1],
    ]
    found = run_yolo(rows, yolo())
    np.testing.assert_allclose(found.boxes, [[16, 15, 26, 25], [15, 16, 25, 26]])
    np.testing.assert_allclose(found.scores, [0.9, 0.8])
    assert [found.label(k) for k in range(2)] == ["glass_door", "person"]
    assert len(run_yolo(rows, yolo(nms_iou=1.0))) == 3
    assert len(run_yolo(rows, yolo(nms_iou=1.0, max_detections=1))) == 1
    assert len(run_yolo(rows, yolo(), thresholds=(0.95, 0.5))) == 1


def test_yolo_multiplies_objectness_and_applies_a_declared_sigmoid():
    spec = yolo(layout="channels_last", objectness=True, activation="sigmoid", box="xyxy", box_unit="share")
    found = run_yolo([[0.25, 0.25, 0.5, 0.75, 2.0, 3.0, -9.0]], spec)
    np.testing.assert_allclose(found.boxes, [[16, 12, 32, 36]])
    np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-2)) / (1 + np.exp(-3))], rtol=1e-5)


def test_boxes_are_clipped_to_the_input():
    np.testing.assert_allclose(run_yolo([[0, 0, 20, 20, 0.9, 0.0]], yolo()).boxes, [[0, 0, 10, 10]])


def test_yolo_names_the_channels_that_it_expects():
    with pytest.raises(ValueError, match="expected 6 channels, channels first"):
        decode_yolo(
            np.zeros((1, 7, 5), np.float32), yolo(), classes=CLASSES, thresholds=(0.5, 0.5), size=(8, 8)
        )


def test_detr_drops_the_background_and_suppresses_nothing():
    logits = np.asarray([[[4, 0, 0], [4, 0, 0], [0, 0, 6], [0, 5, 0]]], np.float32)
    boxes = np.asarray(
        [[[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.1] * 4, [0.25, 0.5, 0.5, 1.0]]], np.float32
    )
    (found,) = decode_detr(logits, boxes, detr(), classes=CLASSES, thresholds=(0.5, 0.5), size=(64, 48))
    np.testing.assert_allclose(found.boxes, [[0, 0, 32, 48], [16, 12, 48, 36], [16, 12, 48, 36]])
    np.testing.assert_array_equal(found.class_ids, [1, 0, 0])
    np.testing.assert_allclose(found.scores[1], np.exp(4) / (np.exp(4) + 2), rtol=1e-5)


def test_detr_with_sigmoid_has_no_background():
    logits = np.asarray([[[3.0, -3.0], [-3.0, -3.0]]], np.float32)
    (found,) = decode_detr(
        logits, np.full((1, 2, 4), 0.5, np.float32), detr(activation="sigmoid"),
        classes=CLASSES, thresholds=(0.5, 0.5), size=(64, 48),
    )  # fmt: skip
    np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-3))], rtol=1e-5)
    with pytest.raises(ValueError, match=r"expected \(N, Q, 3\)"):
        decode_detr(
            logits,
            np.zeros((1, 2, 4), np.float32),
            detr(),
            classes=CLASSES,
            thresholds=(0.5,) * 2,
            size=(8, 8),
        )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="not finite"):
        run_yolo([[bad, 0, 1, 1, 0.9, 0.1]], yolo())
    with pytest.raises(ValueError, match="not finite"):
        decode_detr(
            np.full((1, 1, 3), bad, np.float32), np.zeros((1, 1, 4), np.float32), detr(),
            classes=CLASSES, thresholds=(0.5, 0.5), size=(8, 8),
        )  # fmt: skip


def test_the_sigmoid_does_not_overflow():
    np.testing.assert_allclose(sigmoid(np.asarray([-1e4, 0, 1e4], np.float32)), [0, 0.5, 1])


YAML = """\
name: dense
version: 1.0.0
classes: [glass_door, person]
input: {{name: images, width: 64, height: 64, resize: letterbox, dtype: float32}}
decoder: {decoder}
artifacts:
  - {{kind: onnx, file: m.onnx, sha256: {sha256}}}
latency: {{device: x, distribution: {{constant: 20}}}}
lineage: {{seed: 1}}
"""
YOLO_YAML = "{kind: yolo, score_threshold: 0.5, outputs: {predictions: p}}"


def write(folder, decoder, outputs="p"):
    content = bare_onnx(["images"], outputs)
    (folder / "m.onnx").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / "model.yaml").write_text(YAML.format(decoder=decoder, sha256=sha256))
    return folder / "model.yaml"


def test_boxes_of_a_letterboxed_frame_come_back_in_pixels_of_the_camera(tmp_path):
    package = load_package(write(tmp_path, YOLO_YAML))
    # A 128 x 64 frame is halved and lies between 16 rows of padding.
    predictions = np.asarray([[[32, 32, 16, 8, 0.9, 0.0]]], np.float32).transpose(0, 2, 1)
    (found,) = OutputDecoder(package)([predictions], (64, 128))
    np.testing.assert_allclose(found.boxes, [[48, 24, 80, 40]])
    (found,) = OutputDecoder(package)([predictions], (64, 64))
    np.testing.assert_allclose(found.boxes, [[24, 28, 40, 36]])


def test_boxes_come_back_from_a_letterbox_with_the_picture_at_the_top_left(tmp_path):
    path = write(tmp_path, YOLO_YAML)
    path.write_text(path.read_text().replace("resize: letterbox", "resize: letterbox, placement: top_left"))
    # A 128 x 64 frame is halved and lies above 32 rows of padding.
    predictions = np.asarray([[[32, 16, 16, 8, 0.9, 0.0]]], np.float32).transpose(0, 2, 1)
    (found,) = OutputDecoder(load_package(path))([predictions], (64, 128))
    np.testing.assert_allclose(found.boxes, [[48, 24, 80, 40]])


def test_what_the_package_declares_is_the_shape_that_is_checked(tmp_path):
    (only,) = declared_outputs(load_package(write(tmp_path, YOLO_YAML)))
    assert (only.name, only.shapes) == ("p", ((6, None),))
    detr_yaml = "{kind: detr, score_threshold: 0.5, outputs: {logits: l, boxes: b}}"
    assert [t.shapes[0] for t in declared_outputs(load_package(write(tmp_path, detr_yaml, "lb")))] == [
        (None, 3),
        (None, 4),
    ]


@pytest.mark.parametrize(
    ("decoder", "words"),
    [
        (
            "{kind: yolo, score_threshold: 0.5, strid: 8, outputs: {predictions: p}}",
            "unknown key 'decoder.strid'",
        ),
        (
            "{kind: yolo, score_threshold: 0.5, nms_iuo: 0.5, outputs: {predictions: p}}",
            "did you mean 'nms_iou'",
        ),
        ("{kind: detr, score_threshold: 0.5, outputs: {logits: l}}", "'decoder.outputs.boxes' is missing"),
        ("{score_threshold: 0.5}", "key 'decoder.kind' is missing"),
        ("{kind: yolo, score_threshold: {glass_door: 0.5}, outputs: {predictions: p}}", "every class once"),
    ],
)
def test_a_wrong_decoder_is_reported_where_it_stands_and_without_the_schemas_inner_names(
    tmp_path, decoder, words
):
    (problem,) = check_package(write(tmp_path, decoder))
    assert words in problem.with_hint
    assert problem.line == 5


def spec(**changes):
    values = {
        "name": "x",
        "width": 12,
        "height": 8,
        "scale": 1 / 255,
        "mean": (0.4, 0.5, 0.6),
        "std": (0.2, 0.3, 0.4),
    }
    return InputSpec(**(values | changes))


FRAMES = np.random.default_rng(5).integers(0, 256, (2, 20, 16, 3)).astype(np.uint8)


def test_stretching_an_even_surface_changes_nothing_and_halving_takes_means():
    even = np.full((1, 20, 16, 3), 51, np.uint8)
    result = Preprocessor(spec(resize="stretch", mean=(0, 0, 0), std=(1, 1, 1)))(even)
    np.testing.assert_allclose(result, np.full((1, 3, 8, 12), 0.2), rtol=1e-6)
    halved = Preprocessor(spec(resize="stretch", width=8, height=10, scale=1, mean=(0, 0, 0), std=(1, 1, 1)))(
        FRAMES
    )
    means = FRAMES.reshape(2, 10, 2, 8, 2, 3).mean((2, 4)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(halved, means, rtol=1e-6)


def test_a_letterbox_keeps_the_aspect_ratio_and_pads_both_sides():
    plan = plan_resize(spec(resize="letterbox"), 20, 16)
    assert (plan.top, plan.left, len(plan.rows.low), len(plan.columns.low)) == (0, 3, 8, 6)
    padded = Preprocessor(spec(resize="letterbox", pad=0, mean=(0, 0, 0)))(FRAMES)
    assert (padded[:, :, :, :3] == 0).all()
    assert (padded[:, :, :, 9:] == 0).all()
    assert (padded[:, :, :, 3:9] > 0).any()


@pytest.mark.parametrize(("placement", "first"), [("center", 3), ("top_left", 0)])
@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_the_border_of_a_letterbox_has_the_declared_colour_where_it_is_declared(placement, first, color):
    declared = spec(
        resize="letterbox", pad=(10, 20, 30), placement=placement, color=color, mean=(0,), std=(1,), scale=1
    )
    padded = Preprocessor(declared)(FRAMES)
    border = np.delete(padded, range(first, first + 6), axis=3)
    colour = (10, 20, 30) if color == "rgb" else (30, 20, 10)
    assert border.shape[3] == 6 and (border == np.array(colour)[None, :, None, None]).all()
    plain = Preprocessor(declared.model_copy(update={"placement": "center", "pad": 0}))(FRAMES)
    np.testing.assert_array_equal(padded[..., first : first + 6], plain[..., 3:9])


def test_a_coloured_border_does_not_go_with_grey():
    with pytest.raises(ValueError, match="pad has 3 numbers, but color grey has one channel"):
        spec(resize="letterbox", pad=(1, 2, 3), color="grey", mean=(0,), std=(1,))


@pytest.mark.parametrize("resize", ["exact", "stretch", "letterbox"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"color": "bgr"},
        {"layout": "nhwc"},
        {"dtype": "float16"},
        {"color": "grey", "mean": (0.5,), "std": (0.2,)},
        {"dtype": "uint8"},
        {"dtype": "uint8", "color": "grey", "layout": "nhwc"},
        {"pad": (255, 0, 3), "placement": "top_left", "color": "bgr"},
    ],
)
def test_preprocessing_on_the_device_gives_the_same_numbers(resize, changes):
    torch = pytest.importorskip("torch", reason="preprocessing on the device")
    from simgate.policies.perception.preprocessing.preprocess_torch import TorchPreprocessor

    size = {"width": 16, "height": 20} if resize == "exact" else {}
    if changes.get("dtype") == "uint8":
        declared = InputSpec(**({"name": "x", "width": 12, "height": 8, "resize": resize} | size | changes))
    else:
        declared = spec(resize=resize, **size, **changes)
    expected = Preprocessor(declared)(FRAMES)
    result = TorchPreprocessor(declared, torch.device("cpu"))(torch.from_numpy(FRAMES)).numpy()
    assert result.dtype == expected.dtype
    tolerance = {"float32": 1e-6, "float16": 2e-3, "uint8": 0}[str(expected.dtype)]
    np.testing.assert_allclose(result.astype(np.float32), expected, atol=tolerance)


def test_bytes_are_rounded_after_resizing_and_untouched_without():
    declared = InputSpec(name="x", width=16, height=20, dtype="uint8", layout="nhwc")
    np.testing.assert_array_equal(Preprocessor(declared)(FRAMES), FRAMES)
    halved = declared.model_copy(update={"width": 8, "height": 10, "resize": "stretch"})
    means = FRAMES.reshape(2, 10, 2, 8, 2, 3).mean((2, 4))
    np.testing.assert_array_equal(Preprocessor(halved)(FRAMES), np.rint(means).astype(np.uint8))
