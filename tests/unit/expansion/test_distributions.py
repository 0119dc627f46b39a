"""Values follow the stated laws, stay inside their ends and keep their types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from simgate.harness.expansion.distributions import draw
from simgate.harness.expansion.sequences.streams import Streams
from simgate.harness.packs.values import ValueSpec

UNIFORM = Streams("pack", "scenario", 1)["law"].uniform(np.arange(50_000))
ENDS = np.array([2.0**-53, 1 - 2.0**-53])


def numeric(kind: str, **numbers: float) -> ValueSpec:
    return ValueSpec.model_validate({"kind": kind, "numbers": numbers})


def normal(mean: float, std: float, low: float, high: float) -> tuple[ValueSpec, Any]:
    law = stats.truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std)
    return numeric("normal", mean=mean, std=std, low=low, high=high), law


LAWS = {
    "uniform": (numeric("uniform", low=-2, high=5), stats.uniform(-2, 7)),
    "log_uniform": (numeric("log_uniform", low=60, high=1200), stats.loguniform(60, 1200)),
    "normal": normal(4500, 700, 2700, 7500),
    "normal, narrow": normal(0, 1, -0.3, 0.1),
    "normal, lower tail": normal(0, 1, -5, -3),
    "normal, upper tail": normal(0, 1, 3, 5),
    "normal, far upper tail": normal(10, 1, 15.5, 15.9),
    "beta": (numeric("beta", alpha=2, beta=5, low=0.05, high=0.35), stats.beta(2, 5, 0.05, 0.3)),
    "beta, steep": (numeric("beta", alpha=0.5, beta=0.5, low=0, high=1), stats.beta(0.5, 0.5)),
}


@pytest.mark.parametrize("name", LAWS)
def test_values_follow_their_law(name: str) -> None:
    spec, law = LAWS[name]
    assert stats.kstest(draw(spec, UNIFORM), law.cdf).pvalue > 0.01


@pytest.mark.parametrize("name", LAWS)
def test_values_never_leave_their_ends(name: str) -> None:
    spec, _ = LAWS[name]
    values = draw(spec, np.concatenate([UNIFORM, ENDS]))
    assert values.dtype == np.float64 and np.isfinite(values).all()
    assert values.min() >= spec.numbers["low"] and values.max() <= spec.numbers["high"]


@pytest.mark.parametrize("name", LAWS)
def test_values_rise_with_the_uniform_number(name: str) -> None:
    spec, _ = LAWS[name]
    assert (np.diff(draw(spec, np.linspace(0.001, 0.999, 500))) >= 0).all()


def test_integers_are_whole_equally_likely_and_include_both_ends() -> None:
    values = draw(numeric("integers", low=-1, high=4), UNIFORM)
    assert values.dtype == np.int64
    numbers, counts = np.unique(values, return_counts=True)
    assert numbers.tolist() == [-1, 0, 1, 2, 3, 4]
    assert stats.chisquare(counts).pvalue > 0.01
    assert draw(numeric("integers", low=-1, high=4), ENDS).tolist() == [-1, 4]


def test_choices_come_up_by_their_weights() -> None:
    spec = ValueSpec(kind="choice", choices=("box", "bin", "chair"), weights=(0.5, 0.3, 0.2))
    words, counts = np.unique(draw(spec, UNIFORM), return_counts=True)
    expected = {"box": 0.5, "bin": 0.3, "chair": 0.2}
    assert stats.chisquare(counts, [expected[str(w)] * len(UNIFORM) for w in words]).pvalue > 0.01


def test_choices_of_mixed_types_keep_them() -> None:
    spec = ValueSpec(kind="choice", choices=(1, 2.5, "x", True), weights=(0.25,) * 4)
    assert {type(value) for value in draw(spec, UNIFORM[:100]).tolist()} == {int, float, str, bool}


def test_bool_comes_up_with_its_probability() -> None:
    values = draw(numeric("bool", probability=0.3), UNIFORM)
    assert values.dtype == np.bool_ and stats.binomtest(int(values.sum()), len(values), 0.3).pvalue > 0.01
    assert draw(numeric("bool", probability=1.0), ENDS).all()
    assert not draw(numeric("bool", probability=0.0), ENDS).any()


def test_a_constant_is_itself() -> None:
    assert draw(ValueSpec(kind="constant", choices=("glass",)), UNIFORM[:3]).tolist() == ["glass"] * 3
