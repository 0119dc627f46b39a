"""What the linter must know about metrics; ``simgate.harness.scoring.metrics`` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
        """What must be so for the metric to be defined: ``barrier`` or ``open_way``; empty for nothing."""

    @property
    def needs_class(self) -> str:
        """Semantic class of which something must be there; empty for none."""

    @property
    def signals(self) -> Sequence[str]:
        """Signals of the task that it is computed from."""

    @property
    def facts(self) -> Sequence[str]:
        """Facts of the task that it is computed from."""


def lacking(info: MetricInfo, signals: Collection[str], facts: Collection[str]) -> list[str]:
    """What a task with these signals and facts does not have of what a metric is computed from."""
    without = [name for name in info.signals if name not in signals]
    return without + [name for name in info.facts if name not in facts]


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

    def silence_of(self, name: str) -> str:
        """The value of a metric that is the policy's report when it reports nothing; empty for others."""

    def is_always_measured(self, name: str) -> bool:
        """Whether records hold a metric whatever the criteria ask."""

    def signal_names(self) -> Sequence[str]:
        """Signals of a driving robot's task."""

    def check_formula(
        self, text: str, control_hz: int, signals: Sequence[str] | None = None
    ) -> Sequence[FormulaProblem]:
        """What is wrong with a temporal-logic formula over these signals (:meth:`signal_names`)."""
