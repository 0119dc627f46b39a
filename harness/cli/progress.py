"""What the user sees while variants run: a bar on a terminal, plain lines elsewhere, errors when quiet."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from simgate.harness.execution.events import (
    Event,
    HostLost,
    Listener,
    Retried,
    RunStarted,
    VariantFinished,
)
from simgate.harness.frontend.terminal.streams import console_on
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.text import plural
from simgate.sim_adapters.printable import printable, printable_lines

SHARE_OF_A_LINE = 0.1
"""Plain output says how far it is after every such share of the variants."""
SHOWN = (Outcome.PASS, Outcome.FAIL, Outcome.INVALID, Outcome.ERROR)
STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.KNOWN: "dim"}
"""Styles of the outcome words on a terminal; the others are yellow."""


@contextmanager
def progress_listener(quiet: bool, stream: TextIO | None = None) -> Iterator[Listener]:
    """A listener that shows a run while it goes on.

    Args:
        quiet: Show only what went wrong with the run itself: ERROR records and lost hosts.
        stream: Where to; standard error when not given, so that standard output stays clean.
    """
    out = sys.stderr if stream is None else stream
    if quiet:
        yield ErrorLines(out)
    elif out.isatty():
        with _bar(out) as bar:
            yield bar
    else:
        yield PlainLines(out)


class Tally:
    """Counts and speed of the variants that finished while the listener was there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[Outcome] = Counter()
        self.expected = 0
        self.done = 0
        self._already = 0
        self._clock = clock
        self._since = clock()

    def start(self, event: RunStarted) -> None:
        """The run has begun; what an earlier part has done is not counted again."""
        self.expected, self.done, self._already = event.expected, event.already_done, event.already_done
        self.counts.clear()
        self._since = self._clock()

    def add(self, record: RunRecord) -> None:
        """A record has arrived."""
        self.counts[record.outcome] += 1
        self.done += 1

    @property
    def words(self) -> str:
        """``30 pass, 2 fail, 0 invalid, 0 error``."""
        shown = [f"{self.counts[outcome]} {outcome.value.lower()}" for outcome in SHOWN]
        if known := self.counts[Outcome.KNOWN]:
            shown.append(f"{known} known")
        return ", ".join(shown)

    @property
    def rate(self) -> float:
        """Variants a second since the start."""
        elapsed = self._clock() - self._since
        return (self.done - self._already) / elapsed if elapsed > 0 else 0.0

    @property
    def left(self) -> str:
        """Time left at this speed, in words; empty before the first variant and after the last."""
        remaining = self.expected - self.done
        if remaining <= 0 or self.rate <= 0:
            return ""
        seconds = round(remaining / self.rate)
        return f"{seconds // 60} min {seconds % 60:02d} s left" if seconds >= 60 else f"{seconds} s left"


def outcome_line(record: RunRecord) -> str:
    """``FAIL     glass_door_closed::v0007  reason`` on one line."""
    reason = " ".join(record.reason.split()) or "no reason given"
    issue = f" ({record.known_issue})" if record.known_issue and record.outcome == Outcome.KNOWN else ""
    return printable(f"{record.outcome.value:<8} {record.variant}  {reason}{issue}")


def host_line(event: HostLost | Retried) -> str:
    """What the machine has failed at, and what becomes of it."""
    if isinstance(event, Retried):
        reason = " ".join(event.reason.split())
        return printable(f"{event.what}: the machine failed and is tried again ({event.left} left): {reason}")
    after = f"; runs again: {', '.join(event.retried)}" if event.retried else ""
    return printable_lines(f"host {event.host} was lost: {event.reason}{after}")


class OutcomeLines:
    """Lines of variants that do not pass. An error that all of them meet is told once, and counted."""

    def __init__(self) -> None:
        self._told: Counter[int] = Counter()

    def of(self, record: RunRecord) -> str:
        """See :func:`outcome_line`; empty where an error has been told often enough."""
        if record.outcome != Outcome.ERROR:
            return outcome_line(record)
        known = hash(record.reason)  # A run may have a million different ones.
        self._told[known] += 1
        if self._told[known] == 1:
            return outcome_line(record)
        if self._told[known] > 2:
            return ""
        more = "the same as before; further ones are only counted here"
        return outcome_line(record.model_copy(update={"reason": more}))


