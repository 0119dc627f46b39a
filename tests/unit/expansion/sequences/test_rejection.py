"""The first accepted attempt, whatever is computed together."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.expansion.rejection import ExhaustedError, first_accepted
from simgate.harness.expansion.sequences.streams import Streams

STREAM = Streams("p", "s", 1)["r"]


def accepts_below(probability: float, first_row: int = 0):
    return lambda rows, attempts: STREAM.uniform(rows + first_row, attempts) < probability


@pytest.mark.parametrize("probability", [1.0, 0.5, 0.05, 0.003])
def test_it_is_the_smallest_accepted_attempt(probability: float) -> None:
    found = first_accepted(300, accepts_below(probability), 100_000)
    for row in range(0, 300, 37):
        tried = STREAM.uniform(np.full(found[row] + 1, row), np.arange(found[row] + 1)) < probability
        assert tried[-1] and not tried[:-1].any()


def test_a_row_alone_gets_what_it_gets_among_others() -> None:
    found = first_accepted(500, accepts_below(0.02), 100_000)
    for row in (0, 250, 499):
        assert first_accepted(1, accepts_below(0.02, row), 100_000)[0] == found[row]


def test_attempts_follow_the_geometric_law() -> None:
    found = first_accepted(20_000, accepts_below(0.1), 100_000)
    assert np.mean(found) == pytest.approx(9, rel=0.03)


def test_a_hopeless_row_is_named() -> None:
    with pytest.raises(ExhaustedError) as caught:
        first_accepted(5, lambda rows, attempts: rows != 3, 1000)
    assert caught.value.row == 3


def test_the_limit_is_the_number_of_attempts() -> None:
    tried: list[int] = []

    def never(rows: np.ndarray, attempts: np.ndarray) -> np.ndarray:
        tried.extend(attempts.tolist())
        return np.zeros(rows.shape, dtype=bool)

    with pytest.raises(ExhaustedError):
        first_accepted(1, never, 777)
    assert tried == list(range(777))
