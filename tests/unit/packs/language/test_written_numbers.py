"""Numbers as people write them are answered with how to write them here, and with the right value."""

from __future__ import annotations

import pytest

from simgate.harness.packs.source.written_numbers import Quantity, number_hint, quantity_of

PLAIN = [
    ("3", "write it without quotes: 3"),
    ("5.", "write it without quotes: 5."),
    (".5", "write it without quotes: .5"),
    ("1e3", "write it without quotes: 1e3"),
    ("1e-3", "write it without quotes: 1e-3"),
    ("0,4", "numbers have a point: 0.4"),
    (",5", "numbers have a point: 0.5"),
    ("0,400", "numbers have a point: 0.400"),
    ("1,200", "numbers have a point and no separators: write 1200 or 1.200"),
    ("1,200,000", "write it without separators: 1200000"),
    ("1,200.5", "write it without separators: 1200.5"),
    ("1.200,5", "write it without separators: 1200.5"),
    ("1.200.000", "write it without separators: 1200000"),
    ("1_000", "write it without separators: 1000"),
    ("1'000", "write it without separators: 1000"),
    ("1\u00a0200", "write it with ordinary digits, sign and spaces: 1200"),
    ("1\u202f200", "write it with ordinary digits, sign and spaces: 1200"),
    ("\u22125", "write it with ordinary digits, sign and spaces: -5"),
    ("\u0663", "write it with ordinary digits, sign and spaces: 3"),
    ("\uff13", "write it with ordinary digits, sign and spaces: 3"),
    ("1/3", "fractions are not computed here: write 0.333333"),
    ("\u00bd", "fractions are not computed here: write 0.5"),
    ("1:30", "write the time in s: 90"),
    ("3%", "a share from 0 to 1, not percent: 0.03"),
    ("3 percent", "a share from 0 to 1, not percent: 0.03"),
    ("30cm", "write the number alone, in the unit that the name says"),
    ("30 variants", "write the number alone: 30"),
    ("3..8", "for a range write {uniform: [3, 8]}"),
    ("3 to 8", "for a range write {uniform: [3, 8]}"),
    ("-2..4.5", "for a range write {uniform: [-2, 4.5]}"),
    ("3\u20138", "for a range write {uniform: [3, 8]}"),
    ("3%-30%", "for a range write {uniform: [0.03, 0.3]}"),
    ("3-30 %", "for a range write {uniform: [0.03, 0.3]}"),
]
NO_NUMBERS = ["abc", "yes", "", "-", "1.2.3", "1,5,7", "12 34", "2027-03-01", "v2", "1/0", "door.distance_m"]
NO_NUMBERS += ["1e99999999999999999999 cm", "1e400%", f"1/{'9' * 5000}", f"{'1' * 5000}:30", "1" * 5000]
IN_UNITS = [
    ("m", "30 cm", "write the number alone, in m: 0.3"),
    ("m", "5e-1 cm", "write the number alone, in m: 0.005"),
    ("m", "0,4 m", "write the number alone, in m: 0.4"),
    ("m", "12in", "write the number alone, in m: 0.3048"),
    ("m", "10-20cm", "for a range write {uniform: [0.1, 0.2]}"),
    ("m", "50%", "write the number alone, in m"),
    ("m", "3 bananas", "write the number alone, in m"),
    ("s", "500ms", "write the number alone, in s: 0.5"),
    ("s", "1:30:00", "write the time in s: 5400"),
    ("ms", "1:30", "write the time in ms: 90000"),
    ("m/s", "36 km/h", "write the number alone, in m/s: 10"),
    ("deg", "5\u00b0", "write the number alone, in deg: 5"),
    ("deg", "1:30", ""),
    ("lux", "50 %", "write the number alone, in lux"),
    ("", "30cm", "write the number alone; it has no unit"),
]


@pytest.mark.parametrize(("text", "hint"), PLAIN)
def test_a_number_that_is_text_is_answered_with_the_number(text: str, hint: str) -> None:
    assert number_hint(text, Quantity()) == hint


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_a_text_that_is_no_number_gets_no_number(text: str) -> None:
    assert number_hint(text, Quantity()) == ""


@pytest.mark.parametrize(("unit", "text", "hint"), IN_UNITS)
def test_a_unit_is_converted_into_that_of_the_quantity(unit: str, text: str, hint: str) -> None:
    assert number_hint(text, Quantity(unit)) == hint


def test_percent_is_a_share_only_where_shares_are_meant() -> None:
    assert number_hint("3%", Quantity("", 0.6)) == "a share from 0 to 1, not percent: 0.03"
    assert number_hint("3%", Quantity("", 100)) == "write the number alone: 3"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("door.distance_m", "m"),
        ("time_limit_s", "s"),
        ("light.lux", "lux"),
        ("max_yaw_rate_rps", "rad/s"),
        ("camera_hz", "Hz"),
        ("crew", None),
        ("an item of uniform", None),
    ],
)
def test_units_are_parts_of_names(name: str, unit: str | None) -> None:
    assert quantity_of(name) == Quantity(unit)
