"""Plain pytest: one loop hands all variants to the engine and reports them as they finish."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.case import VariantCase
from simgate.harness.pytest_plugin.planning import plan_pack
from simgate.harness.pytest_plugin.runs import Runs, by_pack

if TYPE_CHECKING:
    from simgate.harness.execution.events import Event
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.results.record import RunRecord


class SingleProcess:
    """Plugin of a session that is not distributed.

    Args:
        runs: Filled with folders and records.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Runs ordinary tests, then all variants; leaves a session without variants to pytest."""
        option = session.config.option
        if (
            option.collectonly
            or option.setuponly
            or (session.testsfailed and not option.continue_on_collection_errors)
        ):
            return None
        variants = [item for item in session.items if isinstance(item, VariantCase)]
        if not variants:
            return None
        packs = by_pack(variants)
        plans = {path: self._plan(session.config, items, len(packs) > 1) for path, items in packs.items()}
        _run_ordinary(session, [item for item in session.items if not isinstance(item, VariantCase)])
        reporter = InCompletionOrder(session)
        for path, items in packs.items():
            self._run_pack(plans[path], items, reporter)
        reporter.finish()
        _raise_when_stopped(session)
        return True

    def _plan(self, config: pytest.Config, items: Sequence[VariantCase], several: bool) -> Plan:
        ids = [name for item in items for name in item.variant_ids]
        plan = plan_pack(config, items[0].pack, ids, several)
        self._runs.folders[items[0].path] = plan.folder.path
        return plan

    def _run_pack(self, plan: Plan, items: Sequence[VariantCase], reporter: InCompletionOrder) -> None:
        from simgate.harness.execution.engine import execute
        from simgate.harness.execution.events import HostLost, Retried, VariantFinished
        from simgate.harness.execution.stopping import AnyOf
        from simgate.harness.frontend.planning import stopping_rule
        from simgate.harness.frontend.spans import span_listeners
        from simgate.harness.frontend.user_errors import UserError, as_user_errors

        path = items[0].path
        waiting: dict[str, list[VariantCase]] = {}
        left = {item: len(item.variant_ids) for item in items}
        failing: set[VariantCase] = set()
        for item in items:
            for variant in item.variant_ids:
                waiting.setdefault(variant, []).append(item)

        def listen(event: Event) -> None:
            if isinstance(event, VariantFinished):
                self._runs.add(path, event.record)
                for item in waiting.pop(event.record.variant):
                    left[item] -= 1
                    if fails(event.record):
                        failing.add(item)
                    if not left[item]:
                        reporter.push(item, item in failing)
            elif isinstance(event, Retried):
                text = f"{event.what}: the machine failed and was tried again: {event.reason}"
                self._runs.lost_hosts.append(text)
            elif isinstance(event, HostLost):
                again = f"; run again: {', '.join(event.retried)}" if event.retried else ""
                self._runs.lost_hosts.append(f"host {event.host} was lost ({event.reason}){again}")

        until_decided = stopping_rule(plan)
        if not reporter.should_stop():
            rules = AnyOf([reporter, until_decided] if until_decided else [reporter])
            try:
                with as_user_errors(), span_listeners() as spans:
                    self._runs.problems[path] = execute(plan, [listen, *spans], rules)
            except UserError as error:  # a disk that is full, a folder that is gone
                self._runs.problems[path] = str(error)
        if waiting and (reason := reporter.should_stop()):
            self._runs.stopped = reason
            return
        if until_decided and (reason := until_decided.should_stop()):
            self._runs.not_needed[path] = reason
        for item in dict.fromkeys(chain.from_iterable(waiting.values())):
            reporter.push(item, fails=path not in self._runs.not_needed)


class InCompletionOrder:
    """Reports items as their records arrive, one item behind, so that pytest learns the right next item.

    It is also the engine's stopping rule: it says when pytest wants no more (``-x``, ``--maxfail``).

    Args:
        session: The session.
    """

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._held: VariantCase | None = None
        self._held_fails = False
        self._maxfail = int(session.config.getoption("maxfail") or 0)

    def push(self, item: VariantCase, fails: bool) -> None:
        """Takes an item whose record has arrived, and reports the one before.

        Args:
            item: The item.
            fails: Whether pytest will count it as failed.
        """
        self._report(item)
        self._held = item
        self._held_fails = fails

    def finish(self) -> None:
        """Reports the last item."""
        self._report(None)
        self._held = None

    def should_stop(self) -> str:
        """Why pytest wants no more variants; empty when it does."""
        asked = self._session.shouldfail or self._session.shouldstop
        if asked:
            return str(asked)
        if self._held_fails and 0 < self._maxfail <= self._session.testsfailed + 1:
            return f"stopping after {self._session.testsfailed + 1} failures"
        return ""

    def observe(self, record: RunRecord) -> None:
        """Nothing to learn here: the listener pushes the record's item."""

    def observe_attempt(self, record: RunRecord) -> None:
        """Nothing to learn."""

    def _report(self, following: VariantCase | None) -> None:
        if self._held is None or self._session.shouldfail or self._session.shouldstop:
            return
        self._held.config.hook.pytest_runtest_protocol(item=self._held, nextitem=following)
        self._held_fails = False


def fails(record: RunRecord) -> bool:
    """Whether pytest will count the variant as failed."""
    from simgate.harness.results.record import Outcome

    return record.outcome in (Outcome.FAIL, Outcome.INVALID, Outcome.ERROR)


def _run_ordinary(session: pytest.Session, items: Sequence[pytest.Item]) -> None:
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        _raise_when_stopped(session)


def _raise_when_stopped(session: pytest.Session) -> None:
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
