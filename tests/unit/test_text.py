"""Counts, ordinals and tables, as every room writes them."""

from __future__ import annotations

import textwrap

import pytest

from simgate.harness.text import _wrapped, ordinal, plural, table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(0, "0th"), (1, "1st"), (2.4, "2nd"), (3, "3rd"), (21, "21st"), (23, "23rd"), (97, "97th")],
        *[(11, "11th"), (12, "12th"), (13, "13th"), (112, "112th"), (1011, "1011th"), (101, "101st")],
    ],
)
def test_ordinals(value: float, text: str) -> None:
    assert ordinal(value) == text


def test_a_count_agrees_with_its_noun_and_has_its_thousands_apart() -> None:
    assert [plural(n, "variant") for n in (0, 1, 2, 1200)] == [
        "0 variants",
        "1 variant",
        "2 variants",
        "1,200 variants",
    ]
    assert [plural(n, "criterion", "criteria") for n in (1, 2)] == ["1 criterion", "2 criteria"]


ROWS = [["office", "7", "all of it is well"], ["a longer one", "1,234", ""]]


def test_words_stand_to_the_left_and_counts_to_the_right_without_blanks_at_the_end() -> None:
    assert table(("scenario", "n", "what"), ROWS, right=(1,)).splitlines() == [
        "scenario          n  what",
        "office            7  all of it is well",
        "a longer one  1,234",
    ]


def test_a_column_in_which_nothing_stands_is_one() -> None:
    assert table(("a", ""), [("1", "")], width=None) == "a\n1"


def test_the_last_column_is_wrapped_to_the_width_and_never_cut() -> None:
    long = [["a", "word " * 30]]
    lines = table(("x", "what"), long, width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert " ".join(lines).count("word") == 30
    assert len(table(("x", "what"), long, width=None).splitlines()) == 2


@pytest.mark.parametrize("size", [1, 7, 12, 40])
@pytest.mark.parametrize(
    "cell",
    ["", " ", "fits", "true, false", " leading", "trailing ", "a  b", "tab\there", "two\nlines", "\u3000x", "x\u3000",
     "a-hyphened-word", "far too long for a narrow column"],
)  # fmt: skip
def test_a_cell_is_wrapped_as_textwrap_does_it_whichever_way_it_goes(cell: str, size: int) -> None:
    assert _wrapped(cell, size) == (textwrap.wrap(cell, size, break_on_hyphens=False) or [""])
