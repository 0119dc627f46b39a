"""The checked pack: what is left of the YAML once every problem has been reported.

Plain data, JSON round trip, no behaviour that needs a simulator. The loader builds it; hosts
receive it over their socket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simgate.harness.packs.language.definition import ByHand, Name, Plugin, Wanted, Word, key
from simgate.harness.packs.native_field import NativeField
from simgate.harness.packs.placing import PlaceSpec
from simgate.harness.packs.severity import Severity
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.policies.documents import nodes

Scalar = nodes.Scalar


def _is_none(value: object) -> bool:
    return value is None


class PackModel(BaseModel):
    """Base of all pack data: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


_Rate = Annotated[int, Field(ge=1, le=100_000)]


class SimSpec(PackModel):
    """Where and how the episodes run."""

    adapter: Annotated[str, Plugin("simgate.sim_adapters")] = key(
        "name of the simulator adapter, for example mujoco", "mujoco"
    )
    physics_hz: _Rate = key("physics steps a second", 200)
    control_hz: _Rate = key("commands a second; divides physics_hz", 10)
    camera_hz: _Rate = key("frames a second; divides physics_hz", 10)
    time_limit_s: float = key(
        "simulated seconds after which an episode ends, at the next control tick", 25.0, gt=0
    )
    batch: _Rate = key("worlds that advance together in one host", 1)
    """Part of a result's identity."""
    options: Annotated[dict[str, Scalar], ByHand()] = key("options of the adapter, name: value", {})


class LatencySpec(PackModel):
    """How perception latency acts in the loop."""

    mode: Annotated[Literal["simulated", "measured"], Word("latency mode")] = key(
        "simulated or measured", "simulated"
    )
    """``simulated``: from the model package, reproducible. ``measured``: the inference just timed."""
    extra_ms: float = key("milliseconds added to every latency", 0.0, ge=0)


def _pairs() -> dict[str, Any]:
    pair = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
    return {"type": "array", "items": pair}


class TouchSpec(PackModel):
    """Which contacts of the robot count."""

    allow: Annotated[tuple[tuple[str, str], ...], ByHand(_pairs)] = key(
        "list of [one, other], bodies or shapes whose touching is no contact of the robot", ()
    )


_Condition = Wanted("a condition over the signals, such as height_m > 0.25 for 0.5 s")
DEFAULT_TASK = "reach_or_report"
"""Of scenarios that name no task."""


class TaskSpec(PackModel):
    """What a robot on its own joints is asked to do."""

    signals: Annotated[
        dict[str, dict[str, Any]],
        ByHand(lambda: {"type": "object", "additionalProperties": {"type": "object"}}),
    ] = key("what is measured, name: quantity, for example height_m: {position: body/trunk, axis: z}", {})
    success: Annotated[str | None, _Condition] = key(
        "condition that is success, for example height_m > 0.25 for 0.5 s, or, asked once, ... at end", None
    )
    failure: Annotated[str | None, _Condition] = key("condition that is failure and ends the episode", None)
    end: Annotated[str | None, _Condition] = key("condition that ends the episode without success", None)
    instruction: str = key("the task in words, for policies that read them", "")
    facts: Annotated[dict[str, Scalar], ByHand()] = key("what the policy is told besides, name: value", {})
    touch: TouchSpec = key("{allow: [[body/foot, floor]]}: which contacts of the robot count", TouchSpec())

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Facts that its episodes have."""
        return (*self.facts, *(("success",) if self.success else ()))


class CodedTask(PackModel):
    """A task that is code, and what it says of itself."""

    code: str
    """As the pack names it, the path of a file from the pack's folder."""
    signals: dict[str, str]
    """Name -> what it measures; empty where that has no name."""
    fact_names: tuple[str, ...]


class SignalSpec(PackModel):
    """One number made from a signal of the trace."""

    name: Annotated[str, Wanted("the name of a signal")] = key("name of the signal, for example speed_mps")
    reduce: Annotated[Literal["max", "min", "mean", "p95", "final"], Word("way to reduce")] = key(
        "max, min, mean, p95 or final"
    )


class Criterion(PackModel):
    """One acceptance threshold on one metric, on a signal, or on a temporal-logic formula's robustness."""

    metric: str
    """Name of the metric, for example ``stop_distance_m`` or ``detection.glass_door.recall``; for a signal,
    a formula or the pack's own metric the name that the pack gives to the criterion."""
    op: Literal["at_most", "at_least", "equals", "between"]
    bound: Scalar | tuple[float, float]
    """The threshold; two numbers for ``between``."""
    options: dict[str, Scalar] = Field(default_factory=dict)
    """``within_m``, ``min_pixels``, ``max_occlusion``: what evidence counts."""
    if_undefined: Literal["fail", "pass", "invalid"] = "fail"
    """Outcome when the metric cannot be computed."""
    stl: str | None = None
    """Formula of signal temporal logic; its robustness is compared with the bound."""
    signal: SignalSpec | None = None
    """What is compared with the bound in place of a metric."""
    source: str | None = Field(default=None, exclude_if=_is_none)
    """Where the code of the pack's own metric is, ``file.py:NAME`` from the pack's folder."""
    line: int = 0
    """Line in the pack's file."""

    @property
    def subject(self) -> str:
        """What is compared with the bound, in words."""
        if self.signal is not None:
            return f"{self.metric}: {self.signal.reduce} of {self.signal.name}"
        return f"robustness of {self.metric}" if self.stl is not None else self.metric

    @property
    def statement(self) -> str:
        """The criterion in words, for example ``stop_distance_m between 0.3 and 1.5``."""
        if self.stl is not None and self.bound == 0:
            return f"{self.metric}: {self.stl}"
        if isinstance(self.bound, tuple):
            text = f"{self.subject} between {self.bound[0]:g} and {self.bound[1]:g}"
        else:
            bound = f"{self.bound:g}" if isinstance(self.bound, float) else str(self.bound)
            text = f"{self.subject} {self.op.replace('_', ' ')} {bound}"
        extra = ", ".join(f"{k} {v}" for k, v in self.options.items())
        return f"{text} ({extra})" if extra else text


