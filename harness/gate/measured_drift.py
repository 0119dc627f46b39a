"""How far a run is from another one, as ``simgate drift`` has written it: that alone never makes a GO."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.sim_adapters.files.plain_file import read_plain

PLACE = Path("drift") / "drift.json"
"""Where it lies in a run's folder."""
MOST_BYTES = 1 << 22


class NoDrift(Exception):  # noqa: N818 - the name says what is wrong
    """Nothing that counts was measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What was measured.

    Attributes:
        effect: Energy coefficient, 0 (alike) to 1; not finite where nothing could be told.
        against: The other side, in words.
        path: Of the other side; empty where nobody has said it.
    """

    effect: float
    against: str
    path: str = ""

    def is_against(self, wanted: str) -> bool:
        """Whether the other side's path ends so."""
        parts, there = PurePath(wanted).parts, PurePath(self.path).parts
        return bool(parts) and there[-len(parts) :] == parts


def read_drift(path: Path, run_id: str, judged: Collection[str]) -> Drift:
    """What a file says of a run.

    Args:
        path: As ``simgate drift`` has written it.
        run_id: Of the run.
        judged: SHA-256 of each model that it judged, hex.

    Raises:
        NoDrift: There is no such file, it is damaged, or of another run or model.
    """
    try:
        said: Any = json.loads(read_plain(path, MOST_BYTES))
        effect, against = float(said["effect"]), f"{said.get('against', '?')!s:.100}"
        if said.get("tensor"):
            against += f" by tensor {said['tensor']!s:.100}"
        place = f"{said.get('against_path', '')!s}"
        sides, models = list(said.get("run_ids", ())), set(said.get("models", ()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise NoDrift("drift was not measured") from None
    if run_id not in sides or not models.issuperset(judged):
        what = "that of this run" if run_id not in sides else "as the candidate sees it"
        raise NoDrift(f"the drift in {path.name} is not {what}")
    return Drift(effect, against, place)


def with_drift(
    gate: Iterable[GateRule], rules: Iterable[RuleVerdict], folder: Path, run_id: str, judged: Collection[str]
) -> tuple[RuleVerdict, ...]:
    """The rules, those on drift decided by what was measured.

    Args:
        gate: Every rule.
        rules: What each says.
        folder: The run's.
        run_id: Its id.
        judged: SHA-256 of each model that it judged, hex.
    """
    return tuple(
        _decided(rule, verdict, folder, run_id, judged) if rule.kind == "drift" else verdict
        for rule, verdict in zip(gate, rules, strict=True)
    )


def _decided(
    rule: GateRule, verdict: RuleVerdict, folder: Path, run_id: str, judged: Collection[str]
) -> RuleVerdict:
    again = f"simgate drift RUN --against {rule.against or 'OTHER'} measures it, then simgate gate RUN"
    try:
        found = read_drift(folder / PLACE, run_id, judged)
    except NoDrift as error:
        return verdict.model_copy(update={"reason": str(error), "would_change": again})
    if rule.against and not found.is_against(rule.against):
        reason = f"drift was measured against {found.against}, and {rule.against} is asked for"
        return verdict.model_copy(update={"reason": reason, "would_change": again})
    most = rule.at_most if rule.at_most is not None else 0.0
    near = math.isfinite(found.effect) and found.effect <= most
    said = f"drift {found.effect:.3f} against {found.against}, {most:g} is allowed"
    # What the run does not cover says nothing against the model.
    return verdict.model_copy(
        update={
            "decision": Decision.GO if near else Decision.INCONCLUSIVE,
            "reason": said,
            "would_change": "" if near else "variants that look as the other side does",
            "estimate": found.effect if math.isfinite(found.effect) else None,
            "bound": most,
        }
    )
