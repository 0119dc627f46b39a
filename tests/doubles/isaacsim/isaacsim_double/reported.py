"""A contact report as PhysX' bindings have it: headers by pair of colliders, points behind them, paths as numbers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType

import pxr
from pxr import Sdf

from simgate.sim_adapters.physx.selection import ShapeContact

_FIRST = 1 << 40
_PATHS: list[str] = []


@dataclass(frozen=True)
class Float3:
    x: float
    y: float
    z: float


@dataclass(frozen=True)
class Header:
    collider0: int
    collider1: int
    contact_data_offset: int
    num_contact_data: int


@dataclass(frozen=True)
class Point:
    impulse: Float3
    separation: float


def report(found_points: list[ShapeContact]) -> tuple[list[Header], list[Point]]:
    """Contacts of all bodies that ask for reports."""
    pairs: dict[tuple[str, str], list[ShapeContact]] = {}
    for one in found_points:
        pairs.setdefault((one.a, one.b), []).append(one)
    headers: list[Header] = []
    points: list[Point] = []
    for (a, b), found in pairs.items():
        headers.append(Header(_number(a), _number(b), len(points), len(found)))
        points += [Point(Float3(0.0, 0.0, one.impulse_ns), one.separation_m) for one in found]
    return headers, points


def _number(path: str) -> int:
    if path not in _PATHS:
        _PATHS.append(path)
    return _FIRST + _PATHS.index(path)


def bring_schema_tools() -> None:
    """Kit's OpenUSD has a module that turns such numbers into paths; the one of PyPI has not."""
    tools = ModuleType("pxr.PhysicsSchemaTools")
    vars(tools)["intToSdfPath"] = lambda number: Sdf.Path(_PATHS[number - _FIRST])
    sys.modules[tools.__name__] = tools
    vars(pxr)["PhysicsSchemaTools"] = tools