def metric_key(name: str, options: Mapping[str, Scalar]) -> str:
    """Key of a metric in a record: its name, with options ``name{max_occlusion=0.5,within_m=3}``."""
    if not options:
        return name
    return f"{name}{{{','.join(f'{option}={options[option]}' for option in sorted(options))}}}"


class PinnedObject(PackModel):
    """An object of a pinned variant, exactly where it stands; world frame."""

    group: Annotated[str, Name("a group's name")] = key("name of the group that it belongs to, as in place")
    kind: Annotated[str, Wanted("the name of a kind of object")] = key("kind of object")
    x_m: float = key("where its middle stands, metres")
    y_m: float = key("where its middle stands, metres")
    yaw_rad: float = key("turn about the vertical, radians")
    length_m: float | None = key(
        "side along its own X, or diameter; the world's when left out", None, gt=0, exclude_if=_is_none
    )
    width_m: float | None = key(
        "side along its own Y, or diameter; the world's when left out", None, gt=0, exclude_if=_is_none
    )


class PinnedVariant(PackModel):
    """An exact variant that once failed; always run, after the sampled ones.

    It holds every value that the scenario draws, so that editing a distribution never changes it. Parameters
    that the scenario does not draw may be left out: they are its constants and the world's defaults.
    """

    id: Annotated[str, Name("a pinned variant's id")] = key("name of the variant, unique in the scenario")
    parameters: Annotated[dict[str, Scalar], ByHand()] = key(
        "exact values, name: value; at least of all that the scenario draws"
    )
    placed: Annotated[tuple[PinnedObject, ...] | None, ByHand()] = key(
        "list of objects, exactly where they stand; required where the scenario has place",
        None,
        exclude_if=_is_none,
    )
    """None in a scenario that places none."""
    seed: int | None = key(
        "whole number that fixes sensor noise and latency; follows from the id when left out",
        None,
        ge=0,
        le=2**63 - 1,
        exclude_if=_is_none,
    )

    def left_out(self, parameters: Mapping[str, ValueSpec], places: bool) -> list[str]:
        """What the scenario draws and the pin does not say, in words.

        Args:
            parameters: The scenario's.
            places: Whether the scenario places objects.
        """
        drawn = sorted(name for name, spec in parameters.items() if spec.is_drawn)
        missing = [name for name in drawn if name not in self.parameters]
        return [*missing, "placed"] if places and self.placed is None else missing


class KnownFailure(PackModel):
    """A quarantine: failures in it are reported apart, until a date."""

    when: Annotated[str, Wanted("a condition such as door.distance_m > 2")] = key(
        "condition that says which variants it covers"
    )
    issue: Annotated[str, Wanted("the id of an issue, as text")] = key("id of the issue")
    until: Annotated[str, Wanted("a date such as 2027-03-01", r"^\d{4}-\d{2}-\d{2}$")] = key(
        "last day on which it holds, as 2027-03-01"
    )


class Scenario(PackModel):
    """One scenario of a pack; ``parameters`` holds the pack's and its own, merged."""

    id: str
    title: str
    severity: Severity
    requirements: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    world: str
    """Entry-point name of the world; for a native one its kind, file and content in one word."""
    native: NativeField = Field(default=None, exclude_if=_is_none)
    """What the pack says about a file of the team's own; None for an installed world."""
    imported: bool = Field(default=False, exclude_if=lambda found: not found)
    """Whether its records are another tool's: there are no traces, and every seed is another scene."""
    task: TaskSpec | CodedTask | None = Field(default=None, exclude_if=_is_none)
    """What the robot is asked to do; None for a driving robot that reaches or reports."""
    parameters: dict[str, ValueSpec] = Field(default_factory=dict)
    place: dict[str, PlaceSpec] = Field(default_factory=dict)
    where: tuple[str, ...] = ()
    variants: VariantsSpec
    accept: tuple[Criterion, ...]
    hard: tuple[Criterion, ...] = Field(default=(), exclude_if=lambda found: not found)
    """What the gate's ``every_variant`` rules ask of each of its variants."""
    known_failures: tuple[KnownFailure, ...] = ()
    pinned: tuple[PinnedVariant, ...] = ()
    line: int = 0


