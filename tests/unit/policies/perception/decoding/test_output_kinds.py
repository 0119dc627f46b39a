"""Decoders of masks, depth, poses, keypoints and tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from simgate.policies.perception.decoder_spec import DepthSpec, KeypointSpec, MaskSpec, PoseSpec, TensorSpec
from simgate.policies.perception.decoding.decoder import Context
from simgate.policies.perception.decoding.kinds import decoder_of
from simgate.policies.perception.decoding.poses import rotation_matrices
from simgate.policies.perception.model_yaml.spec import InputSpec
from simgate.policies.perception.outputs import Depth, Keypoints, Masks, Poses, Tensors, require_sound
from simgate.policies.perception.preprocessing.resize import plan_resize

CLASSES = ("floor", "shelf", "person")


def context(frame=(40, 30), threshold=0.0, **spec) -> Context:
    given = InputSpec(name="x", width=40, height=30, **spec)
    return Context(CLASSES, (threshold,) * 3, given, frame, plan_resize(given, frame[1], frame[0]))


def decode(spec, arrays, on=None):
    arrays = {key: np.asarray(value, np.float32) for key, value in arrays.items()}
    found = decoder_of(spec, Path()).decode(spec, arrays, on or context())
    require_sound(found, len(found))
    return list(found)


def mask_spec(**more):
    return MaskSpec(kind="masks", score_threshold=0.0, outputs={"masks": "m"}, **more)


def test_a_pixel_belongs_to_its_best_class_and_below_the_threshold_to_none():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (2, 3, 30, 40))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for spec, given in (
        (mask_spec(), logits),
        (mask_spec(layout="channels_last"), logits.transpose(0, 2, 3, 1)),
        (mask_spec(activation="none"), shares),
    ):
        found = decode(spec, {"masks": given}, context(threshold=0.6))
        expected = np.where(shares.max(1) >= 0.6, shares.argmax(1), -1)
        assert isinstance(found[0], Masks)
        np.testing.assert_array_equal([one.labels for one in found], expected)


def test_labels_come_as_they_are_but_for_the_ignored_one():
    given = np.array([[[0, 1], [2, 255]]])
    (found,) = decode(
        mask_spec(layout="labels", ignore=255), {"masks": given}, context((2, 2), resize="stretch")
    )
    assert found.labels.tolist() == [[0, 1], [2, -1]]
    with pytest.raises(ValueError, match="class 255 was found, but the package names 3 classes"):
        decode(mask_spec(layout="labels"), {"masks": given}, context((2, 2), resize="stretch"))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("placement", ["center", "top_left"])
def test_a_map_comes_back_from_a_letterbox_to_the_pixels_it_was_made_of(placement, stride):
    # 20 x 11 doubled is 40 x 22: a border of 8 rows.
    rng = np.random.default_rng(2)
    frame = rng.integers(0, 3, (11, 20))
    inside = frame.repeat(2 // stride, 0).repeat(2 // stride, 1)
    border = 8 // stride
    above = border // 2 if placement == "center" else 0
    given = np.full((1, 30 // stride, 40 // stride), 2)
    given[0, above : above + inside.shape[0]] = inside
    on = context((20, 11), resize="letterbox", placement=placement)
    (found,) = decode(mask_spec(layout="labels"), {"masks": given}, on)
    np.testing.assert_array_equal(found.labels, frame)


@pytest.mark.parametrize("shape", [(1, 30, 40), (1, 1, 30, 40), (1, 30, 40, 1)])
@pytest.mark.parametrize(("meaning", "unit"), [("depth", 0.001), ("inverse", 1.0)])
def test_depth_is_metres_and_nothing_where_the_model_gives_no_distance(shape, meaning, unit):
    metres = np.random.default_rng(3).uniform(0.5, 9.0, (30, 40))
    given = metres / unit if meaning == "depth" else unit / metres
    given[0, :4] = (0.0, -1.0, np.nan, 1e-40 if meaning == "inverse" else 0.0)
    spec = DepthSpec(kind="depth", meaning=meaning, unit_m=unit, outputs={"depth": "d"})
    (found,) = decode(spec, {"depth": given.reshape(shape)})
    assert isinstance(found, Depth)
    assert np.isnan(found.depth_m[0, :4]).all()
    np.testing.assert_allclose(found.depth_m[1:], metres[1:], rtol=1e-6)


FORMS = {
    "quaternion_xyzw": lambda turn: turn.as_quat(),
    "quaternion_wxyz": lambda turn: turn.as_quat()[:, [3, 0, 1, 2]],
    "matrix": lambda turn: turn.as_matrix().reshape(-1, 9),
    "six_d": lambda turn: np.concatenate((turn.as_matrix()[:, :, 0], turn.as_matrix()[:, :, 1]), axis=1),
}


@pytest.mark.parametrize("form", FORMS)
def test_rotations_are_those_of_scipy_in_every_form_and_scale(form):
    turn = Rotation.random(200, random_state=4)
    np.testing.assert_allclose(rotation_matrices(3.0 * FORMS[form](turn), form), turn.as_matrix(), atol=1e-12)


@pytest.mark.parametrize(
    ("form", "numbers", "words"),
    [
        ("quaternion_wxyz", np.zeros((1, 4)), "length 0"),
        ("matrix", np.diag([1.0, 1.0, -1.0]).reshape(1, 9), "mirrors"),
        ("six_d", [[1, 0, 0, 2, 0, 0]], "parallel"),
    ],
)
def test_what_is_no_rotation_is_refused(form, numbers, words):
    with pytest.raises(ValueError, match=words):
        rotation_matrices(np.asarray(numbers, float), form)


def test_poses_are_sorted_by_score_and_have_the_class_of_their_row():
    outputs = {"translation": "t", "rotation": "r", "scores": "s"}
    spec = PoseSpec(kind="poses", unit_m=0.001, score_threshold=0.3, outputs=outputs)
    arrays = {
        "translation": [[[1000, 0, 500], [0, 0, 700], [9, 9, 9]]],
        "rotation": [[[1, 0, 0, 0]] * 3],
        "scores": [[0.4, 0.9, 0.2]],
    }
    (found,) = decode(spec, arrays, context(threshold=0.3))
    assert isinstance(found, Poses)
    assert found.class_ids.tolist() == [1, 0]
    np.testing.assert_allclose(found.translations_m, [[0, 0, 0.7], [1, 0, 0.5]])


def test_keypoints_come_back_in_pixels_of_the_frame():
    spec = KeypointSpec(
        kind="keypoints", points=("left", "right"), score_threshold=0.0, outputs={"keypoints": "k"}
    )
    given = [[[[4, 15, 0.9], [20, 25, 0.1]]]]
    (found,) = decode(spec, {"keypoints": given}, context((20, 10), resize="letterbox"))
    assert isinstance(found, Keypoints)
    np.testing.assert_allclose(found.points[0], [[2, 5], [10, 10]])
    np.testing.assert_allclose(found.point_scores[0], [0.9, 0.1])
    assert (found.names, found.class_ids.tolist()) == (("left", "right"), [0])


def test_tensors_are_cut_by_frame_and_nothing_else():
    spec = TensorSpec(kind="tensors", outputs={"cost": "c", "value": "v"})
    cost = np.arange(12).reshape(2, 3, 2)
    found = decode(spec, {"cost": cost, "value": [5, 6]})
    assert isinstance(found[1], Tensors)
    np.testing.assert_array_equal(found[1].values["cost"], cost[1])
    assert found[1].values["value"] == 6
    with pytest.raises(ValueError, match="one row for each frame"):
        decode(spec, {"cost": cost, "value": [5, 6, 7]})


@pytest.mark.parametrize(
    ("spec", "arrays", "words"),
    [
        (mask_spec(), {"masks": np.zeros((1, 4, 30, 40))}, "do not fit 3 classes"),
        (mask_spec(activation="none"), {"masks": np.full((1, 3, 30, 40), 5.0)}, "declare activation"),
        (mask_spec(), {"masks": np.full((1, 3, 30, 40), np.nan)}, "not finite"),
        (
            DepthSpec(kind="depth", outputs={"depth": "d"}),
            {"depth": np.zeros((1, 2, 30, 40))},
            "does not fit",
        ),
        (
            KeypointSpec(kind="keypoints", points=("a",), score_threshold=0, outputs={"keypoints": "k"}),
            {"keypoints": np.zeros((1, 2, 3, 2))},
            "do not fit",
        ),
        (
            PoseSpec(kind="poses", score_threshold=0, outputs={"translation": "t", "rotation": "r"}),
            {"translation": np.zeros((1, 2, 3)), "rotation": np.zeros((1, 3, 4))},
            "do not fit",
        ),
        (mask_spec(layout="labels"), {"masks": np.full((1, 30, 40), 1.7)}, "'masks' holds 1.7"),
        (mask_spec(layout="labels"), {"masks": np.full((1, 30, 40), -0.5)}, "'masks' holds -0.5"),
        (mask_spec(layout="labels", ignore=255), {"masks": np.full((1, 30, 40), 255.4)}, "holds 255.4"),
        (
            KeypointSpec(
                kind="keypoints", points=("a",), score_threshold=0, outputs={"keypoints": "k", "classes": "c"}
            ),
            {"keypoints": np.zeros((1, 1, 1, 2)), "classes": [[1.6]]},
            "'classes' holds 1.6",
        ),
        (
            DepthSpec(kind="depth", unit_m=1e30, outputs={"depth": "d"}),
            {"depth": np.full((1, 30, 40), 1e20)},
            "a depth is infinite.*unit_m",
        ),
        (TensorSpec(kind="tensors", outputs={"cost": "a"}), {"cost": 3.0}, "one row for each frame"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(spec, arrays, words):
    with pytest.raises(ValueError, match=words):
        decode(spec, arrays)
