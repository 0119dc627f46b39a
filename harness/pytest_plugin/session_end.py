"""The end of a session: where the runs lie and, with ``--gate``, the verdict and its exit code."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.exit_codes import ExitCode
from simgate.harness.frontend.terminal.streams import SafeStream
from simgate.harness.pytest_plugin.collection import is_pack
from simgate.harness.pytest_plugin.failure_text import shown_path
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.runs import Runs
from simgate.sim_adapters.printable import printable, printable_lines

if TYPE_CHECKING:
    from simgate.harness.gate.verdict import Verdict

TABLE_WIDTH = 100
COLOURS = {"GO": "green", "NO-GO": "red", "INCONCLUSIVE": "yellow"}
_JUDGED = (
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.INTERRUPTED,
    pytest.ExitCode.NO_TESTS_COLLECTED,
)
"""The verdict's code replaces these; a broken collection and ``-x`` under xdist end as INTERRUPTED."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A run and what the gate says of it.

    Attributes:
        run_dir: Folder of the run.
        verdict: The verdict; None when the run could not be judged.
        problem: Why not; empty when it was judged.
        shard: What it has done, for a shard, which is judged with the others; empty for a whole run.
        reports: Files that were written.
        commands: Workflow commands for the log of a job on GitHub.
    """

    run_dir: Path
    verdict: Verdict | None
    problem: str = ""
    shard: str = ""
    reports: tuple[Path, ...] = ()
    commands: tuple[str, ...] = ()


class SessionEnd:
    """Plugin that ends a session; not for xdist workers.

    Args:
        config: The session's configuration.
        runs: Run folders of the session.
    """

    def __init__(self, config: pytest.Config, runs: Runs) -> None:
        self._cwd = config.invocation_params.dir
        self._rootpath = config.rootpath
        self._gate = Settings.of(config).gate
        self._shard = Settings.of(config).run.shard is not None
        self._runs = runs
        self._collection_errors: dict[str, None] = {}
        self._ordinary_failures: dict[str, None] = {}
        self._interrupted = False
        self._screen: SafeStream | None = None
        self._judged: list[Judged] = []
        self._blocks: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self, session: pytest.Session) -> Generator[None]:
        """Lets no terminal that is gone or full end the session with a code that a verdict has."""
        if self._gate:
            writer = session.config.get_terminal_writer()
            self._screen = SafeStream(writer._file, escapes=False)
            writer._file = self._screen
        yield

    def pytest_unconfigure(self) -> None:
        """Hands on what is left, while it can still be lost without harm."""
        if self._screen is not None:
            self._screen.flush()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remembers what could not be collected: it blocks a GO."""
        if report.failed:
            self._collection_errors[report.nodeid] = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remembers ordinary tests that failed; variants are the gate's business."""
        if report.failed and not self._is_variant(report):
            self._ordinary_failures[report.nodeid] = None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tells Ctrl-C and ``pytest.exit``, whose codes stay, from pytest's own ways to stop (``-x``)."""
        aborted = isinstance(excinfo.value, pytest.exit.Exception)
        self._interrupted = aborted or type(excinfo.value) is KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judges the runs and sets the exit code, when ``--gate`` was given."""
        if not self._gate:
            return
        self._judged = [judge(run_dir) for run_dir in self._runs.folders.values()]
        code = self._code()
        # Any other code (internal error, wrong use, Ctrl-C, pytest.exit) already says that something broke.
        keeps_its_code = self._interrupted or exitstatus not in _JUDGED
        if exitstatus == pytest.ExitCode.OK or not keeps_its_code:
            session.exitstatus = code

    def _code(self) -> int:
        from simgate.harness.gate.exit_code import exit_code
        from simgate.harness.gate.verdict import Decision

        if not self._judged and not self._shard:
            self._blocks.append("nothing was judged: no variant of any pack was selected and run")
        if self._collection_errors:
            self._blocks.append(f"not collected: {', '.join(self._collection_errors)}")
        if self._ordinary_failures:
            self._blocks.append(f"ordinary tests failed: {', '.join(self._ordinary_failures)}")
        more = [Decision.NO_GO] if self._ordinary_failures else []
        if self._shard and not any(one.verdict for one in self._judged):
            # What a shard has found is judged with the others; here it has run, or it has not.
            more += [Decision.GO]
        code = exit_code([one.verdict for one in self._judged if one.verdict], more)
        if code is ExitCode.NO_GO:
            return code
        if any(one.verdict is None and (one.problem or not one.shard) for one in self._judged):
            return ExitCode.INFRASTRUCTURE
        return ExitCode.USAGE if self._collection_errors else code

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the verdict, and always where the runs lie."""
        if not self._runs.folders and not self._gate:
            return
        terminalreporter.write_sep("=", "simgate")
        for line in self._runs.lost_hosts:
            terminalreporter.write_line(printable(line))
        if self._runs.stopped:
            terminalreporter.write_line(printable(f"stopped early: {self._runs.stopped}"))
        if not self._gate:
            for run_dir in self._runs.folders.values():
                terminalreporter.write_line(f"run folder: {shown_path(self._cwd, run_dir)}")
            return
        for one in self._judged:
            self._print(one, terminalreporter)
            for line in one.commands:
                terminalreporter.write_line(line)
        for text in self._blocks:
            terminalreporter.write_line(printable(f"blocks a GO: {text}"), red=True, bold=True)

    def _print(self, one: Judged, terminal: pytest.TerminalReporter) -> None:
        if one.verdict is None and one.shard:
            terminal.write_line(printable(one.shard))
            if one.problem:
                terminal.write_line(printable(one.problem), red=True)
        elif one.verdict is None:
            terminal.write_line(printable(f"INCONCLUSIVE: {one.problem}"), yellow=True, bold=True)
        else:
            from simgate.harness.gate.texts.table import verdict_table

            for line in verdict_table(one.verdict, TABLE_WIDTH).splitlines():
                terminal.write_line(printable(line))
            colour = COLOURS[one.verdict.decision.value]
            terminal.write_line(f"{one.verdict.pack}: {one.verdict.decision}", bold=True, **{colour: True})
            if one.problem:
                terminal.write_line(printable_lines(one.problem), red=True)
        for path in one.reports:
            terminal.write_line(f"report: {shown_path(self._cwd, path)}")
        terminal.write_line(f"run folder: {shown_path(self._cwd, one.run_dir)}")

    def _is_variant(self, report: pytest.TestReport) -> bool:
        return is_pack(self._rootpath / report.nodeid.partition("::")[0])


def judge(run_dir: Path) -> Judged:
    """Decides, writes ``verdict.json`` and every report; what cannot be read is a reason, not a crash."""
    from simgate.harness.frontend.ci.github import tell_github_safely
    from simgate.harness.frontend.conclusion import conclude, shard_words
    from simgate.harness.gate.decide import UndecidableRun
    from simgate.harness.gate.exit_code import machine_failed_shard
    from simgate.harness.results.journal import JournalDamaged
    from simgate.harness.results.run_folder import NotARun, RunFolder

    folder = RunFolder(run_dir)
    try:
        if (shard := folder.manifest().shard) is not None:
            failed = machine_failed_shard(folder.records())
            return Judged(
                run_dir, None, "every variant is ERROR" if failed else "", shard_words(folder, shard)
            )
        verdict, reports = conclude(folder)
    except (NotARun, JournalDamaged, UndecidableRun, OSError) as error:
        return Judged(run_dir, None, str(error))
    commands, problem = tell_github_safely(folder, verdict)
    problems = "\n".join((*reports.problems, *([problem] if problem else [])))
    return Judged(run_dir, verdict, problems, reports=reports.written, commands=commands)
