"""Runs a pack on MuJoCo and on other simulators, in turn, and compares the outcomes variant by variant.

    python -m tests.quality.simulators scenarios/office_doors --variants 23 --out DIR physx isaacsim

``isaacsim`` is the double of this repository unless ``--isaac-python`` names a real one. Runs lie in
``DIR/<adapter>``; one that was stopped (Ctrl-C, ``--minutes``) is continued by the same command, a finished one
is not run again. The tables go to ``DIR/agreement.md``.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.results.run_folder import RunFolder
from tests.integration.adapters import isaac_double
from tests.quality.agreement import Agreement, compare, table

REFERENCE = "mujoco"
LEAST = 0.95
"""Share of outcomes that must agree."""
_VERDICTS = (0, 1, 20)
_PATIENCE_S = 60.0


def run(
    pack: Path, adapter: str, folder: Path, variants: int, minutes: float, isaac_python: str | None = None
) -> RunFolder:
    """Runs a pack on one host, or goes on with the run that lies in ``folder``.

    Args:
        pack: The pack.
        adapter: Simulator.
        folder: Where its one run lies.
        variants: Of each scenario.
        minutes: Wall-clock minutes after which it is stopped; what has finished by then counts.
        isaac_python: Interpreter of a real Isaac Sim; None for the double.

    Raises:
        SystemExit: simgate did not come to a verdict.
    """
    begun = sorted(folder.glob("*/manifest.json"))
    typed = ["run", "--hosts", "1", "--quiet"]
    if begun:
        typed += ["--resume", str(begun[-1].parent)]
    else:
        typed += [str(pack), "--adapter", adapter, "--variants", str(variants), "--runs-dir", str(folder)]
    if isaac_python is not None:
        typed += ["--isaac-python", isaac_python]
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{adapter}: simgate {' '.join(typed)}", flush=True)
    with (folder / "output.txt").open("ab") as sink:
        command = [sys.executable, "-m", "harness.cli.main", *typed]
        process = subprocess.Popen(
            command, stdout=sink, stderr=sink, env=_environment(adapter, folder, isaac_python)
        )
        code = _wait(process, minutes)
    found = [RunFolder(path.parent) for path in sorted(folder.glob("*/manifest.json"))]
    ended_well = code is None or (code in _VERDICTS and found and found[-1].verdict_path.exists())
    if not found or not ended_well:
        raise SystemExit(f"{adapter}: exit code {code}, see {folder / 'output.txt'}")
    return found[-1]


def _wait(process: subprocess.Popen[bytes], minutes: float) -> int | None:
    """Exit code; None when the time was up, and the run was interrupted as a user would."""
    try:
        return process.wait(60.0 * minutes)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE_S)
        return None


def _environment(adapter: str, folder: Path, isaac_python: str | None) -> Mapping[str, str]:
    if adapter != "isaacsim" or isaac_python is not None:
        return os.environ
    return {**os.environ, **isaac_double.host_environment(folder)}


def agreement_of(reference: RunFolder, other: RunFolder) -> Agreement:
    """Compares two runs by their journals."""
    return compare(reference.records(), other.records())


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
        agreement = agreement_of(reference, other)
        worst = min(worst, agreement.share)
        texts.append(f"## {adapter}\n\n{table(agreement, REFERENCE, adapter)}")
        (out / "agreement.md").write_text("\n".join(texts))
    print("\n".join(texts))
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
