"""Double of PhysX' bindings: what a contact report is made of."""

from __future__ import annotations

from isaacsim_double.kit import kit
from isaacsim_double.reported import Header, Point, report


class IPhysxSimulation:
    def get_contact_report(self) -> tuple[list[Header], list[Point]]:
        return report(kit.contact_points())
