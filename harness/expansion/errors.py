"""What can keep a sound pack from being expanded."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.packs.model import Pack, Scenario
from simgate.policies.documents.diagnostics import shown_path
from simgate.sim_adapters.printable import printable


class ExpansionError(Exception):
    """Conditions or placement leave nothing; the text says which and what to do.

    Attributes:
        message: What leaves nothing, without the scenario.
        hint: What to do.
    """

    def __init__(self, pack: Pack, scenario: Scenario, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        place = f"{shown_path(Path(pack.path))}:{scenario.line}"
        first = printable(f"{place}: error: scenario '{scenario.id}': {message}")
        super().__init__(f"{first}\n  {printable(hint)}")
