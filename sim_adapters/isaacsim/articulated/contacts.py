"""Contacts of a physics step as PhysX reports them in Isaac Sim, shape by shape."""

from __future__ import annotations

import math

from simgate.sim_adapters.physx.selection import ShapeContact


class ContactReport:
    """Reads PhysX' report, whose shapes are numbers that stand for paths."""

    def __init__(self) -> None:
        self._paths: dict[int, str] = {}

    def points(self) -> list[ShapeContact]:
        """Contact points of the last step, each once."""
        from omni.physx import get_physx_simulation_interface

        report = get_physx_simulation_interface().get_contact_report()
        headers, points = report[0], report[1]
        found = []
        for header in headers:
            a, b = self._path(header.collider0), self._path(header.collider1)
            first = int(header.contact_data_offset)
            for number in range(first, first + int(header.num_contact_data)):
                point = points[number]
                push = math.hypot(point.impulse.x, point.impulse.y, point.impulse.z)
                found.append(ShapeContact(a, b, push, float(point.separation)))
        return found

    def _path(self, number: int) -> str:
        if number not in self._paths:
            from pxr import PhysicsSchemaTools

            self._paths[number] = str(PhysicsSchemaTools.intToSdfPath(number))
        return self._paths[number]
