"""What `simgate replay` prints of the two records and of what has changed in between."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.cli.commands.runs.replay import describe
from simgate.harness.execution.planning.replay import Replay
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.runs import make_record


def said(before: str, now: str, *changes: str) -> str:
    records = (make_record("glass::v0000", trace_digest=digest) for digest in (before, now))
    return "\n".join(describe(Replay(*records, RunFolder(Path("replays")), changes)))


def test_a_changed_file_is_named_also_where_the_trace_is_the_same() -> None:
    text = said("a" * 64, "a" * 64, "world hall: acme/hall.py has changed")
    assert "same trace" in text
    assert "since the run: world hall: acme/hall.py has changed" in text


def test_only_another_trace_without_a_change_is_said_to_have_no_known_cause() -> None:
    assert "nothing that is known to matter" in said("a" * 64, "b" * 64)
    assert "nothing that is known to matter" not in said("a" * 64, "a" * 64)
