"""Where the ``simgate`` command begins: Ctrl-C while it still imports is no traceback."""

from __future__ import annotations

import sys


def start() -> int:
    """Runs the command line; returns the exit code (docs/exit-codes.md)."""
    try:
        from simgate.harness.cli.main import main

        return main()
    except KeyboardInterrupt:
        # Not a single import before: each would be a moment without this handler.
        print("interrupted (SIGINT)", file=sys.stderr)
        return 128 + 2
