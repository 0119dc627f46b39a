"""Metrics of a model that estimates where a body is and how it is turned, against where it truly is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.answered import Answered, Said, answered
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.family import Member, MetricFamily
from simgate.harness.scoring.measures.pose import (
    add_m,
    add_s_m,
    diameter_m,
    rotation_error_deg,
    translation_error_m,
    turns_about_z,
)
from simgate.harness.scoring.metric import MetricInfo, MetricValue, Options, undefined
from simgate.policies.perception.outputs import Keypoints, Poses
from simgate.sim_adapters.observation import WatchedBody

CLOSE = 0.1
"""A pose whose ADD is below this share of the body's diameter is right."""
OPTIONS = ("of", "frame", "min_pixels", "max_occlusion", "until_s", "model")
_SOURCE = (
    "Best-scored pose of the class in each frame against the body named by of (body/NAME) at the moment of "
    "that frame, whenever the answer arrived; frame: world for a model that says poses in the world's "
    "frame, not in the camera's. Frames in which fewer than min_pixels (1) of the body are seen, or more "
    "of it is hidden than max_occlusion, are not judged, nor are those after until_s or the last answer."
)
_MISSES = " A frame that is dropped, unanswered or without a pose of the class is a miss."
_FOUND_ONLY = (
    " Frames without such a pose have no error: ask for recall beside it; undefined without any pose."
)
_ADD = "Hinterstoisser et al. 2012, on the vertices of the body's visible shapes in the simulator. "
_ADD_S = "Xiang et al. 2018, on the vertices of the body's visible shapes in the simulator. "
Pose = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rotation (3, 3) and translation (3,)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One frame in which the body was in view.

    Attributes:
        step: Of the frame.
        body: Where it is.
        truth: Its pose in the frame in which the model speaks.
        said: The model's best pose; None for a miss.
    """

    step: int
    body: WatchedBody
    truth: Pose
    said: Pose | None


def in_view(
    pictures: Iterator[Answered[Said]], options: Options
) -> Iterator[tuple[Answered[Said], WatchedBody]]:
    """The pictures in which enough of the body that a criterion names is seen."""
    for picture in pictures:
        for body in picture.truth.view.bodies if picture.truth.view is not None else ():
            is_seen = body.pixels >= max(1, float(options.get("min_pixels", 1)))
            is_free = body.occlusion <= float(options.get("max_occlusion", 1.0))
            if body.name == options.get("of") and is_seen and is_free:
                yield picture, body


def judged_poses(evidence: Evidence, label: str, options: Options) -> list[Judged]:
    """The frames in which the body that ``of`` names is in view, with the best pose of a class."""
    found = []
    for picture, body in in_view(answered(evidence, Poses, options, label), options):
        view, said = picture.truth.view, picture.said
        assert view is not None  # Its bodies are from there.
        pose = body.pose if options.get("frame") == "world" else _inverse(view.pose) @ body.pose
        row = best_of(said, label)
        best = (
            (said.rotations[row], said.translations_m[row]) if said is not None and row is not None else None
        )
        found.append(Judged(picture.truth.step, body, (pose[:3, :3], pose[:3, 3]), best))
    return found


def best_of(said: Poses | Keypoints | None, label: str) -> int | None:
    """Row of the best-scored object of a class; None where none was said."""
    if said is None:
        return None
    rows = [k for k, number in enumerate(said.class_ids.tolist()) if said.classes[number] == label]
    return max(rows, key=lambda k: float(said.scores[k]), default=None)


def _inverse(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = np.eye(4)
    inverse[:3, :3], inverse[:3, 3] = pose[:3, :3].T, -pose[:3, :3].T @ pose[:3, 3]
    return inverse


def why_none(evidence: Evidence, kind: type[Poses] | type[Keypoints], label: str, options: Options) -> str:
    """Why no frame can be judged."""
    word = kind.__name__.lower()
    said = [one for one in evidence.said(kind) if label in one.classes]
    if not said:
        return f"the model gave no {word} with a class {label}"
    if "of" not in options:
        return "the criterion names no body: add of: body/NAME"
    if not any(t.view is not None and said[0].channel in t.channels for t in evidence.trace.truths):
        what = said[0].channel or "the first camera"
        return f"the simulator does not tell where bodies are when {what} is read, of which the model speaks"
    least = f" with {options['min_pixels']} pixels" if "min_pixels" in options else ""
    least += f" hidden by at most {options['max_occlusion']}" if "max_occlusion" in options else ""
    until = f" or {options['until_s']} s" if "until_s" in options else ""
    return f"{options['of']} was never in view{least} in a frame up to the last one that was answered{until}"


Error = Callable[[Judged, Pose, Options], float]


def _translation(judged: Judged, said: Pose, options: Options) -> float:
    return translation_error_m(said[1], judged.truth[1])


def _rotation(judged: Judged, said: Pose, options: Options) -> float:
    turns = turns_about_z(int(options.get("symmetry", 1)))
    return rotation_error_deg(said[0], judged.truth[0], turns)


def _add(judged: Judged, said: Pose, options: Options) -> float:
    return add_m(judged.body.vertices, said, judged.truth)


def _add_s(judged: Judged, said: Pose, options: Options) -> float:
    return add_s_m(judged.body.vertices, said, judged.truth)


def _mean(error: Error) -> Callable[[Evidence, str, Options], MetricValue]:
    """The mean over the frames with a pose; it was worst where the largest error is."""

    def compute(evidence: Evidence, label: str, options: Options) -> MetricValue:
        judged = judged_poses(evidence, label, options)
        if not judged:
            return undefined(why_none(evidence, Poses, label, options))
        errors = [(error(one, one.said, options), one.step) for one in judged if one.said is not None]
        if not errors:
            return undefined(f"no pose of {label} was given in a frame in which {options['of']} was in view")
        worst = max(errors)[1] / evidence.trace.physics_hz
        return MetricValue(float(np.mean([value for value, _ in errors])), lost_at_s=worst)

    return compute


def _share(error: Error | None) -> Callable[[Evidence, str, Options], MetricValue]:
    """The share of all judged frames with a pose, and for an error with one that is close; it was lost in the
    first other frame.
    """

    def compute(evidence: Evidence, label: str, options: Options) -> MetricValue:
        judged = judged_poses(evidence, label, options)
        if not judged:
            return undefined(why_none(evidence, Poses, label, options))
        # The vertices are the same in every frame, and there may be thousands.
        close = CLOSE * diameter_m(judged[0].body.vertices) if error is not None else math.inf
        wrong = [
            one.step
            for one in judged
            if one.said is None or (error is not None and error(one, one.said, options) >= close)
        ]
        first = wrong[0] / evidence.trace.physics_hz if wrong else None
        return MetricValue((len(judged) - len(wrong)) / len(judged), lost_at_s=first)

    return compute


def _member(
    what: str,
    unit: str,
    compute: Callable[[Evidence, str, Options], MetricValue],
    meaning: str,
    source: str = "",
    high: float | None = None,
    options: tuple[str, ...] = OPTIONS,
) -> Member:
    direction: Literal["higher", "lower"] = "lower" if unit else "higher"
    source = source + _SOURCE + (_FOUND_ONLY if unit else _MISSES)
    name = f"poses.<class>.{what}"
    info = MetricInfo(
        name,
        unit,
        direction,
        0,
        high,
        "number",
        meaning,
        source,
        options,
        records=("bodies",),
        output="poses",
    )
    return Member(info, compute)


_CLOSE_WORDS = f"is below {CLOSE:g} of the body's diameter."
POSES = MetricFamily(
    "poses",
    {
        "recall": _member(
            "recall",
            "",
            _share(None),
            "Share of the frames with the body in view in which a pose of the class was given.",
            high=1,
        ),
        "translation_error_m": _member(
            "translation_error_m",
            "m",
            _mean(_translation),
            "Mean distance between the said and the true origin of the body.",
        ),
        "rotation_error_deg": _member(
            "rotation_error_deg",
            "deg",
            _mean(_rotation),
            "Mean angle of the turn from the said to the true orientation; with symmetry: n the smallest "
            "over the n equal turns about the body's own Z axis after which it looks the same.",
            "Angle of a rotation as of scipy's Rotation.magnitude. ",
            180,
            (*OPTIONS, "symmetry"),
        ),
        "add_m": _member(
            "add_m",
            "m",
            _mean(_add),
            "ADD: mean distance between the body's vertices under the said and under the true pose.",
            _ADD,
        ),
        "add_s_m": _member(
            "add_s_m",
            "m",
            _mean(_add_s),
            "ADD-S, for symmetric bodies: mean distance from each vertex under the true pose to the nearest "
            "one under the said pose.",
            _ADD_S,
        ),
        "add_accuracy": _member(
            "add_accuracy",
            "",
            _share(_add),
            f"Share of the frames with the body in view in which ADD {_CLOSE_WORDS}",
            _ADD,
            1,
        ),
        "add_s_accuracy": _member(
            "add_s_accuracy",
            "",
            _share(_add_s),
            f"Share of the frames with the body in view in which ADD-S {_CLOSE_WORDS}",
            _ADD_S,
            1,
        ),
    },
)
