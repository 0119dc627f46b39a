"""Runs made by hand: a pack, its manifest, and a record for each variant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from simgate.harness.packs.model import Criterion, GateRule, KnownFailure, Pack, PinnedVariant, Scenario
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, Manifest
from simgate.harness.results.record import CriterionResult, LatencySamples, Outcome, RunRecord

IDENTITY = "made-with-v2"
PASS_RATE = GateRule(kind="pass_rate", at_least=0.9)
VALIDITY = GateRule(kind="invalid_or_error", at_most=0.02)
LETTERS = {
    "P": Outcome.PASS,
    "F": Outcome.FAIL,
    "I": Outcome.INVALID,
    "E": Outcome.ERROR,
    "K": Outcome.KNOWN,
}


def scenario(
    name: str = "glass",
    count: int = 40,
    severity: str = "critical",
    known: Sequence[KnownFailure] = (),
    pinned: int = 0,
) -> Scenario:
    """A scenario of so many sampled and pinned variants."""
    return Scenario(
        id=name,
        title=name.title(),
        severity=severity,
        world="office_corridor",
        variants=VariantsSpec(count=count),
        accept=(Criterion(metric="collisions", op="at_most", bound=0),),
        known_failures=tuple(known),
        pinned=tuple(PinnedVariant(id=f"p{k}", parameters={}) for k in range(pinned)),
    )


def make_pack(scenarios: Iterable[Scenario], gate: Iterable[GateRule]) -> Pack:
    """A pack of these scenarios and gate rules."""
    return Pack(
        path="/packs/doors/pack.yaml",
        name="doors",
        policy="door_navigator",
        scenarios=tuple(scenarios),
        gate=tuple(gate),
        source_sha256="0" * 64,
    )


def variant_ids(one: Scenario) -> list[str]:
    """Ids of a scenario's variants, as expansion makes them."""
    sampled = [f"{one.id}::v{k:04d}" for k in range(one.variants.count)]
    return sampled + [f"{one.id}::pin-{pin.id}" for pin in one.pinned]


def make_manifest(pack: Pack, only: Iterable[str] | None = None, **changes: Any) -> Manifest:
    """The manifest of a run of the whole pack, or of the variants named."""
    severities = {one.id: one.severity for one in pack.scenarios}
    ids = [name for one in pack.scenarios for name in variant_ids(one)]
    wanted = ids if only is None else list(only)
    expected = [
        ExpectedVariant(
            id=name,
            scenario=name.split("::")[0],
            severity=severities[name.split("::")[0]],
            digest=f"digest of {name}",
            identity=IDENTITY,
        )
        for name in wanted
    ]
    fields: dict[str, Any] = {
        "run_id": "20261201T120000-doors-abc",
        "created_utc": "2026-12-01T12:00:00+00:00",
        "pack_name": pack.name,
        "pack_path": "doors/pack.yaml",
        "pack": pack.model_dump(mode="json"),
        "expected": tuple(expected),
        "fingerprint": Fingerprint(model="door_detector 2.0", git_commit="c" * 40),
    }
    return Manifest(**{**fields, **changes})


def collisions(outcome: Outcome) -> CriterionResult:
    """What the only criterion of :func:`scenario` gives for an outcome."""
    failed = outcome in (Outcome.FAIL, Outcome.KNOWN)
    judged = Outcome.FAIL if failed else Outcome.PASS
    return CriterionResult(
        metric="collisions", statement="collisions at most 0", observed=int(failed), outcome=judged
    )


def trace_digest(of: str) -> str:
    """A trace's digest; the same text stands for the same trace."""
    return hashlib.sha256(of.encode()).hexdigest()


def make_record(name: str, outcome: Outcome = Outcome.PASS, **changes: Any) -> RunRecord:
    """A record of one variant."""
    fields: dict[str, Any] = {
        "variant": name,
        "scenario": name.split("::", maxsplit=1)[0],
        "severity": "critical",
        "variant_digest": f"digest of {name}",
        "identity": IDENTITY,
        "outcome": outcome,
        "criteria": (collisions(outcome),),
        "trace_digest": trace_digest(name),
        "latency": LatencySamples(in_loop_ms=(20.0,) * 10, measured_ms=(8.0,) * 10),
    }
    return RunRecord(**{**fields, **changes})


def make_records(ids: Iterable[str], letters: str, **changes: Any) -> list[RunRecord]:
    """A record for each id by letter: P, F, I, E, K; ``-`` makes none."""
    pairs = list(zip(ids, letters, strict=True))
    return [make_record(name, LETTERS[letter], **changes) for name, letter in pairs if letter != "-"]


def a_run(
    letters: str, *gate: GateRule, known: Sequence[KnownFailure] = (), **changes: Any
) -> tuple[Manifest, list[RunRecord]]:
    """Manifest and records of a pack with one scenario, a letter for each variant."""
    one = scenario(count=len(letters), known=known)
    manifest = make_manifest(make_pack([one], gate or (PASS_RATE,)))
    return manifest, make_records(variant_ids(one), letters, **changes)
