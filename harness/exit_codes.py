"""What a process of simgate says with its exit code; the table for users is docs/exit-codes.md."""

from __future__ import annotations

import traceback
from enum import IntEnum

from simgate.sim_adapters.printable import printable


class ExitCode(IntEnum):
    """One meaning each. A process that a signal ends has 128 and the signal's number, as in a shell."""

    GO = 0
    """GO; for commands that judge nothing: done."""
    NO_GO = 1
    """NO-GO; for commands that check something else: the answer is no."""
    USAGE = 2
    """Wrong use, or input that cannot be used; the message says what to mend."""
    INCONCLUSIVE = 20
    """The evidence is sound and decides neither way."""
    INFRASTRUCTURE = 69
    """The machine failed: no worker could start, everything is ERROR, the disk is full (EX_UNAVAILABLE)."""
    CRASH = 70
    """A fault of simgate, or of a plugin in its process; a traceback says where (EX_SOFTWARE)."""


def exited(error: SystemExit) -> str:
    """What to mend where code of others exits, whose code would be taken for that of a verdict."""
    *_, last = traceback.extract_tb(error.__traceback__)
    where = f"{last.filename}:{last.lineno}"
    return printable(f"{where}: sys.exit({error.code!r}) would end simgate; raise an exception there")
