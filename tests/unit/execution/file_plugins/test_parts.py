"""Policies, worlds and tasks from files beside a pack: part of the run's identity, the same in every process."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.planning.conditions import collect_fingerprint, scenario_conditions
from simgate.harness.execution.planning.parts import collect_parts
from simgate.harness.execution.planning.plan_guard import PlanGuard
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import CodedTask
from simgate.harness.registry import load
from simgate.harness.results.parts import changed_parts
from simgate.harness.sources.import_guard import NotAsPlanned
from simgate.sim_adapters.files.code_file import BadReference, package_of
from tests.unit.execution.file_plugins.packs import a_pack, part


def test_the_file_and_what_it_imports_from_beside_it_are_the_part_by_their_names(tmp_path: Path) -> None:
    policy = part(collect_parts(a_pack(tmp_path), "", {}), "policy")
    assert policy.entry == policy.name == "mine.py:Mine"
    assert set(policy.code) >= {"./mine.py", "./gains.py"}
    assert not [file for file in policy.code if "simgate_beside" in file]


def test_the_same_files_elsewhere_are_the_same_part(tmp_path: Path) -> None:
    first, second = (part(collect_parts(a_pack(tmp_path / name), "", {}), "policy") for name in ("a", "b"))
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    ("file", "role"), [("gains.py", "policy"), ("mine.py", "policy"), ("hall.py", "world")]
)
def test_one_character_of_any_file_is_another_identity_and_is_named(
    tmp_path: Path, file: str, role: str
) -> None:
    pack = a_pack(tmp_path, world="hall.py:HALL")
    before = collect_fingerprint(pack, "")
    (tmp_path / file).write_text((tmp_path / file).read_text() + "#")
    now = collect_fingerprint(pack, "")
    scenario = pack.scenarios[0]
    assert scenario_conditions(pack, scenario, before) != scenario_conditions(pack, scenario, now)
    (change,) = changed_parts(before.parts, now.parts)
    assert change.startswith(role)
    assert f"./{file} has changed" in change


def test_a_worker_refuses_a_file_that_was_changed_after_planning(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    parts = collect_parts(pack, "", {})
    (tmp_path / "gains.py").write_text("GAIN = 2.0\n")
    guard = PlanGuard(pack, "", parts)
    try:
        with pytest.raises(NotAsPlanned, match=r"policy mine.py:Mine: \./gains.py .*is not what the run was"):
            load("simgate.policies", pack.policy, tmp_path)
    finally:
        guard.close()


def test_a_worker_refuses_a_file_that_no_import_statement_leads_to(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "hidden.py").write_text("X = 1\n")
    parts = collect_parts(pack, "", {})
    guard = PlanGuard(pack, "", parts)
    try:
        from importlib import import_module

        load("simgate.policies", pack.policy, tmp_path)
        with pytest.raises(NotAsPlanned, match=r"\./hidden.py .*no import statement of the plan leads to it"):
            import_module(f"{package_of(tmp_path)}.hidden")
    finally:
        guard.close()


def test_a_base_pack_names_the_file_beside_itself(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    pack = a_pack(tmp_path / "base", world="hall.py:HALL")
    heir = tmp_path / "heirs" / "one" / "pack.yaml"
    heir.parent.mkdir(parents=True)
    heir.write_text(f"simgate: 1\nextends: ../../base/{Path(pack.path).name}\npack: heir\n")
    read = load_pack(heir)
    assert (read.policy, read.scenarios[0].world) == ("../../base/mine.py:Mine", "../../base/hall.py:HALL")
    own = part(collect_parts(read, "", {}), "policy")
    assert set(own.code) >= {"./mine.py", "./gains.py"}


def test_a_module_too_deep_to_be_read_cannot_be_a_part(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "gains.py").write_text("GAIN = " + "1+" * 100_000 + "1\n")
    with pytest.raises(BadReference, match=r"\./gains.py is nested too deeply to be read"):
        collect_parts(pack, "", {})


def test_of_two_helpers_of_one_name_the_one_that_runs_is_the_one_that_is_hashed(tmp_path: Path) -> None:
    pack = a_pack(tmp_path)
    (tmp_path / "gains").mkdir()
    (tmp_path / "gains" / "__init__.py").write_text("GAIN = 3.0\n")
    code = part(collect_parts(pack, "", {}), "policy").code
    assert "./gains/__init__.py" in code and "./gains.py" not in code
    assert load("simgate.policies", pack.policy, tmp_path).gain == 3.0


def test_a_base_pack_names_its_task_beside_itself(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    base = Path(a_pack(tmp_path / "base").path)
    (base.parent / "ways.py").write_text(
        "from simgate.harness.tasks.reach_or_report.task import ReachOrReport\n\nDRIVE = ReachOrReport()\n"
    )
    base.write_text(base.read_text().replace("seed: 7", "seed: 7\ntask: ways.py:DRIVE"))
    heir = tmp_path / "heir.yaml"
    heir.write_text(f"simgate: 1\nextends: base/{base.name}\npack: heir\n")
    task = load_pack(heir).scenarios[0].task
    assert isinstance(task, CodedTask)
    assert (task.code, task.fact_names) == (
        "base/ways.py:DRIVE",
        ("barrier_kind", "has_barrier", "goal_radius_m"),
    )
