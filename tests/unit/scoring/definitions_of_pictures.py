"""Metrics of masks, poses and keypoints a second time: scikit-learn, scipy's Rotation, plain loops."""

from __future__ import annotations

import math

from scipy.spatial import distance as space
from scipy.spatial.transform import Rotation
from sklearn.metrics import jaccard_score

from simgate.policies.perception.outputs import Keypoints, Masks, Poses


def pictures(trace, kind, options):
    """(truth, answer or None) of every picture up to the last that was answered."""
    answers = {one.frame_step: one for one in trace.outputs if isinstance(one, kind)}
    last = min(max(answers, default=-1), options.get("until_s", 1e9) * trace.physics_hz)
    return [(truth, answers.get(truth.step)) for truth in trace.truths if truth.step <= last]


def pixels(trace, options):
    """Name of the true and of the said class of every pixel of the episode, and the model's classes."""
    right, said, classes = [], [], ()
    for truth, answer in pictures(trace, Masks, options):
        if truth.labels is None:
            continue
        classes = next(one.classes for one in trace.outputs if isinstance(one, Masks))
        elsewhere = "background" if "background" in classes else "none"
        names = [truth.classes[number] for number in truth.labels.ravel()]
        right += [name if name in classes else elsewhere for name in names]
        numbers = [-1] * len(names) if answer is None else answer.labels.ravel().tolist()
        said += ["unsaid" if number < 0 else classes[number] for number in numbers]
    return right, said, classes


def iou(trace, latency, options):
    right, said, _ = pixels(trace, options)
    if "brick" not in (*right, *said):
        return None
    return float(jaccard_score(right, said, labels=["brick"], average=None)[0])


def mean_iou(trace, latency, options):
    right, said, classes = pixels(trace, options)
    known = sorted(set(classes) & {*right, *said})
    return float(jaccard_score(right, said, labels=known, average="macro")) if known else None


def frames(trace, options):
    """Of each frame with the brick in view: body, true pose, said pose or None, as scipy's Rotation and place."""
    found = []
    for truth, answer in pictures(trace, Poses, options):
        if truth.view is None:
            continue
        camera = truth.view.pose
        for body in truth.view.bodies:
            if body.name != options.get("of") or body.pixels < max(1, options.get("min_pixels", 1)):
                continue
            if body.occlusion > options.get("max_occlusion", 1):
                continue
            turn, place = Rotation.from_matrix(body.pose[:3, :3]), body.pose[:3, 3]
            if options.get("frame") != "world":
                eye = Rotation.from_matrix(camera[:3, :3]).inv()
                turn, place = eye * turn, eye.apply(place - camera[:3, 3])
            rows = (
                []
                if answer is None
                else [k for k in range(len(answer.scores)) if answer.classes[answer.class_ids[k]] == "brick"]
            )
            best = max(rows, key=lambda k: answer.scores[k], default=None)
            pose = None if best is None else (
                Rotation.from_matrix(answer.rotations[best]), answer.translations_m[best])  # fmt: skip
            found.append((body, (turn, place), pose))
    return found


def translation(body, right, said, options):
    return math.dist(said[1], right[1])


def rotation(body, right, said, options):
    count = options.get("symmetry", 1)
    turns = [Rotation.from_rotvec([0, 0, 2 * math.pi * k / count]) for k in range(count)]
    return min(math.degrees((said[0].inv() * right[0] * turn).magnitude()) for turn in turns)


def placed(body, pose):
    return [pose[0].apply(point) + pose[1] for point in body.vertices]


def add(body, right, said, options):
    pairs = zip(placed(body, said), placed(body, right), strict=True)
    return sum(math.dist(a, b) for a, b in pairs) / len(body.vertices)


def add_s(body, right, said, options):
    return sum(min(math.dist(a, b) for a in placed(body, said)) for b in placed(body, right)) / len(
        body.vertices
    )


def mean_of(error):
    def definition(trace, latency, options):
        errors = [error(body, right, said, options) for body, right, said in frames(trace, options) if said]
        return math.fsum(errors) / len(errors) if errors else None

    return definition


def share_of(is_right):
    def definition(trace, latency, options):
        judged = [
            said is not None and is_right(body, right, said, options)
            for body, right, said in frames(trace, options)
        ]
        return sum(judged) / len(judged) if judged else None

    return definition


def near(error):
    return lambda body, *rest: error(body, *rest) < 0.1 * space.pdist(body.vertices).max()


def pck(trace, latency, options):
    hits, within = [], options.get("within_share", 0.1)
    for truth, answer in pictures(trace, Keypoints, options):
        for body in truth.view.bodies if truth.view is not None else ():
            if (
                body.name != options.get("of")
                or body.pixels < 1
                or math.isnan(body.size_px)
                or body.occlusion > options.get("max_occlusion", 1)
            ):
                continue
            names = next(one.names for one in trace.outputs if isinstance(one, Keypoints))
            rows = (
                []
                if answer is None
                else [k for k in range(len(answer)) if answer.classes[answer.class_ids[k]] == "brick"]
            )
            best = max(rows, key=lambda k: answer.scores[k], default=None)
            for number, name in enumerate(names):
                if name in body.points:
                    said = None if best is None else answer.points[best][number]
                    hits.append(
                        said is not None and math.dist(said, body.points[name]) <= within * body.size_px
                    )
    return sum(hits) / len(hits) if hits else None


OF_PICTURES = {
    "masks.brick.iou": iou,
    "masks.mean_iou": mean_iou,
    "poses.brick.recall": share_of(lambda *_: True),
    "poses.brick.translation_error_m": mean_of(translation),
    "poses.brick.rotation_error_deg": mean_of(rotation),
    "poses.brick.add_m": mean_of(add),
    "poses.brick.add_s_m": mean_of(add_s),
    "poses.brick.add_accuracy": share_of(near(add)),
    "poses.brick.add_s_accuracy": share_of(near(add_s)),
    "keypoints.brick.pck": pck,
}
