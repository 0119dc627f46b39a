"""``--output json``: what a command that judges found, as one JSON document for programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from simgate.harness.gate.verdict import Decision, Verdict

if TYPE_CHECKING:
    from simgate.harness.results.run_folder import RunFolder


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


@dataclass(frozen=True)
class Concluded:
    """What a command found out about one run.

    Attributes:
        folder: Of the run.
        verdict: None for a shard.
        written: Reports.
        problems: Reports that were not written, and why the run ended early.
    """

    folder: RunFolder
    verdict: Verdict | None
    written: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def add_output(parser: argparse.ArgumentParser) -> None:
    """Adds the option ``--output``."""
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="json: verdicts and paths as one document on standard output, all else on standard error",
    )


def with_output(kind: str, command: Callable[[], tuple[int, Sequence[Concluded]]]) -> int:
    """Runs a command and prints its document where it is asked for.

    Args:
        kind: Value of ``--output``.
        command: Gives the exit code and what was found; what it prints goes to standard error for ``json``.

    Returns:
        The exit code.
    """
    if kind != "json":
        return command()[0]
    with redirect_stdout(sys.stderr):
        code, outcomes = command()
    from simgate.harness.frontend.streams import output_for_programs
    from simgate.harness.text import ascii_json

    text = document(code, outcomes).model_dump_json(indent=2) + "\n"
    with output_for_programs() as out:
        out.write(ascii_json(text))
    return code


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
