"""Whether a camera of a stage is what models, policies and MuJoCo take it for: a pinhole, square pixels."""

from __future__ import annotations

from pxr import UsdGeom

from simgate.sim_adapters.worlds.native_file import NativeError


def check_lens(camera: UsdGeom.Camera) -> None:
    """Asks for a camera that sees through a point, on its own axis.

    Raises:
        NativeError: With what to write in the file.
    """
    path = camera.GetPath()
    if camera.GetProjectionAttr().Get() != UsdGeom.Tokens.perspective:
        raise NativeError("element", f"camera '{path}' is orthographic", "write projection = 'perspective'")
    for shift in (camera.GetHorizontalApertureOffsetAttr(), camera.GetVerticalApertureOffsetAttr()):
        if shift.Get():
            raise NativeError(
                "element",
                f"the lens of camera '{path}' is shifted: its {shift.GetName()} is {shift.Get():g}",
                "set it to 0, and turn the camera in its place",
            )
    lens = (
        camera.GetHorizontalApertureAttr(), camera.GetVerticalApertureAttr(), camera.GetFocalLengthAttr()
    )  # fmt: skip
    for attribute in lens:
        if not float(attribute.Get()) > 0.0:
            message = f"'{path}' sees nothing: its {attribute.GetName()} is {attribute.Get():g}"
            raise NativeError("element", message, "give it one above 0, in tenths of a unit of the stage")


def width_of(camera: UsdGeom.Camera, height: int) -> int:
    """Width of a picture with the proportions of a camera's aperture, pixels."""
    across, up = camera.GetHorizontalApertureAttr().Get(), camera.GetVerticalApertureAttr().Get()
    return round(height * float(across) / float(up))
