from __future__ import annotations

from simgate.harness.gate.decide import decide
from simgate.harness.gate.texts.table import verdict_table
from tests.unit.gate.runs import PASS_RATE, VALIDITY, a_run


def test_the_table_holds_headline_rules_scenarios_and_notes():
    manifest, records = a_run("P" * 20 + "FIE-", PASS_RATE, VALIDITY)
    text = verdict_table(decide(manifest.model_copy(update={"selection": "--variants 24"}), records))
    assert text.startswith("INCONCLUSIVE: ")
    assert "1. INCONCLUSIVE pass rate of all scenarios at least 0.9, at 95 % confidence" in text
    assert "2. INCONCLUSIVE share of INVALID, ERROR and missing variants" in text
    assert "would change: " in text
    row = next(line for line in text.splitlines() if line.startswith("glass"))
    assert row.split()[:9] == ["glass", "critical", "24", "20", "1", "0", "1", "1", "1"]
    assert "note: only a part of the pack was to be run: --variants 24" in text


def test_sentences_are_wrapped_to_the_width_asked_for():
    verdict = decide(*a_run("P" * 20 + "FIE-", PASS_RATE, VALIDITY))
    sentences = [
        line for line in verdict_table(verdict, 70).splitlines() if not line.startswith(("glass", "scen"))
    ]
    assert max(map(len, sentences)) <= 70


def test_columns_stay_aligned():
    lines = verdict_table(decide(*a_run("P" * 20))).splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("scenario"))
    position = lines[head].index("expected") + len("expected")
    assert lines[head + 1][:position].endswith("20")
