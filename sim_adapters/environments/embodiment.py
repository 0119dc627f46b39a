"""An environment's spaces as an embodiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment, Intrinsics

PICTURE = "render.rgb"
"""Channel of what ``render()`` draws."""
_FOVY_DEG = 45.0
"""Of cameras of which nobody tells the angle; nothing is computed from it."""


def embodiment_of(name: str, said: Mapping[str, Any], control_hz: int, clip: bool) -> Embodiment:
    """The embodiment of an environment.

    Args:
        name: Of the environment.
        said: What ``Session.describe`` answers.
        control_hz: Steps a second.
        clip: Whether an action beyond its bounds is cut.
    """
    channels = [_channel(one, control_hz) for one in said["observations"]]
    if said["picture"]:
        channels.append(_image(PICTURE, tuple(said["picture"]), control_hz))
    action = said["action"]
    units = ("",) * len(action["names"])
    spec = ActionSpec(tuple(action["names"]), units, tuple(action["low"]), tuple(action["high"]), clip)
    return Embodiment(name, tuple(channels), spec)


def _channel(said: Mapping[str, Any], rate_hz: int) -> Channel:
    shape = tuple(said["shape"])
    if said["dtype"] == "uint8" and len(shape) == 3 and shape[2] == 3:
        # What an environment observes is its own affair; that it could not draw shows in ``render()``.
        return replace(_image(said["name"], shape, rate_hz), may_be_black=True)
    return Channel(said["name"], "vector", shape, said["dtype"], "", rate_hz, said["low"], said["high"])


def _image(name: str, shape: tuple[int, ...], rate_hz: int) -> Channel:
    lens = Intrinsics(shape[1], shape[0], _FOVY_DEG)
    return Channel(name, "rgb", shape, "uint8", "", rate_hz, 0, 255, "camera", lens)
