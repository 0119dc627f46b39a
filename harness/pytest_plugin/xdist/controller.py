"""The controller of an xdist session: makes the runs once, gives workers slots, chooses the scheduler."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING, cast

import pytest

from simgate.harness.pytest_plugin.collection import is_pack
from simgate.harness.pytest_plugin.runs import Runs
from simgate.harness.pytest_plugin.variant_names import is_part
from simgate.harness.pytest_plugin.xdist.scheduler import DeferredScheduling, VariantScheduling
from simgate.harness.pytest_plugin.xdist.worker_input import WORKER_INPUT, WorkerInput

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

    from simgate.harness.execution.planning.plan import Plan


_BY_PROCESS = Path("/proc/self/fd")


class Slots:
    """Numbers that workers hold: the lowest free one names the host's log and picks its GPU.

    xdist's own worker numbers grow with every replacement: GPUs chosen by them would in the end be shared.
    """

    def __init__(self) -> None:
        self._free: list[int] = []
        self._fresh = count()
        self._taken: dict[object, int] = {}

    def take(self, holder: object) -> int:
        """The lowest free number, held until it is given back."""
        number = heapq.heappop(self._free) if self._free else next(self._fresh)
        self._taken[holder] = number
        return number

    def give_back(self, holder: object) -> None:
        """Frees the holder's number, if it has one."""
        number = self._taken.pop(holder, None)
        if number is not None:
            heapq.heappush(self._free, number)


class Controller:
    """Plugin of the process that hands work to xdist workers.

    Args:
        config: The session's configuration.
        runs: Filled with the run folders.
    """

    def __init__(self, config: pytest.Config, runs: Runs) -> None:
        self._config = config
        self._runs = runs
        self._slots = Slots()
        self._batches: dict[Path, int] = {}
        self._plans: list[Plan] = []
        """Hold the locks of the runs until the session ends."""
        # Without a name, where the system lets others open it by this process's: a kill leaves nothing.
        make = TemporaryFile if _BY_PROCESS.is_dir() else NamedTemporaryFile
        self._announcement: IO[bytes] = make()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tells a worker its slot, and where it will find the run folders."""
        told = WorkerInput(slot=self._slots.take(node), runs=self._place())
        node.workerinput[WORKER_INPUT] = told

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Frees the worker's slot; a replacement is configured after this."""
        self._slots.give_back(node)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Makes the runs when the first worker has collected; nothing is handed out before this returns."""
        from simgate.harness.frontend.packs import load_checked
        from simgate.harness.pytest_plugin.planning import plan_pack

        if self._runs.folders:
            return
        packs = self._variants_by_pack(ids)
        for path, variants in packs.items():
            pack = load_checked(path)
            plan = plan_pack(self._config, pack, variants, len(packs) > 1)
            self._plans.append(plan)
            self._runs.folders[path] = plan.folder.path
            self._batches[path] = 1 if any(map(is_part, variants)) else pack.sim.batch
        if self._runs.folders:
            folders = {str(path): str(run_dir) for path, run_dir in self._runs.folders.items()}
            self._announcement.write(json.dumps(folders).encode())
            self._announcement.flush()

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> Scheduling:
        """A scheduler that becomes ours when there are packs, else the one xdist would have used."""
        others = config.pluginmanager.subset_hook_caller("pytest_xdist_make_scheduler", [self])
        return cast(
            "Scheduling",
            DeferredScheduling(
                has_packs=lambda ids: bool(self._variants_by_pack(ids)),
                ours=lambda: cast("Scheduling", self._variant_scheduling()),
                default=lambda: cast("Scheduling", others(config=config, log=log)),
            ),
        )

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Removes the announcement and gives the locks back."""
        self._plans.clear()
        self._announcement.close()

    def _place(self) -> str:
        """A path at which the workers, on the same machine, read the announcement."""
        if _BY_PROCESS.is_dir():
            return f"/proc/{os.getpid()}/fd/{self._announcement.fileno()}"
        return self._announcement.name

    def _variant_scheduling(self) -> VariantScheduling:
        from xdist.workermanage import parse_tx_spec_config

        return VariantScheduling(
            workers=len(parse_tx_spec_config(self._config)),
            batch_of=lambda parent: self._batches.get(self._file(parent), 1),
            report=lambda report: self._config.hook.pytest_collectreport(report=report),
        )

    def _variants_by_pack(self, ids: Sequence[str]) -> dict[Path, list[str]]:
        groups: dict[str, list[str]] = {}
        for nodeid in ids:
            file, _, variant_id = nodeid.partition("::")
            groups.setdefault(file, []).append(variant_id)
        packs = {self._file(file): variant_ids for file, variant_ids in groups.items()}
        return {path: variant_ids for path, variant_ids in packs.items() if is_pack(path)}

    def _file(self, nodeid: str) -> Path:
        return self._config.rootpath / nodeid.partition("::")[0]
