"""Runs one variant of an old run again, and says whether it went the same way, bit for bit."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.execution.events import Listener
from simgate.harness.execution.hosts.assignment import file_stem
from simgate.harness.execution.hosts.in_process import InProcess
from simgate.harness.execution.hosts.pool.host_pool import HostPool, HostsCannotStart
from simgate.harness.execution.planning.conditions import collect_fingerprint
from simgate.harness.execution.planning.moved_pack import pack_where_it_is
from simgate.harness.execution.planning.plan import Plan
from simgate.harness.execution.planning.resume import changed, variants_of
from simgate.harness.expansion.variant import Variant
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack, Scenario
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.sources.import_guard import NOT_AS_PLANNED
from simgate.policies.documents.diagnostics import PackError


class CannotReplay(Exception):  # noqa: N818 - the name says what happened
    """There is nothing to replay; the message says why."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A variant, before and now.

    Attributes:
        before: The record in the run's journal.
        now: The record of the replay.
        folder: Where pictures and recording of the replay lie, inside the run's folder.
        changes: What differs between now and then that may change a result, in words.
    """

    before: RunRecord
    now: RunRecord
    folder: RunFolder
    changes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every simulated value was the same; two ERRORs have none and are not the same."""
        return bool(self.now.trace_digest) and self.now.trace_digest == self.before.trace_digest


def replay(run_dir: Path, variant_id: str, *, hosts: int = 1, listeners: Sequence[Listener] = ()) -> Replay:
    """Runs a variant again under the conditions of its run.

    Args:
        run_dir: Folder of the run.
        variant_id: ``scenario::v0007``, or a pytest id that ends so.
        hosts: 0 runs in this process, for a debugger.
        listeners: Told what happens.

    Raises:
        NotARun: The folder holds no manifest.
        CannotReplay: No such variant in the run, or it has no record to compare with.
        CannotResume: This version expands the pack to other variants.
        HostsCannotStart: The host cannot start.
        PackageError: The model package is not in order.
        BadFiles: A plugin's own list of its files cannot be used.
    """
    folder = RunFolder(run_dir)
    manifest = folder.manifest()
    if manifest.imported is not None:
        raise CannotReplay(
            f"{run_dir} was imported from {manifest.imported.tool}; only that can run it again"
        )
    pack = _with_sites_of_now(pack_where_it_is(kept_pack(manifest), run_dir))
    variant = find_variant(variants_of(manifest, pack), variant_id, run_dir)
    before = {record.variant: record for record in folder.records()}.get(variant.id)
    if before is None:
        raise CannotReplay(
            f"{variant.id} has no record in {folder.journal_path} to compare with; "
            f"continue the run first: simgate run --resume {run_dir}"
        )
    now = collect_fingerprint(pack, manifest.fingerprint.runtime)
    target = _new_folder(folder, variant)
    # What has changed since the run is to be seen at work, and named: the host is held to what is there now.
    held = manifest.model_copy(
        update={"fingerprint": manifest.fingerprint.model_copy(update={"parts": now.parts})}
    )
    plan = Plan(held, pack, target, (variant,), hosts, record="all")
    pool = HostPool(plan, hosts=1, listeners=listeners) if hosts else InProcess(plan, listeners)
    try:
        with pool:
            records = pool.run([variant])
    except HostsCannotStart as error:
        if NOT_AS_PLANNED not in str(error):
            raise
        # Not the machine's fault: what the run was made with is no longer there.
        raise CannotReplay(str(error)) from None
    return Replay(before, records[-1], target, tuple(changed(manifest.fingerprint, now)))


def _with_sites_of_now(pack: Pack) -> Pack:
    """The pack with the files of its native worlds as they are: a replay shows what an edit of them does.

    Raises:
        CannotReplay: Such a file no longer has what the pack asks of it.
    """
    if all(scenario.native is None for scenario in pack.scenarios) or not Path(pack.path).exists():
        return pack
    try:
        loaded = {scenario.id: scenario for scenario in load_pack(Path(pack.path)).scenarios}
    except (PackError, OSError) as error:
        raise CannotReplay(f"the pack's native worlds cannot be opened as they are now: {error}") from None

    def of_now(scenario: Scenario) -> Scenario:
        there, now = scenario.native, loaded.get(scenario.id)
        if now is None or there is None or now.native is None or there.file != now.native.file:
            return scenario
        return scenario.model_copy(update={"native": now.native, "world": now.world})

    return pack.model_copy(update={"scenarios": tuple(map(of_now, pack.scenarios))})


def find_variant(variants: Sequence[Variant], wanted: str, run_dir: Path) -> Variant:
    """The variant that a user means.

    Args:
        variants: Of the run.
        wanted: ``scenario::v0007``, or a pytest id that ends so.
        run_dir: For the message.

    Raises:
        CannotReplay: No such variant in the run.
    """
    known = {variant.id: variant for variant in variants}
    tail = "::".join(wanted.split("::")[-2:])
    if tail in known:
        return known[tail]
    near = difflib.get_close_matches(tail, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; the first is '{next(iter(known), '')}'"
    raise CannotReplay(f"{run_dir} has no variant '{wanted}'{hint}")


def _new_folder(folder: RunFolder, variant: Variant) -> RunFolder:
    base = folder.path / "replays"
    number = 1
    while (base / f"{file_stem(variant.id)}-{number}").exists():
        number += 1
    target = RunFolder(base / f"{file_stem(variant.id)}-{number}")
    target.create()
    return target
