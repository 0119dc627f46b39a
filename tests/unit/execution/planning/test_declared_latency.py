"""What a model package declares is in the manifest, so that the gate needs no model."""

from __future__ import annotations

import pytest

from simgate.harness.execution.planning.plan import plan_run
from simgate.harness.packs.model import GateRule, Pack
from tests.unit.execution.memory_pack import make_pack, write_model


def planned(tmp_path, metric, **arguments):
    rule = GateRule(kind="metric", metric=metric, at_most=1.2)
    plan = plan_run(
        make_pack(tmp_path, gate=(rule,)), variants=(), runs_dir=tmp_path / "runs", hosts=0, **arguments
    )
    kept = Pack.model_validate(plan.folder.manifest().pack)
    plan.lock.release()
    return kept.gate[0].declared_ms


@pytest.mark.parametrize(("percent", "declared_ms"), [(50, 80.0), (95, 134.0)])
def test_a_plan_keeps_the_declared_percentile_that_a_rule_asks_for(tmp_path, percent, declared_ms):
    # Uniform from 20 to 140 ms.
    name = f"latency.measured_p{percent}_over_declared"
    assert planned(tmp_path, name) == pytest.approx(declared_ms)


def test_the_model_that_runs_is_the_one_that_declares(tmp_path):
    other = write_model(tmp_path / "other", "constant: 40")
    name = "latency.measured_p95_over_declared"
    assert planned(tmp_path, name, model=other) == pytest.approx(40.0)


def test_other_rules_keep_nothing(tmp_path):
    assert planned(tmp_path, "latency.measured_p95_ms") is None
