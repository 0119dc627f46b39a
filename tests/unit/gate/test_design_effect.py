from __future__ import annotations

import pytest
from scipy.stats import t

from simgate.harness.gate.design_effect import design_effect, scenes_of_shared, shares_scenes


def outcomes(*scenes, scenario="s"):
    """One string of P and F for each scene."""
    return [(scenario, f"{scenario}{k}", letter == "P") for k, scene in enumerate(scenes) for letter in scene]


def test_variants_without_shared_scenes_have_none():
    assert design_effect(outcomes(*"PPPFFPPP")) is None


def test_scenes_that_fail_as_a_whole_count_as_one_variant_each():
    effect = design_effect(outcomes("PPPPP", "FFFFF", "PPPPP", "FFFFF", "PPPPP", "PPPPP"))
    # All of a scene agree: 30 variants say as much as 6, up to the factor G / (G - 1).
    # and as little again as six scenes tell about how alike their variants are.
    assert effect == pytest.approx(5 * 6 / 5 * (t.ppf(0.95, 5) / t.ppf(0.95, 29)) ** 2)


def test_failures_spread_over_the_scenes_have_no_effect():
    assert design_effect(outcomes("PPPPF", "PPPFP", "PPFPP", "PFPPP")) == 1.0


@pytest.mark.parametrize("scenes", [("PPPP", "PPPP"), ("PPPP", "PPPF"), ("FFFF", "FFFF")])
def test_too_few_failures_or_passes_tell_nothing(scenes):
    assert design_effect(outcomes(*scenes)) is None


def test_one_fixed_scene_is_no_cluster_for_nothing_is_drawn_but_noise():
    assert design_effect(outcomes("PPPFFFPPPF")) is None


def test_scenarios_of_different_difficulty_are_no_dependence():
    easy, hard = outcomes(*["PP"] * 20, scenario="easy"), outcomes(*["PF"] * 20, scenario="hard")
    assert design_effect(easy + hard) == 1.0


def test_statsmodels_cluster_robust_variance_gives_the_same_effect():
    api = pytest.importorskip("statsmodels.api")
    scenes = ["PPPFP", "FFPFF", "PPPPP", "PFPPP", "FFFFP", "PPPPP", "PP", "FPFF"]
    data = outcomes(*scenes)
    y = [float(passed) for _, _, passed in data]
    groups = [int(scene[1:]) for _, scene, _ in data]
    fit = api.OLS(y, [[1.0]] * len(y)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    rate, g = sum(y) / len(y), len(scenes)
    expected = g / (g - 1) * fit.cov_params()[0][0] / (rate * (1 - rate) / len(y))
    few = t.ppf(0.95, g - 1) / t.ppf(0.95, len(y) - 1)
    assert design_effect(data) == pytest.approx(expected * few**2)


def test_the_fewer_scenes_the_less_is_believed_of_the_estimate():
    effects = [design_effect(outcomes(*["PPPPF", "PPPPP", "PPFFP"] * times)) for times in (1, 3, 10)]
    assert effects == sorted(effects, reverse=True)


def test_what_is_shared_can_be_counted():
    data = outcomes("PP", "PF", "P") + outcomes(*"PPPP", scenario="alone") + outcomes("PPPP", scenario="one")
    assert scenes_of_shared(data) == (5, 3)


def test_a_scenario_with_some_shared_scenes_is_named():
    assert shares_scenes([("a", "1"), ("a", "2"), ("b", "3"), ("b", "3"), ("b", "4")]) == "b"
    assert shares_scenes([("a", "1"), ("a", "1"), ("b", "3"), ("b", "4")]) == ""
