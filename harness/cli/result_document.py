"""What a command that judges found, as one JSON document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from simgate.harness.gate.verdict import Decision, Verdict

if TYPE_CHECKING:
    from simgate.harness.cli.concluded import Concluded


class JudgedRun(BaseModel):
    """A run of one pack, with its verdict; paths are as the command was given them."""

    model_config = ConfigDict(frozen=True)

    pack: str
    run_id: str
    run: str
    """Folder of the run."""
    judged: bool
    """False for a shard, which ``simgate merge`` judges with the others; ``verdict`` is then null."""
    verdict: Verdict | None
    """As in ``verdict.json``."""
    files: dict[str, str]
    """What was written: ``manifest``, ``journal``, ``verdict``, and each report by its file's stem."""
    problems: tuple[str, ...] = ()
    """Reports that were not written, and why the run ended before its plan did."""


class ResultDocument(BaseModel):
    """The document; ``simgate schema --of result`` prints its schema."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    exit_code: int
    """Of the command, as in docs/exit-codes.md."""
    decision: Decision | None
    """Of all runs together; null when there is none that was judged."""
    runs: tuple[JudgedRun, ...]


def document(code: int, outcomes: Sequence[Concluded]) -> ResultDocument:
    """The document of these runs."""
    from simgate.harness.gate.decide import combine

    verdicts = [one.verdict for one in outcomes if one.verdict is not None]
    return ResultDocument(
        exit_code=code,
        decision=combine(verdict.decision for verdict in verdicts) if verdicts else None,
        runs=tuple(map(_judged, outcomes)),
    )


def _judged(one: Concluded) -> JudgedRun:
    folder = one.folder
    files = {"manifest": folder.manifest_path, "journal": folder.journal_path}
    if one.verdict is not None:
        files |= {"verdict": folder.verdict_path, **{path.stem: path for path in one.written}}
    manifest = folder.manifest()
    return JudgedRun(
        pack=manifest.pack_name,
        run_id=manifest.run_id,
        run=str(folder.path),
        judged=one.verdict is not None,
        verdict=one.verdict,
        files={name: str(path) for name, path in files.items()},
        problems=one.problems,
    )
