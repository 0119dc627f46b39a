"""``extends``: mappings merge, values override, paths belong to the file that holds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.packs.loader import find_packs, lint, load_pack
from simgate.policies.documents.diagnostics import PackError
from tests.unit.packs.sound_pack import SOUND

BASE = """\
policy: door_navigator
seed: 3
sim: {physics_hz: 400, control_hz: 20}
parameters:
  light.lux: {uniform: [50, 500]}
  crew: 2
scenarios:
  shared:
    title: From the base
    severity: minor
    world: yard
    variants: {count: 3}
    accept:
      collisions: {at_most: 0}
      stop_distance_m: {at_least: 0.3}
"""
OWN = """\
simgate: 1
pack: own
extends: ../common/base.yaml
sim: {control_hz: 10}
parameters:
  light.lux: {log_uniform: [60, 600]}
scenarios:
  shared:
    severity: major
    accept:
      stop_distance_m: {between: [0.2, 1.0]}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "packs" / "own.yaml"


def test_mappings_merge_and_values_override(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path, packs__own=OWN, common__base=BASE))
    assert (pack.seed, pack.sim.physics_hz, pack.sim.control_hz) == (3, 400, 10)
    scenario = pack.scenario("shared")
    assert (scenario.title, scenario.severity) == ("From the base", "major")
    assert {c.metric: c.op for c in scenario.accept} == {
        "collisions": "at_most",
        "stop_distance_m": "between",
    }


def test_a_distribution_is_replaced_whole(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path, packs__own=OWN, common__base=BASE))
    spec = pack.scenarios[0].parameters["light.lux"]
    assert (spec.kind, spec.numbers) == ("log_uniform", {"low": 60, "high": 600})
    assert pack.scenarios[0].parameters["crew"].choices == (2,)


def test_a_problem_in_the_base_is_reported_at_the_base(tmp_path: Path) -> None:
    path = write(tmp_path, packs__own=OWN, common__base=BASE.replace("crew: 2", "crew: 20"))
    (found,) = lint([path])
    assert (Path(found.path).name, found.line, found.column) == ("base.yaml", 6, 9)


def test_a_problem_of_a_shared_base_is_reported_once(tmp_path: Path) -> None:
    base = BASE.replace("crew: 2", "crew: 20")
    path = write(
        tmp_path, packs__own=OWN, packs__other=OWN.replace("pack: own", "pack: other"), common__base=base
    )
    assert len(lint([path, path.with_name("other.yaml")])) == 1


def test_a_model_path_belongs_to_the_file_that_holds_it(tmp_path: Path) -> None:
    path = write(tmp_path, packs__own=OWN, common__base=BASE + "model: here/model.yaml\n")
    (found,) = lint([path])
    assert Path(found.path).name == "base.yaml"
    assert found.hint == f"looked for {tmp_path / 'common' / 'here' / 'model.yaml'}"


def test_several_bases_override_in_their_order(tmp_path: Path) -> None:
    own = OWN.replace("../common/base.yaml", "[../common/base.yaml, ../common/seed.yaml]")
    pack = load_pack(write(tmp_path, packs__own=own, common__base=BASE, common__seed="seed: 99\n"))
    assert pack.seed == 99


def test_a_longer_cycle_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, packs__own=OWN, common__base="extends: ../packs/own.yaml\n" + BASE)
    (found,) = lint([path])
    assert found.code == "cyclic-extends" and "own.yaml -> base.yaml -> own.yaml" in found.message


def test_the_source_digest_covers_the_base(tmp_path: Path) -> None:
    first = load_pack(write(tmp_path, packs__own=OWN, common__base=BASE)).source_sha256
    second = load_pack(write(tmp_path, packs__own=OWN, common__base=BASE + "# more\n")).source_sha256
    assert first != second


def test_problems_of_several_files_come_in_one_go(tmp_path: Path) -> None:
    path = write(
        tmp_path, packs__own=OWN.replace("severity", "severitty"), common__base=BASE.replace("crew", "crow")
    )
    with pytest.raises(PackError) as caught:
        load_pack(path)
    assert {Path(d.path).name for d in caught.value.diagnostics} == {"own.yaml", "base.yaml"}
    assert "did you mean 'severity'?" in str(caught.value) and "did you mean 'crew'?" in str(caught.value)


def test_only_files_with_the_key_simgate_are_packs(tmp_path: Path) -> None:
    path = write(
        tmp_path, packs__own=OWN, common__base=BASE, packs__broken="simgate: 1\n  oops: [", _hidden__x=SOUND
    )
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "pack.yaml").write_text(SOUND, encoding="utf-8")
    names = [p.name for p in find_packs(tmp_path)]
    assert names == ["x.yaml", "broken.yaml", "own.yaml"]
    assert find_packs(path) == [path]
