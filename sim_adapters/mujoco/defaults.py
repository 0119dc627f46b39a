"""Elements that simgate adds to a file, about which the file's own default classes say nothing."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import mujoco

_Element = TypeVar("_Element")
_PLACE = {
    "alt", "classname", "compiler", "frame", "id", "info", "name", "parent", "plugin", "signature", "target",
    "userdata",
}  # fmt: skip
"""What says where an element is and not how it is."""


def without_defaults(element: _Element) -> _Element:
    """The element with every attribute as MuJoCo has it where a file sets no default.

    A class of the file could else give simgate's drive a delay, turn its frame, or have its camera track
    something.
    """
    for name, value in _plain(type(element).__name__).items():
        setattr(element, name, value)
    if hasattr(element, "alt"):
        element.alt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
    return element


@cache
def _plain(kind: str) -> dict[str, Any]:
    spec = mujoco.MjSpec()
    body = spec.worldbody.add_body()
    fresh = next(
        item
        for item in (spec.add_actuator(), body.add_joint(), body.add_site(), body.add_camera())
        if type(item).__name__ == kind
    )
    names = [name for name in dir(fresh) if not name.startswith("_") and name not in _PLACE]
    values = {name: getattr(fresh, name) for name in names}
    # Arrays are views into an element that is gone after this.
    return {
        name: value.copy() if hasattr(value, "copy") else value
        for name, value in values.items()
        if not callable(value)
    }
