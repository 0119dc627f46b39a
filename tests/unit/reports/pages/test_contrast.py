import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from simgate.reports.contrast import NumberContrast, WordContrast, compare, rank_biserial


def rows(rng: np.random.Generator, count: int, lux: float, kind: str = "glass") -> list[dict[str, object]]:
    return [
        {
            "lux": float(rng.normal(lux, 30)),
            "width": float(rng.uniform(2, 3)),
            "yaw": float(rng.normal()),
            "kind": kind if rng.random() < 0.9 else "wood",
        }
        for _ in range(count)
    ]


def test_the_parameter_that_separates_the_groups_comes_first() -> None:
    rng = np.random.default_rng(1)
    found = compare(rows(rng, 30, 60), rows(rng, 80, 300))
    assert isinstance(found[0], NumberContrast)
    assert found[0].parameter == "lux"
    assert found[0].effect < -0.95
    assert found[0].shift is not None and found[0].shift < -3


def test_a_word_that_only_failed_variants_have_is_found() -> None:
    rng = np.random.default_rng(2)
    found = compare(rows(rng, 30, 100, "glass"), rows(rng, 80, 100, "none"))
    assert isinstance(found[0], WordContrast)
    assert (found[0].parameter, found[0].value) == ("kind", "glass")
    assert found[0].failed_share > 0.7 > 0.1 > found[0].passed_share


def test_equal_groups_hardly_ever_show_a_difference() -> None:
    rng = np.random.default_rng(3)
    alarms = sum(bool(compare(rows(rng, 12, 100), rows(rng, 60, 100))) for _ in range(200))
    assert alarms <= 20  # 5 % by construction, 10 % at most


def test_groups_that_are_too_small_are_not_compared() -> None:
    rng = np.random.default_rng(4)
    assert compare(rows(rng, 2, 10), rows(rng, 50, 500)) == []
    assert compare(rows(rng, 50, 10), rows(rng, 2, 500)) == []


@pytest.mark.parametrize("seed", range(5))
def test_rank_biserial_agrees_with_mann_whitney(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 6, 14).astype(float), rng.integers(1, 9, 23).astype(float)
    u = mannwhitneyu(first, second).statistic
    assert rank_biserial(first, second) == pytest.approx(2 * u / (14 * 23) - 1)
