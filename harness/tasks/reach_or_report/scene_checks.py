"""What the scenes of a scenario say about its criteria: what can never be met, however the robot drives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from simgate.harness.packs.checks.metric_catalog import MetricCatalog, MetricInfo
from simgate.harness.packs.model import Criterion, Scenario, SimSpec
from simgate.harness.tasks.scene_finding import Finding, severity_of, share_of
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensing.clearance import ClearanceField


def check_scenes(
    scenario: Scenario,
    sim: SimSpec,
    scenes: Sequence[Scene],
    metrics: MetricCatalog,
    reports: Sequence[str] | None,
) -> list[Finding]:
    """See :meth:`simgate.harness.tasks.task.Task.check`."""
    found: list[Finding] = []
    for criterion in (*scenario.accept, *scenario.hard):
        info = (
            metrics.find_metric(criterion.metric)
            if criterion.stl is None and criterion.signal is None and criterion.source is None
            else None
        )
        if info is not None:
            found += _undefined(criterion, info, scenes, scenario) or _too_slow(criterion, sim, scenes)
            found += _unspeakable(criterion, scenes, reports)
    return found


def _undefined(
    criterion: Criterion, info: MetricInfo, scenes: Sequence[Scene], scenario: Scenario
) -> list[Finding]:
    """A criterion whose metric has nothing to speak of."""
    if criterion.if_undefined == "pass":
        return []
    lacking, what, hint = {
        "": ((lambda scene: False), "", ""),
        "barrier": (_is_open, "nothing closes the way", "let something close it"),
        "open_way": (_is_closed, "a barrier closes the way", "leave the way open"),
    }[info.needs]
    if info.needs_class:
        lacking, what = _without(info.needs_class), f"there is no {info.needs_class}"
        hint = f"put a {info.needs_class} into the scenes"
    count = sum(map(lacking, scenes))
    if not count:
        return []
    outcome = {"fail": "fail", "invalid": "are INVALID"}[criterion.if_undefined]
    if criterion in scenario.hard:
        outcome = {"fail": "violate a hard rule", "invalid": "leave a hard rule undecided"}[
            criterion.if_undefined
        ]
    message = f"{criterion.metric} is undefined where {what}: {share_of(count, len(scenes))} {outcome}"
    hint = f"{hint}, leave the criterion out, or add if_undefined: pass"
    return [Finding(criterion.metric, severity_of(count, len(scenes)), "undefined-metric", message, hint)]


def _is_open(scene: Scene) -> bool:
    return scene.task.barrier is None


def _is_closed(scene: Scene) -> bool:
    return scene.task.barrier is not None


def _without(label: str) -> Callable[[Scene], bool]:
    return lambda scene: not scene.labelled(label)


def _too_slow(criterion: Criterion, sim: SimSpec, scenes: Sequence[Scene]) -> list[Finding]:
    """A criterion that asks for more way than the robot can drive in the time there is."""
    limit, key = sim.time_limit_s, "sim.time_limit_s"
    if criterion.metric == "time_to_goal_s" and _upper(criterion) < limit:
        limit, key = _upper(criterion), criterion.op
    needed = [_least_way_m(criterion, scene) / scene.robot.max_speed_mps for scene in scenes]
    late = [time for time in needed if time > limit]
    if not late:
        return []
    fastest = max(scene.robot.max_speed_mps for scene in scenes)
    message = f"{criterion.metric} cannot be met: at the robot's top speed of {fastest:g} m/s the way takes "
    message += f"up to {max(late):.1f} s, and {limit:g} s are allowed, in {share_of(len(late), len(scenes))}"
    hint = f"allow {math.ceil(max(late))} s or more ({key}), or shorten the way"
    return [Finding(criterion.metric, severity_of(len(late), len(scenes)), "time-limit", message, hint)]


def _unspeakable(
    criterion: Criterion, scenes: Sequence[Scene], reports: Sequence[str] | None
) -> list[Finding]:
    """A right report that the policy has no word for."""
    if reports is None or criterion.metric != "report_correct" or criterion.bound is not True:
        return []
    wanted = [scene.task.barrier_kind for scene in scenes if scene.task.barrier_kind is not None]
    strange = [word for word in wanted if word not in reports]
    if not strange:
        return []
    words = " and ".join(f"'{word}'" for word in dict.fromkeys(strange))
    message = f"report_correct asks for {words}, which the policy never reports, in "
    message += share_of(len(strange), len(scenes))
    hint = f"known: {', '.join(reports)}"
    return [
        Finding(criterion.metric, severity_of(len(strange), len(scenes)), "unknown-report", message, hint)
    ]


def _least_way_m(criterion: Criterion, scene: Scene) -> float:
    """The way that the robot must drive at least so that a criterion can be met, metres."""
    task, (x, y, _) = scene.task, scene.robot.start
    whole = max(0.0, math.hypot(task.goal[0] - x, task.goal[1] - y) - task.goal_radius_m)
    if criterion.metric == "success":
        return whole if criterion.bound is True and task.barrier is None else 0.0
    if criterion.metric == "time_to_goal_s":
        return whole if task.barrier is None and criterion.if_undefined != "pass" else 0.0
    if criterion.metric == "spl":
        return whole if task.barrier is None and _lower(criterion) > 0 else 0.0
    if criterion.metric == "progress":
        return whole * max(0.0, _lower(criterion))
    if criterion.metric == "stop_distance_m" and task.barrier is not None:
        gap = ClearanceField(scene).gaps(x, y, 0.0).get(task.barrier, 0.0)
        return max(0.0, gap - _upper(criterion))
    return 0.0


def _lower(criterion: Criterion) -> float:
    """The smallest value that a criterion lets pass; minus infinity for none."""
    if isinstance(criterion.bound, tuple):
        return criterion.bound[0]
    return float(criterion.bound) if criterion.op in ("at_least", "equals") else -math.inf


def _upper(criterion: Criterion) -> float:
    """The largest value that a criterion lets pass; infinity for none."""
    if isinstance(criterion.bound, tuple):
        return criterion.bound[1]
    return float(criterion.bound) if criterion.op in ("at_most", "equals") else math.inf
