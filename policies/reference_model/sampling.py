"""Random scenes to train and measure the detector on, drawn over the world's own parameter ranges.

No value comes from a scenario pack: the ranges are those that the world documents, so the detector
learns the building and not the test. Frame ``k`` of a set is a function of (seed, k) alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from simgate.sim_adapters.scene.body import Actor, Waypoint
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value, World

_SAMPLE_LANE = 7
_NEVER_DRAWN = ("person.pause_s",)
"""No still frame shows it, and a draw more would make other sets of the seeds that model cards name."""


@dataclass(frozen=True, slots=True)
class Poses:
    """From where the door is seen.

    Attributes:
        distance_m: From the robot's centre to the door plane; near ones are drawn more often.
        yaw_std_deg: Heading off the corridor's axis, normal.
        yaw_max_deg: Limit of the heading; an eighth of ``wide`` poses are spread evenly within it.
        wide: Also headings and offsets that no sound approach has.
    """

    distance_m: tuple[float, float]
    yaw_std_deg: float
    yaw_max_deg: float
    wide: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """How wide the conditions are drawn.

    Attributes:
        lux: Illuminance, drawn log-uniformly.
        tint: Opacity of glass, drawn log-uniformly.
        lux_tint: Smallest product of illuminance and opacity; below it glass cannot be seen.
        exposure_ev: Over- and underexposure.
        noise_std: Largest pixel noise; little is drawn more often.
        blur_px: Largest blur; half of all frames have none.
        pitch_deg: Largest camera pitch either way.
        ajar_deg: Opening of a leaf that is neither shut nor out of the way.
        open_deg: Opening of a leaf that is out of the way.
        poses: From where the door is seen.
        paired: Frames 2k and 2k + 1 show one scene, a glass door in one and no door in the other, so that
            nothing but the glass can tell them apart.
    """

    lux: tuple[float, float]
    tint: tuple[float, float]
    lux_tint: float
    exposure_ev: tuple[float, float]
    noise_std: float
    blur_px: float
    pitch_deg: float
    ajar_deg: tuple[float, float]
    open_deg: tuple[float, float]
    poses: Poses
    paired: bool = False


_FULL = Domain(
    lux=(20.0, 1600.0),
    # Fainter glass than this looks like an open doorway, and teaches the detector to see glass in one.
    tint=(0.1, 0.6),
    lux_tint=3.0,
    exposure_ev=(-1.2, 0.6),
    noise_std=0.07,
    blur_px=1.8,
    pitch_deg=5.0,
    # In between a pane hangs in view that nobody would call a closed door: nothing to learn from.
    ajar_deg=(0.0, 45.0),
    open_deg=(75.0, 110.0),
    poses=Poses((0.6, 8.5), yaw_std_deg=10.0, yaw_max_deg=40.0, wide=True),
    paired=True,
)

TRAINING_DOMAINS: dict[str, Domain] = {
    "v2": _FULL,
    # Underexposure would look like dim light, so the older checkpoint never saw it either.
    "v1": replace(_FULL, lux=(300.0, 1600.0), tint=(0.05, 0.6), lux_tint=1.5, exposure_ev=(-0.2, 0.6)),
}
"""Variant of the detector -> what it is trained on."""

OPERATING_DOMAIN = Domain(
    lux=(30.0, 1200.0),
    tint=(0.15, 0.6),
    lux_tint=5.0,
    exposure_ev=(-0.8, 0.3),
    noise_std=0.03,
    blur_px=1.0,
    pitch_deg=3.0,
    ajar_deg=(5.0, 35.0),
    open_deg=(85.0, 110.0),
    poses=Poses((0.8, 8.0), yaw_std_deg=5.0, yaw_max_deg=15.0, wide=False),
)
"""What the detector is meant for: a robot on its way to the door. The model card measures this."""


def validation_domain(variant: str) -> Domain:
    """Where a variant's thresholds are chosen: the operating domain in the light that it was made for."""
    trained = TRAINING_DOMAINS[variant]
    return replace(
        OPERATING_DOMAIN,
        lux=(max(OPERATING_DOMAIN.lux[0], trained.lux[0]), OPERATING_DOMAIN.lux[1]),
        exposure_ev=(
            max(OPERATING_DOMAIN.exposure_ev[0], trained.exposure_ev[0]),
            OPERATING_DOMAIN.exposure_ev[1],
        ),
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """One drawn scene.

    Attributes:
        scene: The scene, with the robot where the frame is taken.
        parameters: Every parameter of the world.
        door_distance_m: From the robot's centre to the door plane, negative behind it.
        seed: Seed of the camera's noise.
    """

    scene: Scene
    parameters: Mapping[str, Value]
    door_distance_m: float
    seed: int


def draw(world: World, domain: Domain, seed: int, index: int) -> Sample:
    """Scene ``index`` of the set ``seed``."""
    number = index // 2 if domain.paired else index
    rng = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, number, _SAMPLE_LANE]))
    parameters: dict[str, Value] = {
        name: spec.default if name in _NEVER_DRAWN else _any_value(spec, rng)
        for name, spec in sorted(world.parameters.items())
    }
    _focus(parameters, domain, rng)
    x, y, yaw, distance = _robot_pose(parameters, domain.poses, rng)
    door_x = x + distance
    parameters["door.distance_m"] = door_x
    room_for_person = distance > 1.2 and rng.random() < 0.35
    parameters["person.present"] = room_for_person
    parameters["person.cross_at_m"] = door_x - 0.6
    person = _person_pose(parameters, x, distance, rng) if room_for_person else None
    placed = _clutter(world, parameters, (x, y), person, rng)
    if domain.paired and index % 2 and parameters["door.kind"] == "glass":
        parameters["door.kind"] = "none"
    scene = world.build(parameters, placed)
    actors = tuple(_standing(actor, person) for actor in scene.actors) if person else ()
    robot = replace(scene.robot, start=(x, y, yaw))
    scene = replace(scene, robot=robot, actors=actors)
    return Sample(scene, parameters, distance, int(rng.integers(0, 2**62)) + index % 2)


