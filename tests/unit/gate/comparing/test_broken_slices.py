"""Where a candidate breaks what the baseline passes."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.gate.comparing import broken_slices
from simgate.harness.gate.comparing.compare import RunComparison, compare_runs
from simgate.harness.gate.comparing.compare_table import comparison_table
from simgate.harness.results.record import Outcome
from simgate.reports.compare_html import render
from tests.unit.gate.pairs import REGRESSION, baseline, evidence_of, run_of
from tests.unit.gate.runs import make_record

pytest.importorskip("sklearn", reason="needs the extra slices")

COUNT = 240
NEW = {"model": "door_detector 2.0", "model_sha256": "2" * 64}


def parameters():
    rng = np.random.default_rng(6)
    return [
        {"lighting.lux": float(rng.uniform(30, 900)), "door.tint": float(rng.uniform(0.1, 0.5))}
        for _ in range(COUNT)
    ]


def compared(before, breaks):
    """A comparison in which ``breaks`` says of each variant's number and parameters whether it fails now."""
    rows = parameters()
    manifest, records = run_of("P" * COUNT, made=NEW)
    now = [
        make_record(record.variant, Outcome.FAIL if breaks(k, row) else Outcome.PASS, parameters=row)
        for k, (record, row) in enumerate(zip(records, rows, strict=True))
    ]
    return compare_runs(baseline(before), evidence_of(manifest, now), REGRESSION, lambda _: None)


def test_the_region_in_which_the_candidate_breaks_is_named_everywhere(tmp_path):
    found = compared("P" * COUNT, lambda k, row: row["lighting.lux"] < 150)
    [one] = found.slices
    assert one.region.startswith("lighting.lux < 1")
    assert (one.broken_inside, one.inside) == (one.broken, one.broken)
    assert one.text in comparison_table(found, 200)
    page = render(found, tmp_path, tmp_path)
    assert "Where it breaks" in page
    assert f"{one.broken_inside} of {one.broken} broken variants" in page
    assert RunComparison.model_validate_json(found.model_dump_json()) == found


def test_what_fails_with_both_models_is_no_part_of_it():
    rows = parameters()
    tinted = [row["door.tint"] > 0.35 for row in rows]
    before = "".join("F" if dark else "P" for dark in tinted)
    found = compared(before, lambda k, row: tinted[k] or row["lighting.lux"] < 150)
    assert [one.region.split()[0] for one in found.slices] == ["lighting.lux"]
    assert found.slices[0].total == COUNT - sum(tinted)


def test_breakage_without_a_pattern_has_no_region_and_that_is_said(tmp_path):
    found = compared("P" * COUNT, lambda k, row: k % 12 == 0)
    assert not found.slices
    assert "no region of the parameters holds more" in comparison_table(found, 200)
    assert "No region of the parameters holds more" in render(found, tmp_path, tmp_path)


def test_a_few_broken_variants_are_no_region():
    found = compared("P" * COUNT, lambda k, row: k < 3)
    assert not found.slices
    assert "3 broken and 237 that pass with both versions; it takes 8 of each" in found.no_slices


def test_without_a_broken_variant_nothing_is_said():
    found = compared("P" * COUNT, lambda k, row: False)
    assert (found.slices, found.no_slices) == ((), "")


def test_without_scikit_learn_the_comparison_goes_on_and_names_the_extra(monkeypatch):
    monkeypatch.setattr("simgate.harness.slices.find.find_spec", lambda name: None)
    found = compared("P" * COUNT, lambda k, row: row["lighting.lux"] < 150)
    assert "simgate[slices]" in found.no_slices


def test_of_many_pairs_a_part_is_searched_and_the_comparison_says_which(monkeypatch):
    def broken(k, row):
        return row["lighting.lux"] < 150

    assert not any("searched" in note for note in compared("P" * COUNT, broken).notes)
    monkeypatch.setattr(broken_slices, "MOST_SEARCHED", 130)
    found = compared("P" * COUNT, broken)
    assert found.slices[0].total == COUNT / 2
    assert "regions of broken variants were searched on every 2nd variant" in found.notes
