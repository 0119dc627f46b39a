"""A trace holds what its own scenario's criteria need, whatever others of the pack ask."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.worker import Worker
from simgate.harness.packs.model import Criterion
from simgate.harness.results.record import RunRecord
from tests.unit.execution.memory_pack import make_pack, make_variants


def digests(folder: Path, other: Criterion) -> dict[str, str]:
    """Of two variants that run together, one of them of a scenario with another criterion."""
    (ahead,) = make_pack(folder).scenarios
    aside = ahead.model_copy(update={"id": "door_aside", "accept": (other,)})
    pack = make_pack(folder, scenarios=(ahead, aside))
    first, second = make_variants(2)
    second = second.model_copy(update={"id": "door_aside::v0001", "scenario": "door_aside"})
    for name in ("hosts", "recordings", "frames"):
        (folder / "run" / name).mkdir(parents=True)
    setup = HostSetup(
        number=0, pack=pack, runtime="memory_runtime", run_dir=str(folder / "run"), record="failed"
    )
    worker = Worker(setup)
    found: list[RunRecord] = []
    try:
        both = [Assignment(variant=one, identity="0") for one in (first, second)]
        worker.run(both, lambda _: None, found.append)
    finally:
        worker.close()
    return {record.scenario: record.trace_digest for record in found}


def test_the_digest_of_a_trace_does_not_depend_on_the_criteria_of_another_scenario(tmp_path: Path) -> None:
    touches = digests(tmp_path / "a", Criterion(metric="collisions", op="at_most", bound=0))
    told = digests(tmp_path / "b", Criterion(metric="action.saturation", op="at_most", bound=1))
    assert touches["door_ahead"] == told["door_ahead"] != ""
    assert touches["door_aside"] != told["door_aside"] != ""