class ErrorLines:
    """For ``--quiet``: lost hosts and ERROR records only."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._lines = out, OutcomeLines()

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        if isinstance(event, HostLost | Retried):
            print(host_line(event), file=self._out, flush=True)
        elif (
            isinstance(event, VariantFinished)
            and event.record.outcome == Outcome.ERROR
            and (line := self._lines.of(event.record))
        ):
            print(line, file=self._out, flush=True)


class PlainLines:
    """For logs: a line per tenth of the run, and one for every variant that does not pass."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._lines = out, OutcomeLines()
        self._tally = Tally(clock)
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        if isinstance(event, RunStarted):
            self._tally.start(event)
            self._next = self._tally.done + SHARE_OF_A_LINE * event.expected
            kept = f", {event.already_done} already done" if event.already_done else ""
            where = plural(event.hosts, "worker") if event.hosts else "this process"
            self._say(f"{event.pack}: {event.expected} variants on {where}{kept}, into {event.run_dir}")
        elif isinstance(event, HostLost | Retried):
            self._say(host_line(event))
        elif isinstance(event, VariantFinished):
            self._tally.add(event.record)
            if event.record.outcome != Outcome.PASS and (line := self._lines.of(event.record)):
                self._say(line)
            self._milestone()

    def _milestone(self) -> None:
        tally = self._tally
        if tally.done < min(self._next, tally.expected):
            return
        while self._next <= tally.done:
            self._next += max(SHARE_OF_A_LINE * tally.expected, 1.0)
        share = f"{100 * tally.done / max(tally.expected, 1):.0f} %"
        parts = [f"{tally.done} of {tally.expected} ({share})", tally.words, f"{tally.rate:.1f} variants/s"]
        if tally.left:
            parts.append(tally.left)
        self._say(", ".join(parts))

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


@contextmanager
def _bar(out: TextIO) -> Iterator[Listener]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = console_on(out)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TextColumn("{task.fields[speed]}", style="dim"),
    )
    with Progress(*columns, console=console, expand=True) as progress:
        yield TerminalBar(progress)


class TerminalBar:
    """For terminals: a bar with running counts; what does not pass scrolls by above it."""

    def __init__(self, progress: Any) -> None:
        self._progress, self._lines = progress, OutcomeLines()
        self._task = progress.add_task("starting workers", total=None, counts="", speed="")
        self._tally = Tally()

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        from rich.markup import escape

        if isinstance(event, RunStarted):
            self._tally.start(event)
            self._progress.update(
                self._task, description=event.pack, total=event.expected, completed=event.already_done
            )
        elif isinstance(event, HostLost | Retried):
            self._progress.console.print(f"[yellow]{escape(host_line(event))}[/]", highlight=False)
        elif isinstance(event, VariantFinished):
            self._tally.add(event.record)
            if event.record.outcome != Outcome.PASS and (line := self._lines.of(event.record)):
                self._progress.console.print(_styled(line, event.record.outcome), highlight=False)
            self._refresh()

    def _refresh(self) -> None:
        tally = self._tally
        parts = []
        for outcome in SHOWN:
            style = STYLES.get(outcome, "yellow") if tally.counts[outcome] else "dim"
            parts.append(f"[{style}]{tally.counts[outcome]} {outcome.value}[/]")
        speed = f"{tally.rate:.1f}/s  {tally.left}".rstrip()
        self._progress.update(self._task, completed=tally.done, counts=" ".join(parts), speed=speed)


def _styled(line: str, outcome: Outcome) -> str:
    from rich.markup import escape

    word, rest = line.split(" ", 1)
    return f"[{STYLES.get(outcome, 'yellow')}]{word}[/] {escape(rest)}"
