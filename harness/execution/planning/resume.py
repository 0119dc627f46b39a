"""Takes up an interrupted run, or opens a run again for a replay."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from simgate.harness.execution.hosts.interpreter import default_hosts, host_interpreter
from simgate.harness.execution.hosts.pool.host_limits import limits_of
from simgate.harness.execution.planning.conditions import collect_fingerprint
from simgate.harness.execution.planning.declared_waits import declared_waits_s
from simgate.harness.execution.planning.moved_pack import pack_where_it_is
from simgate.harness.execution.planning.parts import source_parts
from simgate.harness.execution.planning.plan import Plan, expected_variants
from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.expansion.variant import Variant
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, Manifest
from simgate.harness.results.parts import UNKNOWN, changed_parts
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder


class CannotResume(Exception):  # noqa: N818 - the name says what happened
    """The run cannot be continued; the message says what has changed and what to do."""


def resume_run(
    run_dir: Path,
    *,
    hosts: int | None,
    record: RecordMode = "failed",
    interpreter: str | None = None,
) -> Plan:
    """The plan for what is left of a run.

    Left is what has no record of the expected identity, or one that is ERROR (infrastructure may work
    now). Pack, model, code of the plugins and versions must be those of the manifest, else old and new
    records would be evidence about different things.

    Args:
        run_dir: Folder of the run.
        hosts: Host processes; 0 runs in the calling process, None is the simulator's default.
        record: Which variants leave pictures and a recording.
        interpreter: That of hosts whose simulator has its own; None for the environment's.

    Raises:
        NoInterpreter: That interpreter cannot be found.
        NotARun: The folder holds no manifest.
        InUse: Another process runs it.
        CannotResume: Pack, model, code or versions have changed.
        BadFiles: A plugin's own list of its files cannot be used.
        PackageError: The model package is no longer in order.
    """
    folder = RunFolder(run_dir)
    manifest = folder.manifest()
    _require_ours(manifest)
    pack = pack_where_it_is(kept_pack(manifest), run_dir)
    _require_same_source(pack, manifest)
    variants = variants_of(manifest, pack)
    if manifest.fingerprint.parts is None:
        raise CannotResume(f"{run_dir} cannot be continued: {UNKNOWN}; start a new run")
    fingerprint = collect_fingerprint(pack, manifest.fingerprint.runtime)
    if _unplaced(expected_variants(pack, variants, fingerprint)) != _unplaced(manifest.expected):
        changes = "; ".join(changed(manifest.fingerprint, fingerprint)) or "the expansion of its variants"
        raise CannotResume(
            f"{run_dir} cannot be continued, for something has changed since it began: {changes}; "
            "restore that, or start a new run"
        )
    # Before the journal is read: what another process adds after that would run twice.
    lock = folder.lock()
    folder.make_parts()
    done = valid_records(manifest, folder.records())
    left = tuple(variant for variant in variants if variant.id not in done)
    return Plan(
        manifest=manifest,
        pack=pack,
        folder=folder,
        variants=left,
        hosts=default_hosts(pack.sim.adapter, os.environ) if hosts is None else hosts,
        record=record,
        already_done=len(done),
        limits=limits_of(pack.sim.adapter, declared_waits_s(pack)),
        interpreter=host_interpreter(pack.sim.adapter, interpreter, os.environ),
        lock=lock,
    )


def variants_of(manifest: Manifest, pack: Pack) -> tuple[Variant, ...]:
    """The expected variants with all their values, in the manifest's order.

    Raises:
        CannotResume: This version expands the pack to other variants, or the run is another tool's.
    """
    from simgate.harness.expansion.expand import expand_pack

    _require_ours(manifest)
    by_id = {variant.id: variant for variant in expand_pack(pack)}
    lost = [expected.id for expected in manifest.expected if expected.id not in by_id]
    if lost:
        raise CannotResume(
            f"{manifest.run_id}: this version of simgate makes no variant {lost[0]} of the pack "
            f"'{manifest.pack_name}'; use the version that made the run, or start a new run"
        )
    return tuple(by_id[expected.id] for expected in manifest.expected)


def _unplaced(expected: Sequence[ExpectedVariant]) -> list[tuple[str, ...]]:
    """The variants without their scenes, which follow from the digests of all: a shard has a part of them."""
    return [(one.id, one.scenario, one.severity, one.digest, one.identity) for one in expected]


def _require_ours(manifest: Manifest) -> None:
    if manifest.imported is not None:
        tool = manifest.imported.tool
        raise CannotResume(f"{manifest.run_id} was imported from {tool}; only that can run it again")


def valid_records(manifest: Manifest, records: Sequence[RunRecord]) -> dict[str, RunRecord]:
    """Records, by variant, that need not be made again."""
    wanted = {expected.id: expected.identity for expected in manifest.expected}
    return {
        record.variant: record
        for record in records
        if record.outcome is not Outcome.ERROR and wanted.get(record.variant) == record.identity
    }


def changed(before: Fingerprint, now: Fingerprint) -> list[str]:
    """What differs of that which can change a result, in words."""
    differences = []
    for field in ("model", "model_sha256", "policy", "runtime", "python"):
        old, new = getattr(before, field), getattr(now, field)
        if old != new:
            differences.append(f"{field.replace('_', ' ')} was {_short(old)}, is {_short(new)}")
    if before.parts is None:
        differences.append(UNKNOWN)
    differences += changed_parts(before.parts, now.parts)
    for name in sorted({*before.packages, *now.packages}):
        old, new = before.packages.get(name, "absent"), now.packages.get(name, "absent")
        if old != new:
            differences.append(f"package {name} was {old}, is {new}")
    return differences


def _short(value: str) -> str:
    return f"{value[:12]}..." if len(value) == 64 else value or "nothing"


def _require_same_source(pack: Pack, manifest: Manifest) -> None:
    """The pack's file may be gone (the manifest holds it), but not another one."""
    from simgate.harness.packs.loader import load_pack

    if not Path(pack.path).exists():
        return
    now = load_pack(Path(pack.path))
    if now.source_sha256 != pack.source_sha256:
        files = "; ".join(changed_parts(source_parts(pack), source_parts(now))) if pack.sources else ""
        digests = f"sha256 was {_short(pack.source_sha256)}, is {_short(now.source_sha256)}"
        raise CannotResume(
            f"{manifest.run_id} cannot be continued: {manifest.pack_path} or a file that it reads has "
            f"changed since it began ({files or digests}); restore the file, or start a new run"
        )
