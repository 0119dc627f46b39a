"""The end of a run: the verdict, then the reports. No reporter can take the verdict with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.gate.verdict import Verdict
    from simgate.harness.results.manifest import Shard
    from simgate.harness.results.run_folder import RunFolder

REPORTERS = "simgate.reporters"


@dataclass(frozen=True, slots=True)
class Reports:
    """What the reporters have done.

    Attributes:
        written: Files, in the order of the reporters' names.
        problems: One line for each reporter that failed: its name and the cause.
    """

    written: tuple[Path, ...]
    problems: tuple[str, ...]


def conclude(folder: RunFolder) -> tuple[Verdict, Reports]:
    """Decides a run, writes ``verdict.json`` and then the report of every installed reporter.

    Raises:
        NotARun, JournalDamaged, UndecidableRun: There is nothing that could be decided.
        OSError: The verdict cannot be written.
    """
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.registry import names

    verdict = write_verdict(folder)
    return verdict, write_reports(folder, names(REPORTERS))


def shard_words(folder: RunFolder, shard: Shard) -> str:
    """What a shard has done; it is judged with the others."""
    from collections import Counter

    records = folder.records()
    counts = Counter(record.outcome.value for record in records)
    seen = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "none"
    expected = len(folder.manifest().expected)
    return (
        f"shard {shard.number}/{shard.of}: {len(records)} of {expected} variants have run ({seen}), "
        f"of {sum(shard.sizes)} in all shards; judge them together: simgate merge RUN RUN ..."
    )


def write_reports(folder: RunFolder, reporters: Iterable[str]) -> Reports:
    """Writes the reports of a run that has its verdict; a reporter that fails keeps no other from its turn.

    Args:
        folder: The run's folder.
        reporters: Their names; the path of a file begins in the current folder.
    """
    from simgate.harness.registry import load
    from simgate.sim_adapters.files.code_file import is_reference

    written: list[Path] = []
    problems: list[str] = []
    for name in reporters:
        try:
            here = Path.cwd() if is_reference(name) else None
            written.append(load(REPORTERS, name, here)(folder))
        except (Exception, SystemExit) as error:
            cause = " ".join(str(error).split()) or "it gives no reason"
            problems.append(f"the {name} report was not written: {type(error).__name__}: {cause}")
    return Reports(tuple(written), tuple(problems))
