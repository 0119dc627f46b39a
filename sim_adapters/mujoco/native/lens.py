"""Whether a camera of a file is what models and policies take it for: a pinhole with square pixels."""

from __future__ import annotations

import mujoco

from simgate.sim_adapters.worlds.native_file import NativeError

_SQUARE = 0.01
"""Largest relative difference between the sides of a pixel."""


def require_pinhole(
    model: mujoco.MjModel, camera: int, width: int, height: int, *, moves: bool = False
) -> None:
    """Refuses a camera that would be drawn in one way and reckoned with in another.

    Args:
        model: Compiled.
        camera: Its number.
        width: Of its pictures, pixels.
        height: Of its pictures, pixels.
        moves: Whether it may follow something or be aimed at it.

    Raises:
        NativeError: With what to write in the file.
    """
    name = model.camera(camera).name
    if int(model.cam_projection[camera]) != int(mujoco.mjtProjection.mjPROJ_PERSPECTIVE):
        raise NativeError("element", f"camera '{name}' is orthographic", 'write projection="perspective"')
    if not moves and int(model.cam_mode[camera]) != int(mujoco.mjtCamLight.mjCAMLIGHT_FIXED):
        message = f"camera '{name}' follows or is aimed at something, and does not look where the robot does"
        raise NativeError("element", message, 'write mode="fixed"')
    sensor, focal = model.cam_sensorsize[camera], model.cam_intrinsic[camera][:2]
    if not sensor.all():
        return
    across, down = focal * (width, height) / sensor
    if abs(across / down - 1.0) > _SQUARE:
        message = (
            f"the pixels of camera '{name}' are not square: {across:.4g} by {down:.4g} pixels of focal length"
        )
        raise NativeError("element", message, "let sensorsize have the proportions of resolution")
