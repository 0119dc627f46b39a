"""Double of ``omni.physxfabric``: what the renderer knows of physics."""

from __future__ import annotations

from isaacsim_double.kit import kit


class PhysXFabric:
    def update(self, time: float, dt: float) -> None:
        kit.update_fabric()


def get_physx_fabric_interface() -> PhysXFabric:
    return PhysXFabric()
