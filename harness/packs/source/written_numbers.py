"""Numbers as people write them, and how to write them here: without unit, separators or percent."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_LONGEST = 60
"""Characters; nobody writes a longer number."""
_DIGITS = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2})?"
_PLAIN = re.compile(rf"[-+]?{_DIGITS}", re.ASCII)
_GROUPED = re.compile(r"([-+]?[1-9]\d{0,2})((?:[ _',]\d{3})+)(\.\d+)?", re.ASCII)
_POINTS = re.compile(
    r"([-+]?[1-9]\d{0,2})((?:[. ]\d{3})+),(\d+)|([-+]?[1-9]\d{0,2})((?:\.\d{3}){2,})", re.ASCII
)
_COMMA = re.compile(r"([-+]?\d*),(\d+)", re.ASCII)
_FRACTION = re.compile(r"([-+]?\d+) ?[/\u2044] ?(\d+)", re.ASCII)
_CLOCK = re.compile(r"(\d+):([0-5]\d)(?::([0-5]\d))?(\.\d+)?", re.ASCII)
_NUMBER = r"[-+]?[\d.][\d.,_' ]*(?:[eE][-+]?\d{1,2})?"
_WITH_WORD = re.compile(rf"({_NUMBER}(?<![ ,])) ?([^\s\d.,+-][^\d]*)", re.ASCII)
_RANGE = re.compile(
    rf"({_NUMBER}(?<![ ,]) ?[^\s\d.,+-]*?) ?(?:\.\.+|\bto\b|-) ?({_NUMBER}(?<![ ,]) ?[^\s\d.,+-]*)", re.ASCII
)
_ODD_MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")

_LENGTHS = {
    "mm": "0.001", "cm": "0.01", "dm": "0.1", "m": "1", "km": "1000", "in": "0.0254", "inch": "0.0254",
    "ft": "0.3048", "feet": "0.3048",
}  # fmt: skip
_TIMES = {"us": "0.000001", "ms": "0.001", "s": "1", "sec": "1", "min": "60", "h": "3600"}
_FACTORS: dict[str, dict[str, str]] = {
    "m": _LENGTHS,
    "s": _TIMES,
    "ms": {word: str(Decimal(factor) * 1000) for word, factor in _TIMES.items()},
    "deg": {"deg": "1", "\u00b0": "1", "degrees": "1", "rad": str(180 / math.pi)},
    "rad/s": {"rad/s": "1", "deg/s": str(math.pi / 180), "\u00b0/s": str(math.pi / 180)},
    "m/s": {"m/s": "1", "mps": "1", "cm/s": "0.01", "km/h": str(1 / 3.6), "kmh": str(1 / 3.6)},
    "m/s^2": {"m/s^2": "1", "m/s2": "1", "g": "9.80665"},
    "lux": {"lux": "1", "lx": "1", "klx": "1000"},
    "K": {"k": "1", "kelvin": "1"},
    "Hz": {"hz": "1", "khz": "1000", "fps": "1"},
    "kg": {"kg": "1", "g": "0.001", "t": "1000"},
    "px": {"px": "1", "pixels": "1"},
}  # fmt: skip
"""Unit of the language -> unit that people write, in lower case -> how many of the former it is."""
_SUFFIXES = {
    "m": "m", "s": "s", "ms": "ms", "deg": "deg", "rps": "rad/s", "mps": "m/s", "mps2": "m/s^2", "lux": "lux",
    "k": "K", "hz": "Hz", "kg": "kg", "px": "px",
}  # fmt: skip
_KNOWN_WORDS = {word for factors in _FACTORS.values() for word in factors}


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number stands for.

    Attributes:
        unit: Its unit; empty for a number without one, None when nobody has said.
        high: Largest allowed value; None for no limit.
    """

    unit: str | None = None
    high: float | None = None


def quantity_of(name: str) -> Quantity:
    """What the name of a key or parameter says of its number: units are parts of names."""
    return Quantity(_SUFFIXES.get(re.split(r"[_.]", name)[-1]))


def number_hint(text: str, quantity: Quantity) -> str:
    """How to write a number that was written as text; empty when the text means no number.

    Args:
        text: As written.
        quantity: What the number stands for.
    """
    if len(text) > _LONGEST:
        return ""
    plain = _in_ascii(text)
    if (values := _values(plain, quantity))[0]:
        return _how(text, plain, *values, quantity)
    found = _RANGE.fullmatch(plain)
    ends = (
        [_values(_with_its_word(part.strip(), found[2]), quantity) for part in found.groups()]
        if found
        else []
    )
    if ends and all(values for values, _ in ends):
        low, high = (values[0] for values, _ in ends)
        return f"for a range write {{uniform: [{low}, {high}]}}" + _unit_left(ends[1][1], quantity)
    clock, fraction = _CLOCK.fullmatch(plain), _FRACTION.fullmatch(plain)
    if clock and quantity.unit in (None, "s", "ms"):
        return f"write the time in {quantity.unit or 's'}: {_seconds(clock, quantity)}"
    if fraction and int(fraction[2]):
        share = _shown(Decimal(fraction[1]) / Decimal(fraction[2]))
        return f"fractions are not computed here: write {share}"
    return ""