def _any_value(spec: ParameterSpec, rng: np.random.Generator) -> Value:
    if spec.kind == "bool":
        return bool(rng.random() < 0.5)
    if spec.kind == "choice":
        return spec.choices[int(rng.integers(len(spec.choices)))]
    assert spec.low is not None and spec.high is not None
    if spec.kind == "integer":
        return int(rng.integers(int(spec.low), int(spec.high) + 1))
    return float(rng.uniform(spec.low, spec.high))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def _focus(parameters: dict[str, Value], domain: Domain, rng: np.random.Generator) -> None:
    """Replaces what must not be spread evenly: rare looks that matter get their share."""
    shares = [0.7, 0.2, 0.1] if domain.paired else [0.5, 0.25, 0.25]
    parameters["door.kind"] = str(rng.choice(["glass", "wood", "none"], p=shares))
    ajar, wide_open = rng.uniform(*domain.ajar_deg), rng.uniform(*domain.open_deg)
    opening = float(rng.choice([0.0, ajar, wide_open], p=[0.6, 0.2, 0.2]))
    parameters["door.opening_deg"] = opening
    lux = _log_uniform(rng, *domain.lux)
    parameters["lighting.lux"] = lux
    parameters["door.tint"] = max(_log_uniform(rng, *domain.tint), domain.lux_tint / lux)
    parameters["lighting.flicker_depth"] = 0.0
    parameters["window.lux"] = 0.0 if rng.random() < 0.6 else _log_uniform(rng, 100.0, 20000.0)
    parameters["floor.reflectance"] = 0.0 if rng.random() < 0.8 else float(rng.uniform(0.0, 0.4))
    parameters["camera.exposure_ev"] = float(rng.uniform(*domain.exposure_ev))
    parameters["camera.noise_std"] = domain.noise_std * float(rng.random() ** 1.5)
    parameters["camera.blur_px"] = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.0, domain.blur_px))
    parameters["camera.pitch_deg"] = float(rng.uniform(-domain.pitch_deg, domain.pitch_deg))
    parameters["camera.dropout_rate"] = 0.0
    parameters["robot.start_y_m"] = 0.0


