"""Processor time and memory of the commands that read a run, by its number of records.

``python -m tests.benchmarks.scale [--records 1000 10000]`` writes synthetic runs (``synthetic_run``), runs each
command in a process of its own and prints a table. Processor time does not depend on what else the machine
does as much as the clock does; memory is the most that the process ever had.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.synthetic_run import SyntheticPlan, write_run

REPOSITORY = Path(__file__).resolve().parents[2]
USUAL = (1_000, 10_000)
COMMANDS = {
    "gate": ("gate", "{run}"),
    "explain": ("explain", "{run}"),
    "junit": ("report", "{run}", "--format", "junit"),
    "report": ("report", "{run}"),
    "coverage": ("coverage", "{run}"),
    "compare": ("compare", "{older}", "{run}", "--replay", "0"),
    "evidence": ("evidence", "build", "{run}", "--out", "{run}/evidence.zip"),
}
VERDICTS = (0, 1, 20)
"""Exit codes of a command that has done its work."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took.

    Attributes:
        cpu_s: Processor time, its own and the system's, seconds.
        peak_mb: Most resident memory, MB.
    """

    cpu_s: float
    peak_mb: float


def spent_on(arguments: Sequence[str]) -> Spent:
    """Runs ``simgate`` with these arguments.

    Raises:
        RuntimeError: It has not done its work; the text is what it printed.
    """
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", "simgate.harness.cli.main", *arguments]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in VERDICTS:
            said.seek(0)
            raise RuntimeError(f"{' '.join(arguments)}: {said.read().decode(errors='replace')}")
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measured(folder: Path, records: int, commands: Sequence[str]) -> dict[str, Spent]:
    """Writes two runs of so many records and tries commands on the second.

    Args:
        folder: For the runs.
        records: Of each run.
        commands: Names from ``COMMANDS``.
    """
    run, older = folder / f"run-{records}", folder / f"older-{records}"
    write_run(run, SyntheticPlan(records, blindness=0.03, seed=2, model="reference_detector 3"))
    if "compare" in commands:
        write_run(older, SyntheticPlan(records))
    words = {"run": str(run), "older": str(older)}
    return {name: spent_on([word.format(**words) for word in COMMANDS[name]]) for name in commands}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, nargs="+", default=USUAL, help="sizes (default: 1000 10000)")
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--folder", type=Path, help="for the runs, 10 kB a record (default: a temporary one)")
    args = parser.parse_args()
    began = time.strftime("%Y-%m-%d")
    print(f"processor seconds / most memory in MB, {began}, Python {sys.version.split()[0]}")
    print(f"{'records':>9} " + "".join(f"{name:>16}" for name in args.commands))
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for records in args.records:
            found = measured(Path(name), records, args.commands)
            cells = (f"{one.cpu_s:.1f} / {one.peak_mb:.0f}" for one in found.values())
            print(f"{records:>9,} " + "".join(f"{cell:>16}" for cell in cells), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
