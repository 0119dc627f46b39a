from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from simgate.harness.cli.progress import PlainLines, Tally, progress_listener
from simgate.harness.execution.events import Event, HostLost, RunFinished, RunStarted, VariantFinished
from simgate.harness.results.record import Outcome, RunRecord


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def record(index: int, outcome: Outcome = Outcome.PASS, reason: str = "") -> RunRecord:
    return RunRecord(
        variant=f"glass::v{index:04d}",
        scenario="glass",
        severity="critical",
        variant_digest="d",
        identity="i",
        outcome=outcome,
        reason=reason,
        known_issue="PER-311" if outcome == Outcome.KNOWN else None,
    )


STARTED = RunStarted(Path("runs/r1"), "office_doors", expected=20, already_done=0, hosts=2)
LOST = HostLost(1, "no heartbeat for 30 s", ("glass::v0003",))


def shown(events: list[Event], quiet: bool = False, stream: io.StringIO | None = None) -> str:
    out = stream or io.StringIO()
    with progress_listener(quiet, out) as listener:
        for event in events:
            listener(event)
    return out.getvalue()


def run_of(*outcomes: Outcome) -> list[Event]:
    finished = [VariantFinished(record(k, outcome, f"reason {k}")) for k, outcome in enumerate(outcomes)]
    return [STARTED, *finished, RunFinished(Path("runs/r1"))]


def test_plain_output_has_a_line_for_each_tenth() -> None:
    lines = shown(run_of(*[Outcome.PASS] * 20)).splitlines()
    assert len(lines) == 11
    assert lines[0] == "office_doors: 20 variants on 2 workers, into runs/r1"
    assert lines[1].startswith("2 of 20 (10 %), 2 pass, 0 fail, 0 invalid, 0 error, ")
    assert lines[-1].startswith("20 of 20 (100 %), 20 pass")


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INVALID, Outcome.ERROR, Outcome.KNOWN])
def test_plain_output_has_a_line_for_each_variant_that_does_not_pass(outcome: Outcome) -> None:
    lines = shown(run_of(outcome, *[Outcome.PASS] * 19)).splitlines()
    assert lines[1].split()[:2] == [outcome.value, "glass::v0000"]
    assert "reason 0" in lines[1]
    assert f"1 {outcome.value.lower()}" in lines[-1]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("quiet", [False, True])
def test_an_error_that_all_variants_meet_is_told_once_and_counted(quiet: bool, terminal: bool) -> None:
    bad = [VariantFinished(record(k, Outcome.ERROR, "it [broke]")) for k in range(8)]
    other = [VariantFinished(record(8, Outcome.ERROR, "otherwise"))]
    failed = [VariantFinished(record(k, Outcome.FAIL, "it [broke]")) for k in (9, 10, 11)]
    events = [STARTED, *bad, *other, *failed]
    told = shown(events, quiet, Terminal() if terminal else None)
    assert [f"v{k:04d}" in told for k in range(12)] == [*[True] * 2, *[False] * 6, True, *[not quiet] * 3]
    assert told.count("the same as before; further ones are only counted") == 1
    assert quiet or terminal or "9 error" in told.splitlines()[-1]


def test_a_reason_of_many_lines_stays_on_one() -> None:
    events: list[Event] = [
        STARTED,
        VariantFinished(record(1, Outcome.ERROR, "Traceback:\n  line 1\n  line 2")),
    ]
    assert "Traceback: line 1 line 2" in shown(events).splitlines()[1]


def test_lost_hosts_are_shown_with_what_runs_again() -> None:
    wanted = "host 1 was lost: no heartbeat for 30 s; runs again: glass::v0003"
    assert wanted in shown([STARTED, LOST])
    assert wanted in shown([STARTED, LOST], quiet=True)
    assert "host 1 was lost" in shown([STARTED, LOST], stream=Terminal())


def test_quiet_shows_errors_and_nothing_else() -> None:
    text = shown(run_of(Outcome.PASS, Outcome.FAIL, Outcome.INVALID, Outcome.ERROR), quiet=True)
    assert text == "ERROR    glass::v0003  reason 3\n"


def test_a_resumed_run_counts_on_from_what_is_done() -> None:
    started = RunStarted(Path("runs/r1"), "office_doors", expected=20, already_done=15, hosts=1)
    text = shown([started, *[VariantFinished(record(k)) for k in range(5)]])
    assert "15 already done" in text
    assert "16 of 20" not in text
    assert "20 of 20 (100 %), 5 pass" in text


def test_speed_and_time_left_come_from_what_this_run_has_done() -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.start(RunStarted(Path("r"), "p", expected=110, already_done=50, hosts=1))
    assert tally.left == ""
    clock.now = 5.0
    for index in range(10):
        tally.add(record(index))
    assert tally.rate == 2.0
    assert tally.left == "25 s left"
    clock.now = 100.0
    assert tally.left == "8 min 20 s left"


def test_an_empty_plan_says_no_more_than_that_it_began() -> None:
    out = io.StringIO()
    listener = PlainLines(out)
    listener(RunStarted(Path("r"), "p", expected=0, already_done=0, hosts=1))
    listener(RunFinished(Path("r")))
    assert len(out.getvalue().splitlines()) == 1


def test_a_terminal_gets_a_bar_with_counts_and_the_failures_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    text = shown(run_of(Outcome.PASS, Outcome.FAIL, Outcome.PASS), stream=Terminal())
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert "\x1b[" in text
    assert re.search(r"FAIL\s+glass::v0001\s+reason 1", plain)
    assert "3/20" in plain
    assert "2 PASS 1 FAIL 0 INVALID 0 ERROR" in plain


def test_brackets_in_a_reason_are_not_markup() -> None:
    events: list[Event] = [STARTED, VariantFinished(record(1, Outcome.FAIL, "saw [/bold] and [red]"))]
    assert "saw [/bold] and [red]" in shown(events, stream=Terminal())
