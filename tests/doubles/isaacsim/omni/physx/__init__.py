"""Double of ``omni.physx``: the contact report of the last step, by PhysX itself."""

from __future__ import annotations

from isaacsim_double.kit import kit

from omni.physx.bindings._physx import IPhysxSimulation


def get_physx_simulation_interface() -> IPhysxSimulation:
    if not kit.started:
        raise RuntimeError("SimulationApp has not been started")
    return IPhysxSimulation()
