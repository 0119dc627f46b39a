"""The first run of a pack: there is nothing yet that a rule against a baseline could hold it against.

``simgate baseline set`` declares it, and leaves ``<run>/first_baseline.json`` in the run's folder, so that
the verdict can be derived again wherever the run is taken. Such rules then wait: they decide nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.packs.model import AGAINST_BASELINE, GateRule
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.damage import damage
from simgate.harness.results.journal import is_a_file
from simgate.harness.results.record import ResultModel
from simgate.harness.results.run_folder import NotARun, RunFolder

FILE = "first_baseline.json"


class FirstBaseline(ResultModel):
    """Under which name a run was declared the first baseline of its pack, and when."""

    name: str
    set_utc: str


def declare_first(folder: RunFolder, name: str) -> FirstBaseline:
    """Declares a run the first baseline of its pack.

    Raises:
        OSError: The file cannot be written.
    """
    declared = FirstBaseline(name=name, set_utc=datetime.now(UTC).isoformat(timespec="seconds"))
    write_atomic(folder.path / FILE, declared.model_dump_json(indent=2) + "\n")
    return declared


def kept_first(folder: RunFolder) -> FirstBaseline | None:
    """What was declared of a run; None for nothing.

    Raises:
        NotARun: The file is damaged.
    """
    path = folder.path / FILE
    try:
        if not is_a_file(path):
            return None
        return FirstBaseline.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise NotARun(f"{path} cannot be read: {damage(error)}; delete it, or name the run again") from None


def waiting(
    gate: Iterable[GateRule], rules: Iterable[RuleVerdict], first: FirstBaseline
) -> tuple[RuleVerdict, ...]:
    """The rules, those waiting that hold a run against a baseline.

    Args:
        gate: Every rule.
        rules: What each says.
        first: The run's declaration.
    """
    change = {
        "decision": Decision.INCONCLUSIVE,
        "waits": True,
        "reason": f"waits: this run is the pack's first baseline ('{first.name}', declared {first.set_utc}), "
        "there is nothing to hold it against",
        "would_change": f"the next run is held against it: simgate run PACK --baseline {first.name}",
    }
    return tuple(
        verdict.model_copy(update=change) if rule.kind in AGAINST_BASELINE else verdict
        for rule, verdict in zip(gate, rules, strict=True)
    )
