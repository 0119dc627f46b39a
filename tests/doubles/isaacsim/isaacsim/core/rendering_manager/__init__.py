"""Double of ``isaacsim.core.rendering_manager``."""

from __future__ import annotations

from isaacsim_double.kit import kit


class RenderingManager:
    @classmethod
    def render(cls) -> None:
        kit.render()

    @classmethod
    def set_dt(cls, dt: float) -> None:
        kit.update_s = dt
