"""What reads a run costs in step with its records: eight times as many cost less than 16 times as much."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.cli.coverage.sources import from_runs
from simgate.harness.execution.planning.plan import expected_variants
from simgate.harness.expansion.expand import Expansion
from simgate.harness.gate import notes
from simgate.harness.gate.comparing.baseline_copy import read_evidence
from simgate.harness.gate.comparing.compare import compare_runs, regression_of
from simgate.harness.gate.decide import decide_folder, write_verdict
from simgate.harness.packs.model import Pack
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.html import write_html
from simgate.reports.junit import write_junit
from tests.benchmarks.synthetic_run import PACK, SyntheticPlan, write_run

FEW, FACTOR, MOST = 250, 8, 16


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[RunFolder], list[RunFolder]]:
    """A run and an older one, of few records and of eight times as many."""
    folder = tmp_path_factory.mktemp("runs")
    sizes = (FEW, FACTOR * FEW)
    now = [write_run(folder / f"now-{n}", SyntheticPlan(n, 0.3, seed=2, model="new")) for n in sizes]
    return now, [write_run(folder / f"old-{n}", SyntheticPlan(n, 0.3)) for n in sizes]


def seconds(do: Callable[[], object]) -> float:
    """Least processor time of three tries."""

    def once() -> float:
        began = time.process_time()
        do()
        return time.process_time() - began

    return min(once() for _ in range(3))


def touched(run: RunFolder) -> RunFolder:
    """The run, which nothing remembers any more."""
    run.manifest_path.touch()
    return run


def compared(now: RunFolder, old: RunFolder) -> object:
    before, after = read_evidence(old), read_evidence(now)
    return compare_runs(before, after, regression_of(after, 0.02, None), lambda _: None)


@pytest.mark.parametrize(
    "read",
    [
        lambda run: decide_folder(touched(run)),
        lambda run: write_junit(touched(run)),
        lambda run: write_html(touched(run)),
        lambda run: from_runs([run.path]),
    ],
    ids=["gate", "junit", "page", "coverage"],
)
def test_a_run_is_read_in_step_with_its_records(runs, read: Callable[[RunFolder], object]) -> None:
    few, many = runs[0]
    read(few)
    assert seconds(lambda: read(many)) < MOST * seconds(lambda: read(few))


def test_two_runs_are_compared_in_step_with_their_records(runs) -> None:
    (few, many), (few_old, many_old) = runs
    compared(few, few_old)
    assert seconds(lambda: compared(many, many_old)) < MOST * seconds(lambda: compared(few, few_old))


def test_variants_are_planned_in_step_with_their_number(runs) -> None:
    pack = Pack.model_validate(runs[0][0].manifest().pack)

    def drawn(count: int) -> Expansion:
        spec = VariantsSpec(count=count)
        return Expansion(pack, [s.model_copy(update={"variants": spec}) for s in pack.scenarios[:2]])

    def planned(count: int) -> object:
        return expected_variants(pack, drawn(count), Fingerprint())

    assert planned(10) == expected_variants(pack, list(drawn(10)), Fingerprint())
    assert seconds(lambda: planned(FACTOR * FEW)) < MOST * seconds(lambda: planned(FEW))


def test_the_memory_of_a_verdict_is_a_small_part_of_the_journals_size(runs, monkeypatch) -> None:
    few, many = runs[0]
    monkeypatch.setattr(notes, "_ENOUGH_RECORDS", 50)  # What a note looks at has a bound of its own.
    decide_folder(touched(few))
    tracemalloc.start()
    decide_folder(touched(many))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < many.journal_path.stat().st_size / 2


def test_a_synthetic_run_is_what_the_gate_takes_for_a_run(runs) -> None:
    verdict = write_verdict(runs[0][1])
    assert not any("contradict" in note or "ignored" in note for note in verdict.notes)
    counted = [(s.expected, s.passed + s.failed) for s in verdict.scenarios]
    assert all(expected == judged for expected, judged in counted)
    assert sum(expected for expected, _ in counted) == FACTOR * FEW
    assert 0 < sum(s.failed for s in verdict.scenarios) < FACTOR * FEW / 4
    assert Path(PACK).is_dir()
