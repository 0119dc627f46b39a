"""What an episode of a made-up run has left: its pictures and its trace."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from simgate.harness.results.record import Scalar
from simgate.harness.trace import FrameTruth, Trace
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.observation import Contact, VisibleEntity

CLASSES = ("glass_door", "wooden_door", "person")
PHYSICS_HZ = 200


def corridor_picture(parameters: dict[str, Scalar], near: float, rng: np.random.Generator) -> Image.Image:
    """A corridor with a door as a robot's camera might see it, 480 x 360, with noise."""
    light = min(1.0, 0.16 + 0.16 * math.log10(max(float(parameters["lighting.lux"]), 10)))
    width, height = 160, 120
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)

    def tone(r: float, g: float, b: float) -> tuple[int, int, int]:
        return tuple(int(255 * light * c) for c in (r, g, b))  # type: ignore[return-value]

    half = 18 + 40 * near
    left, right, top, bottom = 80 - half, 80 + half, 58 - half * 0.9, 58 + half * 0.9
    draw.polygon([(0, 0), (left, top), (right, top), (width, 0)], fill=tone(0.9, 0.9, 0.88))
    draw.polygon([(0, height), (left, bottom), (right, bottom), (width, height)], fill=tone(0.42, 0.4, 0.38))
    draw.polygon([(0, 0), (left, top), (left, bottom), (0, height)], fill=tone(0.72, 0.7, 0.66))
    draw.polygon([(width, 0), (right, top), (right, bottom), (width, height)], fill=tone(0.64, 0.62, 0.58))
    draw.rectangle((left, top, right, bottom), fill=tone(0.6, 0.66, 0.68))
    draw.rectangle((left, top, right, bottom), outline=tone(0.35, 0.36, 0.38), width=2)
    image = image.resize((480, 360)).filter(ImageFilter.GaussianBlur(1))
    pixels = np.asarray(image, np.float64) + rng.normal(0, 5, (360, 480, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")


def blind_trace(parameters: dict[str, Scalar], door: str, rng: np.random.Generator) -> Trace:
    """A robot that drives into a door that it hardly sees."""
    distance = float(parameters["door.distance_m"])
    touch_s = (distance - 0.25) / 0.8
    times = np.arange(0, touch_s + 0.5, 0.1)
    x = 0.8 * np.minimum(times, touch_s)
    barrier = distance - x - 0.25
    nan = np.full_like(times, np.nan)
    steps = np.round(times * PHYSICS_HZ).astype(np.int64)
    label = "wooden_door" if door == "wood" else "glass_door"
    size = 60 / np.maximum(distance - x, 0.3)
    frames = tuple(
        FrameTruth(
            int(step),
            (VisibleEntity("door", label, _box(s), int(4 * s * s), 0.0, float(b), False),) if b < 6 else (),
            dropped=bool(rng.random() < 0.03),
        )
        for step, s, b in zip(steps, size, barrier, strict=True)
    )
    detections = tuple(_found(frame, rng) for frame in frames if not frame.dropped)
    return Trace(
        physics_hz=PHYSICS_HZ,
        steps=steps,
        signals={
            "x_m": x,
            "y_m": 0 * x,
            "yaw_rad": 0 * x,
            "speed_mps": np.where(times < touch_s, 0.8 * np.minimum(times / 0.6, 1), 0.0),
            "yaw_rate_rps": 0 * x,
            "command_speed_mps": np.full_like(times, 0.8),
            "command_yaw_rate_rps": 0 * x,
            "clearance_m": np.minimum(barrier, 0.95),
            "barrier_distance_m": barrier,
            "goal_distance_m": distance + 2 - x,
            "lidar_min_m": np.full_like(times, 1.2),
            "person_distance_m": nan,
        },
        modes=tuple("cruise" if b > 2 else "slow" if b > 1.4 else "cruise" for b in barrier),
        frames=frames,
        detections=detections,
        delivered_steps=tuple(found.frame_step + 20 for found in detections),
        latency_ms=np.full(len(detections), 38.0),
        contacts=(Contact("door", 3.2, 0.004, round(touch_s * PHYSICS_HZ)),),
        report=None,
        end="collision",
        facts={"barrier_kind": door, "has_barrier": True, "goal_radius_m": 0.5},
        image_size=(160, 120),
    )


def _box(size: float) -> tuple[int, int, int, int]:
    half = int(min(size, 58))
    return 80 - half, 60 - half, 80 + half, 60 + half


def _found(frame: FrameTruth, rng: np.random.Generator) -> Boxes:
    seen = bool(frame.entities) and rng.random() < 0.12
    count = 1 if seen else 0
    return Boxes(
        boxes=np.full((count, 4), 30, np.float32),
        scores=np.full(count, rng.uniform(0.5, 0.8), np.float32),
        class_ids=np.zeros(count, np.int64),
        classes=CLASSES,
        frame_step=frame.step,
    )
