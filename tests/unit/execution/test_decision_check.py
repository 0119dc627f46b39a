"""A policy that answers with what is no command is an ERROR that names it, never a robot that stands still."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgate.harness.execution.engine import execute
from simgate.harness.execution.episode.decision_check import BadDecision, checked_decisions
from simgate.harness.execution.planning.plan import plan_run
from simgate.policies.policy import Decision
from tests.unit.execution.memory_pack import make_pack, make_variants
from tests.unit.execution.memory_plugins import ENTRY_POINTS, MemoryPolicy


class Answers(MemoryPolicy):
    """Says what it is given; a policy of a test that looks at nothing."""

    name = "answers"

    def __init__(self, *decisions: object) -> None:
        self.decisions = decisions


def check(*decisions: object, active: tuple[int, ...] = (0,), worlds: int = 1) -> object:
    return checked_decisions(Answers(), decisions, worlds, active, 40)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(math.nan, 0.0, "cruise"), "forward_mps is nan, which is no speed"),
        (Decision(0.0, -math.inf, "cruise"), "yaw_rate_rps is -inf, which is no speed"),
        (Decision(np.zeros(1), 0.0, "cruise"), r"forward_mps must be one number in m/s, not ndarray of shape \(1,\)"),
        (Decision(0.0, "left", "cruise"), "yaw_rate_rps must be one number in rad/s, not 'left'"),
        (Decision(True, 0.0, "cruise"), "forward_mps must be one number"),
        (Decision(None, 0.0, "cruise"), "forward_mps must be one number in m/s, not None"),
        (Decision(0.0, 0.0, 3), r"mode must be a word, not 3 \(int\)"),
        (Decision(0.0, 0.0, "stop", report=1), "report must be a word or None"),
        ((0.5, 0.0), "must be a simgate.policies.policy.Decision, not tuple"),
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused_with_policy_step_and_value(decision, said):
    with pytest.raises(BadDecision, match=f"policy 'answers', step 40: .*{said}"):
        check(decision)


def test_numbers_of_any_kind_are_commands():
    for number in (0, 1.5, np.float32(0.5), np.float64(0.5), np.int64(1)):
        decision = Decision(number, number, "cruise")
        assert check(decision) == (decision,)


def test_what_a_finished_world_is_told_does_not_matter():
    decisions = (Decision(math.nan, 0.0, "done"), Decision(0.0, 0.0, "cruise"))
    assert check(*decisions, active=(1,), worlds=2) == decisions


@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_is_one_decision_for_each_world(count):
    with pytest.raises(BadDecision, match=f"{count} decisions for 2 worlds at step 40"):
        check(*[Decision(0.0, 0.0, "cruise")] * count, active=(0, 1), worlds=2)


class TurnsNan(MemoryPolicy):
    """Loses its mind after half a second."""

    name = "turns_nan"

    def act(self, observation, detections) -> list[Decision]:
        speed = math.nan if observation.step >= 100 else 1.0
        return [Decision(speed, 0.0, "cruise") for _ in detections]


def test_a_run_with_a_policy_that_returns_nan_is_an_error_of_each_variant(monkeypatch, tmp_path):
    monkeypatch.setenv("SIMGATE_PLUGINS", f"{ENTRY_POINTS},policies:turns_nan={__name__}:TurnsNan")
    pack = make_pack(tmp_path, policy="turns_nan")
    runs, variants = tmp_path / "runs", make_variants(2)
    plan = plan_run(pack, variants=variants, runs_dir=runs, hosts=0, runtime="memory_runtime")
    execute(plan)
    records = plan.folder.records()
    assert len(records) == 2
    for record in records:
        assert record.outcome == "ERROR"
        assert "policy 'turns_nan', step 100: forward_mps is nan" in record.reason
