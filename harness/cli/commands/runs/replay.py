"""``simgate replay``: one variant of an old run again, and whether it went the same way."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.trust import add_trust
from simgate.harness.cli.options.workers import add_workers

if TYPE_CHECKING:
    from simgate.harness.execution.planning.replay import Replay

HELP = "run one variant of a run again and compare it, bit for bit"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument("variant", metavar="VARIANT", help="for example glass_door_closed::v0007")
    text = "0 runs in this process, for a debugger (default: 1)"
    add_workers(parser, text, choices=(0, 1), default=1, metavar=None)
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0 when the trace is the same, 1 when it differs."""
    from simgate.harness.execution.planning.replay import replay
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.results.run_folder import RunFolder

    with as_user_errors():
        result = replay(args.run_dir, args.variant, hosts=args.workers)
    print("\n".join(describe(result)))
    for damage in RunFolder(args.run_dir).damaged_hosts():
        print(damage, file=sys.stderr)
    return 0 if result.same else 1


def describe(result: Replay) -> list[str]:
    """What the command prints."""
    before, now = result.before, result.now
    lines = [f"{now.variant}: " + ("same trace, bit for bit" if result.same else "DIFFERENT from the run")]
    for title, record in (("run", before), ("replay", now)):
        digest = record.trace_digest[:16] or "no trace"
        reason = f"  {record.reason}" if record.reason else ""
        lines.append(f"  {title:<7} {record.outcome.value:<8} {digest}{reason}")
    lines += [f"  since the run: {change}" for change in result.changes]
    if not result.same and not result.changes:
        lines.append("  nothing that is known to matter has changed since the run")
    lines += [f"  {name}: {result.folder.path / path}" for name, path in now.artifacts.items()]
    lines += [f"  {note}" for note in now.notes]
    return lines
