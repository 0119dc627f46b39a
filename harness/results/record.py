"""The run record: one line of the journal, everything known about one variant's run.

Versioned and self-describing, because it outlives the code that wrote it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from simgate.harness.results.schema_version import reads

Scalar = Annotated[StrictInt | StrictFloat | StrictStr | StrictBool, Field(union_mode="left_to_right")]
"""A bool, number or word. No type takes another's values, so the first that fits is right, and soon found."""


class Outcome(StrEnum):
    """Outcome of one variant; precedence ERROR > INVALID > FAIL > PASS."""

    PASS = "PASS"
    FAIL = "FAIL"
    INVALID = "INVALID"
    ERROR = "ERROR"
    KNOWN = "KNOWN"


VALID = (Outcome.PASS, Outcome.FAIL, Outcome.KNOWN)
"""Outcomes that say something about the model."""

FILM = "film"
"""The artifact of this name shows how a variant failed."""
STRIP = "strip."
"""An artifact of this name with that of a channel behind it shows the channel at several moments."""


class ResultModel(BaseModel):
    """Base of all result data: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CriterionResult(ResultModel):
    """One acceptance criterion, judged."""

    metric: str
    statement: str
    """The criterion in words."""
    observed: Scalar | None
    """Value of the metric; None when it could not be computed."""
    unit: str = ""
    outcome: Outcome
    """PASS, FAIL, or INVALID when undefined and the criterion says so."""
    margin: float | None = None
    """Signed distance to the bound in the metric's unit; negative is a failure. None for words."""
    lost_at_s: float | None = None
    """Simulated time at which it was lost, when that is a moment."""
    reason: str = ""
    """Why, when the number does not say it (``no evidence: no glass_door was ever in view``)."""


class LatencySamples(ResultModel):
    """Perception latency of one run, milliseconds."""

    in_loop_ms: tuple[float, ...] = ()
    """What acted in simulated time."""
    measured_ms: tuple[float, ...] = ()
    """What the inference took on this machine, host clock."""
    device_ms: tuple[float, ...] = ()
    """What it took on the device, where the runtime times it (CUDA events)."""
    mode: Literal["simulated", "measured"] = "simulated"
    """Where ``in_loop_ms`` came from."""
    stalls: int = 0
    """Results during which this machine stood still; in mode ``measured`` the standstill was left out."""
    models: dict[str, LatencySamples] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Those of each model by its name, where a pack names them."""


class DetectionSheet(ResultModel):
    """Detections of one class in the pictures of a variant, for metrics over the whole of a data set."""

    truths: int
    """How many objects there are to be found."""
    scores: tuple[float, ...] = ()
    """Of each detection."""
    hits: tuple[int, ...] = ()
    """Bit k: it is right at an overlap (IoU) of 0.5 + 0.05 k."""
    ignored: tuple[int, ...] = ()
    """Bit k: it is not judged there."""


class MaskSum(ResultModel):
    """Pixels of one class in the pictures of a variant, for metrics over the whole of a data set."""

    true: int
    """So many are of the class."""
    said: int
    """So many are said to be."""
    both: int


class DepthSum(ResultModel):
    """Errors of depth in the pictures of a variant, for metrics over the whole of a data set."""

    judged: int
    """Pixels with a true depth."""
    answered: int
    """Those of them for which the model gave one; the errors are theirs."""
    right: int
    """Those within a factor of 1.25 of the truth."""
    relative: float
    """Sum of error over truth."""
    squared: float
    """Sum of squared errors, square metres."""


class PoseSum(ResultModel):
    """Poses of one class in the pictures of a variant, for metrics over the whole of a data set."""

    judged: int
    """Pictures with the body in view."""
    answered: int
    """Those in which a pose was given; the errors are theirs."""
    translation_m: float
    """Sum of errors."""
    rotation_deg: float
    """Sum of errors."""
    add_m: float | None = None
    """Sum of ADD; None, as what follows, where nobody knows the body's points."""
    add_s_m: float | None = None
    """Sum of ADD-S."""
    close: int | None = None
    """Pictures in which ADD is small."""
    close_s: int | None = None
    """Pictures in which ADD-S is small."""


class RunRecord(ResultModel):
    """What happened to one variant."""

    schema_version: Annotated[int, reads(1)] = 1
    variant: str
    """Variant id."""
    scenario: str
    severity: str
    variant_digest: str
    """Names what was simulated."""
    identity: str
    """Names what was simulated, by what, with which model, judged how: a valid record with the same
    identity need not be run again."""
    outcome: Outcome
    reason: str = ""
    """First thing to read: the failing criterion, the invalid state or the error."""
    criteria: tuple[CriterionResult, ...] = ()
    hard: tuple[CriterionResult, ...] = Field(default=(), exclude_if=lambda found: not found)
    """What the gate's ``every_variant`` rules ask of it, judged; INVALID where it is in doubt."""
    metrics: dict[str, Scalar | None] = Field(default_factory=dict)
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    seed: int | None = Field(default=None, exclude_if=lambda seed: seed is None)
    """Of what happens in the world, in sensors and in models."""
    policy_seed: int | None = Field(default=None, exclude_if=lambda seed: seed is None)
    """Of what the policy draws."""
    trace_digest: str = ""
    sim_s: float = 0.0
    """Simulated seconds."""
    wall_s: float = 0.0
    """Wall-clock seconds of the host for this variant (its share of a batch)."""
    phases_s: dict[str, float] = Field(default_factory=dict)
    """Wall-clock seconds by phase: build, step, render, truth, effects, inference, policy, record, scoring,
    pictures, digest; they add up to ``wall_s``."""
    latency: LatencySamples = LatencySamples()
    end: str = ""
    """How the episode ended: done, goal, collision, time_limit, invalid."""
    report: str | None = None
    """What the robot reported."""
    known_issue: str | None = None
    """Issue of the quarantine, for KNOWN."""
    attempts: Annotated[int, Field(ge=0)] = 1
    """How often it was begun; 0 when no worker could start."""
    infrastructure: bool = False
    """For ERROR and INVALID: the machine, a worker's process or the renderer failed, not what was tested."""
    host: int = 0
    node: str = Field(default="", exclude_if=lambda node: not node)
    """Node of the cluster; empty on the machine that planned the run."""
    runtime: str = ""
    """Perception runtime and device that really ran."""
    runtime_deployed: bool | None = None
    """Whether that is what the model package says is deployed; None when it does not say."""
    resources: dict[str, float] = Field(default_factory=dict)
    """What the host spent: ``cpu.rss_peak_mb``, and through NVML ``gpu.*``; not reproducible."""
    artifacts: dict[str, str] = Field(default_factory=dict)
    """Name -> path relative to the run's folder: ``start_picture``, ``failure_picture``, ``trace``, and
    :data:`STRIP` with the name of a camera's or scanner's channel."""
    sheets: dict[str, DetectionSheet] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Of a data set: class -> its detections."""
    mask_sums: dict[str, MaskSum] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Of a data set: class -> its pixels."""
    depth_sum: DepthSum | None = Field(default=None, exclude_if=lambda found: found is None)
    """Of a data set."""
    pose_sums: dict[str, PoseSum] = Field(default_factory=dict, exclude_if=lambda found: not found)
    """Of a data set: class -> its poses."""
    notes: tuple[str, ...] = ()
    """What could not be kept, and why (a picture that cannot be drawn); says nothing about the outcome."""

    @property
    def violations(self) -> tuple[CriterionResult, ...]:
        """What it has violated of ``hard``, whatever its outcome."""
        return tuple([result for result in self.hard if result.outcome is Outcome.FAIL]) if self.hard else ()
