"""Philox4x32-10 against the known answers that its authors publish with Random123."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.expansion.sequences.philox import philox
from simgate.harness.expansion.sequences.streams import Streams

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]) -> None:
    assert tuple(int(word) for word in philox(counter, key)) == words


def test_an_array_of_counters_gives_what_each_counter_gives() -> None:
    index = np.arange(1000)
    together = philox((index, 3, index % 7, 0), (11, index * 5))
    for k in (0, 1, 17, 999):
        alone = philox((k, 3, k % 7, 0), (11, k * 5))
        assert [int(word[k]) for word in together] == [int(word) for word in alone]


def test_uniform_numbers_are_strictly_inside_and_all_different() -> None:
    values = Streams("p", "s", 1)["a"].uniform(np.arange(200_000))
    assert values.min() > 0 and values.max() < 1 and len(np.unique(values)) == len(values)


@pytest.mark.parametrize("change", ["pack", "scenario", "seed", "name", "prefix"])
def test_a_stream_depends_on_each_part_of_its_name(change: str) -> None:
    plain = {"pack": "p", "scenario": "s", "seed": 1, "prefix": ""}
    changed = {**plain, change: 2 if change == "seed" else "x"}
    name = "b" if change == "name" else "a"
    index = np.arange(2000)
    first = Streams(**plain)["a"].uniform(index)
    second = Streams(**{key: value for key, value in changed.items() if key in plain})[name].uniform(index)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.08


def test_names_cannot_run_into_each_other() -> None:
    index = np.arange(4)
    first = Streams("ab", "c", 1)["d"].bits(index)
    second = Streams("a", "bc", 1)["d"].bits(index)
    assert not np.array_equal(first, second)
