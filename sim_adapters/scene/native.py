"""A scene that a simulator reads from a file of its own kind, instead of building it from primitives."""

from __future__ import annotations

from dataclasses import dataclass, field

NativeValue = float | bool | str | tuple[float, ...]
"""What a target of a native file can be set to: a number, a switch, a name, or several numbers."""


MOST_COPIES = 100
"""Of the bodies of a file that a variant puts down, beside the file's own."""


@dataclass(frozen=True, slots=True)
class PlacedBody:
    """A body of the file, or a copy of it, where a variant puts it.

    Attributes:
        body: Its name in the file.
        suffix: What the names of a copy end with; empty for the file's own.
        position: Of its origin, world frame, metres.
        yaw: Turn about the vertical that is added to the file's own, radians.
    """

    body: str
    suffix: str
    position: tuple[float, float, float]
    yaw: float


@dataclass(frozen=True, slots=True)
class PutDown:
    """Bodies of a file that are there only where a variant puts them.

    Attributes:
        bodies: Their names.
        placed: Those that are there.
        names: Body or shape of these -> its names in this variant, one for each copy.
    """

    bodies: tuple[str, ...] = ()
    placed: tuple[PlacedBody, ...] = ()
    names: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def there(self, name: str) -> tuple[str, ...]:
        """What a body or shape of the file is called in this variant; empty when it is not there."""
        return dict(self.names).get(name, (name,))


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
        put: Bodies that a variant puts down.
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
    put: PutDown = field(default_factory=PutDown)
