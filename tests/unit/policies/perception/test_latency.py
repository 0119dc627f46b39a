import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.policies.perception.latency import Latency

KINDS = {
    "constant": 25.0,
    "uniform": {"between": [10, 30]},
    "normal": {"mean": 20, "std": 4, "between": [12, 40]},
    "log_normal": {"median": 0.8, "sigma": 0.4, "between": [0.2, 5]},
}


def make(kind: str, extra: float = 0.0) -> Latency:
    return Latency.model_validate(
        {"device": "reference", "distribution": {kind: KINDS[kind]}, "extra_ms": extra}
    )


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**63 - 1), frame=st.integers(0, 10**6))
def test_a_sample_depends_on_seed_and_frame_only_and_stays_in_its_range(kind, seed, frame):
    latency = make(kind)
    value = latency.sample_ms(seed, frame)
    assert value == make(kind).sample_ms(seed, frame)
    low, high = KINDS[kind]["between"] if isinstance(KINDS[kind], dict) else (25.0, 25.0)
    assert low - 1e-9 <= value <= high + 1e-9


def test_samples_follow_the_declared_normal_distribution():
    samples = np.array([make("normal").sample_ms(7, k) for k in range(4000)])
    # Truncating two standard deviations below the mean moves it up by about 0.2 ms.
    assert samples.mean() == pytest.approx(20.2, abs=0.25)
    assert samples.std() == pytest.approx(3.7, abs=0.3)


def test_the_median_of_a_log_normal_is_the_declared_one():
    samples = [make("log_normal").sample_ms(3, k) for k in range(4000)]
    assert np.median(samples) == pytest.approx(0.8, rel=0.05)


def test_neighbouring_frames_and_seeds_are_uncorrelated():
    by_frame = np.array([make("uniform").sample_ms(1, k) for k in range(2000)])
    by_seed = np.array([make("uniform").sample_ms(k, 1) for k in range(2000)])
    for series in (by_frame, by_seed):
        assert abs(np.corrcoef(series[:-1], series[1:])[0, 1]) < 0.08


def test_extra_latency_is_added_to_every_sample():
    assert make("normal", 150.0).sample_ms(5, 9) == make("normal").sample_ms(5, 9) + 150.0
