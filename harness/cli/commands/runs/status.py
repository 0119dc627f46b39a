"""``simgate status``: how far a run is, asked from anywhere that sees its folder."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from simgate.harness.frontend.run_addresses import run_dir

if TYPE_CHECKING:
    from simgate.harness.frontend.status import RunStatus

HELP = "tell how far a run is: progress, rate, time left, workers by node, what has failed"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "run_dir", type=run_dir, metavar="RUN", help="folder of a run, for example runs/latest"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0, whatever the run has found."""
    from simgate.harness.frontend.status import status_of
    from simgate.harness.frontend.terminal.streams import output_for_programs
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.results.run_folder import RunFolder
    from simgate.harness.text import ascii_json

    with as_user_errors():
        folder = RunFolder(args.run_dir)
        status = status_of(folder)
    if args.output == "json":
        with output_for_programs() as out:
            out.write(ascii_json(json.dumps(as_data(status), indent=2)) + "\n")
    else:
        print("\n".join(describe(folder.path.name, status)))
    return 0


def as_data(status: RunStatus) -> dict[str, object]:
    """The status for programs."""
    return {
        "expected": status.expected,
        "done": status.done,
        "outcomes": {outcome.value: count for outcome, count in status.counts.items()},
        "attempts_tried_again": status.attempts,
        "running": bool(status.runner),
        "workers": dict(status.workers),
        "variants_per_s": status.rate,
        "left_s": list(status.left_s) if status.left_s else None,
        "slowest": [{"variant": name, "wall_s": seconds} for seconds, name in status.slowest],
        "failures": [
            {"variant": one.variant, "outcome": one.outcome.value, "reason": one.reason, "node": one.node}
            for one in status.failures
        ],
    }


def describe(name: str, status: RunStatus) -> list[str]:
    """What the command prints."""
    from simgate.harness.cli.progress import SHOWN, outcome_line
    from simgate.harness.results.record import Outcome
    from simgate.harness.text import plural
    from simgate.sim_adapters.printable import printable

    share = 100.0 * status.done / status.expected if status.expected else 100.0
    state = f"run by {status.runner}" if status.runner else "finished"
    if not status.runner and status.done < status.expected:
        state = "nobody runs it: go on with simgate run --resume"
    known = status.counts.get(Outcome.KNOWN, 0)
    counts = [f"{status.counts.get(outcome, 0)} {outcome.value.lower()}" for outcome in SHOWN]
    lines = [
        printable(f"{name}: {status.done} of {status.expected} ({share:.0f} %), {state}"),
        f"  {', '.join(counts)}{f', {known} known' if known else ''}"
        + (f"; {plural(status.attempts, 'attempt')} tried again" if status.attempts else ""),
    ]
    if status.runner and status.left_s is not None:
        least, likely, most = map(_time, status.left_s)
        lines.append(f"  {status.rate:.2f} variants/s; {likely} left, {least} to {most} in nine of ten cases")
    for node, count in status.workers.items():
        lines.append(printable(f"  {plural(count, 'worker')} on {node or 'the machine that began the run'}"))
    if status.slowest:
        slowest = ", ".join(f"{variant} {seconds:.1f} s" for seconds, variant in status.slowest)
        lines.append(printable(f"  slowest: {slowest}"))
    lines += [f"  {outcome_line(record)}" for record in status.failures]
    wrong = sum(status.counts.get(outcome, 0) for outcome in (Outcome.FAIL, Outcome.INVALID, Outcome.ERROR))
    if wrong > len(status.failures):
        lines.append(f"  and {wrong - len(status.failures)} more")
    return lines


def _time(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"
