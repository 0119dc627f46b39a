"""The very first run of a pack that has rules against a baseline."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from simgate.harness.cli.main import main
from simgate.harness.gate.comparing.baseline_store import BaselineStore
from simgate.harness.gate.comparing.first_baseline import FILE
from simgate.harness.gate.decide import decide_folder
from simgate.harness.gate.texts.explain import explain
from simgate.harness.gate.texts.table import verdict_table
from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.journal import append_record
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.reports.junit import write_junit
from tests.unit.gate.pairs import REGRESSION, run_of
from tests.unit.gate.runs import PASS_RATE, VALIDITY

NOT_WORSE = GateRule(kind="not_worse_by", metric="success", at_most=0.02, better="higher", clip=(0.0, 1.0))


@pytest.fixture
def a_folder(tmp_path):
    def make(name, letters, *gate):
        manifest, records = run_of(letters, *gate)
        folder = RunFolder(tmp_path / "runs" / name)
        folder.create()
        folder.manifest_path.write_text(manifest.model_copy(update={"run_id": name}).model_dump_json())
        for record in records:
            append_record(folder.journal_path, record)
        return folder

    return make


def test_without_a_baseline_the_advice_names_the_way_in(a_folder):
    verdict = decide_folder(a_folder("one", "P" * 60, PASS_RATE, REGRESSION))
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "`simgate baseline set main RUN` makes this run the first" in verdict.headline


def test_the_first_run_of_a_pack_is_decided_by_its_other_rules_once_it_is_named(a_folder, capsys):
    folder = a_folder("one", "P" * 60, PASS_RATE, REGRESSION, NOT_WORSE)
    assert main(["baseline", "set", "main", str(folder.path)]) == 0
    assert "it is the first baseline of doors" in capsys.readouterr().out
    verdict = decide_folder(folder)
    assert verdict.decision is Decision.GO
    assert verdict.headline.startswith("GO: 1 rule proven on 60 variants")
    assert "2 rules against a baseline had none: this run is the first" in verdict.headline
    assert [rule.waits for rule in verdict.rules] == [False, True, True]
    assert "simgate run PACK --baseline main" in verdict.rules[1].would_change
    assert "2. WAITS" in verdict_table(verdict)
    assert "waits: this run is the pack's first baseline ('main'" in explain(verdict, 200)
    assert main(["gate", str(folder.path)]) == 0
    assert BaselineStore(folder.path.parent).all()[0].decision == "GO"


def test_a_waiting_rule_is_skipped_in_junit_and_never_a_failure(a_folder):
    folder = a_folder("one", "P" * 60, PASS_RATE, REGRESSION)
    assert main(["baseline", "set", "main", str(folder.path)]) == 0
    suites = ET.parse(write_junit(folder)).getroot()
    gate = next(suite for suite in suites if suite.get("name") == "gate")
    states = [
        {child.tag for child in case} & {"skipped", "error", "failure"} for case in gate.iter("testcase")
    ]
    assert states == [set(), {"skipped"}]


def test_a_run_that_fails_its_other_rules_is_no_go_first_or_not(a_folder):
    folder = a_folder("one", "F" * 30 + "P" * 30, PASS_RATE, REGRESSION)
    main(["baseline", "set", "main", str(folder.path)])
    assert decide_folder(folder).decision is Decision.NO_GO


def test_where_no_other_rule_judges_the_model_there_is_still_no_go(a_folder):
    folder = a_folder("one", "P" * 60, REGRESSION, VALIDITY)
    main(["baseline", "set", "main", str(folder.path)])
    verdict = decide_folder(folder)
    assert verdict.decision is Decision.INCONCLUSIVE
    assert "but against a baseline, of which this run is the first" in verdict.headline


def test_a_pack_that_had_a_baseline_before_has_no_first_one_again(a_folder, capsys):
    first, second = (a_folder(name, "P" * 60, PASS_RATE, REGRESSION) for name in ("one", "two"))
    main(["baseline", "set", "main", str(first.path)])
    main(["baseline", "set", "other", str(second.path)])
    assert "doors had one before ('main': one); run again with --baseline" in capsys.readouterr().out
    assert not (second.path / FILE).exists()
    assert decide_folder(second).decision is Decision.INCONCLUSIVE
    assert decide_folder(first).decision is Decision.GO


def test_a_damaged_declaration_is_named_and_not_believed(a_folder):
    folder = a_folder("one", "P" * 60, PASS_RATE, REGRESSION)
    (folder.path / FILE).write_text("{}")
    with pytest.raises(
        NotARun, match=r"first_baseline\.json cannot be read: name: field required \(and 1 more\);"
    ):
        decide_folder(folder)
