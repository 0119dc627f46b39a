"""What a command found out about one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.gate.verdict import Verdict
    from simgate.harness.results.run_folder import RunFolder


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
