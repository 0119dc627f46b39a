"""What a robot is, by declaration: the channels that it senses by, and the entries of its action.

The core knows no robot. An adapter says the embodiment of what it has built; the loop, the policy,
recordings, plots and checks go by it. Shapes follow ``gymnasium.spaces.Box`` (:attr:`Channel.space`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gymnasium.spaces import Box

Kind = Literal[
    "rgb", "depth", "semantic", "instance",
    "points", "ranges",
    "joints", "pose", "twist", "imu", "wrench", "touch", "vector",
    "text",
]  # fmt: skip
"""What the numbers of a channel are; camera effects, checks and pictures go by it."""
IMAGES: frozenset[Kind] = frozenset({"rgb", "depth", "semantic", "instance"})
"""Kinds that a camera gives, with rows and columns first."""
ENDLESS: frozenset[Kind] = frozenset({"ranges", "points"})
"""Kinds that read ``inf`` where nothing is."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera with square pixels and its axis through the middle.

    Attributes:
        width: Image width, pixels.
        height: Image height, pixels.
        fovy_deg: Vertical field of view, degrees.
    """

    width: int
    height: int
    fovy_deg: float

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same in both directions."""
        return 0.5 * self.height / math.tan(0.5 * math.radians(self.fovy_deg))

    @property
    def centre_px(self) -> tuple[float, float]:
        """(x, y) at which the optical axis meets the image, pixels from its top left corner."""
        return 0.5 * self.width, 0.5 * self.height


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream of numbers that a robot senses.

    Attributes:
        name: For example ``front.rgb``, ``scan``, ``joints``.
        kind: What the numbers are.
        shape: Of one world, for example (H, W, 3).
        dtype: Name of numpy's type, for example ``uint8``, ``float64``.
        unit: Of every number; empty for none and where ``entries`` differ.
        rate_hz: Readings a second.
        low: Smallest value that can be read.
        high: Largest value that can be read.
        frame: In what the numbers are given: ``world``, or what the sensor is on, as the adapter names it.
        intrinsics: Of the camera, for images.
        entries: A name for every number of a vector, for example the joints.
        classes: What the numbers of a segmentation stand for, by number; empty where they have no names.
        span_rad: Of a flat scan the angles of the first and the last beam, counter-clockwise from ahead; None
            where it is none, or nobody knows.
        regular: Whether readings come at that rate; otherwise when they were taken (logs), at most so often.
        may_be_black: Whether a black picture is none that failed: nobody knows what it should show.

    Raises:
        ValueError: An image without intrinsics or of another size, or not one name for every entry.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    dtype: str
    unit: str
    rate_hz: float
    low: float = -math.inf
    high: float = math.inf
    frame: str = "world"
    intrinsics: Intrinsics | None = None
    entries: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    span_rad: tuple[float, float] | None = None
    regular: bool = True
    may_be_black: bool = False

    def __post_init__(self) -> None:
        if not self.rate_hz > 0:
            raise ValueError(f"channel {self.name}: rate_hz={self.rate_hz} is no rate")
        if self.kind in IMAGES:
            lens = self.intrinsics
            if lens is None or self.shape[:2] != (lens.height, lens.width):
                raise ValueError(
                    f"channel {self.name}: {self.kind} of shape {self.shape} needs its intrinsics"
                )
        if self.entries and self.shape != (len(self.entries),):
            raise ValueError(
                f"channel {self.name}: {len(self.entries)} names of entries for shape {self.shape}"
            )

    @property
    def space(self) -> Box:
        """The values of one world as gymnasium says it."""
        from gymnasium.spaces import Box

        kind = np.dtype(self.dtype)
        low, high = self.low, self.high
        if kind.kind in "iu":
            limits = np.iinfo(kind)
            low, high = max(low, limits.min), min(high, limits.max)
        return Box(low, high, self.shape, kind.type)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """The numbers that a policy answers with, one name, unit and range for each.

    Attributes:
        names: For example ``("forward_mps", "yaw_rate_rps")``, or the joints.
        units: One for each name.
        low: Smallest value of each, ``-inf`` without a bound.
        high: Largest value of each, ``inf`` without a bound.
        clip: Whether the robot itself cuts what is beyond its bounds; otherwise such an action is refused.

    Raises:
        ValueError: Not as many units or bounds as names, a name twice, or a range that is empty.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    clip: bool = False

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.units) == len(self.low) == len(self.high):
            raise ValueError(f"an action of {len(self.names)} entries needs as many units and bounds")
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"the entries of an action need names of their own, not {list(self.names)}")
        for name, low, high in zip(self.names, self.low, self.high, strict=True):
            if not low <= high:
                raise ValueError(f"entry {name} of the action has no value from {low} to {high}")

    @property
    def size(self) -> int:
        """Numbers in an action."""
        return len(self.names)

    def problem(self, values: Sequence[float] | NDArray[np.floating]) -> str:
        """What makes this no action, naming the entry; empty when it is one.

        Args:
            values: Shape (A,).
        """
        if len(values) != self.size:
            return f"an action is {self.size} numbers ({', '.join(self.names)}), not {len(values)}"
        for name, unit, value in zip(self.names, self.units, values, strict=True):
            if not math.isfinite(value):
                return f"{name} is {value}, which is no number of {unit or 'any unit'}"
        if self.clip:
            return ""
        for name, unit, value, low, high in zip(
            self.names, self.units, values, self.low, self.high, strict=True
        ):
            if not low <= value <= high:
                of = f" {unit}" if unit else ""
                # All digits where fewer would say that it is 2, beyond its range up to 2.
                shown = f"{float(value)!r}" if f"{value:g}" in (f"{low:g}", f"{high:g}") else f"{value:g}"
                return f"{name} is {shown}{of}, beyond its range from {low:g} to {high:g}{of}"
        return ""


@dataclass(frozen=True, slots=True)
class Embodiment:
    """A robot as the core knows it.

    Attributes:
        name: For example ``planar_drive``.
        channels: What it senses.
        action: What it is told.

    Raises:
        ValueError: Two channels of one name.
    """

    name: str
    channels: tuple[Channel, ...]
    action: ActionSpec

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError(f"the channels of {self.name} need names of their own, not {names}")

    def channel(self, name: str) -> Channel:
        """The channel of a name.

        Raises:
            LookupError: There is none; the message lists those that there are.
        """
        for channel in self.channels:
            if channel.name == name:
                return channel
        known = ", ".join(channel.name for channel in self.channels) or "none"
        raise LookupError(f"{self.name} has no channel '{name}'; it has {known}")

    def of_kind(self, kind: Kind) -> tuple[Channel, ...]:
        """All channels of a kind, in order."""
        return tuple(channel for channel in self.channels if channel.kind == kind)


def sensor_of(channel: str) -> str:
    """The sensor that a channel is of: ``wrist`` of ``wrist.depth``; empty for a robot's only one."""
    return channel.rpartition(".")[0]


def eye_of(embodiment: Embodiment) -> Channel | None:
    """The channel that a model looks at unless it names another: the first camera; None without one."""
    return next(iter(embodiment.of_kind("rgb")), None)
