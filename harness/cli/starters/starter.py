"""The pack that ``simgate init`` writes: small, commented, and green on lint from the first second."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

PACK_FILE = "pack.yaml"
SCHEMA_FILE = "simgate.schema.json"

_NO_MODEL = """\
# model: path/to/model.yaml                # the perception model under test; without one the robot is blind
"""
_RECALL = "      detection.glass_door.recall: {at_least: 0.9, within_m: 3}   # perception, over the frames\n"

_HEAD = """\
# yaml-language-server: $schema=simgate.schema.json
# $schema: simgate.schema.json
#
# The two lines above let editors complete and explain every key (docs/editors.md).
# The language by example: docs/scenario-guide.md. What can be set: simgate worlds {world}
simgate: 1                                 # version of the language
pack: {name}
description: A first pack. Say here what it is about.
owner: my-team
{model}policy: door_navigator                     # drives the robot
sim: {{adapter: {adapter}, physics_hz: 200, control_hz: 10, camera_hz: 10, time_limit_s: {time_limit_s}}}
seed: 1                                    # fixes everything random; the same seed gives the same variants

"""

_CORRIDOR = """\
parameters:                                # drawn for every scenario; a scenario may override
  lighting.lux:      {{log_uniform: [80, 1200]}}
  camera.noise_std:  {{uniform: [0.0, 0.03]}}
  wall.color:        {{choice: [white, grey, beige]}}
  floor.material:    {{choice: {{carpet: 3, tiles: 1}}}}      # weighted: carpet three times as often

scenarios:
  glass_door_closed:                       # id of the scenario; its variants are glass_door_closed::v0000 ...
    title: A closed glass door blocks the corridor
    severity: critical                     # critical, major or minor; the gate below speaks of them
    requirements: [REQ-001]
    tags: [glass]
    world: office_corridor
    parameters:
      door.kind: glass                     # a constant
      door.distance_m: {{uniform: [3, 8]}}
      door.tint: {{triangular: [0.08, 0.15, 0.35]}}
    where:                                 # only variants that meet every condition
      - door.distance_m > 4 * robot.radius_m
    variants: {{count: 30, method: sobol}}   # sobol spreads evenly; random, lhs, pairwise, ... too
    accept:                                # every variant must meet all of these
      collisions: {{at_most: 0}}
      stop_distance_m: {{between: [0.3, 1.5]}}
{recall}
  way_is_free:
    title: The doorway is open; the robot must drive through
    severity: major
    requirements: [REQ-002]
    tags: [nuisance]
    world: office_corridor
    parameters:
      door.kind: none                      # a word of the world: nothing hangs in the doorway
      door.distance_m: {{uniform: [4, 7]}}
      corridor.width_m: {{uniform: [2.6, 3.2]}}
    place:                                 # objects put down at random, without overlap
      clutter:
        count: {{integers: [0, 1]}}
        kinds: {{choice: {{box: 2, bin: 1}}}}
        region: corridor_floor
        clearance_m: 0.9
        keep_clear: [robot_start, doorway]
    variants: {{count: 10, method: sobol}}
    accept:
      collisions: {{at_most: 0}}
      success: {{equals: true}}

gate:                                      # the verdict: GO when every rule is proven
  - {{severity: critical, pass_rate: {{at_least: 0.90, confidence: 0.95}}}}   # takes 29 clean variants
  - {{severity: major, pass_rate: {{at_least: 0.70, confidence: 0.95}}}}      # takes 9
  - {{invalid_or_error: {{at_most: 0.02}}}}
"""


def starter_pack(name: str, model: str | None) -> str:
    """The text of the pack.

    Args:
        name: Its name.
        model: Path of the model package, as the pack will say it; None for a pack without a model.
    """
    corridor = _CORRIDOR.format(recall="" if model is None else _RECALL)
    return head(name, model, "office_corridor") + corridor


def head(name: str, model: str | None, world: str, *, adapter: str = "mujoco", time_limit_s: int = 25) -> str:
    """The beginning of every first pack.

    Args:
        name: Of the pack.
        model: Path of the model package, as the pack will say it; None for a pack without a model.
        world: What `simgate worlds` lists.
        adapter: Simulator.
        time_limit_s: Of an episode.
    """
    line = _NO_MODEL if model is None else f"model: {quoted(model)}\n"
    return _HEAD.format(name=name, model=line, world=world, adapter=adapter, time_limit_s=time_limit_s)


def quoted(path: str) -> str:
    """A path as YAML reads it."""
    return (
        path if re.fullmatch(r"[\w./-]*[A-Za-z][\w./-]*", path) else f"'{path.replace(chr(39), 2 * chr(39))}'"
    )


def pack_name(folder: Path) -> str:
    """A name for a pack, from the folder that will hold it."""
    words = re.sub(r"[^A-Za-z0-9_]+", "_", folder.resolve().name).strip("_")
    return words or "my_pack"


def reference_model() -> Path | None:
    """The model package that this project ships; None where it is not installed or not trained."""
    import simgate.policies

    path = Path(next(iter(simgate.policies.__path__))).resolve() / "reference_model" / "model.yaml"
    return path if path.is_file() else None


def as_written(path: Path, folder: Path) -> str | None:
    """A file's path as a pack in a folder writes it; None for one that lies elsewhere on this machine.

    Packs travel: a path is relative and stays within one project (a checkout, or the folder that holds both).
    """
    folder, path = folder.resolve(), path.resolve()
    shared = Path(os.path.commonpath([folder, path]))
    one_project = any((place / ".git").exists() for place in (shared, *shared.parents))
    near = shared == folder or len(folder.relative_to(shared).parts) <= 2
    is_within = one_project or (near and shared not in (Path("/"), Path.home(), Path(tempfile.gettempdir())))
    return Path(os.path.relpath(path, folder)).as_posix() if is_within else None
