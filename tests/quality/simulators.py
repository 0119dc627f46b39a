"""Runs a pack on MuJoCo and on other simulators, in turn, and compares the outcomes variant by variant.

    python -m tests.quality.simulators scenarios/office_doors physx isaacsim --variants 23 --out DIR

``isaacsim`` is the double of this repository unless ``--isaac-python`` names a real one. Every scenario is a run
of its own, in ``DIR/<adapter>/<scenario>``, so that a limit of time leaves none of them out. What was stopped
(Ctrl-C, ``--minutes``) is continued by the same command, what is finished is not run again. The tables go to
``DIR/agreement.md``.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from simgate.harness.frontend.packs import load_checked
from simgate.harness.results.latest import run_dirs
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.integration.adapters import isaac_double
from tests.quality.agreement import compare, table

REFERENCE = "mujoco"
LEAST = 0.95
"""Share of outcomes that must agree."""
_VERDICTS = (0, 1, 20)
_PATIENCE_S = 60.0


def run_scenario(
    pack: Path, scenario: str, adapter: str, folder: Path, variants: int, seconds: float, python: str | None
) -> RunFolder | None:
    """Runs one scenario on one host, or goes on with the run that lies in ``folder``.

    Args:
        pack: The pack.
        scenario: Its id.
        adapter: Simulator.
        folder: Where its one run lies.
        variants: How many of its first.
        seconds: Wall-clock time after which it is stopped; what has finished by then counts.
        python: Interpreter of a real Isaac Sim; None for the double.

    Returns:
        The run; None when the time was up before it had begun.

    Raises:
        SystemExit: simgate did not come to a verdict.
    """
    begun = run_dirs(folder)
    typed = ["run", "--workers", "1", "--quiet"]
    if begun:
        typed += ["--resume", str(begun[-1])]
    else:
        typed += [str(pack), "--scenario", scenario, "--variants", str(variants)]
        typed += ["--adapter", adapter, "--runs-dir", str(folder)]
    if python is not None:
        typed += ["--isaac-python", python]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output.txt").open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "simgate.harness.cli.main", *typed],
            stdout=sink,
            stderr=sink,
            env=_environment(adapter, folder, python),
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - this program has one thread
        )
        code = _wait(process, seconds)
    found = [RunFolder(run) for run in run_dirs(folder)]
    judged = code in _VERDICTS and bool(found) and found[-1].verdict_path.exists()
    if code is not None and not judged:
        raise SystemExit(f"{adapter}: exit code {code}, see {folder / 'output.txt'}")
    return found[-1] if found else None


def _heed_interrupts() -> None:
    """A shell that puts this program into the background makes it, and its children, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Exit code; None when the time was up, and the run was interrupted as a user would."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE_S)
        return None


def _environment(adapter: str, folder: Path, python: str | None) -> Mapping[str, str]:
    if adapter != "isaacsim" or python is not None:
        return os.environ
    return {**os.environ, **isaac_double.host_environment(folder)}


def run(
    pack: Path, adapter: str, folder: Path, variants: int, minutes: float, python: str | None = None
) -> list[RunRecord]:
    """The records of a pack on one simulator; scenarios share the time that is left evenly."""
    scenarios = [scenario.id for scenario in load_checked(pack).scenarios]
    end = time.monotonic() + 60.0 * minutes
    records: list[RunRecord] = []
    for number, scenario in enumerate(scenarios):
        seconds = max(1.0, (end - time.monotonic()) / (len(scenarios) - number))
        began = time.monotonic()
        ran = run_scenario(pack, scenario, adapter, folder / scenario, variants, seconds, python)
        new = ran.records() if ran is not None else []
        records += new
        print(f"{adapter} {scenario}: {len(new)} variants, {time.monotonic() - began:.0f} s", flush=True)
    return records


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs and compares; 1 when a simulator agrees in less than 95 % of the variants."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality.simulators")
    parser.add_argument("pack", type=Path)
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER", help="physx, isaacsim")
    parser.add_argument("--variants", type=int, default=23, help="of each scenario (default: 23)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--minutes", type=float, default=25.0, help="for each simulator (default: 25)")
    parser.add_argument(
        "--isaac-python", metavar="P", help="python.sh of a real Isaac Sim (default: the double)"
    )
    args = parser.parse_args(arguments)
    if "isaacsim" in args.adapters and args.isaac_python is None and isaac_double.missing():
        parser.error(isaac_double.missing())
    out = args.out.resolve()
    reference = run(args.pack, REFERENCE, out / REFERENCE, args.variants, args.minutes)
    texts, worst = [], 1.0
    for adapter in args.adapters:
        python = args.isaac_python if adapter == "isaacsim" else None
        other = run(args.pack, adapter, out / adapter, args.variants, args.minutes, python)
        agreement = compare(reference, other)
        worst = min(worst, agreement.share)
        texts.append(f"## {adapter}\n\n{table(agreement, REFERENCE, adapter)}")
        (out / "agreement.md").write_text("\n".join(texts))
    print("\n".join(texts))
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
