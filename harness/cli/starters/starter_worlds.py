"""Starter packs for other worlds than the corridor: the hall, any installed world, and a team's own file."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.harness.cli.starters.starter import head, quoted

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.native_file import NativeFile
    from simgate.sim_adapters.worlds.world import ParameterSpec, World

MOST_TRIED = 40
"""So many bodies of a file are tried as the robot."""
_BODY = "body/"
"""Kind of a body among the targets of an MJCF file."""
_ROBOT = re.compile(r"robot|cart|carrier|base|agv|amr|chassis|vehicle", re.IGNORECASE)
"""How robots are called."""
_SHOWN = 12
"""So many targets of a file, or parameters of a world, are shown in a comment."""
_GATE = """\

gate:                                      # the verdict: GO when every rule is proven
  - {severity: critical, pass_rate: {at_least: 0.90, confidence: 0.95}}   # takes 29 clean variants
  - {invalid_or_error: {at_most: 0.02}}
"""
_ARENA = """\
parameters:
  lighting.lux:     {log_uniform: [60, 1200]}
  camera.noise_std: {uniform: [0.0, 0.03]}

scenarios:
  crowded_hall:                            # id of the scenario; its variants are crowded_hall::v0000 ...
    title: Crates and a person stand anywhere in a hall of 10 m
    severity: critical                     # critical, major or minor; the gate below speaks of them
    requirements: [REQ-001]
    world: arena
    place:                                 # objects put down at random, without overlap
      robot:
        count: 1
        kinds: robot
        region: floor
      crates:
        count: {integers: [1, 3]}
        kinds: box
        length_m: {uniform: [1.1, 2.0]}
        width_m:  {uniform: [0.9, 1.5]}
        region: floor
      people:
        count: 1
        kinds: person
        region: floor
    variants: {count: 30, method: sobol}   # sobol spreads evenly; random, lhs, pairwise, ... too
    accept:                                # every variant must meet all of these
      collisions: {at_most: 0}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """What a file of a team's own gives a first pack.

    Attributes:
        key: ``mjcf`` or ``usd``.
        adapter: Simulator that opens it.
        robot: Body that drives.
        camera: The robot's camera; empty when it has none.
        goal: A marked point, or ``[x, y]`` in metres, as the pack writes it.
        is_marked: Whether the goal is a point of the file.
        targets: Some of what a pack can set: (target, what it takes).
    """

    key: str
    adapter: str
    robot: str
    camera: str
    goal: str
    is_marked: bool
    targets: tuple[tuple[str, str], ...]


class NoRobot(Exception):  # noqa: N818 - the name says what happened
    """Nothing in the file can drive; the message says what it takes."""


def arena_pack(name: str, model: str | None) -> str:
    """A first pack for the hall."""
    return head(name, model, "arena", time_limit_s=40) + _ARENA + _GATE


def world_pack(name: str, model: str | None, world: World) -> str:
    """A first pack for any installed world: everything at its default, what can be set in comments."""
    shown = list(world.parameters.items())[:_SHOWN]
    lines = [f"# parameters:   # what a pack can set; all of it: simgate worlds {world.name}"]
    lines += [f"#   {key}: {_range(spec)}   # {spec.meaning}" for key, spec in shown]
    listed = "\n".join(lines)
    scenario = _scenario(f"    world: {world.name}\n")
    return f"{head(name, model, world.name)}{listed}\n\n{scenario}{_GATE}"


def site_pack(name: str, model: str | None, file: str, site: Site) -> str:
    """A first pack for a team's own file.

    Args:
        name: Of the pack.
        model: Path of the model package, as the pack will say it.
        file: Path of the file, as the pack will say it.
        site: What was found in it.
    """
    robot = f"body: {quoted(site.robot)}" + (f", camera: {quoted(site.camera)}" if site.camera else "")
    why = "a marked point of the file" if site.is_marked else "metres; mark a point in the file and name it"
    mount = ""
    if not site.camera:
        mount = "      # the robot has no camera in the file: one is mounted\n"
        robot += ", camera: {position: [0.2, 0, 0.6], pitch_deg: 0, fovy_deg: 60, width: 160, height: 120}"
    shown = "".join(f"        # {target}: {takes}\n" for target, takes in site.targets)
    world = (
        f"    world:\n      {site.key}: {quoted(file)}\n{mount}      robot: {{{robot}}}\n"
        f"      goal: {site.goal}   # {why}\n"
        "      # labels:  {BODY: CLASS}   # what the model's classes are in the file: the ground truth\n"
        "      # barrier: {BODY: WORD}    # what can close the way, and what the robot shall report\n"
        f"      # set: {{NAME: TARGET}}     # what varies; all targets: simgate worlds {file}\n{shown}"
    )
    parameters = (
        "parameters:                                # parameters of every file of a team's own\n"
        "  camera.noise_std: {uniform: [0.0, 0.03]}\n  robot.start_yaw_deg: {uniform: [-5, 5]}\n\n"
    )
    return head(name, model, file, adapter=site.adapter) + parameters + _scenario(world) + _GATE


