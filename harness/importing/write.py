"""Imported episodes as the folder of a run, marked as what they are."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simgate.harness.importing.episode import CannotImport, Episode, Told
from simgate.harness.packs.language.definition import LONGEST_NAME
from simgate.harness.packs.model import Criterion, GateRule, Pack, Scenario, SimSpec
from simgate.harness.packs.severity import Severity
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, ImportedFrom, Manifest
from simgate.harness.results.parts import make_part
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.printable import printable

_SUCCESS = Criterion(metric="success", op="equals", bound=True)
_MOST = 1_000_000
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of an import.

    Attributes:
        name: Of the pack that the run is shown as.
        policy: What was judged.
        at_least: Share of episodes that has to succeed.
        confidence: With which that is to be shown.
        severity: Of every scenario.
        success: What says success; empty where it is the tool's one key for it.
    """

    name: str
    policy: str
    at_least: float
    confidence: float
    severity: Severity
    success: str = ""


def write_import(
    folder: RunFolder, told: Sequence[Told], files: dict[str, str], asked: Asked, command: Sequence[str]
) -> None:
    """Writes manifest and journal of a run that another tool has made.

    Args:
        folder: Made anew, with all its parts.
        told: What the files tell, all of one tool.
        files: Name of each file -> SHA-256, hex, in the same order.
        asked: What the command line says.
        command: What the user typed.

    Raises:
        CannotImport: More episodes than a run can hold.
        OSError: It cannot be written.
    """
    rows = [(one, sha256) for of, sha256 in zip(told, files.values(), strict=True) for one in of.episodes]
    if len(rows) > _MOST:
        raise CannotImport(f"{len(rows):,} episodes are more than the {_MOST:,} of a run")
    ids = _ids(sorted({one.scenario for one, _ in rows}))
    source = _sha256("".join(files.values()))
    expected = list(_expected(rows, ids, told[0].tool, source, asked.severity))
    lines = [_record(one, row[0]).model_dump_json() for one, row in zip(expected, rows, strict=True)]
    # Where nobody knows how many episodes are missing, no share of them is small.
    invalid = 0.0 if any(of.is_cut_short for of in told) else 0.02
    pack = _pack(asked, ids, Counter(one.scenario for one, _ in rows), files, source, invalid)
    manifest = Manifest(
        run_id=folder.path.name,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        command=tuple(command),
        pack_name=asked.name,
        pack_path=", ".join(files),
        pack=pack.model_dump(mode="json"),
        expected=tuple(expected),
        imported=ImportedFrom(
            tool=told[0].tool, paired=any(one.pair for one, _ in rows), success=asked.success
        ),
        fingerprint=Fingerprint(
            adapter=f"imported from {told[0].tool}",
            adapter_version=", ".join(sorted({of.version for of in told if of.version})),
            policy=asked.policy,
            pack_sha256=source,
            parts=(make_part("pack", asked.name, files=files),),
        ),
    )
    write_atomic(folder.journal_path, "".join(f"{line}\n" for line in lines))
    write_atomic(folder.manifest_path, manifest.model_dump_json(indent=1) + "\n")


def _expected(
    rows: Sequence[tuple[Episode, str]], ids: Mapping[str, str], tool: str, source: str, severity: Severity
) -> Iterator[ExpectedVariant]:
    """The variant that each episode is, told apart and paired with others by what the files say of it."""
    repeats: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for number, (episode, sha256) in enumerate(rows):
        scenario = ids[episode.scenario]
        name = _free(f"{scenario}::{named(episode.name)}", names)
        # By the file's own name: two of them may come to one id.
        where = json.dumps([tool, episode.scenario, dict(episode.parameters), episode.pair], sort_keys=True)
        key = where if episode.pair else f"{sha256} {number}"
        own = f"{key} {json.dumps(episode.within)}" if episode.within else key
        repeats[own] += 1
        digest = _sha256(f"{own} {repeats[own]}")
        scene = _sha256(key)[:16] if episode.pair else ""
        yield ExpectedVariant(name, scenario, severity, digest, _sha256(f"{source} {digest}"), scene)


def _pack(
    asked: Asked,
    ids: dict[str, str],
    counts: Counter[str],
    files: dict[str, str],
    source: str,
    invalid: float,
) -> Pack:
    first = Path(next(iter(files))).absolute()
    scenarios = tuple(
        Scenario(
            id=of,
            title=printable(said)[:_LONGEST_REASON],
            severity=asked.severity,
            world="imported",
            imported=True,
            variants=VariantsSpec(count=counts[said]),
            accept=(_SUCCESS,),
        )
        for said, of in ids.items()
    )
    rate = GateRule(
        kind="pass_rate", severity=asked.severity, at_least=asked.at_least, confidence=asked.confidence
    )
    return Pack(
        path=str(first),
        name=asked.name,
        policy=asked.policy,
        sim=SimSpec(adapter="imported"),
        scenarios=scenarios,
        gate=(rate, GateRule(kind="invalid_or_error", at_most=invalid)),
        source_sha256=source,
        sources={
            Path(os.path.relpath(Path(file).absolute(), first.parent)).as_posix(): sha256
            for file, sha256 in files.items()
        },
    )


def _record(expected: ExpectedVariant, episode: Episode) -> RunRecord:
    reason = printable(episode.reason)[:_LONGEST_REASON]
    outcome: Outcome = Outcome.INVALID
    criteria: tuple[CriterionResult, ...] = ()
    if episode.failed_to_run:
        outcome = Outcome.ERROR
    elif episode.success is None:
        reason = reason or "the file does not say whether it succeeded"
    else:
        outcome = Outcome.PASS if episode.success else Outcome.FAIL
        criteria = (
            CriterionResult(
                metric="success", statement=_SUCCESS.statement, observed=episode.success, outcome=outcome
            ),
        )
        lost = f"{_SUCCESS.statement}: observed False"
        reason = "" if episode.success else f"{lost}; {reason}" if reason else lost
    return RunRecord(
        variant=expected.id,
        scenario=expected.scenario,
        severity=expected.severity,
        variant_digest=expected.digest,
        identity=expected.identity,
        outcome=outcome,
        reason=reason,
        criteria=criteria,
        metrics={**episode.metrics, "success": episode.success},
        parameters=dict(episode.parameters),
    )


def named(text: str) -> str:
    """A name of the file's as part of an id and of file names."""
    return (re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.") or "x")[:LONGEST_NAME]


def _ids(scenarios: Sequence[str]) -> dict[str, str]:
    """Each scenario of the files with an id of its own, the same wherever the same ones stand."""
    short = {text: named(text)[: LONGEST_NAME - 8] for text in scenarios}
    times = Counter(short.values())
    return {
        text: name if times[name] == 1 or name == text else f"{name}-{_sha256(text)[:7]}"
        for text, name in short.items()
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _free(name: str, taken: Counter[str]) -> str:
    """The name, with a number where it is taken already."""
    free = name
    while free in taken:
        taken[name] += 1
        free = f"{name}-{taken[name]}"
    taken[free] = 1
    return free
