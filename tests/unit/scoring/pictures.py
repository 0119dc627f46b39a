"""Random episodes of models of masks, poses and keypoints, with what is true of each of their pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from simgate.harness.scoring.conformance import random_episode
from simgate.harness.trace import CameraTruth
from simgate.policies.perception.outputs import Keypoints, Masks, Poses
from simgate.sim_adapters.observation import CameraView, WatchedBody

CLASSES = ("cup", "brick")
NAMES = ("", "wall", "brick", "cup")
POINTS = ("nose", "tail", "ear")


def pose_of(rng: np.random.Generator, spread: float = 1.0) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(rng.normal(0, spread, 3)).as_matrix()
    pose[:3, 3] = rng.normal(0, spread, 3)
    return pose


@lru_cache(maxsize=64)
def pictured_episode(seed: int):
    """The same for the same seed; some frames lost or unanswered, bodies out of view, classes never there."""
    rng = np.random.default_rng(seed)
    episode = random_episode(seed)
    vertices = {name: rng.normal(0, 0.2, (7, 3)) for name in ("body/brick", "body/cup")}
    truths, outputs = [], []
    for frame in episode.trace.frames:
        truth = _truth(rng, frame.step, vertices, seed)
        truths.append(truth)
        if rng.random() < 0.8 and seed % 11:
            outputs += _said(rng, truth, seed)
    trace = replace(episode.trace, truths=tuple(truths), outputs=tuple(outputs), detections=())
    return replace(episode, trace=trace)


def _truth(rng, step, vertices, seed) -> CameraTruth:
    bodies = []
    for name, points in vertices.items():
        sites = {one: tuple(rng.uniform(0, 60, 2).tolist()) for one in POINTS if rng.random() < 0.7}
        size = float("nan") if rng.random() < 0.1 else float(rng.uniform(10, 40))
        pixels = 0 if seed % 9 == 0 else int(rng.choice([0, 1, 40]))
        bodies.append(WatchedBody(name, pose_of(rng), points, pixels, size, sites))
    view = CameraView("front", step, pose_of(rng), tuple(bodies)) if seed % 7 else None
    there = NAMES if seed % 4 else NAMES[:2]
    labels = rng.integers(0, len(there), (6, 8)).astype(np.uint8) if seed % 5 else None
    return CameraTruth(("front.rgb", ""), step, labels, NAMES, view)


def _said(rng, truth, seed) -> list:
    classes = (*CLASSES, "background") if seed % 3 == 0 else CLASSES
    mask = rng.integers(-1, len(classes) if seed % 8 else 1, (6, 8))
    count = int(rng.integers(0, 4))
    scores = np.sort(rng.uniform(0.1, 1.0, count))[::-1].astype(np.float32)
    ids = rng.integers(0, 2, count)
    poses = [_near(rng, truth) for _ in range(count)]
    turns = np.array([p[:3, :3] for p in poses]).reshape(-1, 3, 3)
    places = np.array([p[:3, 3] for p in poses]).reshape(-1, 3)
    points = rng.uniform(0, 60, (count, 3, 2)).astype(np.float32)
    if truth.view is not None:
        for k, name in enumerate(POINTS):
            at = truth.view.bodies[0].points.get(name)
            if at is not None and count:
                points[:, k] = np.array(at) + rng.normal(0, 2.0, (count, 2))
    sure = np.ones((count, 3), np.float32)
    return [
        Masks(mask, classes, truth.step),
        Poses(places, turns, scores, ids, CLASSES, truth.step),
        Keypoints(points, sure, scores, ids, CLASSES, POINTS, truth.step),
    ]


def _near(rng, truth) -> np.ndarray:
    """A pose near that of the brick in the camera's frame or in the world's, or anywhere."""
    if truth.view is None or rng.random() < 0.2:
        return pose_of(rng)
    right = truth.view.bodies[0].pose
    if rng.random() < 0.5:
        right = np.linalg.inv(truth.view.pose) @ right
    return right @ pose_of(rng, float(rng.choice([0.01, 0.3])))
