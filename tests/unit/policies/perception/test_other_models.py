"""Models as other people export them: fixed batches, further inputs, other types, layouts and heads."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the models of these tests")

from simgate.policies.perception.decoder_spec import Final
from simgate.policies.perception.decoding.final import decode_detections
from simgate.policies.perception.package import PackageError
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.made_models import constant_onnx, dense_onnx, package, softplus_package

FRAMES = np.random.default_rng(3).integers(0, 256, (7, 24, 32, 3)).astype(np.uint8)


@pytest.fixture
def expected(tmp_path):
    """What the model with an open batch and plain colour input finds."""
    found = OnnxRuntime(package(tmp_path / "plain", dense_onnx())).infer(FRAMES)
    assert sum(map(len, found)) > 7
    return found


def same(first, second, pixels=0.0):
    assert [len(found) for found in first] == [len(found) for found in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.class_ids, b.class_ids)
        np.testing.assert_allclose(a.boxes, b.boxes, rtol=0, atol=pixels)
        np.testing.assert_allclose(a.scores, b.scores, rtol=0, atol=pixels / 100)


@pytest.mark.parametrize("batch", [1, 2, 4, 16])
def test_a_fixed_batch_finds_bit_for_bit_what_an_open_one_finds(tmp_path, expected, batch):
    runtime = OnnxRuntime(package(tmp_path / "fixed", dense_onnx(batch=batch)))
    for count in (1, 2, 3, 7):
        same(runtime.infer(FRAMES[:count]), expected[:count])


def test_frames_over_dlpack_are_fed_to_a_fixed_batch_too(tmp_path, expected):
    torch = pytest.importorskip("torch", reason="gives frames over DLPack")
    declared = {"scale": {"value": [1, 1]}}
    content = dense_onnx(batch=2, extra="scale")
    runtime = OnnxRuntime(package(tmp_path / "fixed", content, extra_inputs=declared))
    same(runtime.infer(torch.from_numpy(FRAMES)), expected, 1e-3)


def test_a_batch_that_the_package_declares_otherwise_is_refused(tmp_path):
    with pytest.raises(PackageError, match="takes batches of 1, the package says 4"):
        OnnxRuntime(package(tmp_path, dense_onnx(batch=1), input={"batch": 4}))


@pytest.mark.parametrize(
    ("made", "declared", "pixels"),
    [
        ({"dtype": "uint8"}, {"dtype": "uint8"}, 1e-3),
        ({"dtype": "float16"}, {"dtype": "float16"}, 0.2),
        ({"layout": "nhwc"}, {"layout": "nhwc"}, 1e-4),
        ({"layout": "nhwc", "dtype": "uint8", "batch": 1}, {"layout": "nhwc", "dtype": "uint8"}, 1e-3),
    ],
)
def test_other_types_and_layouts_of_the_frames_find_the_same(tmp_path, expected, made, declared, pixels):
    same(
        OnnxRuntime(package(tmp_path / "m", dense_onnx(**made), input=declared)).infer(FRAMES),
        expected,
        pixels,
    )


def test_grey_frames_are_those_of_pillow(tmp_path):
    from PIL import Image

    grey = np.stack([np.asarray(Image.fromarray(frame).convert("L")) for frame in FRAMES])
    of_grey = OnnxRuntime(package(tmp_path / "g", dense_onnx(channels=1), input={"color": "grey"}))
    found = of_grey.infer(FRAMES)
    assert sum(map(len, found)) > 3
    same(of_grey.infer(np.repeat(grey[..., None], 3, axis=3)), found)


@pytest.mark.parametrize(
    ("size", "resize", "declared", "divisor"),
    [
        ((24, 32), "exact", {"value": [2, 4]}, (2, 4)),
        ((24, 32), "exact", {"of_frame": "width_height"}, (32, 24)),
        ((48, 64), "stretch", {"of_frame": "height_width"}, (48, 64)),
        ((48, 128), "stretch", {"of_frame": "scale_x_y"}, (0.25, 0.5)),
        ((48, 128), "stretch", {"of_frame": "scale_y_x"}, (0.5, 0.25)),
        ((24, 32), "exact", {"of_frame": "scale_y_x"}, (1, 1)),
    ],
)
@pytest.mark.parametrize("batch", ["n", 1])
def test_a_second_input_gets_its_constant_or_what_the_frames_size_says(
    tmp_path, size, resize, declared, divisor, batch
):
    frames = np.random.default_rng(5).integers(0, 256, (3, *size, 3)).astype(np.uint8)
    content = dense_onnx(extra="im_info", batch=batch)
    given = {"extra_inputs": {"im_info": declared}, "input": {"resize": resize}}
    found = OnnxRuntime(package(tmp_path / "declared", content, **given)).infer(frames)
    constant = {"extra_inputs": {"im_info": {"value": list(divisor)}}, "input": {"resize": resize}}
    same(found, OnnxRuntime(package(tmp_path / "constant", content, **constant)).infer(frames))
    plain = OnnxRuntime(package(tmp_path / "plain", dense_onnx(), input={"resize": resize})).infer(frames)
    assert sum(map(len, plain)) > 0
    if divisor != (1, 1):
        assert any(not np.array_equal(a.boxes, b.boxes) for a, b in zip(found, plain, strict=True))


def test_an_input_that_is_not_declared_is_named_with_all_tensors_and_what_to_write(tmp_path):
    with pytest.raises(PackageError) as caught:
        OnnxRuntime(package(tmp_path, dense_onnx(extra="scale", batch=1)))
    said = str(caught.value)
    assert "has an input 'scale' that the package does not declare" in said
    assert "extra_inputs: {scale: {value: ...}}" in said
    assert (
        "inputs images float32 [1, 3, 24, 32], scale float32 [1, 2] and outputs output0 float32 [1, 7, 12]"
        in said
    )


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"value": [1, 1, 1]}, r"'scale' has shape \[any, 2\], the package says \[N, 3\]"),
        ({"value": [[1, 1]]}, r"the package says \[N, 1, 2\]"),
        ({"value": [1, 1], "dtype": "int64"}, "'scale' is float32, must be int64"),
        ({"value": [1, 1], "per_frame": False}, r"'scale' has shape \[any, 2\], the package says \[2\]"),
        ({}, "give either value or of_frame"),
        ({"value": [1], "of_frame": "width_height"}, "give either value or of_frame"),
        ({"value": [[1], [1, 2]]}, "equally long lists"),
        ({"value": "one"}, "must be a number"),
        ({"value": [1.5, 1], "dtype": "int32"}, "does not fit dtype int32"),
        ({"of_frame": "scale_x_y", "dtype": "int32"}, "scale_x_y does not fit dtype int32"),
        ({"valeu": [1, 1]}, r"unknown key 'extra_inputs.scale.valeu'; did you mean 'value'\?"),
    ],
)
def test_a_wrong_declaration_of_an_extra_input_is_refused(tmp_path, declared, words):
    with pytest.raises(PackageError, match=words):
        OnnxRuntime(package(tmp_path, dense_onnx(extra="scale"), extra_inputs={"scale": declared}))


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"dtype": "uint8", "scale": 0.5}, "so scale cannot act"),
        ({"color": "grey", "mean": [0.1, 0.2, 0.3]}, "mean has 3 numbers, but color grey has one channel"),
        ({"std": [0.1, 0.2]}, "std has 2 numbers, but color rgb has 3 channels"),
        ({"dtype": "float16"}, "tensor 'images' is float32, must be float16"),
        ({"color": "grey"}, r"shape \[any, 3, 24, 32\], the package says \[N, 1, 24, 32\]"),
        ({"layout": "nhwc"}, r"the package says \[N, 24, 32, 3\]"),
    ],
)
def test_frames_that_the_model_cannot_take_are_refused(tmp_path, declared, words):
    with pytest.raises(PackageError, match=words):
        OnnxRuntime(package(tmp_path, dense_onnx(), input=declared))


DOOR = (4, 3, 20, 15)
ROWS = np.array(
    [[[*DOOR, 0.9, 1], [10, 4, 14, 20, 0.7, 2], [0, 0, 0, 0, 0, 0], [5, 5, 9, 9, 0.2, 0]]], np.float32
)


def final(**changes):
    return {"kind": "detections", "score_threshold": 0.5, "outputs": {"detections": "d"}} | changes


def found_by(folder, outputs, decoder, frames=FRAMES[:3], **keys):
    return OnnxRuntime(package(folder, constant_onnx(outputs), decoder=decoder, **keys)).infer(frames)


@pytest.mark.parametrize(
    ("outputs", "changes"),
    [
        ({"d": ROWS}, {}),
        ({"d": ROWS.transpose(0, 2, 1).copy()}, {"layout": "channels_first"}),
        ({"d": ROWS[..., [5, 4, 0, 1, 2, 3]]}, {"columns": "class_score_box"}),
        ({"d": ROWS[..., [0, 1, 2, 3, 5, 4]]}, {"columns": "box_class_score"}),
        ({"d": ROWS / np.array([32, 24, 32, 24, 1, 1], np.float32)}, {"box_unit": "share"}),
        ({"d": ROWS[..., [1, 0, 3, 2, 4, 5]]}, {"box": "yxyx"}),
        ({"d": ROWS + np.array([0, 0, 0, 0, 0, 1], np.float32)}, {"first_class": 1}),
        ({"d": ROWS.astype(np.float16)}, {}),
        (
            {"b": ROWS[..., :4], "s": ROWS[..., 4], "c": ROWS[..., 5].astype(np.int64)},
            {"outputs": {"boxes": "b", "scores": "s", "classes": "c"}},
        ),
        (
            {
                "n": np.array([[2]], np.int32),
                "b": ROWS[..., :4],
                "s": np.where(ROWS[..., 4] > 0.5, ROWS[..., 4], 0.99).astype(np.float32),
                "c": ROWS[..., 5].astype(np.int32),
            },
            {"outputs": {"boxes": "b", "scores": "s", "classes": "c", "count": "n"}},
        ),
        (
            {"n": np.array([2], np.float32), "b": ROWS[..., :4], "s": ROWS[..., 4], "c": ROWS[..., 5]},
            {"outputs": {"boxes": "b", "scores": "s", "classes": "c", "count": "n"}},
        ),
    ],
)
def test_final_detections_are_read_in_every_form(tmp_path, outputs, changes):
    found = found_by(tmp_path, outputs, final(**changes))
    assert len(found) == 3
    for one in found:
        assert [one.label(k) for k in range(len(one))] == ["wooden_door", "person"]
        np.testing.assert_allclose(one.boxes, [DOOR, (10, 4, 14, 20)], atol=1e-5)
        np.testing.assert_allclose(one.scores, [0.9, 0.7], atol=1e-3)


def test_boxes_with_their_corner_at_the_top_left_and_with_their_centre_are_the_same_boxes(tmp_path):
    for form, box in (("xywh", (4, 3, 16, 12)), ("cxcywh", (12, 9, 16, 12))):
        rows = np.array([[[*box, 0.9, 1]]], np.float32)
        (one,) = found_by(tmp_path / form, {"d": rows}, final(box=form), FRAMES[:1])
        np.testing.assert_allclose(one.boxes, [DOOR])


def test_rows_of_all_frames_in_one_table_are_cut_by_their_counts(tmp_path):
    """As PaddleDetection exports it; the batch of the table is no batch, so frames go in one by one."""
    outputs = {"d": ROWS[0][:, [5, 4, 0, 1, 2, 3]], "n": np.array([2], np.int32)}
    decoder = final(columns="class_score_box", outputs={"detections": "d", "count": "n"})
    content = constant_onnx(outputs, batch="m")
    given = package(tmp_path, content, decoder=decoder, input={"batch": 1})
    found = OnnxRuntime(given).infer(FRAMES[:2])
    assert [[one.label(k) for k in range(len(one))] for one in found] == [["wooden_door", "person"]] * 2


def test_a_table_with_another_number_of_rows_than_its_counts_is_an_error():
    spec = Final(**final(outputs={"detections": "d", "count": "n"}))
    table = np.concatenate((ROWS[0, :2], ROWS[0, 1:2]))

    def found(*counts):
        arrays = {"detections": table, "count": np.array(counts, np.float32)}
        return decode_detections(arrays, spec, classes=("a", "b", "c"), thresholds=(0.5,) * 3, size=(32, 24))

    assert [len(one) for one in found(2, 0, 1)] == [2, 0, 1]
    for counts in ((2, 2), (-1, 3), (1.9, 1)):
        with pytest.raises(ValueError, match=r"do not fit|count is|'count' holds 1.9"):
            found(*counts)


def test_boxes_in_pixels_of_the_frame_are_not_scaled_again(tmp_path):
    frames = np.zeros((2, 48, 64, 3), np.uint8)
    rows = np.array([[[40, 20, 100, 44, 0.9, 0]]], np.float32)
    stretch = {"input": {"resize": "stretch"}}
    (one, _) = found_by(tmp_path / "f", {"d": rows}, final(box_unit="frame_pixel"), frames, **stretch)
    np.testing.assert_allclose(one.boxes, [[40, 20, 64, 44]])
    rows[..., :4] /= 2
    (one, _) = found_by(tmp_path / "i", {"d": rows}, final(), frames, **stretch)
    np.testing.assert_allclose(one.boxes, [[40, 20, 64, 44]])
    with pytest.raises(PackageError, match=r"frame_pixel does not go with .* letterbox"):
        package(tmp_path / "l", b"", decoder=final(box_unit="frame_pixel"), input={"resize": "letterbox"})


@pytest.mark.parametrize(
    ("row", "changes", "words"),
    [
        ((*DOOR, 0.9, 3), {}, r"found class 3, the package names 3 \(0 to 2\); name all classes"),
        ((*DOOR, 0.9, 0), {"first_class": 1}, r"found class 0, the package names 3 \(1 to 3\)"),
        ((*DOOR, 0.9, 1.5), {}, "found class 1.5"),
        ((*DOOR, 7.5, 1), {}, "scores go from 7.5 to 7.5, not from 0 to 1; check columns"),
        ((*DOOR, np.nan, 1), {}, "not finite"),
        ((np.inf, 0, 1, 1, 0.9, 1), {}, "not finite"),
    ],
)
def test_what_no_final_detection_can_be_is_an_error_with_its_value(tmp_path, row, changes, words):
    with pytest.raises(RuntimeError, match=words):
        found_by(tmp_path, {"d": np.array([[row]], np.float32)}, final(**changes))


def test_a_row_that_fills_up_the_table_may_have_any_class(tmp_path):
    rows = np.array([[[*DOOR, 0.9, 1], [0, 0, 1, 1, 0.01, 77], [0, 0, 0, 0, 0, -1]]], np.float32)
    assert [len(one) for one in found_by(tmp_path, {"d": rows}, final())] == [1, 1, 1]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"detections": "d", "boxes": "b"}, "name either detections, or boxes, scores and classes"),
        ({"boxes": "b", "scores": "s"}, "name either detections, or boxes, scores and classes"),
        ({}, "name either detections, or boxes, scores and classes"),
    ],
)
def test_outputs_that_are_neither_a_table_nor_tensors_are_refused(tmp_path, outputs, words):
    with pytest.raises(PackageError, match=words):
        package(tmp_path, b"", decoder=final(outputs=outputs))


def dense(**changes):
    return {"kind": "yolo", "score_threshold": 0.5, "outputs": {"predictions": "d"}} | changes


@pytest.mark.parametrize(
    ("shape", "decoder", "words"),
    [
        ((1, 300, 6), dense(layout="channels_last"), "declare kind: detections if its 6 columns"),
        ((1, 6, 300), dense(), "declare kind: detections if its 6 columns"),
        ((1, 300, 7), dense(), "declare layout: channels_last"),
        ((1, 8, 300), dense(), "declare objectness: true"),
        ((1, 7), dense(), r"'d' has shape \[any, 7\], the package says \[N, 7, any\]; .*docs/models.md"),
        ((1, 300, 85), final(), r"the package says \[N, any, 6\]"),
        ((1, 300), final(outputs={"boxes": "d", "scores": "d", "classes": "d"}), r"says \[N, any, 4\]"),
    ],
)
def test_another_head_than_declared_is_refused_with_all_tensors(tmp_path, shape, decoder, words):
    with pytest.raises(PackageError, match=words) as caught:
        found_by(tmp_path, {"d": np.zeros(shape, np.float32)}, decoder)
    numbers = ", ".join(map(str, shape[1:]))
    assert f"inputs images float32 [any, 3, 24, 32] and outputs d float32 [any, {numbers}]" in str(
        caught.value
    )


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_final_detections_of_two_classes_are_not_read_as_candidates(tmp_path, layout):
    """With two classes both heads have six columns, and a class would be read as a score."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 12, (1, 40, 2))
    scores = -np.sort(-rng.uniform(0, 1, (1, 40, 1)), axis=1)
    labels = rng.integers(0, 2, (1, 40, 1))
    rows = np.concatenate((corner, corner + 8, scores, labels), axis=2).astype(np.float32)
    table = rows if layout == "channels_last" else rows.transpose(0, 2, 1).copy()
    with pytest.raises(RuntimeError, match=r"hold final detections .* declare kind: detections"):
        found_by(tmp_path / "wrong", {"d": table}, dense(layout=layout), classes=["a", "b"])
    found_by(tmp_path / "right", {"d": table}, final(layout=layout), classes=["a", "b"])
    in_any_order, uncertain = table.copy(), table.copy()
    columns = (lambda t: t[0].T) if layout == "channels_last" else (lambda t: t[0])
    columns(in_any_order)[4] = rng.permutation(scores.ravel())
    columns(uncertain)[5] = rng.uniform(0, 1, 40)
    for name, candidates in (("order", in_any_order), ("uncertain", uncertain)):
        found_by(tmp_path / name, {"d": candidates}, dense(layout=layout), classes=["a", "b"])