def _robot_pose(
    parameters: Mapping[str, Value], poses: Poses, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """x, y, yaw of the robot, and its distance to the door plane; x is 0 where the corridor starts."""
    half = 0.5 * float(parameters["corridor.width_m"]) - float(parameters["robot.radius_m"])
    is_open = parameters["door.kind"] == "none" or float(parameters["door.opening_deg"]) > 80.0
    nearest, farthest = poses.distance_m
    if poses.wide and is_open and rng.random() < 0.08:
        distance = -float(rng.uniform(0.1, 1.6))
    else:
        distance = float(rng.uniform(nearest, 3.6 if rng.random() < 0.55 else farthest))
    anywhere = poses.wide and rng.random() < 0.25
    # Whoever heads for the doorway is close to its axis when near.
    spread = min(half, 0.15 + (0.35 if poses.wide else 0.15) * max(distance, 0.0))
    y = float(np.clip(rng.uniform(-half, half) if anywhere else rng.normal(0.0, 0.3), -spread, spread))
    limit = math.radians(poses.yaw_max_deg)
    turned = poses.wide and rng.random() < 0.12
    yaw = rng.uniform(-limit, limit) if turned else rng.normal(0.0, math.radians(poses.yaw_std_deg))
    yaw = float(np.clip(yaw, -limit, limit))
    start = float(rng.uniform(-1.0, 3.0))
    # The corridor starts at the origin; a short one is a corridor seen from further in.
    x = max(start, 1.5 - distance)
    return x, y, yaw, distance


def _person_pose(
    parameters: Mapping[str, Value], x: float, distance: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    half = 0.5 * float(parameters["corridor.width_m"]) - 0.3
    ahead = float(rng.uniform(0.7, min(distance - 0.4, 6.0)))
    return x + ahead, float(rng.uniform(-half, half)), float(rng.uniform(-math.pi, math.pi))


def _standing(actor: Actor, pose: tuple[float, float, float]) -> Actor:
    return Actor(actor.body, (Waypoint(0.0, (pose[0], pose[1], 0.0), pose[2]),))


def _clutter(
    world: World,
    parameters: Mapping[str, Value],
    robot: tuple[float, float],
    person: tuple[float, float, float] | None,
    rng: np.random.Generator,
) -> list[PlacedObject]:
    """Up to six objects on the floor, in most scenes clear of the doorway."""
    area = world.region("corridor_floor", parameters)
    taken = [(*robot, 0.6)]
    if person is not None:
        taken.append((person[0], person[1], 0.55))
    if rng.random() < 0.8:
        disc = world.keep_clear("doorway", parameters)
        taken.append((disc.x, disc.y, disc.radius))
    kinds = sorted(world.object_kinds)
    placed: list[PlacedObject] = []
    wanted = int(rng.integers(1, 7)) if rng.random() < 0.5 else 0
    for _ in range(wanted):
        x = float(rng.uniform(max(area.x_min, robot[0] - 0.5), max(area.x_max, robot[0])))
        y = float(rng.uniform(area.y_min + 0.2, area.y_max - 0.2))
        if all(math.hypot(x - cx, y - cy) > radius + 0.2 for cx, cy, radius in taken):
            kind = kinds[int(rng.integers(len(kinds)))]
            placed.append(PlacedObject(kind, x, y, float(rng.uniform(-math.pi, math.pi))))
            taken.append((x, y, 0.35))
    return placed
