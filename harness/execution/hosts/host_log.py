"""What a host writes for people: on a full disk it is lost, and nothing else with it."""

from __future__ import annotations

import contextlib
import sys
import traceback


def log_traceback() -> None:
    """Writes the exception that is being handled to standard error, which is the host's log."""
    with contextlib.suppress(OSError):
        traceback.print_exc()
        sys.stderr.flush()
