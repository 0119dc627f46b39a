"""Which task a scenario sets: the one that it declares, code of its own, or the default."""

from __future__ import annotations

from pathlib import Path

from simgate.harness import registry
from simgate.harness.packs.checks.check_plugin import TASKS
from simgate.harness.packs.model import CodedTask, Scenario
from simgate.harness.tasks.declared import DeclaredTask
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.harness.tasks.task import Task


def task_of(scenario: Scenario, folder: Path) -> Task:
    """The task of a scenario.

    Args:
        scenario: Of a checked pack.
        folder: The pack's, where the path of a file begins.

    Raises:
        UnknownPlugin: It is not installed.
        BadReference: The file that is named cannot be used.
    """
    spec = scenario.task
    if spec is None:
        return REACH_OR_REPORT
    if isinstance(spec, CodedTask):
        task: Task = registry.load(TASKS, spec.code, folder)
        return task
    return DeclaredTask.of(scenario.id, spec)
