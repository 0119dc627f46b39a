"""A scene that a simulator reads from a file of its own kind, instead of building it from primitives."""

from __future__ import annotations

from dataclasses import dataclass

NativeValue = float | bool | str | tuple[float, ...]
"""What a target of a native file can be set to: a number, a switch, a name, or several numbers."""


@dataclass(frozen=True, slots=True)
class NativeSite:
    """The file of a scene, and what of it means what.

    Attributes:
        kind: Kind of file, an entry point of ``simgate.native_worlds``, for example ``mjcf``.
        path: Absolute path.
        sha256: Digest over the file and all that it reads, hex; a simulator refuses another content.
        robot: Name of the body that drives.
        pose: Name of the stored pose that the robot's own joints are locked in; None for the file's own.
        camera: Name of the robot's camera; None where the scene's camera is to be mounted on the robot.
        labels: Body or shape -> semantic class, for what a detector is expected to see.
        counted: Further bodies or shapes that are told apart by name, such as a barrier without a label.
        values: Target -> value, in the order in which they are set.
    """

    kind: str
    path: str
    sha256: str
    robot: str
    camera: str | None
    pose: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    counted: tuple[str, ...] = ()
    values: tuple[tuple[str, NativeValue], ...] = ()
