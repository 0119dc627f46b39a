from __future__ import annotations

import subprocess
import sys

import pytest

from simgate.harness.gate.comparing.baseline_copy import (
    keep_baseline,
    kept_baseline,
    kept_churn,
    read_evidence,
)
from simgate.harness.gate.comparing.baseline_store import BaselineStore, NoBaseline
from simgate.harness.gate.comparing.churn import keep_churn, known_churn, measure_churn, unsteady
from simgate.harness.gate.comparing.comparability import machine_class, pack_digest
from simgate.harness.gate.decide import write_verdict
from simgate.harness.gate.verdict import Churn, Decision
from simgate.harness.results.file_lock import FileLock, InUse
from simgate.harness.results.journal import append_record
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import NotARun, RunFolder
from tests.unit.gate.pairs import MADE_WITH, REGRESSION, evidence_of, run_of
from tests.unit.gate.runs import make_record, trace_digest

NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}


@pytest.fixture
def a_folder(tmp_path):
    def make(name, letters, *gate, made=None):
        manifest, records = run_of(letters, *gate, made=made)
        folder = RunFolder(tmp_path / "runs" / name)
        folder.create()
        folder.manifest_path.write_text(manifest.model_copy(update={"run_id": name}).model_dump_json())
        for record in records:
            append_record(folder.journal_path, record)
        return folder

    return make


class TestStore:
    def test_no_name_is_lost_when_many_writers_name_at_once(self, a_folder, tmp_path):
        folder = a_folder("old", "PPP")
        code = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", code, "baseline", "set", f"name{k}", str(folder.path)],
                stdout=subprocess.DEVNULL,
            )
            for k in range(6)
        ]
        assert [writer.wait(60.0) for writer in writers] == [0] * 6
        store = BaselineStore(tmp_path / "runs")
        assert [entry.name for entry in store.all()] == [f"name{k}" for k in range(6)]

    def test_a_store_that_somebody_writes_for_long_is_refused(self, a_folder, tmp_path, monkeypatch):
        folder = a_folder("old", "PPP")
        monkeypatch.setattr("simgate.harness.gate.comparing.baseline_store._WAIT_S", 0.0)
        with (
            FileLock(tmp_path / "runs" / ".baselines.lock", "it"),
            pytest.raises(InUse, match=r"baselines\.json is in use by process \d+"),
        ):
            BaselineStore(tmp_path / "runs").put("main", folder, "GO")

    def test_a_run_is_found_again_by_name_pack_and_machine(self, a_folder, tmp_path):
        folder = a_folder("old", "PPP")
        store = BaselineStore(tmp_path / "runs")
        entry = store.put("main", folder, "GO")
        assert entry.run == "old"
        found = store.find("main", pack_digest(folder.manifest().pack), machine_class(MADE_WITH))
        assert found == entry
        assert store.folder_of(found).path.resolve() == folder.path.resolve()

    def test_a_name_is_kept_per_pack_and_machine(self, a_folder, tmp_path):
        store = BaselineStore(tmp_path / "runs")
        store.put("main", a_folder("old", "PPP"), "GO")
        store.put("main", a_folder("elsewhere", "PPP", made={"machine": "Linux arm64"}), "GO")
        store.put("main", a_folder("new", "PPP"), "NO-GO")
        assert [(entry.run_id, entry.machine) for entry in store.all()] == [
            ("elsewhere", "Linux arm64"),
            ("new", "Linux x86_64 CPU"),
        ]

    def test_an_unknown_name_is_answered_with_the_known_ones(self, a_folder, tmp_path):
        store = BaselineStore(tmp_path / "runs")
        store.put("main", a_folder("old", "PPP"), "GO")
        with pytest.raises(NoBaseline, match=r"'maim' .*: main\); name one with: simgate baseline set maim"):
            store.find("maim", "d", "m")

    def test_a_name_that_fits_another_machine_or_pack_only_is_refused_with_the_reason(
        self, a_folder, tmp_path
    ):
        store = BaselineStore(tmp_path / "runs")
        folder = a_folder("old", "PPP")
        store.put("main", folder, "GO")
        with pytest.raises(NoBaseline, match="old: made on Linux x86_64 CPU"):
            store.find("main", pack_digest(folder.manifest().pack), "Linux arm64")
        with pytest.raises(NoBaseline, match="another content of the pack doors"):
            store.find("main", "0" * 64, machine_class(MADE_WITH))

    def test_a_run_that_is_gone_is_said_to_be_gone(self, a_folder, tmp_path):
        store = BaselineStore(tmp_path / "runs")
        folder = a_folder("old", "PPP")
        entry = store.put("main", folder, "GO")
        folder.path.rename(tmp_path / "moved")
        with pytest.raises(NoBaseline, match="which is gone"):
            store.folder_of(entry)

    def test_a_damaged_store_is_named(self, tmp_path):
        (tmp_path / "baselines.json").write_text("{")
        with pytest.raises(NoBaseline, match=r"baselines\.json cannot be read"):
            BaselineStore(tmp_path).all()


