"""The verdict: a decision for every rule, and what it rests on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from simgate.harness.exit_codes import ExitCode
from simgate.harness.gate.scenes import NO_SCENES, Scenes
from simgate.harness.results.record import ResultModel
from simgate.harness.results.schema_version import reads


class Decision(StrEnum):
    """Decision of a rule, and of the whole gate."""

    GO = "GO"
    NO_GO = "NO-GO"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> ExitCode:
        """What a process says with it."""
        return ExitCode[self.name]


class Interval(ResultModel):
    """A confidence interval; both ends in the unit of what is estimated."""

    low: float
    high: float
    confidence: float
    method: str
    """For example ``Clopper-Pearson, one-sided each way`` or ``Wilson``."""


class Churn(ResultModel):
    """What reruns of the same model change by themselves (``simgate aa``)."""

    variants: int
    """Variants that ran twice with a valid result."""
    flipped: int
    """Of these, how many passed once and failed once."""
    traces_differ: int
    """Of these, how many went another way, whatever became of them."""
    at_most: float
    """Upper confidence bound of the share that flips, Clopper-Pearson at 95 %."""
    model: str = ""
    created_utc: str = ""

    @property
    def words(self) -> str:
        """For example ``0 of 40 variants flipped on a rerun (at most 0.072)``."""
        return f"{self.flipped} of {self.variants} variants flipped on a rerun (at most {self.at_most:.3f})"


class Paired(ResultModel):
    """Candidate against baseline on the same variants."""

    baseline: str
    """Run id."""
    baseline_model: str
    pairs: int
    """Pairs outside a quarantine, doubtful ones included."""
    both_pass: int
    both_fail: int
    broken: int
    """The baseline passes, the candidate fails."""
    fixed: int
    """The baseline fails, the candidate passes."""
    doubtful: int
    """INVALID, ERROR or missing on either side; counted as either."""
    doubt_fixes: int = 0
    """Of the doubtful ones, how many the candidate may have fixed."""
    known: int
    """In a quarantine on either side; not in ``pairs``."""
    mcnemar_p: float
    """Exact, one-sided: how rare so many broken pairs would be if the candidate were no worse."""
    scenes: int | None = None
    """Scenes in which the pairs lie, each one unit of proof; None where every pair has its own."""
    drop: float | None
    """Baseline's pass rate minus the candidate's; None without a valid pair."""
    exact: Interval
    """Of the drop; exact unconditional, one-sided each way, doubts as both extremes."""
    shown: Interval
    """Of the drop; Tango's score interval."""
    churn: Churn | None = None
    """None when ``simgate aa`` has not been run for this pack on this class of machine."""
    broken_variants: tuple[str, ...] = ()
    fixed_variants: tuple[str, ...] = ()

    @property
    def test_of_worse(self) -> str:
        """What gave ``mcnemar_p``."""
        return "Gaffke over scenes, one-sided" if self.scenes else "McNemar, exact, one-sided"


class RuleVerdict(ResultModel):
    """One gate rule, decided."""

    statement: str
    """The rule in words."""
    kind: str = ""
    """What it demands, as in the pack: ``pass_rate``, ``metric``, ``drift``, ..."""
    decision: Decision
    reason: str
    """One sentence a release manager understands, with the numbers that matter."""
    would_change: str = ""
    """What would change the decision, for example ``31 more clean variants``."""
    expected: int = 0
    """Variants in the rule's scope by the manifest."""
    successes: int = 0
    failures: int = 0
    invalid: int = 0
    errors: int = 0
    missing: int = 0
    known: int = 0
    """Variants in a quarantine, whatever became of them; they count as neither success nor failure."""
    known_passed: int = 0
    """Of ``known``, how many passed: a quarantine that excuses nothing any more."""
    left_out: int = 0
    """Variants of the pack that a selection kept from running (see ``simgate.harness.gate.selection``)."""
    not_run: int = 0
    """Variants that were not needed, because a sequential test had decided before."""
    retried: int = 0
    """Variants that were begun more than once, whatever they gave in the end."""
    scenes: int | None = None
    """Scenes in which the variants lie, each one unit of proof; None where every variant has its own."""
    by_scene: Scenes = NO_SCENES
    """How the variants of each of these scenes ended."""
    p_value: float | None = None
    """How rare so bad a result would be if the statement were true; Holm decides on it."""
    waits: bool = False
    """It has nothing to be held against, for this run is the pack's first baseline; it decides nothing."""
    paired: Paired | None = None
    """What a regression rule rests on."""
    baseline: str = ""
    """Run id of what a rule on a metric was held against; a regression rule has it in ``paired``."""
    estimate: float | None = None
    """Observed pass rate or metric value."""
    exact: Interval | None = None
    """What the decision rests on."""
    shown: Interval | None = None
    """Wilson interval, for display."""
    bound: float | None = None

    @property
    def is_plain(self) -> bool:
        """Whether ``estimate`` is the worst value of any variant, and neither a share nor estimated."""
        return self.kind in ("every_variant", "attempts")

    @property
    def has_unit(self) -> bool:
        """Whether ``estimate`` has the unit of a metric, and is no share however small it is."""
        return self.is_plain or self.kind in ("metric", "mean", "not_worse_by", "drift")


class ScenarioSummary(ResultModel):
    """Counts of one scenario."""

    scenario: str
    title: str
    severity: str
    requirements: tuple[str, ...] = ()
    expected: int
    passed: int
    failed: int
    invalid: int
    errors: int
    missing: int
    known: int
    not_run: int = 0
    """Not needed: a sequential test had decided before."""
    retried: int = 0
    """Begun more than once, whatever they gave in the end."""
    rate: float | None
    """Passed / (passed + failed); None when nothing counted."""
    shown: Interval | None = None


class QuarantineError(ResultModel):
    """An entry of ``known_failures`` that has gone bad; a run with one is never GO."""

    scenario: str
    issue: str
    message: str
    """What is wrong and what to do."""


def subject(model: str, policy: str) -> str:
    """What is judged, in words: a model by its name and version, else the policy."""
    return model or (f"policy {policy}" if policy else "no model")


class Verdict(ResultModel):
    """The answer: is it safe to ship?"""

    schema_version: Annotated[int, reads(1)] = 1
    run_id: str
    pack: str
    model: str
    policy: str = Field(default="", exclude_if=lambda policy: not policy)
    """What drives the robot, where there is no model and it is that which is judged."""
    decision: Decision
    headline: str
    """One sentence for the release manager."""
    rules: tuple[RuleVerdict, ...]
    scenarios: tuple[ScenarioSummary, ...]
    stopped_at: int | None = None
    """Variants that were counted when a sequential test ended the run; None when all count."""
    quarantine_errors: tuple[QuarantineError, ...] = ()
    never_begun: int = 0
    """Variants that are ERROR because no worker could start."""
    notes: tuple[str, ...] = Field(default=())
    """What a reader must know: a selection was run, the checkout was dirty, ..."""

    @property
    def judged(self) -> str:
        """What the answer is about."""
        return subject(self.model, self.policy)
