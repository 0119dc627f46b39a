"""A metric's value is held against what its description allows: what is outside is no value, whoever computed it."""

import numpy as np
import pytest

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import LARGEST, Metric, MetricInfo, MetricValue
from tests.unit.scoring.traces import make_trace, samples


def of(
    value: object, kind: str = "number", low: float | None = 0.0, high: float | None = None
) -> MetricValue:
    info = MetricInfo("jerkiness", "m/s", "lower", low, high, kind, "How rough it is.", "test")  # type: ignore[arg-type]
    metric = Metric(info, lambda evidence, options: MetricValue(value))  # type: ignore[arg-type]
    return metric.of(Evidence(make_trace(), samples()), {})


@pytest.mark.parametrize(
    ("value", "kind", "low", "high", "said"),
    [
        (-1e308, "number", 0.0, None, "gave -1e+308, outside its declared range 0 to unlimited"),
        (1.5, "number", 0.0, 1.0, "gave 1.5, outside its declared range 0 to 1"),
        (10**400, "number", 0.0, 1.0, "gave a number beyond every float"),
        pytest.param(10**5000, "number", 0.0, None, "gave a number beyond every float", id="huge"),
        (-1, "count", 0, None, "gave -1, outside its declared range 0 to unlimited"),
        (True, "number", 0.0, None, "gave True, which is not a number"),
        (np.bool_(True), "count", 0, None, "which is not a whole number"),
        (2.5, "count", 0, None, "gave 2.5, which is not a whole number"),
        ("fast", "number", 0.0, None, "gave 'fast', which is not a number"),
        (np.zeros(3), "number", 0.0, None, "which is not a number"),
        ({"a": 1}, "number", 0.0, None, "which is not a number"),
        (1, "bool", None, None, "gave 1, which is not true or false"),
        (1.0, "word", None, None, "gave 1, which is not a word"),
    ],
)
def test_what_the_description_does_not_allow_is_undefined_with_the_reason(value, kind, low, high, said):
    found = of(value, kind, low, high)
    assert found.value is None
    assert found.undefined.startswith("jerkiness ") and said in found.undefined
    assert len(found.undefined) < 120


@pytest.mark.parametrize(
    ("value", "kind", "low", "high"),
    [
        (0.0, "number", 0.0, 1.0),
        (1.0 + 1e-12, "number", 0.0, 1.0),
        (np.float64(0.5), "number", 0.0, 1.0),
        (LARGEST, "number", 0.0, None),
        (3, "number", 0.0, None),
        (np.int64(3), "count", 0, None),
        (True, "bool", None, None),
        ("glass", "word", None, None),
        (None, "number", 0.0, 1.0),
    ],
)
def test_what_it_allows_is_the_value(value, kind, low, high):
    assert of(value, kind, low, high).value == value
