"""Double of ``isaacsim.core.experimental.utils.stage``: the stages are real."""

from __future__ import annotations

from isaacsim_double.kit import kit
from pxr import Usd


def create_new_stage(*, template: str | None = None) -> Usd.Stage:
    if template is not None:
        raise NotImplementedError("the double has no templates")
    return kit.new_stage()


def get_current_stage(*, backend: str | None = None) -> Usd.Stage:
    if backend not in (None, "usd"):
        raise NotImplementedError("the double has USD stages only")
    return kit.current_stage()
