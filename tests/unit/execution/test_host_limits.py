"""How long a host may take: users of Isaac Sim report standstills of 270 s, and starts of minutes."""

from __future__ import annotations

from simgate.harness.execution.hosts.pool.host_limits import HostLimits, limits_of
from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.execution.planning.resume import resume_run
from simgate.harness.expansion.expand import expand_scenario
from tests.integration.adapters.isaac_room import PLUGINS, make_pack

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
