"""The task of a driving robot: reach the goal, or stop before what closes the way and say what it is."""

from simgate.harness.tasks.reach_or_report.signals import SIGNALS
from simgate.harness.tasks.reach_or_report.task import REACH_OR_REPORT

__all__ = ["REACH_OR_REPORT", "SIGNALS"]
