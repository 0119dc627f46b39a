from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from simgate.harness.results.journal import JournalDamaged, append_record, read_journal
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import NotARun, RunFolder


def record(number: int, outcome: Outcome = Outcome.PASS, reason: str = "") -> RunRecord:
    return RunRecord(
        variant=f"s::v{number:04d}",
        scenario="s",
        severity="minor",
        variant_digest=f"d{number}",
        identity=f"i{number}",
        outcome=outcome,
        reason=reason,
    )


def write_many(path: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        append_record(path, record(number, reason="x" * 5000))


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    for number in range(3):
        append_record(path, record(number, reason="line\nbreak ✓"))
    assert list(read_journal(path)) == [record(n, reason="line\nbreak ✓") for n in range(3)]


def test_a_missing_journal_holds_nothing(tmp_path: Path) -> None:
    assert list(read_journal(tmp_path / "journal.ndjson")) == []


@pytest.mark.parametrize("cut", [1, 2, 17, 100])
def test_a_torn_last_line_is_skipped_and_the_next_record_is_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.ndjson"
    append_record(path, record(0))
    append_record(path, record(1))
    path.write_bytes(path.read_bytes()[:-cut])
    kept = [record(0)] if cut > 1 else [record(0), record(1)]
    assert list(read_journal(path)) == kept
    append_record(path, record(2))
    assert list(read_journal(path)) == [*kept, record(2)]


def test_a_line_that_is_json_but_no_record_is_damage_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    append_record(path, record(0))
    with path.open("a") as file:
        file.write('{"not": "a record"}\n')
    with pytest.raises(JournalDamaged, match=r"journal\.ndjson:2"):
        list(read_journal(path))


def test_several_processes_may_write_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.ndjson"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, 1000 * k, 50)) for k in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(r.variant for r in read_journal(path)) == sorted(
        record(1000 * k + n).variant for k in range(2) for n in range(50)
    )


def test_the_last_record_of_a_variant_counts(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    append_record(folder.journal_path, record(0, Outcome.ERROR))
    append_record(folder.journal_path, record(1))
    append_record(folder.journal_path, record(0))
    assert [(r.variant, r.outcome) for r in folder.records()] == [
        ("s::v0000", Outcome.PASS),
        ("s::v0001", Outcome.PASS),
    ]


def test_a_folder_that_is_no_run_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(NotARun, match="simgate run"):
        RunFolder(tmp_path).manifest()
