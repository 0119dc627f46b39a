from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.gate.comparing import metric_changes as module
from simgate.harness.gate.comparing.metric_changes import losses_in_words, metric_changes
from simgate.harness.gate.comparing.pairing import pair_up
from simgate.harness.scoring.metric import MetricInfo
from tests.unit.gate.pairs import evidence_of, run_of
from tests.unit.gate.runs import make_record


def info(name, unit="", direction="none", low=None, high=None, kind="number"):
    return MetricInfo(name, unit, direction, low, high, kind, meaning="", source="")


KNOWN = {
    one.name: one
    for one in (
        info("speed_mps", "m/s", "higher"),
        info("collisions", "", "lower", low=0, kind="count"),
        info("recall", "", "higher", low=0, high=1),
        info("balance", "", "higher", low=-1, high=1),
        info("success", "", "higher", kind="bool"),
    )
}


def changes_of(before, now):
    """Changes between two runs; each side a list of metrics for every variant."""
    sides = []
    for values in (before, now):
        manifest, records = run_of("P" * len(values))
        records = [make_record(r.variant, metrics=m) for r, m in zip(records, values, strict=True)]
        sides.append(evidence_of(manifest, records))
    pairs = pair_up(sides[1].evidence.variants, sides[0].by_digest)
    return {c.metric: c for c in metric_changes(pairs, KNOWN.get)}


def test_the_change_is_the_mean_paired_difference():
    rng = np.random.default_rng(0)
    old = rng.normal(5, 3, 80)
    new = old - 0.5 + rng.normal(0, 0.2, 80)
    found = changes_of([{"speed_mps": v} for v in old.tolist()], [{"speed_mps": v} for v in new.tolist()])
    change = found["speed_mps"]
    assert change.change == pytest.approx(np.mean(new - old))
    assert change.q_value < 0.01
    assert change.worse
    assert change.unit == "m/s"


def test_a_bounded_metric_has_an_interval_and_an_unbounded_one_has_none():
    rng = np.random.default_rng(0)
    old = rng.uniform(0.5, 1.0, 200)
    new = old - rng.uniform(0.0, 0.4, 200)
    rows = [[{"recall": v, "speed_mps": v} for v in side.tolist()] for side in (old, new)]
    found = changes_of(*rows)
    change = found["recall"]
    assert change.low < change.change < change.high < -0.1
    assert found["speed_mps"].low is None is found["speed_mps"].high


def test_where_nothing_changed_the_interval_still_says_how_much_may_have():
    same = [{"recall": 1.0}] * 54
    change = changes_of(same, same)["recall"]
    assert change.low == -change.high
    # At a true loss of one in twenty, 54 pairs without a change are no rarity.
    assert 0.05 < change.high < 0.15


def test_much_worse_beyond_chance_is_a_loss_and_is_said_with_its_numbers():
    now = [{"recall": 0.67, "speed_mps": 4.9}] * 40
    found = changes_of([{"recall": 0.94, "speed_mps": 5.0}] * 40, now)
    assert found["recall"].lost
    assert not found["speed_mps"].lost
    words = losses_in_words(list(found.values()))
    assert words.startswith("WORSE, and judged by no rule: recall 0.94 -> 0.67 (40 pairs, q = 0.000")
    assert losses_in_words(list(found.values()), ["recall"]) == ""


def test_with_very_many_pairs_the_p_value_is_a_bound_of_what_sign_flips_give(monkeypatch):
    rng = np.random.default_rng(3)
    rows = [{f"m{k}": v for k, v in enumerate(row)} for row in rng.normal(0.25, 1.0, (60, 8)).tolist()]
    zeros = [{f"m{k}": 0.0 for k in range(8)}] * 60
    exact = changes_of(zeros, rows)
    monkeypatch.setattr(module, "MOST_FLIPPED", 10)
    bound = changes_of(zeros, rows)
    assert all(bound[name].p_value >= exact[name].p_value for name in exact)
    assert min(change.p_value for change in bound.values()) < 0.5


def test_pairing_shows_what_two_separate_means_would_hide():
    old = np.linspace(0, 100, 40)
    found = changes_of([{"x": v} for v in old.tolist()], [{"x": v + 0.1} for v in old.tolist()])
    assert found["x"].p_value < 0.01


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


@pytest.mark.parametrize("value", [10**400, float("inf"), float("nan")])
def test_what_no_float_can_hold_is_no_number_to_compare(value):
    found = changes_of([{"collisions": 0}] * 9, [{"collisions": 1}] * 8 + [{"collisions": value}])
    assert (found["collisions"].pairs, found["collisions"].change) == (8, 1.0)


def test_bools_count_as_shares():
    found = changes_of([{"success": True}] * 20, [{"success": True}] * 15 + [{"success": False}] * 5)
    assert found["success"].change == pytest.approx(-0.25)


def test_metrics_that_some_pairs_lack_keep_their_places():
    old = [{"x": 1.0}, {"y": 5.0}] + [{"x": 1.0, "y": 5.0}] * 6 + [{"x": None, "y": "word"}]
    new = [{"x": 2.0}, {"y": 5.0}] + [{"x": 2.0, "y": 7.0}] * 6 + [{"x": 3.0, "y": 1.0}]
    found = changes_of(old, new)
    assert (found["x"].pairs, found["x"].change) == (7, 1.0)
    assert (found["y"].pairs, found["y"].change) == (7, pytest.approx(12 / 7))


@pytest.mark.parametrize(("loss", "lost"), [(0.12, True), (0.08, False)])
def test_a_large_loss_of_a_bounded_metric_is_a_twentieth_of_what_it_can_be(loss, lost):
    before, now = ([{"balance": value}] * 40 for value in (0.5, 0.5 - loss))
    found = changes_of(before, now)["balance"]
    assert found.q_value < 0.05
    assert found.lost is lost
