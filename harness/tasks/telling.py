"""What a person is told of an episode beside what can be told of any: the default task has its own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simgate.harness import registry
from simgate.harness.packs.checks.check_plugin import TASKS
from simgate.harness.packs.model import DEFAULT_TASK
from simgate.harness.trace import Trace


@dataclass(frozen=True, slots=True)
class Telling:
    """Parts of sentences.

    Attributes:
        signals: That a trace needs to be told so; without one of them it is told as that of any task.
        facts: Likewise.
        start: The first sentence, of a trace.
        moment: How the robot is at a physics step, for example ``at 0.80 m/s``.
        touch: How it is when it touches something at a physics step.
        left: What is left to do at the end.
    """

    signals: frozenset[str]
    facts: frozenset[str]
    start: Callable[[Trace], str]
    moment: Callable[[Trace, int], str]
    touch: Callable[[Trace, int], str]
    left: Callable[[Trace], str]


def telling_of(trace: Trace) -> Telling | None:
    """How the task of scenarios that name none tells a trace; None for a trace of any other."""
    found: Telling = registry.load(TASKS, DEFAULT_TASK).telling
    is_told = trace.signals.keys() >= found.signals and trace.facts.keys() >= found.facts
    return found if is_told else None
