"""An exception in the middle of an episode ends what its policy had begun for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.worker import Worker
from simgate.harness.results.record import Outcome, RunRecord
from tests.unit.execution.memory_pack import make_pack, make_variants


@pytest.mark.parametrize("also_fails", [False, True])
def test_what_lives_with_an_episode_ends_with_it_where_its_simulator_fails(
    tmp_path: Path, also_fails: bool
) -> None:
    for name in ("hosts", "recordings", "frames"):
        (tmp_path / "run" / name).mkdir(parents=True)
    setup = HostSetup(
        number=0,
        pack=make_pack(tmp_path),
        runtime="memory_runtime",
        run_dir=str(tmp_path / "run"),
        record="failed",
    )
    worker = Worker(setup)
    ended: list[str] = []
    found: list[RunRecord] = []

    def abandon() -> None:
        ended.append("policy")
        if also_fails:
            raise OSError("its connection is gone")

    policy: Any = worker._policy
    policy.abandon = abandon
    try:
        for variant in make_variants(2, {0: "raise"}):
            worker.run([Assignment(variant=variant, identity="0")], lambda _: None, found.append)
            assert ended == ["policy"]
    finally:
        worker.close()
    assert [one.outcome for one in found] == [Outcome.ERROR, Outcome.PASS]
