"""What ``--baseline`` and BASELINE mean: a run's folder, or the name of a baseline."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.gate.comparing.baseline_store import BaselineStore
    from simgate.harness.gate.comparing.shared_baselines import SharedBaselines
    from simgate.harness.gate.rules.regression import Comparison
    from simgate.harness.packs.model import Pack
    from simgate.harness.results.manifest import Fingerprint, Manifest
    from simgate.harness.results.run_folder import RunFolder


def accepted(text: str) -> tuple[str, ...]:
    """The value of ``--accept-difference``.

    Raises:
        argparse.ArgumentTypeError: A name is not known.
    """
    from simgate.harness.gate.comparing.comparability import accepted_names

    try:
        return accepted_names(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def resolve_baseline(
    wanted: str,
    runs_dir: Path,
    manifest: Manifest,
    fingerprint: Fingerprint,
    accepted: Collection[str] = (),
    shared: str | None = None,
) -> RunFolder:
    """The baseline for a run.

    Args:
        wanted: Path of a run's folder, or a name.
        runs_dir: Folder that holds the named baselines.
        manifest: Of the run that is held against it.
        fingerprint: Of that run.
        accepted: Differences that are looked past; with ``machine`` a baseline of another one will do.
        shared: Address of a shared store that holds the named baselines in place of ``runs_dir``.

    Raises:
        NoBaseline: Nothing fits.
    """
    from simgate.harness.gate.comparing.comparability import machine_class, pack_digest
    from simgate.harness.results.run_folder import RunFolder

    path = Path(wanted)
    if path.exists():
        return RunFolder(path)
    store, digest = baseline_store(runs_dir, shared), pack_digest(manifest.pack)
    found = store.find(wanted, digest, machine_class(fingerprint), any_machine="machine" in accepted)
    return store.folder_of(found)


def baseline_store(runs_dir: Path, shared: str | None) -> BaselineStore | SharedBaselines:
    """Where named baselines are: beside the runs, or in a store that machines share.

    Raises:
        NoBaseline: The store's address cannot be used here.
    """
    from simgate.harness.gate.comparing.baseline_store import BaselineStore
    from simgate.harness.gate.comparing.shared_baselines import SharedBaselines

    return SharedBaselines(shared) if shared else BaselineStore(runs_dir)


def require_regression_rule(pack: Pack, option: str = "--baseline") -> None:
    """Refuses a baseline that nothing would be held against.

    Raises:
        UserError: The pack has no regression rule.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.model import AGAINST_BASELINE

    if not any(rule.kind in AGAINST_BASELINE for rule in pack.gate):
        raise UserError(
            f"{option} has no effect: {pack.path} has no regression rule; add to its gate\n"
            "  - {regression: {max_drop: 0.02, confidence: 0.95}}\n"
            "or compare after the run: simgate compare BASELINE RUN"
        )


def attach_baseline(
    plan: Plan, wanted: str, runs_dir: Path, accepted: Collection[str] = (), shared: str | None = None
) -> Plan:
    """Puts a baseline into the folder of a run that is about to start.

    Args:
        plan: Of the run.
        wanted: Path of a run's folder, or a name.
        runs_dir: Folder that holds the named baselines.
        accepted: Differences that are looked past, by name.
        shared: Address of a shared store that holds the named baselines in place of ``runs_dir``.

    Returns:
        The plan, its manifest with what was accepted.

    Raises:
        NoBaseline: Nothing fits.
        NotComparable: It differs from the run in more than the model.
    """
    from simgate.harness.execution.planning.plan import with_manifest
    from simgate.harness.gate.comparing.baseline_copy import keep_baseline
    from simgate.harness.gate.comparing.churn import known_churn
    from simgate.harness.gate.comparing.comparability import NotComparable, differences

    manifest, fingerprint = plan.manifest, plan.manifest.fingerprint
    baseline = resolve_baseline(wanted, runs_dir, manifest, fingerprint, accepted, shared)
    named = differences(baseline.manifest(), manifest, baseline.fingerprint(), fingerprint, accepted)
    if named:
        raise NotComparable(str(baseline.path), "this run", named)
    keep_baseline(plan.folder, baseline, known_churn(runs_dir, manifest, fingerprint))
    return with_manifest(plan, accepted=tuple(accepted)) if accepted else plan


def comparison_of(plan: Plan) -> Comparison | None:
    """What a run that goes on is held against; None when it carries no baseline."""
    from simgate.harness.gate.comparing.baseline_copy import kept_baseline, kept_churn, read_evidence
    from simgate.harness.gate.rules.regression import Comparison

    baseline = kept_baseline(plan.folder)
    if baseline is None:
        return None
    return Comparison(baseline, read_evidence(plan.folder), kept_churn(plan.folder))
