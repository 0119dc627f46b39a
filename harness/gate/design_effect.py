"""Variants that share a scene say less than as many independent ones; how much less is the design effect.

Variance of the pass rate with whole scenes as units (linearised, G / (G - 1)) within each scenario, divided
by that of independent variants (Kish, Survey Sampling, 1965). Counts are divided by it before an exact
interval is taken, and by the squared ratio of the t quantiles of both degrees of freedom, for few scenes tell
little about how alike they are (both: Korn and Graubard, Survey Methodology 24, 1998). Scenarios are strata:
each always gives its fixed number of variants, so differences between them are no dependence. A scenario with
one fixed scene has nothing to compare; its variants are draws of what it varies, and count as independent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scipy.special import stdtrit

SHOWN_ABOVE = 1.2
"""Up to here the design effect is noise of its own estimate; counts are then left alone."""
FEWEST_FAILURES = 2
"""With fewer failures (or passes) nothing can be said about whether they come together."""
_T_AT = 0.95
"""Quantile of Student's t whose ratio corrects for few scenes; of the usual one-sided bound."""


def design_effect(outcomes: Iterable[tuple[str, str, bool]]) -> float | None:
    """How many variants count as one.

    Args:
        outcomes: (scenario, scene, passed) of every variant that counts.

    Returns:
        At least 1; None when it cannot be estimated (no scenes are shared, or too few failures or passes).
    """
    strata = _strata(outcomes)
    ratio = _variance_ratio(strata)
    if ratio is None:
        return None
    scenes = sum(len(one) - 1 if _is_shared(one) else _size(one) - 1 for one in strata.values())
    variants = sum(_size(one) - 1 for one in strata.values())
    return max(1.0, ratio * (float(stdtrit(scenes, _T_AT)) / float(stdtrit(variants, _T_AT))) ** 2)


def scenes_of_shared(outcomes: Iterable[tuple[str, str, bool]]) -> tuple[int, int]:
    """How many variants lie in scenarios whose variants share scenes, and in how many scenes."""
    shared = [one for one in _strata(outcomes).values() if _is_shared(one)]
    return sum(_size(one) for one in shared), sum(len(one) for one in shared)


_Scenes = dict[str, list[bool]]


def _strata(outcomes: Iterable[tuple[str, str, bool]]) -> dict[str, _Scenes]:
    strata: dict[str, _Scenes] = defaultdict(lambda: defaultdict(list))
    for scenario, scene, passed in outcomes:
        strata[scenario][scene].append(passed)
    return strata


def _size(scenes: _Scenes) -> int:
    return sum(len(members) for members in scenes.values())


def _is_shared(scenes: _Scenes) -> bool:
    return 1 < len(scenes) < _size(scenes)


def _variance_ratio(strata: Mapping[str, _Scenes]) -> float | None:
    robust = plain = 0.0
    failures = passes = 0
    for scenes in strata.values():
        total, groups = _size(scenes), len(scenes)
        passed_here = sum(sum(members) for members in scenes.values())
        rate = passed_here / total
        plain += total * rate * (1.0 - rate)
        if not _is_shared(scenes):
            robust += total * rate * (1.0 - rate)
            continue
        failures, passes = failures + total - passed_here, passes + passed_here
        between = sum((sum(members) - rate * len(members)) ** 2 for members in scenes.values())
        robust += groups / (groups - 1) * between
    if min(failures, passes) < FEWEST_FAILURES or plain == 0.0:
        return None
    return robust / plain


def shares_scenes(scenes: Iterable[tuple[str, str]]) -> str:
    """A scenario with several scenes of which one has several variants; empty when there is none.

    Args:
        scenes: (scenario, scene) of every variant.
    """
    strata: dict[str, list[str]] = defaultdict(list)
    for scenario, scene in scenes:
        strata[scenario].append(scene)
    for scenario, members in strata.items():
        if 1 < len(set(members)) < len(members):
            return scenario
    return ""