class TestCopy:
    def test_a_run_carries_its_baseline_and_decides_against_it_when_the_original_is_gone(
        self, a_folder, tmp_path
    ):
        old, new = a_folder("old", "P" * 160), a_folder("new", "P" * 160, REGRESSION, made=NEW)
        churn = Churn(variants=20, flipped=0, traces_differ=0, at_most=0.14)
        keep_baseline(new, old, churn)
        old.path.rename(tmp_path / "gone")
        verdict = write_verdict(new)
        assert verdict.decision is Decision.GO
        assert verdict.rules[0].paired.baseline == "old"
        assert verdict.rules[0].paired.churn == churn

    def test_a_run_without_one_has_none(self, a_folder):
        folder = a_folder("new", "PPP")
        assert kept_baseline(folder) is None
        assert kept_churn(folder) is None

    def test_a_torn_journal_of_the_baseline_is_never_go(self, a_folder):
        old, new = a_folder("old", "P" * 400), a_folder("new", "P" * 400, REGRESSION, made=NEW)
        old.journal_path.write_bytes(old.journal_path.read_bytes()[:-20])
        keep_baseline(new, old, None)
        assert write_verdict(new).decision is Decision.INCONCLUSIVE

    def test_a_folder_without_a_manifest_is_no_baseline(self, tmp_path):
        with pytest.raises(NotARun):
            read_evidence(RunFolder(tmp_path))


class TestChurn:
    def measured(self, first, second):
        runs = [evidence_of(*run_of(letters, trace_digest=trace_digest("t"))) for letters in (first, second)]
        return measure_churn(*runs), unsteady(*runs)

    def test_flips_are_counted_and_named(self):
        churn, flips = self.measured("PPPF", "PFPF")
        assert (churn.variants, churn.flipped) == (4, 1)
        assert flips == {"glass::v0001": ("PASS", "FAIL")}
        assert 0.7 < churn.at_most < 0.8

    def test_variants_without_two_valid_results_do_not_count(self):
        churn, _ = self.measured("PIE-P", "PPPPP")
        assert (churn.variants, churn.flipped) == (2, 0)

    def test_another_trace_with_the_same_outcome_is_told_apart(self):
        manifest, records = run_of("PP", trace_digest=trace_digest("t"))
        other = [make_record(records[0].variant, Outcome.PASS, trace_digest=trace_digest("u")), records[1]]
        churn = measure_churn(evidence_of(manifest, records), evidence_of(manifest, other))
        assert (churn.flipped, churn.traces_differ) == (0, 1)

    def test_it_is_kept_per_pack_and_class_of_machine(self, tmp_path):
        run = evidence_of(*run_of("PPP"))
        churn = measure_churn(run, run)
        keep_churn(tmp_path, run, churn)
        assert known_churn(tmp_path, run.manifest, run.fingerprint) == churn
        elsewhere = run.fingerprint.model_copy(update={"machine": "Linux arm64"})
        assert known_churn(tmp_path, run.manifest, elsewhere) is None
