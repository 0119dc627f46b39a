"""Double of ``isaacsim.core.simulation_manager``: steps are those of real PhysX."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from enum import Enum
from typing import Any

from isaacsim_double.kit import kit
from pxr import Sdf


class SimulationEvent(Enum):
    PHYSICS_PRE_STEP = "isaacsim.simulation.physics_pre_step"
    PHYSICS_POST_STEP = "isaacsim.simulation.physics_post_step"


class PhysxScene:
    def __init__(self, prim: str) -> None:
        self._prim = kit.current_stage().GetPrimAtPath(prim)
        if not self._prim.IsValid():
            raise ValueError(f"no physics scene at {prim}")

    def get_steps_per_second(self) -> int:
        return kit.steps_per_second

    def set_steps_per_second(self, steps_per_second: int) -> None:
        if not isinstance(steps_per_second, int):
            raise TypeError("steps_per_second must be int")
        self._write("timeStepsPerSecond", Sdf.ValueTypeNames.UInt, steps_per_second)

    def set_dt(self, dt: float) -> None:
        self.set_steps_per_second(int(1.0 / dt))

    def set_enabled_gpu_dynamics(self, enabled: bool) -> None:
        if enabled:
            raise NotImplementedError("the double has no GPU")
        self._write("enableGPUDynamics", Sdf.ValueTypeNames.Bool, enabled)

    def _write(self, name: str, kind: Any, value: Any) -> None:
        self._prim.CreateAttribute(f"physxScene:{name}", kind).Set(value)


class SimulationManager:
    @classmethod
    def setup_simulation(cls, dt: float | None = None, device: str | None = None) -> None:
        from simgate.sim_adapters.usd.paths import PHYSICS_SCENE

        if device not in (None, "cpu"):
            raise NotImplementedError("the double runs physics on the CPU")
        if dt is not None:
            PhysxScene(PHYSICS_SCENE).set_dt(dt)

    @classmethod
    def enable_fabric(cls, enable: bool) -> None:
        kit.fabric = enable

    @classmethod
    def step(
        cls,
        *,
        steps: int = 1,
        callback: Callable[[int, int], bool | None] | None = None,
        update_fabric: bool = False,
    ) -> None:
        for number in range(steps):
            kit.step()
            if update_fabric:
                if not kit.fabric:
                    raise ValueError("PhysX support for fabric is not enabled")
                kit.update_fabric()
            if callback is not None and callback(number + 1, steps) is False:
                break

    @classmethod
    def get_simulation_time(cls) -> float:
        return kit.time_s

    @classmethod
    def get_num_physics_steps(cls) -> int:
        return kit.steps

    @classmethod
    def register_callback(
        cls, callback: Callable, event: SimulationEvent, *, order: int = 0, **kwargs: Any
    ) -> int:
        if not hasattr(callback, "__self__"):
            return kit.register(event.name, callback)
        owner, name = weakref.proxy(callback.__self__), callback.__name__

        def listen(dt: float, context: Any) -> None:
            getattr(owner, name)(dt, context)

        return kit.register(event.name, listen)

    @classmethod
    def deregister_callback(cls, uid: int) -> bool:
        return kit.callbacks.pop(uid, None) is not None
