"""Records of an earlier run that a new one need not make again (``simgate run --reuse RUN``)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from simgate.harness.execution.planning.plan import Plan, with_manifest
from simgate.harness.execution.planning.resume import valid_records
from simgate.harness.gate.comparing.comparability import conditions
from simgate.harness.merging.carry import copy_files
from simgate.harness.merging.sources import CannotMerge
from simgate.harness.results.journal import append_record
from simgate.harness.results.manifest import Reused
from simgate.harness.results.run_folder import RunFolder


def require_same_place(plan: Plan, earlier: RunFolder) -> None:
    """A record's identity tells of everything but the machine and what is installed there.

    Raises:
        CannotMerge: These differ.
        NotARun: There is no such run.
    """
    before, now = earlier.fingerprint(), plan.manifest.fingerprint
    found = [str(one) for one in conditions(before, now) if one.kind]
    if before.python != now.python:
        found.append(f"Python was {before.python}, is {now.python}")
    if found:
        raise CannotMerge(f"nothing of {earlier.path} can be reused: {'; '.join(found)}; leave --reuse out")


def reuse(plan: Plan, earlier: RunFolder) -> Plan:
    """The plan without the variants whose record is there already, which becomes the new run's.

    Args:
        plan: Of a run that has not begun.
        earlier: Run whose records count where variant and identity are the same, but for errors and what
            the machine failed at.

    Raises:
        CannotMerge: See :func:`require_same_place`.
        NotARun, JournalDamaged: The earlier run cannot be read.
        OSError: Something cannot be read or written.
    """
    require_same_place(plan, earlier)
    found = valid_records(plan.manifest, earlier.records())
    kept = {variant: record for variant, record in found.items() if not record.infrastructure}
    if not kept:
        return plan
    for said in filter(Path.is_file, earlier.hosts_dir.glob("*.json")):
        shutil.copyfile(said, plan.folder.hosts_dir / said.name)
    left_behind: list[str] = []
    for record in kept.values():
        left_behind += copy_files(earlier, plan.folder, record)
        append_record(plan.folder.journal_path, record)
    plan = with_manifest(
        plan,
        reused=Reused(run_id=earlier.path.name, records=len(kept)),
        looked_past=(*plan.manifest.looked_past, *left_behind),
    )
    left = tuple(variant for variant in plan.variants if variant.id not in kept)
    return replace(plan, variants=left, already_done=plan.already_done + len(kept))
