"""While a run is read nothing looks for cycles; afterwards everything does what it did before."""

from __future__ import annotations

import gc

import pytest

from simgate.harness.gate import last_read
from simgate.harness.gate.last_read import LastRead, forget_reports
from simgate.harness.results.run_folder import RunFolder


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_rests_while_a_run_is_read_and_is_then_as_it_was(tmp_path, before):
    (tmp_path / "manifest.json").touch()
    was_on = gc.isenabled()
    (gc.enable if before else gc.disable)()
    try:
        last = LastRead(lambda _: gc.isenabled())
        assert last.of(RunFolder(tmp_path)) is False
        assert gc.isenabled() is before
        with pytest.raises(ZeroDivisionError):
            LastRead(lambda _: 1 / 0).of(RunFolder(tmp_path))
        assert gc.isenabled() is before
    finally:
        (gc.enable if was_on else gc.disable)()


def test_what_reports_have_read_is_forgotten_when_they_are_written_and_the_verdict_is_not(tmp_path):
    (tmp_path / "manifest.json").touch()
    made = []
    of_reports, of_verdict = (LastRead(lambda _: made.append(1), of_reports=one) for one in (True, False))
    for last in (of_reports, of_verdict) * 2:
        last.of(RunFolder(tmp_path))
    assert len(made) == 2
    forget_reports()
    of_verdict.of(RunFolder(tmp_path))
    assert len(made) == 2
    of_reports.of(RunFolder(tmp_path))
    assert len(made) == 3


@pytest.mark.parametrize("many", [0, 1_000_000])
def test_very_many_objects_of_a_run_are_not_searched_for_cycles_until_the_end(tmp_path, monkeypatch, many):
    monkeypatch.setattr(last_read, "_MANY", many)
    (tmp_path / "manifest.json").touch()
    gc.unfreeze()
    try:
        LastRead(lambda _: [[place] for place in range(1_000)]).of(RunFolder(tmp_path))
        assert (gc.get_freeze_count() >= 1_000) is (not many)
    finally:
        gc.unfreeze()