def look_into(file: NativeFile, key: str) -> Site:
    """Finds what drives, what sees and where to go.

    Raises:
        NoRobot: Nothing can drive.
    """
    from simgate.harness.execution.hosts.interpreter import process_traits

    listing = file.listing()
    # An attribute has one part or two: body/door.present, body/door.pos.x.
    parts = [target.rpartition(".")[0] for target, _, _ in listing]
    names = list(dict.fromkeys(name for part in parts for name in (part, part.rpartition(".")[0]) if name))
    bodies = [_name(name) for name in names if name.startswith(("body/", "/"))]
    cameras = [_name(name) for name in names if name.startswith(("camera/", "/"))]
    points = [_name(name) for name in names if name.startswith(("site/", "/"))]
    robot, camera = _robot(file, bodies, cameras)
    goal, is_marked = _goal(file, points, robot)
    targets = tuple((target, takes) for target, takes, _ in listing if robot not in target)
    adapter = min(file.adapters, key=lambda name: process_traits(name).own_interpreter)
    return Site(key, adapter, robot, camera, goal, is_marked, targets[:_SHOWN])


def _name(name: str) -> str:
    return name if name.startswith("/") else name.partition("/")[2]


def _robot(file: NativeFile, bodies: list[str], cameras: list[str]) -> tuple[str, str]:
    """The first body that can drive and carries a camera; else the first that can drive."""
    from simgate.sim_adapters.worlds.native_file import NativeError

    able: list[str] = []
    for body in bodies:
        if len(able) < MOST_TRIED:
            with suppress(NativeError):
                file.robot(body, None)
                able.append(body)
    able.sort(key=_unlikely)
    for body in able:
        for camera in cameras:
            with suppress(NativeError):
                file.camera(camera, body)
                return body, camera
    if not able:
        raise NoRobot(
            "nothing in it can drive: the robot is a body of the world's own, upright, with a mass, that can "
            "touch its site (docs/native-worlds.md); `simgate worlds FILE` lists its bodies"
        )
    return able[0], ""


def _unlikely(body: str) -> tuple[bool, int, bool]:
    """The root of a stage could drive, and take the site with it; a static box could too."""
    is_root = body.startswith("/") and body.count("/") == 1
    return is_root, body.count("/"), _ROBOT.search(body) is None


def _goal(file: NativeFile, points: list[str], robot: str) -> tuple[str, bool]:
    """A marked point that does not drive with the robot; else 3 m ahead of where it starts."""
    from simgate.sim_adapters.worlds.native_file import NativeError

    # Any prim of a stage has a place; only one that is called so is meant as a goal.
    likely = [name for name in points if "goal" in name.rpartition("/")[2].lower()]
    for point in (*likely, *(name for name in points if not name.startswith("/"))):
        with suppress(NativeError):
            file.point(point)
            if not file.carries(f"{_BODY if not robot.startswith('/') else ''}{robot}.pos.x", point):
                return quoted(point), True
    x, y, yaw = file.robot(robot, None).start
    ahead = [round(x + 3 * math.cos(yaw), 2), round(y + 3 * math.sin(yaw), 2)]
    return json.dumps(ahead), False


def _scenario(world: str) -> str:
    return (
        "scenarios:\n"
        "  way_to_the_goal:                         # its variants are way_to_the_goal::v0000 ...\n"
        "    title: The robot drives to its goal and touches nothing\n"
        "    severity: critical                     # critical, major or minor; the gate speaks of them\n"
        "    requirements: [REQ-001]\n"
        f"{world}"
        "    variants: {count: 30, method: sobol}   # sobol spreads evenly; random, lhs, pairwise, ... too\n"
        "    accept:                                # every variant must meet all of these\n"
        "      collisions: {at_most: 0}\n"
        "      success: {equals: true}\n"
    )


def _range(spec: ParameterSpec) -> str:
    if spec.choices:
        return f"{{choice: [{', '.join(map(str, spec.choices))}]}}"
    if spec.low is not None and spec.high is not None:
        return f"{{uniform: [{spec.low:g}, {spec.high:g}]}}"
    return str(spec.default)
