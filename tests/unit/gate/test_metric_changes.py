from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.gate import metric_changes as module
from simgate.harness.gate.metric_changes import metric_changes
from simgate.harness.gate.pairing import pair_up
from tests.unit.gate.pairs import evidence_of, run_of
from tests.unit.gate.runs import make_record

UNITS = {"speed_mps": ("m/s", "higher"), "collisions": ("", "lower")}


def changes_of(before, now):
    """Changes between two runs; each side a list of metrics for every variant."""
    sides = []
    for values in (before, now):
        manifest, records = run_of("P" * len(values))
        records = [make_record(r.variant, metrics=m) for r, m in zip(records, values, strict=True)]
        sides.append(evidence_of(manifest, records))
    pairs = pair_up(sides[1].evidence.variants, sides[0].by_digest)
    return {c.metric: c for c in metric_changes(pairs, lambda name: UNITS.get(name, ("", "none")))}


def test_the_change_is_the_mean_paired_difference_and_its_interval_holds_it():
    rng = np.random.default_rng(0)
    old = rng.normal(5, 3, 80)
    new = old - 0.5 + rng.normal(0, 0.2, 80)
    found = changes_of([{"speed_mps": v} for v in old.tolist()], [{"speed_mps": v} for v in new.tolist()])
    change = found["speed_mps"]
    assert change.change == pytest.approx(np.mean(new - old))
    assert change.low < change.change < change.high < -0.4
    assert change.q_value < 0.01
    assert change.worse
    assert change.unit == "m/s"


def test_pairing_shows_what_two_separate_means_would_hide():
    old = np.linspace(0, 100, 40)
    found = changes_of([{"x": v} for v in old.tolist()], [{"x": v + 0.1} for v in old.tolist()])
    assert found["x"].p_value < 0.01


def test_the_bootstrap_interval_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    difference = rng.exponential(1.0, 60)
    found = changes_of([{"x": 0.0}] * 60, [{"x": v} for v in difference.tolist()])["x"]
    reference = stats.bootstrap((difference,), np.mean, method="percentile", n_resamples=4000, rng=5)
    assert (found.low, found.high) == pytest.approx(reference.confidence_interval, abs=0.04)


def test_the_sign_flip_test_keeps_its_level():
    rng = np.random.default_rng(4)
    values = rng.normal(0, 1, (25, 300))
    rows = [{f"m{k}": v for k, v in enumerate(row)} for row in values.tolist()]
    found = changes_of([{f"m{k}": 0.0 for k in range(300)}] * 25, rows)
    assert np.mean([c.p_value <= 0.05 for c in found.values()]) < 0.09
    assert sum(c.q_value <= 0.05 for c in found.values()) <= 1


def test_variants_in_which_a_metric_is_undefined_on_either_side_are_left_out():
    before = [{"collisions": 0}] * 10 + [{"collisions": None}] * 5
    now = [{"collisions": 1}] * 8 + [{"collisions": None}] * 7
    assert changes_of(before, now)["collisions"].pairs == 8


def test_words_and_metrics_with_too_few_pairs_are_no_numbers_to_compare():
    found = changes_of(
        [{"report": "glass", "rare": None}] * 8 + [{"rare": 1.0}], [{"report": "wood", "rare": 2.0}] * 9
    )
    assert found == {}


def test_bools_count_as_shares():
    found = changes_of([{"success": True}] * 20, [{"success": True}] * 15 + [{"success": False}] * 5)
    assert found["success"].change == pytest.approx(-0.25)


@pytest.mark.parametrize(("share", "spread"), [(0.02, 1.0), (0.3, 1.0), (1.0, 2.0)])
def test_many_pairs_give_the_same_as_resampling_them_all(monkeypatch, share, spread):
    rng = np.random.default_rng(6)
    count = 1500
    moved = np.where(rng.random(count) < share, rng.normal(0.15, spread, count), 0.0)
    values = [{"x": v} if k % 10 else {} for k, v in enumerate(moved.tolist())]
    whole = changes_of([{"x": 0.0}] * count, values)["x"]
    monkeypatch.setattr(module, "_FEW_PAIRS", 200)
    quick = changes_of([{"x": 0.0}] * count, values)["x"]
    width = whole.high - whole.low
    assert (quick.pairs, quick.change) == (whole.pairs, whole.change)
    assert (quick.low, quick.high) == pytest.approx((whole.low, whole.high), abs=0.06 * width)
    assert quick.p_value == pytest.approx(whole.p_value, abs=0.025)


def test_metrics_that_some_pairs_lack_keep_their_places():
    old = [{"x": 1.0}, {"y": 5.0}] + [{"x": 1.0, "y": 5.0}] * 6 + [{"x": None, "y": "word"}]
    new = [{"x": 2.0}, {"y": 5.0}] + [{"x": 2.0, "y": 7.0}] * 6 + [{"x": 3.0, "y": 1.0}]
    found = changes_of(old, new)
    assert (found["x"].pairs, found["x"].change) == (7, 1.0)
    assert (found["y"].pairs, found["y"].change) == (7, pytest.approx(12 / 7))
