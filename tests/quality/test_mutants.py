"""``make mutants`` knows every file of a room, also in the rooms within it, and the tests that import it."""

from __future__ import annotations

import pytest

from tests.quality import mutants


@pytest.mark.parametrize("room", mutants.ROOMS)
def test_every_file_of_a_room_may_be_changed(room):
    there = set((mutants.REPOSITORY / "harness" / room).rglob("*.py"))
    # A suite of tests for plugins is none to be tested.
    suite = set((mutants.REPOSITORY / "harness" / "scoring" / "conformance").rglob("*.py"))
    assert set(mutants.files_of(mutants.REPOSITORY, room)) == there - suite


def test_tests_of_other_rooms_are_found_by_what_they_import():
    found = mutants.importing(mutants.REPOSITORY, "gate", "baseline_copy")
    assert "tests/unit/results/test_damage.py" in found
