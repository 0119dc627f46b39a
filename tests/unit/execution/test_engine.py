"""The engine apart from its hosts."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from simgate.harness.execution import engine
from simgate.harness.execution.engine import execute
from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
from simgate.harness.execution.planning.plan import Plan, plan_run, with_manifest
from tests.unit.execution.memory_pack import make_pack, make_variants


class Nodes:
    """Notes in the manifest on which machine the run is, as the hosts of a cluster do, and is gone once."""

    stopped_early = ""
    seen: list[str]

    def __init__(self, plan: Plan, *_: Any) -> None:
        self._plan = plan
        self.seen.append(plan.manifest.fingerprint.machine)

    def __enter__(self) -> Nodes:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def run(self, *_: Any, **__: Any) -> None:
        if len(self.seen) == 1:
            theirs = self._plan.manifest.fingerprint.model_copy(update={"machine": "the nodes' CPU"})
            with_manifest(self._plan, fingerprint=theirs)
            raise HostsCannotStart("no worker could start: the last node is gone")


def test_workers_that_are_started_again_are_held_to_what_the_first_ones_have_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_run(
        make_pack(tmp_path),
        variants=make_variants(1),
        runs_dir=tmp_path / "runs",
        hosts=1,
        runtime="memory_runtime",
        retries=1,
    )
    Nodes.seen = []
    monkeypatch.setattr(engine, "_pool", Nodes)
    monkeypatch.setattr(engine, "RETRY_PAUSE_S", 0.0)
    assert execute(plan) == ""
    assert Nodes.seen == [plan.manifest.fingerprint.machine, "the nodes' CPU"]
