"""Which parts a run has, and what is in each."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from simgate.harness.execution.planning.conditions import collect_fingerprint, scenario_conditions
from simgate.harness.execution.planning.parts import (
    Use,
    collect_parts,
    files_of,
    model_files,
    source_parts,
    uses_of,
)
from simgate.harness.execution.planning.plan_guard import PlanGuard
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Criterion
from simgate.harness.results.parts import Part, make_part
from simgate.harness.sources.closure import code_of
from simgate.harness.sources.import_guard import NotAsPlanned
from simgate.policies.perception.package import load_package
from tests.unit.execution.memory_pack import REPOSITORY, make_pack
from tests.unit.sources.packages import install, on_path, write

ISAAC = "simgate.sim_adapters.isaacsim.adapter"


def by_role(parts: tuple[Part, ...]) -> dict[str, Part]:
    return {part.role: part for part in parts}


def test_a_shipped_pack_has_a_part_for_everything_it_names() -> None:
    pack = load_pack(REPOSITORY / "scenarios" / "office_doors" / "pack.yaml")
    made = collect_fingerprint(pack, "onnxruntime")
    parts = by_role(made.parts or ())
    assert set(parts) == {"core", "policy", "simulator", "runtime", "world", "model", "pack"}
    policy = parts["policy"]
    assert (policy.entry, policy.distribution) == ("simgate.policies.door_navigator:DoorNavigator", "simgate")
    assert "simgate/policies/navigation/pilot.py" in policy.code
    # Environments may be on MuJoCo, and read its version in the core already.
    assert (parts["core"].releases | parts["simulator"].releases)["mujoco"]
    assert not any("conformance" in path for path in parts["core"].code)
    assert parts["runtime"].releases["onnxruntime"]
    assert {"model.yaml", "detector.onnx"} <= set(parts["model"].files)
    assert set(parts["pack"].files) == {"pack.yaml"} | set(pack.sources)
    assert not set(parts["core"].code) & set(policy.code)


def test_the_files_of_a_native_world_are_a_part_by_their_paths() -> None:
    pack = load_pack(REPOSITORY / "scenarios" / "own_site" / "pack.yaml")
    parts = {part.label: part for part in collect_parts(pack, "", {})}
    site = next(part for label, part in parts.items() if label.startswith("native world mjcf:"))
    assert len(site.files) > 1
    assert "reader mjcf" in parts
    assert not {"/", ".."} & {name[:1] for name in site.files}


MODELLED = """
import gymnasium

