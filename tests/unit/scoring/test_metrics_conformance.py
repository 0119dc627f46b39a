"""Every built-in metric passes the suite that plugins are held to: random episodes against a second definition."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from simgate.harness.scoring.conformance import MetricConformance, random_episode, random_pictures
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, undefined
from simgate.harness.scoring.metrics import find, metric_names
from simgate.harness.tasks.reach_or_report import SIGNALS
from simgate.harness.trace import Actions, Signal
from simgate.policies.perception.outputs import Depth
from tests.unit.scoring import definitions, definitions_of_perception
from tests.unit.scoring.definitions_of_pictures import OF_PICTURES


def depth_episode(seed):
    """A random episode of a model of depth: some frames dropped, some pixels unanswered, some without truth."""
    rng = np.random.default_rng(seed)
    episode = random_episode(seed)
    trace = episode.trace
    frames, outputs = [], []
    for frame in trace.frames:
        truth = rng.uniform(0.2, 9.0, (3, 4)).astype(np.float32)
        truth[rng.random(truth.shape) < 0.2] = np.inf
        said = (truth * rng.lognormal(0, 0.2, truth.shape)).astype(np.float32)
        said[~np.isfinite(said) | (rng.random(truth.shape) < 0.2)] = np.nan
        frames.append(replace(frame, depth_m=truth if seed % 7 else None))
        if rng.random() < 0.8 and seed % 5:
            outputs.append(Depth(said, frame.step))
    changes = {"frames": tuple(frames), "outputs": tuple(outputs), "detections": ()}
    return replace(episode, trace=replace(trace, **changes))


def moving_episode(seed):
    """A random episode of a robot that can fall, with its work and its actions; rows without values among them."""
    rng = np.random.default_rng(seed)
    episode = random_episode(seed)
    trace, rows = episode.trace, len(episode.trace.steps)
    tilt = np.round(np.abs(np.cumsum(rng.normal(0, 25, rows))) % 90)
    tilt[rng.random(rows) < (1.0 if seed % 7 == 0 else 0.2)] = np.nan
    work = np.cumsum(rng.gamma(1.0, 2.0, rows)) + 3.0
    work[-1] = np.nan if seed % 5 == 0 else work[-1]
    place = trace.signals["x_m"].copy()
    place[rng.random(rows) < 0.1] = np.nan
    bounds = np.where(rng.random(3) < 0.3, np.inf, [1.0, 2.0, 0.5])
    told = Actions(("a", "b", "c"), -bounds, bounds, np.round(rng.normal(0, 1, (rows, 3)), 1))
    signals = {**trace.signals, "x_m": place, "tilt_deg": tilt, "work_j": work}
    of_task = Signal("tilt_deg", "deg", "tilt", "tilt"), Signal("work_j", "J", "energy", "energy")
    changes = {"signals": signals, "declared": (*SIGNALS, *of_task), "actions": told if seed % 6 else None}
    return replace(episode, trace=replace(trace, **changes))


def rewarded_episode(seed):
    """A random episode of an environment: a reward for every step but the first row."""
    episode = random_episode(seed)
    trace, rows = episode.trace, len(episode.trace.steps)
    rewards = np.random.default_rng(seed).normal(0, 3, rows - 1)
    total = np.concatenate(([0.0], np.cumsum(rewards)))
    return replace(episode, trace=replace(trace, signals={**trace.signals, "return": total}))


OPTIONS = ({}, {"within_m": 3.0, "min_pixels": 64, "max_occlusion": 0.5})
MEASURED_ONLY = ("cpu.", "gpu.")
"""What an episode costs a machine is no function of its trace."""


def suite(name, definition, **attributes):
    return type(
        f"Test {name}", (MetricConformance,), {"metric": find(name), "definition": definition, **attributes}
    )


def of_class(compute, label):
    return staticmethod(lambda trace, latency, options: compute(trace, latency, label, options))


SUITES = {
    **{
        name: suite(name, staticmethod(right))
        for name, right in (definitions.DRIVING | definitions.RUNTIME).items()
    },
    **{
        f"{what} of {label}": suite(
            f"detection.{label}.{what}", of_class(right, label), options=OPTIONS, episodes=60
        )
        for what, right in definitions_of_perception.PERCEPTION.items()
        for label in ("person", "all")
    },
    "ap50 by pycocotools": suite(
        "detection.person.ap50",
        of_class(definitions_of_perception.ap50_of_coco, "person"),
        episode=lambda self, seed: random_episode(seed, plain=True),
        episodes=30,
    ),
}
SUITES |= {
    f"depth.{what}": suite(
        f"depth.{what}",
        staticmethod(right),
        options=({}, {"within_m": 4.0}),
        episode=lambda self, seed: depth_episode(seed),
    )
    for what, right in definitions_of_perception.DEPTH.items()
}
SUITES |= {
    name: suite(
        name,
        staticmethod(right),
        options=({}, {"limit_deg": 30}) if name.endswith("falls") else ({},),
        episode=lambda self, seed: moving_episode(seed),
    )
    for name, right in definitions.MOTION.items()
}
SUITES |= {
    name: suite(name, staticmethod(right), episode=lambda self, seed: rewarded_episode(seed))
    for name, right in definitions.REWARDED.items()
}
OF_BRICK = {"of": "body/brick"}
PICTURE_OPTIONS = {
    "masks": ({}, {"until_s": 1}),
    "keypoints": (OF_BRICK, {**OF_BRICK, "within_share": 0.05, "max_occlusion": 0.5}),
    "poses": (OF_BRICK, {**OF_BRICK, "frame": "world", "min_pixels": 20, "max_occlusion": 0.5, "until_s": 1}),
}
SUITES |= {
    name: suite(
        name,
        staticmethod(right),
        options=PICTURE_OPTIONS[name.partition(".")[0]],
        episode=lambda self, seed: random_pictures(seed),
        episodes=24,
    )
    for name, right in OF_PICTURES.items()
}
SUITES["turns of a symmetric body"] = suite(
    "poses.brick.rotation_error_deg",
    staticmethod(OF_PICTURES["poses.brick.rotation_error_deg"]),
    options=({**OF_BRICK, "symmetry": 2}, {**OF_BRICK, "symmetry": 5}),
    episode=lambda self, seed: random_pictures(seed),
    episodes=12,
)
globals().update({f"Test {name}": one for name, one in SUITES.items()})


def test_no_built_in_metric_is_left_out():
    tested = {
        re.sub(r"^motion\.[^.]+\.", "motion.<signal>.", re.sub(r"\.(person|brick)\.", ".<class>.", name))
        for name in (one.metric.info.name for one in SUITES.values())
    }
    assert {n for n in metric_names() if not n.startswith(MEASURED_ONLY)} <= tested


TOP_SPEED = find("speed_max_mps")
INFO = MetricInfo("top_mps", "m/s", "lower", 0, None, "number", "Largest speed.", "Signal speed_mps.")


class Sound(MetricConformance):
    metric = Metric(INFO, TOP_SPEED.compute)
    definition = staticmethod(definitions.speed_max_mps)
    episodes = 12


def wrong(**changes):
    """The metric, wrong in one way."""
    compute = changes.pop("compute", None)
    return type("Wrong", (Sound,), {"metric": Metric(replace(INFO, **changes), compute or TOP_SPEED.compute)})


def spoilt(evidence, options):
    evidence.trace.signals["speed_mps"][-1] += 1.0
    return TOP_SPEED.compute(evidence, options)


def last(evidence, options):
    return MetricValue(abs(float(evidence.signal("speed_mps")[-1])))


def numpy_value(evidence, options):
    return MetricValue(abs(evidence.signal("speed_mps")).max())


@pytest.mark.parametrize(
    ("suite", "check"),
    [
        (wrong(compute=last), "test_its_value_is_its_definition"),
        (wrong(compute=numpy_value), "test_its_value_is_of_the_kind_and_in_the_range_that_it_declares"),
        (wrong(kind="count"), "test_its_value_is_of_the_kind_and_in_the_range_that_it_declares"),
        (wrong(high=0.5), "test_its_value_is_of_the_kind_and_in_the_range_that_it_declares"),
        (wrong(needs="barrier"), "test_what_it_needs_is_what_it_is_undefined_without"),
        (
            wrong(compute=lambda e, o: MetricValue(None)),
            "test_where_it_is_undefined_it_says_why_and_only_there",
        ),
        (
            wrong(compute=lambda e, o: undefined("always")),
            "test_it_is_defined_often_enough_to_have_been_tested",
        ),
        (
            wrong(compute=lambda e, o: MetricValue(1.0, lost_at_s=-1.0)),
            "test_the_moment_that_it_names_lies_in_the_episode",
        ),
    ],
)
def test_the_suite_finds_a_metric_that_is_wrong(suite, check):
    with pytest.raises(AssertionError):
        getattr(suite(), check)(list(suite().tries()))
    getattr(Sound(), check)(list(Sound().tries()))


def test_the_suite_finds_a_metric_that_changes_the_trace():
    random_episode.cache_clear()
    try:
        with pytest.raises(ValueError, match="read-only"):
            Sound.test_it_is_a_pure_function_of_the_evidence(wrong(compute=spoilt)(), list(Sound().tries()))
    finally:
        random_episode.cache_clear()
