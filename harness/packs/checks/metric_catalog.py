"""What a metric says of itself, and all that criteria can speak of: ``simgate.harness.scoring.metrics``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Record = Literal["actions", "labels", "bodies"]
"""What the policy told the robot; the class of each pixel; where the bodies are that a criterion names."""


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What a metric means; ``simgate metrics`` and the linter show it.

    Attributes:
        name: For example ``stop_distance_m``; ``<class>`` stands for a class of the model.
        unit: For example ``m``; empty for shares, bools and words.
        direction: Which way is better; ``none`` when neither is.
        low: Smallest possible value, None when there is none.
        high: Largest possible value, None when there is none.
        kind: Type of the value.
        meaning: One sentence.
        source: Where the definition or the number comes from.
        options: Options that a criterion on it may give.
        needs: What must be so for the metric to be defined, a word of its task's; empty for nothing.
        needs_class: Semantic class of which something must be there; empty for none.
        signals: Signals of the task that it is computed from; undefined where a task lacks one.
        facts: Facts of the task that it is computed from; likewise.
        moves: Whether it can only grow, or only fall, while an episode goes on; what a bound on it has lost
            then stays lost.
        silence: Its value where the policy reports nothing, for a word that the policy reports.
        measures: Quantities one of which a signal of the task must measure, the one of ``signals`` where it
            names one (:attr:`simgate.harness.trace.Signal.quantity`); empty for no such need.
        output: Kind of the model's outputs that it judges (``boxes``, ``masks``, ``depth``, ``poses``,
            ``keypoints``); empty for none.
        records: What the loop must record for it, which traces hold only where a criterion asks for it.
        touches: Whether it is about what the robot touches.
    """

    name: str
    unit: str
    direction: Literal["higher", "lower", "none"]
    low: float | None
    high: float | None
    kind: Literal["number", "count", "bool", "word"]
    meaning: str
    source: str
    options: tuple[str, ...] = ()
    needs: str = ""
    needs_class: str = ""
    signals: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    moves: Literal["", "up", "down"] = ""
    silence: str = ""
    measures: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    output: str = ""
    touches: bool = False


def lacking(info: MetricInfo, signals: Mapping[str, str], facts: Collection[str]) -> list[str]:
    """What a task does not have of what a metric is computed from, in words.

    Args:
        info: Of the metric.
        signals: Of the task, with what each measures.
        facts: Of the task.
    """
    without = [name for name in info.signals if name not in signals]
    without += [name for name in info.facts if name not in facts]
    asked = info.signals or tuple(signals)
    if info.measures and not without and not any(signals[name] in info.measures for name in asked):
        of = f"{asked[0]} as " if info.signals else ""
        without.append(f"{of}a signal of {' or '.join(info.measures)}")
    return without


@dataclass(frozen=True, slots=True)
class FormulaProblem:
    """What is wrong with a temporal-logic formula.

    Attributes:
        offset: Character of the formula at which it is wrong, from 0.
        length: Characters that are wrong.
        message: One sentence without a full stop.
        hint: What to do; may be empty.
    """

    offset: int
    length: int
    message: str
    hint: str = ""


class MetricCatalog(Protocol):
    """All that criteria can speak of; a module with these functions is one."""

    def find_metric(self, name: str) -> MetricInfo | None:
        """The metric of that name, or None."""

    def metric_names(self) -> Sequence[str]:
        """Known names, patterns such as ``detection.<class>.recall`` included."""

    def class_of(self, name: str) -> str:
        """The class of the model that a metric speaks of; empty for none, and for all of them."""

    def is_always_measured(self, name: str) -> bool:
        """Whether records hold a metric whatever the criteria ask."""

    def signal_quantities(self) -> Mapping[str, str]:
        """Signals of the task of scenarios that name none, with what each measures."""

    def check_formula(
        self, text: str, control_hz: int, signals: Sequence[str] | None = None
    ) -> Sequence[FormulaProblem]:
        """What is wrong with a temporal-logic formula over these signals; None for a driving robot's."""
