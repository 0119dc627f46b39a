"""A slot replaces its host when the plan or the simulator wants it."""

from __future__ import annotations

import pytest

from simgate.harness.execution.slot import Slot


@pytest.mark.parametrize(("asked", "after"), [(None, 200), (50, 50), (500, 200)])
def test_the_sooner_of_plan_and_simulator_counts(asked: int | None, after: int) -> None:
    slot = Slot(0)
    slot.recycle_after = 200
    slot.now_ready(asked)
    assert slot.recycle_after == after
