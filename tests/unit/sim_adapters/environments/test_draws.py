"""Random draws: each slot's are those that it would draw alone."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.sim_adapters.environments.remote import draws
from simgate.sim_adapters.environments.remote.draws import Draws, SharedDraws, alone


@pytest.mark.parametrize("is_known", [True, False], ids=["words", "functions"])
def test_what_a_slot_draws_is_what_it_would_draw_alone(is_known: bool, monkeypatch) -> None:
    if not is_known:  # As in an interpreter whose generators lie elsewhere.
        monkeypatch.setattr(draws, "_RANDOM", None)
        monkeypatch.setattr(draws, "_numpys", lambda generator: None)
    drawn = {
        0: [[], [np.random.normal], [np.random.normal], [], [random.gauss, np.random.normal], [random.gauss]],
        1: [[np.random.normal, random.random], [], [np.random.normal], [random.gauss], [], [np.random.rand]],
        2: [[], [], [], [], [], [random.random, np.random.rand]],
    }

    def episode(*slots: int) -> dict[int, list[float]]:
        course, found = Draws(), {slot: [] for slot in slots}
        for slot in slots:
            course.begin(slot, 10 + slot)
        for tick in range(6):
            for slot in slots:
                course.resume(slot)
                found[slot] += [
                    float(draw(0.0, 1.0) if draw is random.gauss else draw()) for draw in drawn[slot][tick]
                ]
        return found

    together = episode(0, 1, 2)
    assert together == {**episode(0), **episode(1), **episode(2)}
    assert (draws._RANDOM is not None, draws._place_of_numpy() is not None) == (is_known, is_known)


def test_what_an_ended_slot_has_left_of_its_draws_is_in_no_other() -> None:
    course = Draws()
    course.begin(1, 11)
    alone = [np.random.normal(), random.gauss(0.0, 1.0)]
    course.begin(1, 11)
    course.begin(0, 10)
    np.random.normal(), random.gauss(0.0, 1.0)  # The second of each pair waits beside the words.
    course.end(0)
    course.resume(1)
    assert [np.random.normal(), random.gauss(0.0, 1.0)] == alone


def test_half_of_a_pair_that_was_kept_is_a_draw_too() -> None:
    random.seed(1)
    random.gauss(0.0, 1.0)
    with alone("one with a world for itself", 1):
        random.gauss(0.0, 1.0)
    random.gauss(0.0, 1.0)
    with pytest.raises(SharedDraws, match="policy 'shares' draws from random"), alone("shares", 2):
        random.gauss(0.0, 1.0)


@pytest.mark.parametrize("seeds", [True, False], ids=["seeds anew", "uses up all words"])
def test_who_seeds_anew_or_uses_up_all_words_goes_on_from_there(seeds: bool) -> None:
    course = Draws()
    for slot in (0, 1):
        course.begin(slot, slot)
    course.resume(0)
    if seeds:
        random.seed(9), np.random.seed(9)
    else:  # Each takes two of the 624 words.
        [random.random() for _ in range(312)], np.random.rand(312)
    state = random.getstate(), np.random.get_state()[1].tolist()
    course.resume(1)
    assert (random.getstate(), np.random.get_state()[1].tolist()) != state
    course.resume(0)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state


class Generator:
    """What an environment may draw from, of torch."""

    def __init__(self) -> None:
        self.state = 0

    def manual_seed(self, seed: int) -> None:
        self.state = seed

    def get_rng_state(self) -> int:
        return self.state

    def set_rng_state(self, state: int) -> None:
        self.state = state

    def rand(self) -> int:
        self.state += 1
        return self.state


def test_what_is_drawn_from_torch_follows_from_the_seed_of_the_slot_alone(monkeypatch) -> None:
    course, torch = Draws(), Generator()
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # Another test may have imported it.
    course.begin(0, 100)
    monkeypatch.setitem(sys.modules, "torch", torch)  # Imported while the environment was made.
    course.resume(0)
    first = [torch.rand()]
    course.begin(1, 500)
    assert torch.rand() == 501
    course.resume(0)
    first.append(torch.rand())
    course.resume(1)
    assert torch.rand() == 502
    course.begin(0, 100)
    assert first == [torch.rand(), torch.rand()] == [101, 102]


LATE = """
state = 67280421310721
def manual_seed(seed):
    global state
    state = seed
def set_rng_state(kept):
    manual_seed(kept)
def get_rng_state():
    return state
def rand():
    global state
    state += 1
    return state
"""


@pytest.fixture
def late_torch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Imports it, where nobody has done that yet."""
    (tmp_path / "torch.py").write_text(LATE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    yield lambda: importlib.import_module("torch")
    sys.modules.pop("torch", None)


def test_torch_that_an_environment_imports_as_it_draws_is_seeded_as_it_will_be(late_torch) -> None:
    course = Draws()

    def episode() -> list[int]:
        for slot in (0, 1):
            course.begin(slot, 100 * (slot + 1))
        course.resume(0)
        first = [late_torch().rand()]
        course.resume(1)
        assert late_torch().rand() == 201
        course.resume(0)
        return [*first, late_torch().rand()]

    assert episode() == episode() == [101, 102]


def test_torch_that_a_policy_imports_as_it_draws_is_seeded_as_it_will_be(late_torch) -> None:
    for _ in range(2):
        draws.seed_all(7)
        draws.seed_all(70)
        assert late_torch().rand() == 71
