"""What the linter must know about metrics; ``simgate.harness.scoring.metrics`` provides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class MetricInfo(Protocol):
    """One metric."""

    @property
    def name(self) -> str:
        """Full name."""

    @property
    def unit(self) -> str:
        """Unit; empty for none."""

    @property
    def direction(self) -> str:
        """Which way is better: ``higher``, ``lower`` or ``none``."""

    @property
    def low(self) -> float | None:
        """Smallest possible value; None for no limit."""

    @property
    def high(self) -> float | None:
        """Largest possible value; None for no limit."""

    @property
    def kind(self) -> str:
        """``number``, ``count``, ``bool`` or ``word``."""

    @property
    def meaning(self) -> str:
        """One sentence."""

    @property
    def options(self) -> Sequence[str]:
        """Options that a criterion on it may give."""

    @property
    def needs(self) -> str:
        """What must be so for the metric to be defined, a word of its task's; empty for nothing."""

    @property
    def needs_class(self) -> str:
        """Semantic class of which something must be there; empty for none."""

    @property
    def signals(self) -> Sequence[str]:
        """Signals of the task that it is computed from."""

    @property
    def facts(self) -> Sequence[str]:
        """Facts of the task that it is computed from."""

    @property
    def silence(self) -> str:
        """Its value where the policy reports nothing; empty for what the policy does not report."""

    @property
    def records(self) -> Sequence[str]:
        """What must be true of pictures and actions for it: ``actions``, ``labels``, ``bodies``."""

    @property
    def output(self) -> str:
        """Kind of the model's outputs that it judges: ``boxes``, ``masks``, ...; empty for none."""

    @property
    def measures(self) -> Sequence[str]:
        """Quantities one of which a signal of the task must measure: of ``signals``, or else any."""


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
