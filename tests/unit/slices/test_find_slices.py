"""Failure slices: what is there is found and named, what is not there is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from simgate.harness.slices import Condition, MissingExtra, find_slices
from simgate.harness.slices.columns import columns_of
from simgate.harness.slices.find import _tail
from simgate.harness.slices.slice import Slice, p_in_words

pytest.importorskip("sklearn", reason="needs the extra slices")


def variants(count, seed):
    rng = np.random.default_rng(seed)
    return [
        {
            "door.tint": float(0.05 + 0.3 * rng.beta(2, 5)),
            "lighting.lux": float(np.exp(rng.uniform(np.log(25), np.log(1200)))),
            "door.kind": str(rng.choice(["glass", "wood", "none"])),
            "person.present": bool(rng.random() < 0.4),
            "clutter.count": int(rng.integers(0, 6)),
            "camera.pitch_deg": float(rng.normal()),
            "robot.radius_m": 0.25,
        }
        for _ in range(count)
    ]


def noisy(parameters, region, seed, inside=0.95, outside=0.02):
    rng = np.random.default_rng(seed + 1)
    return [bool(rng.random() < (inside if region(p) else outside)) for p in parameters]


@pytest.mark.parametrize("seed", range(4))
def test_a_region_of_two_parameters_is_found_with_both(seed):
    parameters = variants(300, seed)
    failed = noisy(parameters, lambda p: p["door.tint"] < 0.13 and p["lighting.lux"] < 130, seed)
    first = find_slices(parameters, failed)[0]
    assert {c.parameter for c in first.conditions} == {"door.tint", "lighting.lux"}
    assert {c.op for c in first.conditions} == {"<"}
    assert first.failed_inside >= 0.8 * first.failed
    assert first.failed_inside >= 0.8 * first.inside


def test_words_and_bools_are_named_as_they_are():
    parameters = variants(300, 3)
    failed = noisy(parameters, lambda p: p["door.kind"] == "glass" and p["person.present"], 3)
    assert set(find_slices(parameters, failed)[0].conditions) == {
        Condition("door.kind", "=", "glass"),
        Condition("person.present", "=", True),
    }


def test_two_separate_regions_are_two_slices_that_do_not_overlap():
    parameters = variants(600, 5)
    failed = noisy(parameters, lambda p: p["door.tint"] < 0.08 or p["camera.pitch_deg"] > 1.3, 5)
    found = find_slices(parameters, failed)
    assert len(found) >= 2
    assert max(sum(one.holds(p) for one in found) for p in parameters) == 1


def test_outcomes_that_have_nothing_to_do_with_the_parameters_give_no_slice():
    false = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        false += bool(find_slices(variants(120, seed), list(rng.random(120) < 0.25)))
    # At a level of 5 %, 6 of 120 are expected at most; 13 would be beyond chance (p < 0.01).
    assert false <= 12


def test_a_needless_condition_is_left_out():
    for seed in range(6):
        parameters = variants(400, seed)
        failed = noisy(parameters, lambda p: p["lighting.lux"] < 60, seed)
        found = find_slices(parameters, failed)
        assert [[c.parameter for c in one.conditions] for one in found] == [["lighting.lux"]]


def test_the_same_data_and_seed_give_the_same_slices():
    parameters = variants(200, 8)
    failed = noisy(parameters, lambda p: p["lighting.lux"] < 100, 8)
    assert find_slices(parameters, failed) == find_slices(parameters, failed)
    assert find_slices(parameters, failed, seed=1)[0].held_out != find_slices(parameters, failed)[0].held_out


def test_too_few_failures_say_nothing():
    parameters = variants(100, 2)
    failed = [p["lighting.lux"] == min(q["lighting.lux"] for q in parameters) for p in parameters]
    assert find_slices(parameters, failed) == []
    assert find_slices(parameters, [True] * 100) == []
    assert find_slices([], []) == []


def test_what_is_said_can_be_counted_again():
    parameters = variants(300, 1)
    failed = noisy(parameters, lambda p: p["lighting.lux"] < 100, 1)
    one = find_slices(parameters, failed)[0]
    inside = [one.holds(p) for p in parameters]
    both = sum(f and i for f, i in zip(failed, inside, strict=True))
    assert (one.failed_inside, one.inside, one.failed, one.total) == (both, sum(inside), sum(failed), 300)
    assert one.text == f"{one.region}: {both} of {sum(failed)} failures"
    assert f"{both} of {sum(inside)} variants inside failed" in one.detail


def test_bounds_are_the_shortest_decimals_that_cut_the_same():
    rows = [{"a": 0.1234567}, {"a": 0.1934567}, {"a": 0.52}]
    column = columns_of(rows)[0]
    assert column.rounded(0.15845) == 0.16
    assert column.rounded(0.3567) == 0.4


def test_parameters_that_some_variant_lacks_or_that_never_vary_are_left_out():
    rows = [
        {"a": 1, "b": 2, "c": "x", "d": float("inf")},
        {"a": 2, "c": "x", "b": 2, "d": 1.0},
        {"a": 3, "c": "x", "d": 2.0},
    ]
    assert [column.parameter for column in columns_of(rows)] == ["a"]


def test_a_parameter_with_a_number_beyond_every_float_is_left_out():
    rows = [{"a": 1.0, "b": 1}, {"a": 2.0, "b": 10**400}]
    assert [column.parameter for column in columns_of(rows)] == ["a"]


def test_a_word_that_is_different_everywhere_is_no_region():
    assert columns_of([{"name": f"v{k}"} for k in range(30)]) == []


def test_the_exact_tail_is_what_permutations_converge_to():
    rng = np.random.default_rng(4)
    region, failed = rng.random(60) < 0.3, rng.random(60) < 0.3
    everything = np.ones(60, dtype=bool)
    sampled = permutation_test(
        (failed.astype(float),),
        lambda x, axis=-1: (x * region).sum(axis=axis),
        permutation_type="pairings",
        alternative="greater",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )
    assert _tail(region, failed, everything) == pytest.approx(sampled.pvalue, abs=0.01)


def test_without_scikit_learn_the_message_names_the_extra(monkeypatch):
    monkeypatch.setattr("simgate.harness.slices.find.find_spec", lambda name: None)
    parameters = variants(100, 0)
    with pytest.raises(MissingExtra, match=r"simgate\[slices\]"):
        find_slices(parameters, [k < 30 for k in range(100)])


def test_outcomes_and_variants_must_be_as_many():
    with pytest.raises(ValueError, match="3 variants, but 1 outcomes"):
        find_slices(variants(3, 0), [True])


@pytest.mark.parametrize("bad", [True, False])
def test_of_two_words_a_slice_names_the_one_that_fails(bad):
    parameters = [{"person.present": k % 2 == 0} for k in range(80)]
    found = find_slices(parameters, [p["person.present"] is bad for p in parameters])
    assert [one.conditions for one in found] == [(Condition("person.present", "=", bad),)]
    assert [(one.failed_inside, one.inside, one.failed, one.total) for one in found] == [(40, 40, 40, 80)]
    # Half of the failed and half of the passed ones are held out, and all of them fall as the parameter says.
    assert found[0].held_out == (20, 20, 20, 40)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.00009, "< 0.0001"), (0.0001, "= 0.0001"), (0.0099, "= 0.0099"), (0.01, "= 0.010"), (0.5, "= 0.500")],
)
def test_a_p_value_is_never_written_as_zero(value, words):
    assert p_in_words(value) == words


def test_what_is_shown_of_a_slice_counts_inside_and_outside():
    region = Slice((Condition("lighting.lux", "<", 130.0),), 31, 40, 36, 100, (15, 19, 18, 50), 0.00002)
    assert region.text == "lighting.lux < 130: 31 of 36 failures"
    assert region.detail == (
        "31 of 40 variants inside failed, 5 of 60 outside; held out: 15 of 19 inside, 3 of 31 outside (p < 0.0001)"
    )


def test_the_bound_of_a_region_lies_above_it():
    below, above = Condition("lux", "<", 3.0), Condition("lux", ">=", 3.0)
    assert [below.holds(value) for value in (2.9, 3.0, 3.1)] == [True, False, False]
    assert [above.holds(value) for value in (2.9, 3.0, 3.1)] == [False, True, True]


def test_a_threshold_that_is_a_value_is_rounded_up_to_the_next_one():
    column = columns_of([{"lux": value} for value in (1.0, 2.96, 3.5)])[0]
    # What lies at the threshold lies below the cut, and must still do so.
    assert column.rounded(2.96) == 3.0
    assert column.rounded(2.5) == 2.0
