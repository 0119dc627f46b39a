"""An xdist worker: drives one host and runs the variants that the controller sends, a batch at a time."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.case import VariantCase
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.runs import Runs
from simgate.harness.pytest_plugin.xdist.worker_input import WorkerInput

if TYPE_CHECKING:
    from simgate.harness.execution.hosts.pool.host_pool import HostPool
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.results.record import RunRecord


class Worker:
    """Plugin of an xdist worker.

    Args:
        told: What the controller said.
    """

    def __init__(self, told: WorkerInput) -> None:
        self._slot = told["slot"]
        self._announcement = Path(told["runs"])
        self._runs = Runs()
        self._open: tuple[Path, Plan, HostPool] | None = None
        self._resources = ExitStack()
        self._failed_starts: Counter[Path] = Counter()
        self._retried: dict[Path, dict[str, int]] = {}
        self._unwritable: set[Path] = set()
        """Packs whose run has met a full disk: nothing more of them can be kept."""
        self._batches: dict[VariantCase, list[VariantCase]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Finds out which items run together; the controller's scheduler never splits these."""
        first: dict[str, VariantCase] = {}
        copies: list[VariantCase] = []
        for item in session.items:
            if isinstance(item, VariantCase) and first.setdefault(item.nodeid, item) is not item:
                copies.append(item)
        in_parts = {item.path for item in first.values() if len(item.variant_ids) > 1}
        for parent, members in groupby(first.values(), key=lambda item: item.parent):
            together = list(members)
            size = 1 if parent.path in in_parts else max(1, parent.pack.sim.batch)
            for start in range(0, len(together), size):
                batch = together[start : start + size]
                self._batches.update(dict.fromkeys(batch, batch))
        self._batches.update({copy: self._batches[first[copy.nodeid]] for copy in copies})

    def records(self, item: VariantCase) -> list[RunRecord]:
        """Runs the item's batch when it has not run yet, and gives the item's records.

        Raises:
            NoEvidence: The host left a record out.
        """
        if self._runs.lacking(item) and item.path not in self._unwritable:
            self._run(item)
        return self._runs.records(item)

    def run_dir(self, item: VariantCase) -> Path:
        """Folder of the run, which the controller made."""
        if not self._runs.folders:
            told = json.loads(self._announcement.read_text(encoding="utf-8"))
            self._runs.folders.update({Path(pack): Path(run_dir) for pack, run_dir in told.items()})
        return self._runs.run_dir(item)

    def _run(self, item: VariantCase) -> None:
        from simgate.harness.execution.engine import RETRY_PAUSE_S
        from simgate.harness.execution.hosts.pool.giving_up import give_up
        from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart
        from simgate.harness.pytest_plugin.planning import expand_ids

        batch = self._batches[item]
        position = next(place for place, member in enumerate(batch) if member.nodeid == item.nodeid)
        if item is not batch[0]:
            # The batch was begun by a worker that has died: what stands before the item is reported, and
            # what that worker brought into the journal need not run again.
            self._read_journal(item)
        left = [variant for member in batch[position:] for variant in self._runs.lacking(member)]
        variants = expand_ids(item.pack, tuple(dict.fromkeys(left)))
        while True:
            plan, pool = self._pool_for(item)
            try:
                for record in pool.run(variants):
                    self._runs.add(item.path, record)
                return
            except OSError as error:
                self._unwritable.add(item.path)
                self._runs.problems[item.path] = f"{error.filename or 'system'}: {error.strerror or error}"
                self._close()
                return
            except HostsCannotStart as error:
                self._read_journal(item)
                known = self._runs.arrived.get(item.path, {})
                variants = [variant for variant in variants if variant.id not in known]
                if self._failed_starts[item.path] == plan.retries:
                    self._runs.problems[item.path] = str(error)
                    give_up(plan, variants, str(error))
                    return
                self._failed_starts[item.path] += 1
                self._close()
                time.sleep(RETRY_PAUSE_S)

    def _close(self) -> None:
        self._resources.close()
        self._open = None

    def _pool_for(self, item: VariantCase) -> tuple[Plan, HostPool]:
        from simgate.harness.execution.hosts.pool.host_pool import HostPool
        from simgate.harness.pytest_plugin.planning import open_plan

        if self._open is None or self._open[0] != item.path:
            self._resources.close()
            settings = Settings.of(item.config).run
            plan = open_plan(self.run_dir(item), settings.record, settings.retry_infrastructure)
            self._read_journal(item)
            retried = self._retried.setdefault(item.path, {})
            hosts = HostPool(plan, hosts=1, first_number=self._slot, retried=retried)
            pool = self._resources.enter_context(hosts)
            self._open = (item.path, plan, pool)
        return self._open[1:]

    def _read_journal(self, item: VariantCase) -> None:
        from simgate.harness.execution.planning.resume import valid_records
        from simgate.harness.results.run_folder import RunFolder

        folder = RunFolder(self.run_dir(item))
        for record in valid_records(folder.manifest(), folder.records()).values():
            self._runs.add(item.path, record)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Ends the host."""
        self._close()
