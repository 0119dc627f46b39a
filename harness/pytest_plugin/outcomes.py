"""Turns a record into pytest's words: pass, fail, error or skip, and plain values for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simgate.harness.pytest_plugin.failure_text import failure_text, headline
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from simgate.harness.pytest_plugin.case import VariantCase
    from simgate.harness.results.record import RunRecord


PROPERTY = "simgate_"
"""What the names of a variant's properties begin with."""


class NotPassed(Exception):  # noqa: N818 - says what happened
    """A variant did not pass; the text is for a QA engineer and is shown without traceback.

    Args:
        headline: One line, for pytest's short summary.
        text: Everything, for the failure section.
    """

    def __init__(self, headline: str, text: str) -> None:
        super().__init__(text)
        self.headline = headline


class CriterionNotMet(NotPassed):
    """FAIL: the evidence is valid, and a criterion is not met."""


class NoEvidence(NotPassed):
    """INVALID, ERROR, or no record at all: nothing can be said about the robot."""


def raise_before_call(item: VariantCase) -> None:
    """Raises in the setup phase what pytest must show as an error or a skip.

    Raises:
        NoEvidence: INVALID or ERROR.
        pytest.skip.Exception: KNOWN.
    """
    from simgate.harness.results.record import Outcome

    record = item.record
    if record.outcome in (Outcome.INVALID, Outcome.ERROR):
        raise NoEvidence(headline(record), failure_text(item))
    if record.outcome is Outcome.KNOWN:
        pytest.skip(printable(f"known issue {record.known_issue}: {record.reason}"))


def raise_in_call(item: VariantCase) -> None:
    """Raises in the call phase what pytest must show as a failure.

    Raises:
        CriterionNotMet: FAIL.
    """
    from simgate.harness.results.record import Outcome

    if item.record.outcome is Outcome.FAIL:
        raise CriterionNotMet(headline(item.record), failure_text(item))


def represent(item: VariantCase, excinfo: pytest.ExceptionInfo[BaseException]) -> Any | None:
    """The longrepr of a variant that did not pass, or None for any other exception.

    It keeps a crash line (the scenario's place in the pack), which pytest's short summary, ``--tb=line`` and
    xdist's serialization rely on.
    """
    if not isinstance(excinfo.value, NotPassed):
        return None
    shown = excinfo.getrepr(style="value")
    if shown.reprcrash is not None:
        path, line, _ = item.reportinfo()
        shown.reprcrash.path = str(path)
        shown.reprcrash.lineno = (line or 0) + 1
        shown.reprcrash.message = excinfo.value.headline
    return shown


def finish_report(item: VariantCase, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Gives a report the variant's own duration, and in the setup phase its text."""
    if call.when == "teardown":
        return
    if call.excinfo is not None:
        if report.skipped:
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), (line or 0) + 1, str(call.excinfo.value))
        else:
            report.longrepr = represent(item, call.excinfo) or report.longrepr
    if item.wall_s is not None:
        ended_here = call.when == "call" or call.excinfo is not None
        report.duration = item.wall_s if ended_here else 0.0


def set_properties(item: VariantCase, properties: list[tuple[str, object]]) -> None:
    """Gives an item properties of ours, in the place of what an earlier setup has left.

    Plugins that rerun tests set them up again.
    """
    others = [(name, value) for name, value in item.user_properties if not name.startswith(PROPERTY)]
    item.user_properties[:] = [*others, *properties]


def report_properties(record: RunRecord, run_dir: Path) -> list[tuple[str, object]]:
    """Properties of a report; plain types only, for they cross process borders."""
    properties: dict[str, object] = {
        "simgate_outcome": str(record.outcome),
        "simgate_severity": str(record.severity),
        "simgate_run": str(run_dir),
        "simgate_variant_digest": str(record.variant_digest),
        "simgate_trace_digest": str(record.trace_digest),
        "simgate_sim_s": float(record.sim_s),
        "simgate_end": str(record.end),
        "simgate_attempts": int(record.attempts),
    }
    if record.reason:
        properties["simgate_reason"] = str(record.reason)
    return list(properties.items())
