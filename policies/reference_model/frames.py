"""Labelled frames: random scenes through a simulator and the camera's effects, kept in one file a set."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.reference_model.sampling import Domain, draw
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.sensors.effects import apply_effects

DOORS = ("glass_door", "wooden_door")
CLASSES = (*DOORS, "person")
MIN_PIXELS = 60
"""A body with fewer visible pixels is neither asked for nor counted as a false alarm."""
MAX_OCCLUSION = 0.5
"""The same for a body of which something else hides more."""
MAX_ENTITIES = 4
SLIVER_PX = 20
"""The same for a body of which the image's side border leaves a narrower strip."""
ADAPTER, WORLD = "mujoco", "office_corridor"
_RENDERED_BY = 4  # Part of a set's file name: raise it when the way frames are made changes.


@dataclass(frozen=True, slots=True)
class FrameSet:
    """N labelled frames.

    Attributes:
        images: uint8, shape (N, H, W, 3), RGB.
        boxes: Tight boxes in pixels, float32, shape (N, 4 entities, 4).
        class_ids: Index into ``CLASSES``, -1 where a row holds no entity, int64, shape (N, 4).
        pixels: Visible pixels of each entity, int64, shape (N, 4).
        occlusion: Share of each entity that something else hides, float64, shape (N, 4).
        distances_m: From the robot's centre to each entity, float64, shape (N, 4).
        conditions: Name -> value by frame: ``lux tint opening_deg kind door_distance_m``.
    """

    images: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    pixels: NDArray[np.int64]
    occlusion: NDArray[np.float64]
    distances_m: NDArray[np.float64]
    conditions: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.images)

    def counted(self) -> NDArray[np.bool_]:
        """Entities that a detector is asked for, shape (N, 4)."""
        left, right = self.boxes[..., 0], self.boxes[..., 2]
        at_side = (left <= 0) | (right >= self.images.shape[2])
        sliver = at_side & (right - left < SLIVER_PX)
        seen = (self.pixels >= MIN_PIXELS) & (self.occlusion <= MAX_OCCLUSION)
        return np.asarray((self.class_ids >= 0) & seen & ~sliver)

    def digest(self) -> str:
        """SHA-256 over images and labels, hex."""
        h = hashlib.sha256()
        for array in (self.images, self.boxes, self.class_ids, self.pixels):
            h.update(np.ascontiguousarray(array).tobytes())
        return h.hexdigest()


def render(
    cache: Path,
    domain: Domain,
    seed: int,
    count: int,
    *,
    processes: int,
    say: Callable[[str], None] = print,
) -> FrameSet:
    """The frame set (domain, seed, count), from ``cache`` when it is there.

    Args:
        cache: Folder for rendered sets.
        domain: Conditions.
        seed: Seed of the set.
        count: Number of frames.
        processes: Rendering processes.
        say: Told what happens.
    """
    key = hashlib.sha256(f"{_RENDERED_BY} {domain} {seed} {count}".encode()).hexdigest()[:16]
    path = cache / f"frames-{key}.npz"
    if not path.exists():
        say(f"rendering {count} frames, seed {seed}, in {processes} processes")
        cache.mkdir(parents=True, exist_ok=True)
        shares = [(domain, seed, range(part, count, processes)) for part in range(processes)]
        # A fresh interpreter each: an OpenGL context does not survive a fork.
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            parts = pool.map(_render_share, shares, chunksize=1)
        merged = {}
        for name in parts[0]:
            first = parts[0][name]
            merged[name] = np.empty((count, *first.shape[1:]), first.dtype)
            for part, values in enumerate(parts):
                merged[name][part::processes] = values[name]
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **merged)
        unfinished.rename(path)
    with np.load(path) as data:
        arrays = {name: data[name] for name in data.files}
    conditions = {n.removeprefix("condition."): a for n, a in arrays.items() if n.startswith("condition.")}
    plain = {name: array for name, array in arrays.items() if not name.startswith("condition.")}
    return FrameSet(**plain, conditions=conditions)


def load_plugin(group: str, name: str) -> Any:
    """An installed adapter or world."""
    (entry,) = entry_points(group=f"simgate.{group}", name=name)
    return entry.load()


def _render_share(share: tuple[Domain, int, range]) -> dict[str, NDArray[Any]]:
    domain, seed, indices = share
    world = load_plugin("worlds", WORLD)
    adapter: SimAdapter = load_plugin("sim_adapters", ADAPTER)(timing=Timing(), options={})
    rows: list[dict[str, Any]] = []
    try:
        for index in indices:
            sample = draw(world, domain, seed, index)
            observation = adapter.reset([sample.scene])
            image = apply_effects(DriveView(observation).rgb[0], sample.scene.effects, sample.seed, 0)
            assert image is not None, "frames are drawn without dropout"
            row: dict[str, Any] = {"images": image.copy(), **_labels(adapter)}
            parameters = sample.parameters
            row["condition.lux"] = float(parameters["lighting.lux"])
            row["condition.tint"] = float(parameters["door.tint"])
            row["condition.opening_deg"] = float(parameters["door.opening_deg"])
            row["condition.kind"] = f"{parameters['door.kind']:<5}"
            row["condition.door_distance_m"] = sample.door_distance_m
            rows.append(row)
    finally:
        adapter.close()
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _labels(adapter: SimAdapter) -> dict[str, NDArray[Any]]:
    boxes = np.zeros((MAX_ENTITIES, 4), np.float32)
    class_ids = np.full(MAX_ENTITIES, -1, np.int64)
    pixels = np.zeros(MAX_ENTITIES, np.int64)
    occlusion = np.zeros(MAX_ENTITIES)
    distances = np.full(MAX_ENTITIES, np.inf)
    (truth,) = adapter.ground_truth()
    known = [entity for entity in truth.entities if entity.label in CLASSES]
    for slot, entity in enumerate(known[:MAX_ENTITIES]):
        boxes[slot] = entity.box
        class_ids[slot] = CLASSES.index(entity.label)
        pixels[slot] = entity.pixels
        occlusion[slot] = entity.occlusion
        distances[slot] = entity.distance_m
    return {
        "boxes": boxes,
        "class_ids": class_ids,
        "pixels": pixels,
        "occlusion": occlusion,
        "distances_m": distances,
    }