class Env(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Box(0, 1)

    def __init__(self, model, gain=1):
        self.xml_file = model
"""
SCENARIO = """
  {name}:
    title: {name}
    severity: minor
    world: {{env: "env.py:Env", make: {{model: {folder}/{name}.xml, gain: {gain}}}, set: {{g: make.gain}}}}
    parameters: {{g: {g}}}
    variants: {{count: 1}}
    accept: {{return: {{at_least: 0}}}}
"""


def two_models(folder: Path) -> Path:
    """A pack whose scenarios make one environment of two models, one with a whole number."""
    for name, text in {"env.py": MODELLED, "a.xml": "<mujoco/>", "b.xml": "<mujoco> </mujoco>"}.items():
        (folder / name).write_text(text)
    scenarios = (("a", "1", "2"), ("b", "1.0", "0.5"))
    text = "".join(SCENARIO.format(name=n, folder=folder, gain=gain, g=g) for n, gain, g in scenarios)
    head = "simgate: 1\npack: two\npolicy: door_navigator\nsim: {adapter: gymnasium}\nscenarios:"
    (folder / "pack.yaml").write_text(head + text)
    return folder / "pack.yaml"


def test_an_environment_that_scenarios_make_of_several_files_has_all_of_them_as_its_part(
    tmp_path: Path,
) -> None:
    (_, site) = source_parts(load_pack(two_models(tmp_path)))
    assert set(site.files) == {"env.py", "a.xml", "b.xml"}


REGISTERED = """
import gymnasium

class Env(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Box(0, 1)

gymnasium.register(id="acme/Own-v0", entry_point=Env)
"""
BY_ID = """
simgate: 1
pack: by_id
policy: door_navigator
sim: {adapter: gymnasium}
scenarios:
  a:
    title: A
    severity: minor
    world: {env: "acme_env:acme/Own-v0"}
    variants: {count: 1}
    accept: {return: {at_least: 0}}
"""


def test_an_environment_whose_id_has_a_namespace_is_the_planned_one_until_its_file_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch, write(tmp_path / "lib", acme_env=REGISTERED))
    (tmp_path / "pack.yaml").write_text(BY_ID)
    pack = load_pack(tmp_path / "pack.yaml")
    parts = source_parts(pack)
    PlanGuard(pack, "", parts).close()
    write(tmp_path / "lib", acme_env=REGISTERED + "#")
    with pytest.raises(NotAsPlanned, match=r"lib/acme_env\.py is not what the run was planned with"):
        PlanGuard(pack, "", parts)


@pytest.mark.parametrize("now", [{"rclpy": "7.1.7", "parameters of /a": "{}"}, {"rclpy": "7.1.6"}, {}])
def test_a_node_that_says_something_else_of_itself_or_less_is_not_as_planned(
    tmp_path: Path, now: dict[str, str]
) -> None:
    was = {"rclpy": "7.1.6", "parameters of /a": "{}"}
    part = make_part("model", "ros", alias="doors", said={"declared": "{}", **was})
    guard = PlanGuard(make_pack(tmp_path), "", [part])
    try:
        guard.check_said(SimpleNamespace(said=was), "model", "doors")
        with pytest.raises(NotAsPlanned, match="what it says of itself"):
            guard.check_said(SimpleNamespace(said=now), "model", "doors")
    finally:
        guard.close()


def test_the_card_of_a_model_decides_nothing(tmp_path: Path) -> None:
    pack = make_pack(tmp_path)
    model = Path(str(pack.model))
    (model.parent / "card.md").write_text("# Measured\n")
    model.write_text(model.read_text() + "model_card: card.md\n")
    assert set(model_files(load_package(model))) == {"model.yaml", "weights.onnx"}


def test_the_library_of_a_simulator_is_found_by_what_it_imports_and_not_by_its_name() -> None:
    pytest.importorskip("ovphysx")
    assert "ovphysx" in code_of("simgate.sim_adapters.physx.adapter", "simgate").releases


def test_the_asset_table_of_isaac_sim_and_the_files_that_it_names_are_its_files(tmp_path: Path) -> None:
    (tmp_path / "usd").mkdir()
    (tmp_path / "usd" / "chair.usd").write_bytes(b"a chair")
    (tmp_path / "table.yaml").write_text("chair: usd/chair.usd\ndoor: {usd: 'https://assets/door.usd'}\n")
    use = Use("simulator", "simgate.sim_adapters", "isaacsim", {"assets": "table.yaml"})
    found = files_of(use, tmp_path, code_of(ISAAC, "simgate"))
    assert found == {"table.yaml": tmp_path / "table.yaml", "usd/chair.usd": tmp_path / "usd" / "chair.usd"}


def test_only_metrics_of_plugins_are_parts_and_every_plugin_once(tmp_path: Path) -> None:
    pack = make_pack(tmp_path)
    assert [(use.role, use.name) for use in uses_of(pack, "memory_runtime:cpu")] == [
        ("policy", "memory_policy"),
        ("simulator", "memory"),
        ("runtime", "memory_runtime"),
        ("world", "memory_corridor"),
    ]


def test_a_plugin_is_named_with_the_distribution_that_registers_it_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path / "site",
        acme_policy="from tests.unit.execution.memory_plugins import MemoryPolicy as Straight\n",
    )
    entry = "[simgate.policies]\nstraight = acme_policy:Straight\n"
    install(tmp_path / "site", "acme-robots", "0.7", "acme_policy", entry_points_txt=entry)
    on_path(monkeypatch, tmp_path / "site")
    pack = make_pack(tmp_path, policy="straight")
    policy = by_role(collect_parts(pack, "", {}))["policy"]
    assert (policy.entry, policy.distribution, policy.version) == (
        "acme_policy:Straight",
        "acme-robots",
        "0.7",
    )
    assert "acme_policy.py" in policy.code


def test_what_hard_rules_ask_is_in_the_identity(tmp_path: Path) -> None:
    pack = make_pack(tmp_path)
    made, scenario = collect_fingerprint(pack, "onnxruntime"), pack.scenarios[0]
    plain = scenario_conditions(pack, scenario, made)
    assert "hard" not in plain  # Identities of packs without a hard rule are what they were.
    limit = Criterion(metric="collisions", op="at_most", bound=0, line=7)
    asked = scenario_conditions(pack, scenario.model_copy(update={"hard": (limit,)}), made)
    assert {**asked, "hard": None} == {**plain, "hard": None}
    moved = scenario.model_copy(update={"hard": (limit.model_copy(update={"line": 9}),)})
    assert scenario_conditions(pack, moved, made) == asked


def test_a_plugin_that_is_named_by_its_module_counts_by_content_as_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_named__drive="from acme_named import gain\nclass P: ...", acme_named__gain="G = 1")
    install(tmp_path, "acme-named", "1.0", "acme_named")
    on_path(monkeypatch, tmp_path)
    pack = make_pack(tmp_path, policy="acme_named.drive:P")
    before = by_role(collect_parts(pack, "memory_runtime", {}))["policy"]
    assert (before.distribution, before.version) == ("acme-named", "1.0")
    write(tmp_path, acme_named__gain="G = 2")
    after = by_role(collect_parts(pack, "memory_runtime", {}))["policy"]
    assert [name for name, sha in after.code.items() if before.code.get(name) != sha] == [
        "acme_named/gain.py"
    ]
    assert before.sha256 != after.sha256
