from __future__ import annotations

import io
from pathlib import Path

import pytest

from simgate.harness.cli.summary import print_summary
from simgate.harness.gate.decide import write_verdict
from simgate.harness.packs.model import GateRule
from simgate.harness.results.run_folder import RunFolder
from tests.unit.reports.factory import OFFICE, RunPlan, build_run


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    plan = RunPlan(invalid=frozenset({130}), errors=frozenset({200}), pictures=False, recordings=False)
    return build_run(tmp_path_factory.mktemp("runs") / "r1", plan)


def summary(folder: RunFolder, out: io.StringIO | None = None) -> str:
    stream = out or io.StringIO()
    print_summary(folder, write_verdict(folder), stream)
    return stream.getvalue()


def test_the_last_line_is_the_decision(run: RunFolder) -> None:
    last = summary(run).rstrip("\n").splitlines()[-1]
    assert last.startswith("NO-GO  1 of 4 rules is refuted")


def test_go_ends_with_go(tmp_path: Path) -> None:
    plan = RunPlan(blindness=0.0, gate=(GateRule(kind="pass_rate", at_least=0.9),), scenarios=OFFICE[:1])
    assert summary(build_run(tmp_path / "r", plan)).rstrip("\n").splitlines()[-1].startswith("GO  ")


def test_without_records_it_ends_with_inconclusive(tmp_path: Path) -> None:
    folder = build_run(tmp_path / "r", RunPlan(scenarios=OFFICE[:1], skip=frozenset(range(60))))
    text = summary(folder)
    assert text.rstrip("\n").splitlines()[-1].startswith("INCONCLUSIVE  ")
    assert "first variants" not in text


def test_there_is_a_row_for_each_scenario_with_counts_and_interval(run: RunFolder) -> None:
    rows = [line.split() for line in summary(run).splitlines()]
    row = next(row for row in rows if row[:1] == ["glass_door_dim_light"])
    assert row[1:9] == ["critical", "60", "29", "31", "0", "0", "0", "0"]
    assert row[9:] == ["0.483", "0.362", "to", "0.607"]


def test_no_scenario_hides_another_among_the_first_failures(run: RunFolder) -> None:
    text = summary(run)
    lines = text.split("first variants that did not pass:")[1].splitlines()[1:6]
    assert len({line.split()[1].split("::")[0] for line in lines}) == 5
    assert lines[0].split()[1].startswith("glass_door_dim_light")


def test_errors_with_one_reason_are_told_once(tmp_path: Path) -> None:
    broken = build_run(
        tmp_path / "r", RunPlan(errors=frozenset(range(60)), scenarios=OFFICE[:1], pictures=False)
    )
    text = " ".join(summary(broken).split())
    assert text.count("ERROR glass_door") == 1
    assert "(and 59 more alike)" in text
    assert "more, in the report" not in text


def test_plain_output_has_no_control_characters(run: RunFolder) -> None:
    assert "\x1b" not in summary(run)


def test_a_terminal_gets_colour(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in summary(run, Terminal())


def test_paths_are_printed_whole_when_the_files_are_there(run: RunFolder) -> None:
    run.report_path.write_text("")
    assert f"report  {run.report_path}" in summary(run).splitlines()


def test_the_first_failure_can_be_run_again_and_pinned_by_one_line_each(run: RunFolder) -> None:
    lines = [line.strip() for line in summary(run).splitlines()]
    (replay,) = (line for line in lines if line.startswith("run the first again: simgate replay "))
    (pin,) = (line for line in lines if line.startswith("test it in every run: simgate pin "))
    assert replay.split()[6:] == pin.split()[7:] == [str(run.path), replay.split()[-1]]
    assert "::v" in replay.split()[-1]


def test_an_escape_on_a_terminal_takes_no_letter_from_the_text(run: RunFolder) -> None:
    hostile = "a\x1b[2Jb " * 30 + "the end"
    verdict = write_verdict(run).model_copy(update={"notes": (hostile,)})
    out = Terminal()
    print_summary(run, verdict, out)
    assert hostile.replace("\x1b", "\\x1b") in " ".join(out.getvalue().split())
