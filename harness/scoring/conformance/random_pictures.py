"""Random episodes of models of masks, poses and keypoints, with what is true of each of their pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgate.harness.scoring.conformance.random_episodes import Episode, random_episode
from simgate.harness.trace import CameraTruth
from simgate.policies.perception.outputs import Keypoints, Masks, ModelOutput, Poses
from simgate.sim_adapters.observation import CameraView, WatchedBody

CLASSES = ("cup", "brick")
"""Of the model; of every third episode also ``background``."""
BODIES = ("body/brick", "body/cup")
POINTS = ("nose", "tail", "ear")
_TRUE = ("", "wall", "brick", "cup")
_SIZE = (6, 8)

Numbers = NDArray[np.float64]


@lru_cache(maxsize=64)
def random_pictures(seed: int) -> Episode:
    """An episode; the same for the same seed.

    Frames without an answer, bodies out of view, points hidden and classes that are never there are among
    them, and episodes without answers, without labels, or without a word on where bodies are.
    """
    rng = np.random.default_rng(seed)
    episode = random_episode(seed)
    vertices = {name: rng.normal(0, 0.2, (7, 3)) for name in BODIES}
    truths: list[CameraTruth] = []
    outputs: list[ModelOutput] = []
    for frame in episode.trace.frames:
        truth = _truth(rng, frame.step, vertices, seed)
        truths.append(truth)
        if rng.random() < 0.8 and seed % 11:
            outputs += _said(rng, truth, seed)
    trace = replace(episode.trace, truths=tuple(truths), outputs=tuple(outputs), detections=())
    return replace(episode, trace=trace)


def _pose(rng: np.random.Generator, spread: float = 1.0) -> Numbers:
    """A turn about a random axis and a shift, shape (4, 4)."""
    x, y, z = rng.normal(0, spread, 3)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = max(float(np.linalg.norm((x, y, z))), 1e-12)
    pose = np.eye(4)  # Rodrigues' formula.
    pose[:3, :3] += np.sin(angle) / angle * cross + (1 - np.cos(angle)) / angle**2 * cross @ cross
    pose[:3, 3] = rng.normal(0, spread, 3)
    return pose


def _truth(rng: np.random.Generator, step: int, vertices: dict[str, Numbers], seed: int) -> CameraTruth:
    bodies = []
    for name, points in vertices.items():
        sites = {
            one: (float(rng.uniform(0, 60)), float(rng.uniform(0, 60)))
            for one in POINTS
            if rng.random() < 0.7
        }
        size = float("nan") if rng.random() < 0.1 else float(rng.uniform(10, 40))
        pixels = 0 if seed % 9 == 0 else int(rng.choice([0, 1, 40]))
        hidden = float(rng.choice([0.0, 0.5, 0.9])) if pixels else 1.0
        bodies.append(WatchedBody(name, _pose(rng), points, pixels, hidden, size, sites))
    view = CameraView("front", step, _pose(rng), tuple(bodies)) if seed % 7 else None
    there = len(_TRUE) if seed % 4 else 2
    labels = rng.integers(0, there, _SIZE).astype(np.uint8) if seed % 5 else None
    return CameraTruth(("front.rgb", ""), step, labels, _TRUE, view)


def _said(rng: np.random.Generator, truth: CameraTruth, seed: int) -> list[ModelOutput]:
    classes = (*CLASSES, "background") if seed % 3 == 0 else CLASSES
    mask = rng.integers(-1, len(classes) if seed % 8 else 1, _SIZE)
    count = int(rng.integers(0, 4))
    scores = np.sort(rng.uniform(0.1, 1.0, count))[::-1].astype(np.float32)
    ids = rng.integers(0, len(CLASSES), count)
    poses = np.array([_near(rng, truth) for _ in range(count)]).reshape(-1, 4, 4)
    points = rng.uniform(0, 60, (count, len(POINTS), 2)).astype(np.float32)
    for k, name in enumerate(POINTS):
        at = truth.view.bodies[0].points.get(name) if truth.view is not None else None
        if at is not None:
            points[:, k] = np.array(at) + rng.normal(0, 2.0, (count, 2))
    sure = np.ones((count, len(POINTS)), np.float32)
    return [
        Masks(mask, classes, truth.step),
        Poses(poses[:, :3, 3], poses[:, :3, :3], scores, ids, CLASSES, truth.step),
        Keypoints(points, sure, scores, ids, CLASSES, POINTS, truth.step),
    ]


def _near(rng: np.random.Generator, truth: CameraTruth) -> Numbers:
    """A pose near that of the first body in the camera's frame or in the world's, or anywhere."""
    if truth.view is None or rng.random() < 0.2:
        return _pose(rng)
    right: Numbers = truth.view.bodies[0].pose
    if rng.random() < 0.5:
        right = np.linalg.inv(truth.view.pose) @ right
    found: Numbers = right @ _pose(rng, float(rng.choice([0.01, 0.3])))
    return found
