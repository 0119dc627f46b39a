"""A verdict for a pull request: Markdown, the summary of a GitHub job, annotations at the pack's lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.ci.github import tell_github, tell_github_safely
from simgate.harness.frontend.ci.pull_request import MOST_VARIANTS, markdown
from simgate.harness.gate.decide import write_verdict
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.text import markdown_code, markdown_words
from tests.unit.cli.small_runs import PACK, write_pack, write_run

ON_GITHUB = {"GITHUB_ACTIONS": "true"}
PICTURE = "frames/closed.v0000-failure.png"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """150 variants, of which 12 fail and 2 have no record; of the first failure there is a picture."""
    outcomes = {k: Outcome.FAIL if k < 12 else Outcome.PASS for k in range(148)}
    run = write_run(tmp_path / "runs" / "r1", write_pack(tmp_path), outcomes)
    lines = run.journal_path.read_text().splitlines(keepends=True)
    lines[0] = lines[0].replace('"artifacts":{}', f'"artifacts":{{"failure_picture":"{PICTURE}"}}')
    run.journal_path.write_text("".join(lines))
    return run


def told(folder: RunFolder, picture_base: str | None = "") -> str:
    return markdown(folder, write_verdict(folder), picture_base)


def test_verdict_reason_and_what_would_change_it_come_first(folder: RunFolder) -> None:
    verdict = write_verdict(folder)
    lines = told(folder).splitlines()
    assert lines[0] == "## ❌ NO-GO: policy door\\_navigator on small"
    assert "1 of 1 rule is refuted" in lines[2]
    row = next(line for line in lines if line.startswith("| ❌ NO-GO |"))
    assert markdown_words(verdict.rules[0].would_change) in row


def test_what_broke_is_counted_and_the_first_are_shown_with_pictures(folder: RunFolder) -> None:
    text = told(folder)
    assert "### What broke: 12 failed, 2 missing" in text
    assert text.count("\n- `closed::v") == MOST_VARIANTS
    assert "- and 4 more, in the report" in text
    assert f"![closed::v0000 at the moment of failure]({PICTURE})" in text
    assert f"](https://ci.example/run/{PICTURE})" in told(folder, "https://ci.example/run/")
    assert "![" not in told(folder, None), "a summary cannot show files of the job"
    assert PICTURE in told(folder, None)


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=y>",
        "| cell | cell |",
        "@everyone",
        "[link](http://evil)",
        "a\nb",
        "\x1b[2J",
        "`x`",
        "~~x~~",
    ],
)
def test_text_of_others_is_shown_as_it_is(tmp_path: Path, text: str) -> None:
    for shown in (markdown_words(text), markdown_code(text)):
        assert "\n" not in shown and "\x1b" not in shown
    shown = markdown_words(text)
    assert "<" not in shown and "@" not in shown
    assert all(f"\\{c}" in shown for c in "|[]`~" if c in text)
    assert markdown_code(text).count("`") == 2


def test_a_sign_that_would_name_somebody_is_shown_as_that_sign() -> None:
    assert markdown_words("@team #1 &#64;") == r"&#64;team \#1 &amp;\#64;"


def test_a_job_on_github_has_its_summary_and_annotations_at_the_packs_lines(
    folder: RunFolder, tmp_path: Path
) -> None:
    verdict, summary = write_verdict(folder), tmp_path / "summary.md"
    summary.write_text("before\n")
    commands = tell_github(
        folder, verdict, {**ON_GITHUB, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(tmp_path)}
    )
    assert summary.read_text().startswith("before\n## ❌ NO-GO")
    lines = (tmp_path / "pack.yaml").read_text().splitlines()
    rule, criterion = (
        lines.index("  - {severity: critical, pass_rate: {at_least: 0.98, confidence: 0.95}}") + 1,
        lines.index("      collisions: {at_most: 0}") + 1,
    )
    assert commands[0].startswith(
        f"::error file=pack.yaml,line={rule},title=simgate NO-GO%3A pass rate of critical"
    )
    assert "%0Awhat would change it: " in commands[0]
    assert commands[1].startswith(
        f"::warning file=pack.yaml,line={criterion},title=simgate%3A closed%3A collisions"
    )
    assert "not met in 12 of 150 variants, first closed::v0000 (observed 1" in commands[1]
    assert all("\n" not in command for command in commands) and len(commands) == 2


def test_outside_of_github_nothing_is_done(folder: RunFolder) -> None:
    assert tell_github(folder, write_verdict(folder), {}) == []


def test_a_summary_that_cannot_be_written_costs_nothing_but_itself(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such" / "folder"))
    commands, problem = tell_github_safely(folder, write_verdict(folder))
    assert commands == () and "GitHub is not told of the run: FileNotFoundError" in problem


def test_forged_commands_of_a_pack_stay_words(tmp_path: Path) -> None:
    text = PACK.replace("  closed:", '  "closed":').replace(
        "title: A closed door", 'title: "x\\n::error::forged"'
    )
    run = write_run(
        tmp_path / "runs" / "r", write_pack(tmp_path, text), dict.fromkeys(range(150), Outcome.FAIL)
    )
    commands = tell_github(run, write_verdict(run), ON_GITHUB)
    assert all(command.startswith(("::error file=", "::warning file=")) for command in commands)
    assert "\n::error" not in told(run)


def test_the_command_prints_markdown_and_has_the_verdicts_code(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(folder.path), "--format", "markdown", "--picture-base", "https://x"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("## ❌ NO-GO") and f"(https://x/{PICTURE})" in out
