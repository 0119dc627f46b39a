"""The suite that every metric must pass; third parties subclass it in their own tests.

Example:
    >>> class TestMyMetric(MetricConformance):            # doctest: +SKIP
    ...     metric = MY_METRIC
    ...
    ...     def definition(self, trace, latency, options):
    ...         return max(abs(v) for v in trace.signals["speed_mps"])

A metric is computed on random episodes (:mod:`simgate.harness.scoring.conformance.random_episodes`), among
them of one row, without frames, with a start in contact and with infinite signals, and held against its
definition, written down a second time by hand or taken from a public library.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from simgate.harness.results.record import LatencySamples, Scalar
from simgate.harness.scoring.conformance.random_episodes import Episode, random_episode
from simgate.harness.scoring.conformance.random_pictures import random_pictures
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricValue, Options
from simgate.harness.trace import Trace

__all__ = ["Episode", "MetricConformance", "random_episode", "random_pictures"]

_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "count": (int,),
    "bool": (bool,),
    "word": (str,),
}
DEFINED_AT_LEAST = 0.05
"""Share of the episodes in which a metric must have a value, else the suite has shown nothing."""


class Case(NamedTuple):
    """One try of a metric.

    Attributes:
        name: For messages.
        episode: What it was computed from.
        options: Of the criterion.
        found: What it said.
    """

    name: str
    episode: Episode
    options: Options
    found: MetricValue


class MetricConformance:
    """Subclass it, name the metric, and implement ``definition``.

    Attributes:
        metric: What is tested.
        options: Options that criteria on it may give; each mapping is a case.
        episodes: How many episodes it is tried on.
        tolerance: Largest difference from the definition, relative and absolute.
    """

    metric: Metric
    options: Sequence[Options] = ({},)
    episodes = 120
    tolerance = 1e-9

    def definition(self, trace: Trace, latency: LatencySamples, options: Options) -> Scalar | None:
        """The right value; None where the metric is undefined."""
        raise AssertionError("a conformance suite must say what is right: override definition")

    def episode(self, seed: int) -> Episode:
        """An episode to try it on; override it where a metric needs others, for one on masks, poses or
        keypoints by :func:`random_pictures`."""
        return random_episode(seed)

    @pytest.fixture(scope="class")
    @classmethod
    def cases(cls) -> list[Case]:
        """Every episode under every set of options, with what the metric said."""
        return list(cls().tries())

    def tries(self) -> Iterator[Case]:
        """What ``cases`` holds."""
        for seed in range(self.episodes):
            episode = self.episode(seed)
            evidence = Evidence(episode.trace, episode.latency)
            for options in self.options:
                found = self.metric.compute(evidence, options)
                yield Case(f"episode {seed}, options {dict(options)}", episode, options, found)

    def test_its_value_is_its_definition(self, cases: list[Case]) -> None:
        """By hand or by a public library, within the tolerance."""
        for name, episode, options, found in cases:
            right = self.definition(episode.trace, episode.latency, options)
            if isinstance(right, float) and isinstance(found.value, int | float):
                close = math.isclose(found.value, right, rel_tol=self.tolerance, abs_tol=self.tolerance)
                assert close, f"{name}: {found.value!r} where {right!r} is right"
            else:
                assert found.value == right, f"{name}: {found.value!r} where {right!r} is right"

    def test_it_is_defined_often_enough_to_have_been_tested(self, cases: list[Case]) -> None:
        """A metric without a value has not been tested."""
        defined = [found.value is not None for _, _, _, found in cases]
        assert np.mean(defined) >= DEFINED_AT_LEAST

    def test_its_value_is_of_the_kind_and_in_the_range_that_it_declares(self, cases: list[Case]) -> None:
        """Lint and reports believe what it declares."""
        info = self.metric.info
        for name, _, _, found in cases:
            if found.value is None:
                continue
            # A record is JSON, so numpy's scalars are no plain values.
            assert type(found.value) in _TYPES[info.kind], f"{name}: {found.value!r} is no {info.kind}"
            json.dumps(found.value, allow_nan=False)
            if not isinstance(found.value, str):
                assert info.low is None or found.value >= info.low, f"{name}: {found.value} < {info.low}"
                assert info.high is None or found.value <= info.high, f"{name}: {found.value} > {info.high}"

    def test_where_it_is_undefined_it_says_why_and_only_there(self, cases: list[Case]) -> None:
        """A FAIL for want of evidence needs its reason."""
        for name, _, _, found in cases:
            assert (found.value is None) == bool(found.undefined.strip()), name

    def test_what_it_needs_is_what_it_is_undefined_without(self, cases: list[Case]) -> None:
        """Lint says before a run which scenes it cannot judge."""
        needs = self.metric.info.needs
        for name, episode, _, found in cases:
            barred = bool(episode.trace.facts["has_barrier"])
            lacks = {"barrier": not barred, "open_way": barred}
            assert not lacks.get(needs, False) or found.value is None, f"{name}: defined without {needs}"

    def test_the_moment_that_it_names_lies_in_the_episode(self, cases: list[Case]) -> None:
        """Pictures and timelines are drawn there."""
        for name, episode, _, found in cases:
            end_s = float(episode.trace.times_s[-1])
            assert found.lost_at_s is None or 0.0 <= found.lost_at_s <= end_s, name
            if found.series is not None:
                times, values = found.series
                assert times.shape == values.shape and np.all(np.diff(times) >= 0.0), name
                assert found.value in (values.min(), values.max()), f"{name}: its series has another extreme"

    def test_it_is_a_pure_function_of_the_evidence(self, cases: list[Case]) -> None:
        """Twice the same, and nothing that it was given has changed."""
        for name, episode, options, found in cases:
            before = episode.trace.digest()
            again = self.metric.compute(Evidence(episode.trace, episode.latency), options)
            assert (again.value, again.lost_at_s) == (found.value, found.lost_at_s), name
            assert episode.trace.digest() == before, f"{name}: it has changed the trace"

    def test_it_explains_itself(self) -> None:
        """``simgate metrics`` shows what it says of itself."""
        info = self.metric.info
        said = info.name and info.meaning.endswith(".") and info.source
        assert said, "people read it in `simgate metrics`"
        assert info.low is None or info.high is None or info.low < info.high
        assert all(set(options) <= set(info.options) for options in self.options)
