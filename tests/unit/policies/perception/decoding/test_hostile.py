"""Whatever a model gives is decoded to sound detections or refused by ValueError, never anything else."""

import numpy as np
import pytest

from simgate.policies.perception.decoder_spec import Detr, Final, Yolo
from simgate.policies.perception.decoding.detr import decode_detr
from simgate.policies.perception.decoding.final import decode_detections
from simgate.policies.perception.decoding.yolo import decode_yolo
from simgate.policies.perception.outputs import require_sound

BOXES = ("xyxy", "cxcywh", "xywh", "yxyx")
DECLARED = {"classes": ("a", "b", "c"), "thresholds": (0.3, 0.3, 0.3), "size": (64, 48)}


class Made:
    """Arrays of chance: any size and magnitude, now and then not finite, now and then of another shape."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def pick(self, *words):
        return words[self.rng.integers(len(words))]

    def array(self, *shape, another=0.2):
        if self.rng.random() < another:
            shape = tuple(self.rng.integers(0, 8, self.rng.integers(0, 5)))
        values = self.rng.normal(0, self.pick(0.1, 1, 100, 1e30), shape).astype(np.float32)
        if values.size and self.rng.random() < 0.1:
            values.flat[0] = self.pick(np.nan, np.inf, -np.inf)
        return values

    def scores(self, *shape):
        return self.rng.random(shape).astype(np.float32)

    def labels(self, *shape):
        return self.rng.integers(-1, 5, shape).astype(np.float32)


def final(made, n, k):
    spec = Final(
        kind="detections",
        score_threshold=0.3,
        columns=made.pick("box_score_class", "box_class_score", "class_score_box"),
        layout=made.pick("channels_last", "channels_first"),
        box=made.pick(*BOXES),
        box_unit=made.pick("pixel", "share", "frame_pixel"),
        first_class=made.pick(0, 1),
        outputs={"detections": "d"},
    )
    arrays = made.pick(
        {"detections": made.array(n, k, 6)},
        {"detections": made.array(k, 6), "count": made.pick(made.labels(n), made.array(n, 1))},
        {"boxes": made.array(n, k, 4), "scores": made.scores(n, k), "classes": made.labels(n, k)},
        {
            "boxes": made.array(n, k, 4),
            "scores": made.array(n, k),
            "classes": made.array(n, k),
            "count": made.array(n),
        },
    )
    return decode_detections(arrays, spec, **DECLARED)


def yolo(made, n, k):
    spec = Yolo(
        kind="yolo",
        score_threshold=0.3,
        activation=made.pick("none", "sigmoid"),
        box=made.pick(*BOXES),
        objectness=made.pick(True, False),
        outputs={"predictions": "p"},
    )
    return decode_yolo(made.array(n, 7 + spec.objectness, k), spec, **DECLARED)


def detr(made, n, k):
    spec = Detr(
        kind="detr",
        score_threshold=0.3,
        activation=made.pick("softmax", "sigmoid"),
        background=made.pick("first", "last"),
        box=made.pick(*BOXES),
        outputs={"logits": "l", "boxes": "b"},
    )
    return decode_detr(
        made.array(n, k, 3 + (spec.activation == "softmax")), made.array(n, k, 4), spec, **DECLARED
    )


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("decode", [final, yolo, detr])
def test_any_output_is_decoded_or_refused(decode):
    decoded = 0
    for seed in range(600):
        made = Made(seed)
        n, k = made.rng.integers(0, 3), made.rng.integers(0, 6)
        try:
            found = decode(made, n, k)
        except ValueError:
            continue
        require_sound(found, len(found))
        assert all((one.boxes >= 0).all() and (one.boxes <= [64, 48, 64, 48]).all() for one in found)
        assert all((one.scores >= 0.3).all() and (one.scores <= 1).all() for one in found)
        decoded += sum(map(len, found))
    assert decoded > 20
