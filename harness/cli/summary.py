"""What the user reads when a run has ended: scenarios, rules, first failures, files, and the verdict last."""

from __future__ import annotations

import io
import shlex
import sys
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from simgate.harness.frontend.terminal.streams import console_on
from simgate.harness.gate.texts.wording import share
from simgate.harness.gate.verdict import Decision, RuleVerdict, ScenarioSummary, Verdict
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_WIDTH = 120
FIRST_FAILURES = 8
DECISION_STYLES = {
    Decision.GO: "bold green",
    Decision.NO_GO: "bold red",
    Decision.INCONCLUSIVE: "bold yellow",
}
OUTCOME_STYLES = {Outcome.FAIL: "red", Outcome.KNOWN: "dim"}
COUNTS = ("n", "pass", "fail", "invalid", "error", "missing", "known")


def print_summary(folder: RunFolder, verdict: Verdict, stream: TextIO | None = None) -> None:
    """Prints the end of a run; the last line begins with the decision.

    Args:
        folder: The run's folder; its journal gives the first failures.
        verdict: The gate's answer.
        stream: Where to; standard output when not given. Colours only on a terminal.
    """
    out = sys.stdout if stream is None else stream
    if out.isatty():
        _print(console_on(out, highlight=False), folder, verdict)
        return
    plain = io.StringIO()
    _print(console_on(plain, width=PLAIN_WIDTH, highlight=False), folder, verdict)
    # Rich fills lines up with blanks, which is noise in a log.
    out.write("".join(f"{line.rstrip()}\n" for line in plain.getvalue().splitlines()))


def _print(console: Console, folder: RunFolder, verdict: Verdict) -> None:
    console.print()
    if verdict.scenarios:
        console.print(_scenarios(verdict.scenarios, console.is_terminal))
    _print_rules(console, verdict.rules)
    _print_failures(console, folder)
    for note in verdict.notes:
        console.print(f"note: {printable(' '.join(note.split()))}", markup=False)
    _print_files(console, folder)
    headline = verdict.headline.removeprefix(f"{verdict.decision.value}: ")
    line = f"{verdict.decision.value}  {' '.join(headline.split())}"
    console.print(line, style=DECISION_STYLES[verdict.decision], markup=False, soft_wrap=True)


def _scenarios(summaries: tuple[ScenarioSummary, ...], terminal: bool) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, show_edge=False)
    table.add_column("scenario", no_wrap=True)
    table.add_column("severity")
    for name in COUNTS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rate", justify="right", no_wrap=True)
    table.add_column("95 % interval", no_wrap=True)
    with_rest = any(item.not_run for item in summaries)
    if with_rest:
        table.add_column("not needed", justify="right", no_wrap=True)
    for item in summaries:
        table.add_row(*_row(item), *([str(item.not_run)] if with_rest else []))
    return table


def _row(item: ScenarioSummary) -> list[str]:
    from rich.markup import escape

    counts = (item.expected, item.passed, item.failed, item.invalid, item.errors, item.missing, item.known)
    styles = (None, None, "bold red", "yellow", "yellow", "yellow", None)
    cells = [
        f"[{style}]{count}[/]" if style and count else str(count)
        for count, style in zip(counts, styles, strict=True)
    ]
    rate = "-" if item.rate is None else share(item.rate)
    interval = f"{share(item.shown.low)} to {share(item.shown.high)}" if item.shown else ""
    return [escape(item.scenario), item.severity, *cells, rate, interval]


def _print_rules(console: Console, rules: tuple[RuleVerdict, ...]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print()
    for rule in rules:
        head = Text(f"{rule.decision.value:<13}", style=DECISION_STYLES[rule.decision])
        console.print(head + Text(rule.statement, style="bold"))
        more = f"; would change it: {rule.would_change}" if rule.would_change else ""
        console.print(Padding(Text(rule.reason + more), (0, 0, 0, 13), expand=False))
    if rules:
        console.print()


def _print_failures(console: Console, folder: RunFolder) -> None:
    """The first variants of each scenario that did not pass, in turn, so that no scenario hides another."""
    from rich.padding import Padding
    from rich.text import Text

    bad = [record for record in folder.records() if record.outcome != Outcome.PASS or record.violations]
    if not bad:
        return
    console.print(
        "first variants to look at:"
        if any(record.violations for record in bad)
        else "first variants that did not pass:",
        style="bold",
    )
    alike = _alike(_in_turn(bad))[:FIRST_FAILURES]
    for record, *others in alike:
        style = OUTCOME_STYLES.get(record.outcome, "yellow")
        hard = f"hard rule: {record.violations[0].reason}" if record.violations else ""
        reason = printable(" ".join((record.reason or hard).split()))
        reason += f" (and {len(others)} more alike)" if others else ""
        line = Text.assemble((f"{record.outcome.value:<8}", style), f" {record.variant}  {reason}")
        console.print(Padding(line, (0, 0, 0, 2), expand=False))
    if more := len(bad) - sum(map(len, alike)):
        console.print(f"  and {more} more, in the report")
    if folder.manifest().imported is not None:
        console.print()
        return
    first = _in_turn(bad)[0].variant
    arguments = f"{shlex.quote(str(folder.path))} {shlex.quote(first)}"
    console.print(f"  run the first again: simgate replay {arguments}", markup=False, soft_wrap=True)
    if "::pin-" not in first:
        console.print(f"  test it in every run: simgate pin {arguments}", markup=False, soft_wrap=True)
    console.print()


def _alike(records: list[RunRecord]) -> list[list[RunRecord]]:
    """Errors with one reason together, all else by itself: a machine that starts nothing says so once."""
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        key = f"{record.reason}" if record.outcome is Outcome.ERROR else f"{record.variant} "
        groups.setdefault(key, []).append(record)
    return list(groups.values())


def _in_turn(records: list[RunRecord]) -> list[RunRecord]:
    """The first of each scenario, then the second of each, the scenario with most of them first."""
    seen: Counter[str] = Counter()
    places = []
    for record in records:
        seen[record.scenario] += 1
        places.append(seen[record.scenario])
    order = sorted(range(len(records)), key=lambda k: (places[k], -seen[records[k].scenario], k))
    return [records[k] for k in order]


def _print_files(console: Console, folder: RunFolder) -> None:
    for name, path in (("report", folder.report_path), ("junit", folder.junit_path)):
        if path.exists():
            console.print(f"{name:<7} {path}", markup=False, soft_wrap=True)