def _in_ascii(text: str) -> str:
    """The text with ordinary digits, minus and spaces."""
    text = unicodedata.normalize("NFKC", text).translate(_ODD_MINUS)
    digits = (
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char for char in text
    )
    return " ".join("".join(digits).split())


def _with_its_word(part: str, last: str) -> str:
    """One end of a range, with the unit that stands behind the other end alone."""
    word = _WITH_WORD.fullmatch(last)
    return f"{part}{word[2]}" if word and not _WITH_WORD.fullmatch(part) else part


def _values(text: str, quantity: Quantity) -> tuple[list[str], str]:
    """What a text can mean, each as it is to be written, and the word behind the number."""
    worded = _WITH_WORD.fullmatch(text)
    word = worded[2].strip() if worded else ""
    numbers = _numbers(worded[1] if worded else text)
    factor = _factor(word, quantity)
    return [_shown(Decimal(number) * factor) if factor != 1 else number for number in numbers], word


def _numbers(text: str) -> list[str]:
    """The readings of a number alone, as YAML writes them; one that looks like two gives both."""
    if _PLAIN.fullmatch(text):
        return [text.removeprefix("+")]
    if points := _POINTS.fullmatch(text):
        whole, groups, rest = (points[1], points[2], points[3]) if points[1] else (points[4], points[5], "")
        return [whole + re.sub(r"\D", "", groups) + (f".{rest}" if rest else "")]
    if grouped := _GROUPED.fullmatch(text):
        whole = grouped[1] + re.sub(r"\D", "", grouped[2])
        one_comma = grouped[2].count(",") == 1 and len(grouped[2]) == 4 and not grouped[3]
        return [whole, f"{grouped[1]}.{grouped[2][1:]}"] if one_comma else [whole + (grouped[3] or "")]
    if comma := _COMMA.fullmatch(text):
        return [f"{comma[1] or 0}.{comma[2]}"]
    return []


def _factor(word: str, quantity: Quantity) -> Decimal:
    is_percent = word.lower() in ("%", "percent", "per cent")
    if is_percent and not quantity.unit and (quantity.high is None or quantity.high <= 1):
        return Decimal("0.01")
    return Decimal(_FACTORS.get(quantity.unit or "", {}).get(word.lower(), 1))


def _shown(number: Decimal) -> str:
    """At most six digits, without an exponent where people need none."""
    return f"{float(number):.6g}"


def _how(text: str, plain: str, values: Sequence[str], word: str, quantity: Quantity) -> str:
    """The hint for a number with these readings and the word behind it."""
    either = " or ".join(values)
    if word:
        return _without_word(either, word, quantity)
    if len(values) > 1:
        return f"numbers have a point and no separators: write {either}"
    if not text.strip().isascii():
        return f"write it with ordinary digits, sign and spaces: {either}"
    if _PLAIN.fullmatch(plain):
        return f"write it without quotes: {either}"
    if _COMMA.fullmatch(plain):
        return f"numbers have a point: {either}"
    return f"write it without separators: {either}"


def _without_word(either: str, word: str, quantity: Quantity) -> str:
    if word.lower() in ("%", "percent", "per cent"):
        if quantity.unit:
            return f"write the number alone, in {quantity.unit}"
        if quantity.high is None or quantity.high <= 1:
            return f"a share from 0 to 1, not percent: {either}"
        return f"write the number alone: {either}"
    if quantity.unit:
        known = word.lower() in _FACTORS.get(quantity.unit, {})
        return f"write the number alone, in {quantity.unit}" + (f": {either}" if known else "")
    if left := _unit_left(word, quantity):
        return f"write the number alone{left}"
    return (
        "write the number alone; it has no unit"
        if quantity.unit == ""
        else f"write the number alone: {either}"
    )


def _unit_left(word: str, quantity: Quantity) -> str:
    """What to say of a unit that nobody could convert."""
    unknown = quantity.unit is None and word.lower() in _KNOWN_WORDS
    return ", in the unit that the name says" if unknown else ""


def _seconds(clock: re.Match[str], quantity: Quantity) -> str:
    """``1:30`` is a minute and a half, ``1:30:00`` an hour and a half."""
    parts = [int(part) for part in clock.groups()[:3] if part]
    total = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    return _shown((total + Decimal(clock[4] or 0)) * (1000 if quantity.unit == "ms" else 1))
