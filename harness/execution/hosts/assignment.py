"""What a host is told to run, and the record of a variant that never got to an episode."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack
from simgate.harness.results.parts import Part
from simgate.harness.results.record import Outcome, RunRecord


class HostSetup(BaseModel):
    """Everything a host needs to know once."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    number: int
    """Number of the host's slot, from 0; names its log."""
    pack: Pack
    """With all overrides applied: ``pack.sim.adapter`` and ``pack.model`` are what is used."""
    runtime: str
    """Entry-point name of the perception runtime; empty without a model."""
    run_dir: str
    """Absolute path of the run's folder."""
    record: RecordMode
    """Which variants leave pictures and a recording."""
    parts: tuple[Part, ...] | None = None
    """What the host must hold, by content; None for a run whose plan does not know it."""
    node: str = ""
    """Name of the cluster's node; empty on the machine that planned the run."""
    versions: dict[str, str] = {}
    """Simulator and runtime, in words -> version that earlier hosts of the run have said; empty before."""


class Assignment(BaseModel):
    """One variant to run."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    variant: Variant
    identity: str
    """Run identity that its record must carry."""
    attempt: int = 1


def error_record(
    pack: Pack, assignment: Assignment, reason: str, host: int, infrastructure: bool = False
) -> RunRecord:
    """The record of a variant that could not be run to its end."""
    variant = assignment.variant
    return RunRecord(
        variant=variant.id,
        scenario=variant.scenario,
        severity=pack.scenario(variant.scenario).severity,
        variant_digest=variant.digest,
        identity=assignment.identity,
        outcome=Outcome.ERROR,
        reason=reason,
        parameters=variant.parameters,
        seed=variant.seed,
        policy_seed=variant.policy_seed,
        attempts=assignment.attempt,
        infrastructure=infrastructure,
        host=host,
    )


def file_stem(variant_id: str) -> str:
    """A variant id as the stem of a file name, on every file system."""
    return "".join(c if c.isalnum() or c in "-_." else "." for c in variant_id.replace("::", "."))
