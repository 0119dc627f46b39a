"""Which task a scenario sets."""

from __future__ import annotations

from simgate.harness.packs.model import Scenario
from simgate.harness.tasks.declared import DeclaredTask
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.harness.tasks.task import Task


def task_of(scenario: Scenario) -> Task:
    """The task that a scenario declares, or that of scenarios which name none."""
    return REACH_OR_REPORT if scenario.task is None else DeclaredTask.of(scenario.id, scenario.task)