AGAINST_BASELINE = ("regression", "not_worse_by", "overall_not_worse_by")
"""Kinds of gate rules that hold a run against a baseline."""
ON_A_METRIC = ("mean", "percentile", "share")
"""Kinds that test what any metric is over the variants of a run."""
OVER_ALL = ("overall", "overall_not_worse_by")
"""Kinds that test a metric which only all pictures of a data set together have."""


class GateRule(PackModel):
    """One line of the release gate."""

    kind: Literal[
        "pass_rate",
        "metric",
        "every_variant",
        "mean",
        "percentile",
        "share",
        "not_worse_by",
        "overall",
        "overall_not_worse_by",
        "regression",
        "invalid_or_error",
        "attempts",
        "drift",
    ]
    severity: Severity | None = None
    """Which scenarios, by severity; None is all."""
    scenario: str | None = None
    """Which scenarios, by glob on the id; None is all."""
    metric: str | None = None
    """A latency percentile for ``metric``, any metric for other kinds that have one."""
    at_least: float | None = None
    """For ``share`` and ``percentile``: the share of variants that must meet ``criterion``."""
    at_most: float | None = None
    confidence: float = 0.95
    better: Literal["higher", "lower"] | None = Field(default=None, exclude_if=_is_none)
    """For ``not_worse_by``: which way the metric is better; ``at_most`` is the margin."""
    clip: tuple[float, float] | None = Field(default=None, exclude_if=_is_none)
    """For ``not_worse_by`` and ``mean``: values of the metric beyond these count as these."""
    against: str | None = Field(default=None, exclude_if=_is_none)
    """For ``drift``: the end of the path of what it must have been measured against."""
    rank: float | None = Field(default=None, exclude_if=_is_none)
    """For ``percentile``: which one, above 0 and below 100."""
    any_runtime: bool = False
    """For ``metric``: latency that another runtime than the deployed one took counts as well."""
    declared_ms: float | None = Field(default=None, exclude_if=_is_none)
    """For ``metric`` over what is declared: the model package's percentile; known when a run is planned."""
    criterion: Criterion | None = Field(default=None, exclude_if=_is_none)
    """What each variant must meet (``every_variant``), a share of them, or their mean."""
    line: int = 0

    @property
    def is_test(self) -> bool:
        """Whether chance may refute it; the others count what this very run holds."""
        return self.kind in ("pass_rate", "metric", "overall", *ON_A_METRIC, *AGAINST_BASELINE)

    @property
    def counts_a_metric(self) -> bool:
        """Whether it counts the variants in which a metric meets ``criterion``."""
        return self.kind in ("share", "percentile")

    @property
    def judges_model(self) -> bool:
        """Whether it speaks of the model, and not only of the evidence."""
        return self.kind not in ("invalid_or_error", "attempts", "drift")

    def speaks_of(self, scenario: str, severity: str | None) -> bool:
        """Whether a scenario is in its scope."""
        return (self.severity is None or self.severity == severity) and (
            self.scenario is None or fnmatchcase(scenario, self.scenario)
        )


class Pack(PackModel):
    """One file of scenarios."""

    path: str
    """Absolute path of the YAML file."""
    name: str
    description: str = ""
    owner: str = ""
    model: str | None = None
    """Absolute path of the model package's ``model.yaml``, of the only one."""
    models: dict[str, str] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Those of several, by name; ``model`` is None then."""
    nodes: dict[str, dict[str, Scalar]] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Models that are ROS 2 nodes, by name, as options; the only one of a pack is ``""``."""
    policy: str
    policy_options: dict[str, Scalar] = Field(default_factory=dict)
    sim: SimSpec = SimSpec()
    latency: LatencySpec = LatencySpec()
    seed: int = 0
    scenarios: tuple[Scenario, ...]
    gate: tuple[GateRule, ...] = ()
    source_sha256: str
    """SHA-256 over the pack's file and everything that it reads."""
    sources: dict[str, str] = Field(default_factory=dict)
    """The pack's file, what it extends, its tables: path from the pack's folder -> SHA-256, hex. Empty in
    manifests of older versions. Files of native worlds are listed with them."""

    @property
    def packages(self) -> dict[str, str]:
        """All its model packages; the only one of a pack that names none is ``""``."""
        return self.models or ({"": self.model} if self.model else {})

    @property
    def driver(self) -> str:
        """What drives the robot, as people call it: by its name, its place, or a node by its command."""
        if self.policy == "ros":
            launch = json.loads(str(self.policy_options["declared"]))["launch"]
            words = takewhile(lambda word: not word.startswith("-"), launch)
            return f"ros ({' '.join(PurePath(word).name for word in words)})"
        named = self.policy_options.get({"interpreter": "file"}.get(self.policy, self.policy))
        return named if isinstance(named, str) else self.policy

    def scenario(self, scenario_id: str) -> Scenario:
        """The scenario of that id.

        Raises:
            KeyError: No such scenario.
        """
        for scenario in self.scenarios:
            if scenario.id == scenario_id:
                return scenario
        raise KeyError(scenario_id)
