"""Named ways in which the sensors and actuators of any robot may be worn: names, units, ranges.

What they do is in :mod:`worn`. Each has a range within which a release should still work (``regression``) and
one that shows where it ends (``stress``), with where the numbers come from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.worlds.world import ParameterSpec

Range = tuple[float, float]
_OURS = "simgate's own choice"
_IMAGENET_C = "ImageNet-C (Hendrycks and Dietterich 2019), levels 1 to 2, and 1 to 3"


@dataclass(frozen=True, slots=True)
class Axis:
    """One way.

    Attributes:
        name: Of the parameter.
        spec: What it takes; its default changes nothing.
        regression: Range within which a release should still work; None where there is no common one.
        stress: Range that shows where it ends.
        source: Of the ranges.
    """

    name: str
    spec: ParameterSpec
    regression: Range | None
    stress: Range | None
    source: str


def _axis(
    name: str,
    meaning: str,
    unit: str,
    limits: Range,
    ranges: tuple[Range, Range] | None,
    source: str = _OURS,
    *,
    kind: Literal["number", "integer"] = "number",
    default: float = 0.0,
    appearance: bool = False,
) -> Axis:
    spec = ParameterSpec(kind, default, meaning, unit, *limits, appearance=appearance)
    regression, stress = ranges or (None, None)
    return Axis(name, spec, regression, stress, source)


DEAD = "action.dead_entry"
DELAY = _axis(
    "action.delay_ms",
    "Time until an action reaches the actuators, in whole control periods; until then they are told zero.",
    "ms",
    (0.0, 5000.0),
    ((0.0, 20.0), (0.0, 200.0)),
    "gauntlet-robotics has 0, 50, 200 and 500 ms; the smaller range is simgate's own choice",
)
_ACTION = (
    DELAY,
    _axis(
        "action.noise_std",
        "Gaussian noise on every entry of the action, as a share of half its range (of 1 where it has none).",
        "",
        (0.0, 1.0),
        ((0.0, 0.02), (0.0, 0.1)),
    ),
    _axis(
        "action.dead_zone",
        "An entry of the action nearer to zero than this share of half its range does nothing.",
        "",
        (0.0, 1.0),
        ((0.0, 0.02), (0.0, 0.1)),
    ),
    _axis(
        "action.limit",
        "The actuators saturate at this share of half the action's range, around its middle.",
        "",
        (0.0, 1.0),
        ((0.9, 1.0), (0.5, 1.0)),
        default=1.0,
    ),
    _axis(
        DEAD,
        "Number of the entry of the action whose actuator is dead, and told zero; -1 for none.",
        "",
        (-1.0, 1000.0),
        None,
        kind="integer",
        default=-1.0,
    ),
)
_NUMBERS = (
    _axis(
        "sensors.noise_share",
        "Gaussian noise on every reading that is a number, as a share of its own size.",
        "",
        (0.0, 1.0),
        ((0.0, 0.01), (0.0, 0.05)),
    ),
    _axis(
        "sensors.dropout_rate",
        "Probability that a reading is lost, and the one before it is seen again.",
        "",
        (0.0, 0.99),
        ((0.0, 0.01), (0.0, 0.1)),
    ),
    _axis(
        "sensors.delay_ms",
        "Age of what is read, in whole periods of the sensor (of control, for a faster one); until then the "
        "first reading is seen.",
        "ms",
        (0.0, 5000.0),
        ((0.0, 20.0), (0.0, 100.0)),
    ),
)
_PICTURES = (
    _axis(
        "camera.noise_std",
        "Pixel noise, as a share of full scale.",
        "",
        (0.0, 1.0),
        ((0.0, 0.12), (0.0, 0.18)),
        _IMAGENET_C,
        appearance=True,
    ),
    _axis(
        "camera.blur_px",
        "Gaussian blur (standard deviation).",
        "px",
        (0.0, 20.0),
        ((0.0, 2.0), (0.0, 3.0)),
        f"{_IMAGENET_C}, of pictures 224 pixels wide",
        appearance=True,
    ),
    _axis(
        "camera.exposure_ev",
        "Exposure; +1 doubles the light.",
        "EV",
        (-5.0, 5.0),
        ((-0.5, 0.4), (-1.7, 1.0)),
        "0.7 to 1.3, and 0.3 to 2 times the light (gauntlet-robotics, LIBERO-Infinity)",
        appearance=True,
    ),
    _axis(
        "camera.dropout_rate",
        "Probability that a picture is lost, and the one before it is seen again.",
        "",
        (0.0, 0.99),
        ((0.0, 0.05), (0.0, 0.3)),
    ),
    _axis(
        "camera.jpeg_quality",
        "Quality of JPEG compression, 1 (coarse) to 95; 100 compresses nothing.",
        "",
        (1.0, 100.0),
        ((18.0, 95.0), (15.0, 95.0)),
        _IMAGENET_C,
        kind="integer",
        default=100.0,
        appearance=True,
    ),
    _axis(
        "camera.occlusion",
        "Share of the picture that one grey square covers, at a place of its own in every episode.",
        "",
        (0.0, 0.9),
        ((0.0, 0.05), (0.0, 0.25)),
    ),
)
GENERAL: tuple[Axis, ...] = (*_ACTION, *_NUMBERS, *_PICTURES)
"""Axes that need no name of a channel."""


DELAYS = ("action.delay_ms", "sensors.delay_ms")
"""Axes that are rounded to whole periods."""
SETS = ("regression", "stress")
"""Sets of ranges, by name."""


def ranges_of(name: str) -> dict[Axis, Range]:
    """The general axes that have a range in a set of :data:`SETS`."""
    return {axis: found for axis in GENERAL if (found := getattr(axis, name)) is not None}


def axes_of(embodiment: Embodiment, *, whole: bool = False) -> dict[str, Axis]:
    """Axes of a robot, by name: of its action, of its numbers and pictures, of each channel of numbers.

    Args:
        embodiment: The robot.
        whole: Whether its actions are whole numbers, which can only be late.
    """
    found = [DELAY]
    if not whole:
        last = embodiment.action.size - 1.0
        found = [replace(a, spec=replace(a.spec, high=last)) if a.name == DEAD else a for a in _ACTION]
    numbers = [c for c in embodiment.channels if c.dtype.startswith("float")]
    found += _NUMBERS if numbers else ()
    for channel in numbers:
        unit = channel.unit
        found += [
            _axis(f"{channel.name}.noise_std", f"Gaussian noise on {channel.name}.", unit, (0.0, 1e9), None),
            _axis(
                f"{channel.name}.bias",
                f"Every number of {channel.name} is off by so much at most, by as much all episode long.",
                unit,
                (0.0, 1e9),
                None,
            ),
        ]
    found += _PICTURES if any(c.kind == "rgb" for c in embodiment.channels) else ()
    return {axis.name: axis for axis in found}
