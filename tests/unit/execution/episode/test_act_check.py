"""A policy that answers with what is no action is an ERROR that names it, never a robot that stands still."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgate.harness.execution.engine import execute
from simgate.harness.execution.episode.act_check import BadAct, checked_acts
from simgate.harness.execution.planning.plan import plan_run
from simgate.policies.driving import drive
from simgate.policies.policy import Act
from simgate.sim_adapters.embodiment import ActionSpec
from simgate.sim_adapters.planar_drive import planar_drive
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from tests.unit.execution.memory_pack import make_pack, make_variants
from tests.unit.execution.memory_plugins import ENTRY_POINTS, MemoryPolicy

ROBOT = planar_drive(Robot((0.0, 0.0, 0.0)), Camera(), Lidar(), 10, 10)


class Answers(MemoryPolicy):
    """Says what it is given; a policy of a test that looks at nothing."""

    name = "answers"

    def __init__(self, *acts: object) -> None:
        self.acts = acts


def check(*acts: object, active: tuple[int, ...] = (0,), worlds: int = 1) -> object:
    return checked_acts(Answers(), acts, ROBOT.action, worlds, active, 40)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (drive(math.nan, 0.0, "cruise"), "forward_mps is nan, which is no number of"),
        (drive(0.0, -math.inf, "cruise"), "yaw_rate_rps is -inf, which is no number of"),
        (drive(np.zeros(1), 0.0, "cruise"), r"forward_mps must be one number in m/s, not ndarray of shape \(1,\)"),
        (drive(0.0, "left", "cruise"), "yaw_rate_rps must be one number in rad/s, not 'left'"),
        (drive(True, 0.0, "cruise"), "forward_mps must be one number"),
        (drive(None, 0.0, "cruise"), "forward_mps must be one number in m/s, not None"),
        (drive(0.0, 0.0, 3), r"mode must be a word, not 3 \(int\)"),
        (drive(0.0, 0.0, "stop", report=[1]), "report must be a word or a number"),
        (Act((0.0, 0.0), "stop", "glass"), "facts must be words and numbers by name, not 'glass'"),
        ((0.5, 0.0), r"must be a simgate.policies.policy.Act, not tuple; write Act\(values="),
    ],
)  # fmt: skip
def test_what_is_no_action_is_refused_with_policy_step_and_value(act, said):
    with pytest.raises(BadAct, match=f"policy 'answers', step 40: .*{said}"):
        check(act)


def test_what_is_beyond_a_range_is_told_how_to_have_it_cut():
    spec = ActionSpec(("push",), ("N",), (-1.0,), (1.0,))
    with pytest.raises(BadAct, match=r"push is 2 N, beyond its range from -1 to 1 N; .* write clip: true"):
        checked_acts(Answers(), [Act((2.0,), "push")], spec, 1, (0,), 40)


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_infinity_is_no_action_where_there_is_no_bound_either(kind):
    spec = ActionSpec(("push",), ("N",), (-math.inf,), (math.inf,))
    with pytest.raises(BadAct, match="push is -inf, which is no number of N"):
        checked_acts(Answers(), [Act(kind([-math.inf]), "push")], spec, 1, (0,), 40)


def test_numbers_of_any_kind_are_actions():
    for number in (0, 1.5, np.float32(0.5), np.float64(0.5), np.int64(1)):
        act = drive(number, number, "cruise")
        assert check(act) == (act,)


def test_what_a_finished_world_is_told_does_not_matter():
    acts = (drive(math.nan, 0.0, "done"), drive(0.0, 0.0, "cruise"))
    assert check(*acts, active=(1,), worlds=2) == acts


@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_is_one_act_for_each_world(count):
    with pytest.raises(BadAct, match=f"{count} acts for 2 worlds at step 40"):
        check(*[drive(0.0, 0.0, "cruise")] * count, active=(0, 1), worlds=2)


class TurnsNan(MemoryPolicy):
    """Loses its mind after half a second."""

    name = "turns_nan"

    def act(self, observation, detections) -> list[Act]:
        speed = math.nan if observation.step >= 100 else 1.0
        return [drive(speed, 0.0, "cruise") for _ in detections]


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