@pytest.mark.parametrize("logit", [2.0, -3.0])
def test_logits_that_are_read_as_scores_are_an_error_and_not_a_blind_robot(tmp_path, logit):
    table = np.full((1, 7, 5), logit, np.float32)
    with pytest.raises(RuntimeError, match="not from 0 to 1; declare activation: sigmoid"):
        found_by(tmp_path / "raw", {"d": table}, dense())
    found_by(tmp_path / "activated", {"d": table}, dense(activation="sigmoid"))


def test_a_score_that_a_quantised_model_rounds_above_one_is_one(tmp_path):
    table = np.array([[[10], [10], [4], [4], [1.004], [0], [-0.004]]], np.float32)
    (one, *_) = found_by(tmp_path, {"d": table}, dense())
    np.testing.assert_array_equal(one.scores, [1.0])


def test_detr_with_the_background_first(tmp_path):
    logits = np.array([[[0, 5, 0, 0], [5, 0, 0, 0]]], np.float32)
    boxes = np.full((1, 2, 4), 0.5, np.float32)
    decoder = {"kind": "detr", "score_threshold": 0.5, "outputs": {"logits": "l", "boxes": "b"}}
    for background, name in (("first", "glass_door"), ("last", "wooden_door")):
        found = found_by(
            tmp_path / background, {"l": logits, "b": boxes}, decoder | {"background": background}
        )
        assert found[0].label(len(found[0]) - 1 if background == "first" else 0) == name
        assert len(found[0]) == (1 if background == "first" else 2)


def test_on_the_cpu_what_is_found_in_a_frame_does_not_depend_on_the_frames_beside_it(tmp_path):
    """Variants run together, alone, after --resume: each number must have the same bits."""
    runtime = OnnxRuntime(softplus_package(tmp_path), "cpu")
    together = runtime.infer(FRAMES)
    for frame, found in zip(FRAMES, together, strict=True):
        (alone,) = runtime.infer(frame[None])
        np.testing.assert_array_equal(found.values["bent"], alone.values["bent"])
    # The model itself takes any batch: engines are built by that.
    assert runtime.batches is None
