"""How long a host may take: users of Isaac Sim report standstills of 270 s, and starts of minutes."""

from __future__ import annotations

import pytest

from simgate.harness.execution.hosts.pool.host_limits import HostLimits, limits_of
from simgate.harness.execution.planning import plan as planning
from simgate.harness.execution.planning.declared_waits import declared_waits_s
from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.execution.planning.resume import resume_run
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked
from simgate.harness.packs.examples.example import sound_pack
from simgate.policies.ros.link import START_SLACK_S
from tests.integration.adapters.isaac_room import PLUGINS, make_pack
from tests.unit.packs.test_ros_policy import NODE

LONGEST_STANDSTILL_S = 270.0


def test_a_standstill_that_users_have_met_costs_isaac_sim_no_host():
    limits = limits_of("isaacsim")
    assert limits.startup_s > 2 * LONGEST_STANDSTILL_S
    assert limits.heartbeat_s > LONGEST_STANDSTILL_S
    assert limits.batch_s(time_limit_s=1.0, variants=1) > LONGEST_STANDSTILL_S


def test_other_simulators_have_the_usual_limits():
    assert limits_of("mujoco") == HostLimits()


def test_a_run_and_its_continuation_have_the_limits_of_their_simulator(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMGATE_PLUGINS", PLUGINS)
    pack = make_pack(tmp_path)
    (scenario,) = pack.scenarios
    variants = expand_scenario(pack, scenario, 1)
    for adapter in ("isaacsim", "mujoco"):
        plan = plan_run(pack, variants=variants, runs_dir=tmp_path / adapter, hosts=1, adapter=adapter)
        assert plan.limits == limits_of(adapter)
        assert plan.lock is not None
        plan.lock.release()
        assert resume_run(plan.folder.path, hosts=1).limits == limits_of(adapter)


def test_what_fails_while_a_run_is_planned_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMGATE_PLUGINS", PLUGINS)

    def nothing(pack):
        raise ValueError("no number")

    monkeypatch.setattr(planning, "declared_waits_s", nothing)
    pack = make_pack(tmp_path)
    variants = expand_scenario(pack, pack.scenarios[0], 1)
    with pytest.raises(ValueError, match="no number"):
        plan_run(pack, variants=variants, runs_dir=tmp_path / "runs", hosts=1)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("policy", "waits_s"),
    [
        (f"{NODE}    start_timeout_s: 400\n    timeout_s: 100\n", 400 + START_SLACK_S + 2 * 100),
        ("policy: {server: ws://localhost:1, timeout_s: 300, observation: {pose: pose}}\n", 600),
        ("policy: door_navigator\n", 0),
    ],
)
def test_what_a_node_or_a_server_is_given_to_start_and_to_answer_is_given_to_its_host(
    tmp_path, policy, waits_s
):
    (tmp_path / "pack.yaml").write_text(sound_pack().replace("policy: door_navigator\n", policy))
    assert declared_waits_s(load_checked(tmp_path / "pack.yaml")) == waits_s
    longer, usual = limits_of("mujoco", waits_s), limits_of("mujoco")
    assert longer.startup_s == usual.startup_s + waits_s
    assert longer.batch_s(1.0, 1) == usual.batch_s(1.0, 1) + waits_s
