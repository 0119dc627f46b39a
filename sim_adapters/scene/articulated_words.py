"""What a pack says of an articulated robot (``drive``, ``sensors``), as declarations."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from simgate.sim_adapters.scene.articulated import (
    BodySensor,
    CameraSensor,
    FileSensor,
    JointSensor,
    LidarSensor,
    PictureKind,
    Sensor,
    Servos,
)

_PIXELS = (16, 4096)
_BEAMS = (1, 10_000)
_MOST_RAYS = 200_000
_CIRCLE = 360.0
_UPRIGHT = 90.0
MODES = ("position", "velocity", "torque")
DRIVE_FORM = "actuators, or {joints: all, mode: position, kp: 100, kd: 10}"


def read_drive(written: object) -> Literal["actuators"] | Servos:
    """How a robot is moved: ``actuators``, or ``{joints: ..., mode: ..., kp: ..., kd: ...}``.

    Raises:
        ValueError: It is neither; the message says what it may be.
    """
    if written == "actuators":
        return "actuators"
    if not isinstance(written, Mapping):
        modes = f"; servos of that mode: {{joints: all, mode: {written}}}" if written in MODES else ""
        raise ValueError(f"drive is {DRIVE_FORM}, not {written!r}{modes or _near(written, ('actuators',))}")
    _known(written, ("joints", "mode", "kp", "kd"), "drive")
    mode = written.get("mode")
    if mode not in MODES:
        raise ValueError(f"mode of drive is {_or(MODES)}, not {mode!r}{_near(mode, MODES)}")
    joints = _all_or_some(written.get("joints", "all"))
    kp, kd = _gains(written, "kp"), _gains(written, "kd")
    unused = [name for name, gains in (("kp", kp), ("kd", kd)) if gains and name not in _GAINS_OF[mode]]
    if unused:
        raise ValueError(f"servos of mode {mode} have no '{unused[0]}'")
    missing = _NEEDED[mode]
    if missing and not {"kp": kp, "kd": kd}[missing]:
        raise ValueError(f"servos of mode {mode} need '{missing}', a number above 0 or one for each joint")
    return Servos(mode, joints, kp, kd)


_GAINS_OF = {"position": ("kp", "kd"), "velocity": ("kd",), "torque": ()}
_NEEDED = {"position": "kp", "velocity": "kd", "torque": ""}


def read_sensor(written: object) -> Sensor:
    """One sensor: ``{camera: NAME}``, ``{lidar: MOUNT}``, ``{lidar3d: MOUNT}``, ``{joints: all}``,
    ``{body: NAME}`` or ``{sensor: NAME}``, each with its settings beside it.

    Raises:
        ValueError: No sensor of that word, or not what it takes; the message says what it takes.
    """
    if not isinstance(written, Mapping):
        raise ValueError(f"a sensor is {{WORD: NAME}}, with WORD {_or(_READERS)}, not {written!r}")
    words = [word for word in written if word in _READERS]
    if len(words) != 1:
        found = next((word for word in written if word not in _READERS), "nothing")
        if words:
            raise ValueError(f"a sensor is one of {', '.join(words)}: make several of it")
        raise ValueError(f"'{found}' is no sensor, it is {_or(_READERS)}{_near(found, _READERS)}")
    return _READERS[words[0]](words[0], dict(written))


def _camera(word: str, given: dict[str, Any]) -> Sensor:
    _known(given, (word, "kinds", "width", "height", "rate_hz"), word)
    known = get_args(PictureKind)
    kinds = _names(given.get("kinds", ["rgb"]), "kinds")
    for kind in kinds:
        if kind not in known:
            raise ValueError(f"kinds of a camera are {_or(known)}, not {kind!r}{_near(kind, known)}")
    if not kinds or len(set(kinds)) < len(kinds):
        raise ValueError("kinds of a camera are one or more words, each once")
    plain = CameraSensor("")
    return CameraSensor(
        _name(given[word], word),
        kinds,  # type: ignore[arg-type]  # checked above
        _whole(given, "width", plain.width, _PIXELS),
        _whole(given, "height", plain.height, _PIXELS),
        _rate(given),
    )


def _lidar(word: str, given: dict[str, Any]) -> Sensor:
    volume = word == "lidar3d"
    keys = ("rows", "low_deg", "high_deg") if volume else ()
    _known(given, (word, "beams", "fov_deg", "range_m", "dark_range_m", "rate_hz", *keys), word)
    plain = LidarSensor("")
    if volume:
        plain = LidarSensor("", fov_deg=_CIRCLE, rows=16, low_deg=-15.0, high_deg=15.0)
    low = _number(given, "low_deg", plain.low_deg, -_UPRIGHT, _UPRIGHT)
    high = _number(given, "high_deg", plain.high_deg, -_UPRIGHT, _UPRIGHT)
    if low > high:
        raise ValueError(f"low_deg={low:g} of {word} lies above high_deg={high:g}")
    beams, rows = _whole(given, "beams", plain.beams, _BEAMS), _whole(given, "rows", plain.rows, _BEAMS)
    if beams * rows > _MOST_RAYS:
        raise ValueError(f"{word} has {beams * rows:,} rays, and at most {_MOST_RAYS:,} are cast")
    dark = _number(given, "dark_range_m", 0.0, 0.0, above=True) if "dark_range_m" in given else None
    return LidarSensor(
        _name(given[word], word), beams, _number(given, "fov_deg", plain.fov_deg, 0.0, _CIRCLE, above=True),
        _number(given, "range_m", plain.range_m, 0.0, above=True), rows, low, high, volume, dark,
        _rate(given),
    )  # fmt: skip


def _joints(word: str, given: dict[str, Any]) -> Sensor:
    _known(given, (word, "rate_hz"), word)
    return JointSensor(_all_or_some(given[word]), _rate(given))


def _body(word: str, given: dict[str, Any]) -> Sensor:
    _known(given, (word, "rate_hz"), word)
    return BodySensor(_name(given[word], word), _rate(given))


def _sensor(word: str, given: dict[str, Any]) -> Sensor:
    _known(given, (word, "rate_hz"), word)
    names = _names(given[word], word)
    if not names:
        raise ValueError("sensor takes the name of a sensor of the file, or a list of such")
    return FileSensor(names, _rate(given))


_READERS: dict[str, Callable[[str, dict[str, Any]], Sensor]] = {
    "camera": _camera,
    "lidar": _lidar,
    "lidar3d": _lidar,
    "joints": _joints,
    "body": _body,
    "sensor": _sensor,
}


def _known(written: Mapping[Any, Any], keys: tuple[str, ...], what: str) -> None:
    for key in written:
        if key not in keys:
            raise ValueError(f"{what} has no '{key}', it takes {', '.join(keys)}{_near(key, keys)}")


def _names(written: object, what: str) -> tuple[str, ...]:
    """One name or several; empty for ``all``."""
    if written == "all":
        return ()
    names = written if isinstance(written, list | tuple) else [written]
    return tuple(_name(name, what) for name in names)


def _all_or_some(written: object) -> tuple[str, ...]:
    """Names of joints; empty for ``all``, and for nothing else."""
    if isinstance(written, list | tuple) and not written:
        raise ValueError("joints is all, a name or a list of names, not an empty list")
    return _names(written, "joints")


def _name(written: object, what: str) -> str:
    if not isinstance(written, str) or not written.strip():
        raise ValueError(f"{what} takes a name, not {written!r}")
    return written


def _gains(written: Mapping[str, Any], key: str) -> tuple[float, ...]:
    value = written.get(key, [])
    found = []
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < float("inf"):
            raise ValueError(f"{key} of drive is a number above 0 or a list of such, not {number!r}")
        found.append(float(number))
    return tuple(found)


def _rate(given: Mapping[str, Any]) -> int | None:
    return _whole(given, "rate_hz", 0, (1, 100_000)) or None


def _whole(given: Mapping[str, Any], key: str, default: int, limits: tuple[int, int]) -> int:
    value = given.get(key, default)
    if key not in given:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not limits[0] <= value <= limits[1]:
        raise ValueError(f"{key} is a whole number from {limits[0]} to {limits[1]}, not {value!r}")
    return value


def _number(
    given: Mapping[str, Any],
    key: str,
    default: float,
    low: float,
    high: float = float("inf"),
    *,
    above: bool = False,
) -> float:
    value = given.get(key, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or value == float("inf") or (above and value <= low):
        start = "above" if above else "of at least"
        end = f" and at most {high:g}" if high < float("inf") else ""
        raise ValueError(f"{key} is a number {start} {low:g}{end}, not {value!r}")
    return float(value)


def _or(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _near(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
