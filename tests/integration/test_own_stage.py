"""The example pack of a team's own OpenUSD site, with the real model and policy, on MuJoCo and on PhysX."""

from __future__ import annotations

import json
from pathlib import Path

import mujoco
import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import Usd

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from tests.integration.shipped import copy_pack
from tests.run_dirs import run_dirs
from tests.unit.sim_adapters.usd.openusd_checks import stage_problems

EXAMPLE = Path("docs/examples/own_stage")
SITE = EXAMPLE / "site" / "office.usda"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack and of its model, which may be in training."""
    monkeypatch.chdir(tmp_path)
    return copy_pack(str(EXAMPLE), EXAMPLE, tmp_path / "policies" / "reference_model")


def newest_run() -> RunFolder:
    return RunFolder(max(run_dirs(Path("runs")), key=lambda path: path.stat().st_mtime_ns))


def run(pack: Path, *more: str) -> RunFolder:
    main(["run", str(pack), "--variants", "1", "--workers", "1", "--quiet", *more])
    return newest_run()


def test_it_runs_on_mujoco_and_can_be_replayed(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(pack)
    records = {record.scenario: record for record in folder.records()}
    assert [record.outcome.value for record in records.values()] == ["PASS"] * 3, records
    reports = [records[name].report for name in ("glass_door_closed", "wooden_door_closed")]
    assert reports == ["glass", "wood"]
    recall = records["glass_door_closed"].metrics["detection.glass_door.recall"]
    assert isinstance(recall, float)
    assert recall > 0.8
    capsys.readouterr()
    assert main(["replay", str(folder.path), "glass_door_closed::v0000"]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out


def test_physx_comes_to_the_same_result(pack: Path) -> None:
    pytest.importorskip("ovphysx", reason="needs simgate[physx]")
    ours, theirs = (
        run(pack, "--scenario", "glass*", "--adapter", adapter).records()[0]
        for adapter in ("mujoco", "physx")
    )
    assert (theirs.outcome, theirs.report) == (ours.outcome, ours.report)
    assert theirs.variant_digest == ours.variant_digest
    assert theirs.metrics["stop_distance_m"] == pytest.approx(ours.metrics["stop_distance_m"], abs=0.02)


def test_a_changed_robot_is_another_run(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The robot's own file counts as much as the site's, although the pack does not name it."""
    folder = run(pack, "--scenario", "wooden*")
    robot = SITE.parent / "carrier.usda"
    robot.write_text(robot.read_text().replace("double radius = 0.25\n", "double radius = 0.28\n"))
    capsys.readouterr()
    assert main(["run", "--resume", str(folder.path)]) == 2
    assert "has changed since it began" in capsys.readouterr().err


def test_the_exported_scene_has_the_variants_values(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variant = "door_wide_open::v0003"
    assert main(["export-scene", str(pack), variant, "--usd", "--mjcf", "--out", "scene"]) == 0
    main(["expand", str(pack), "--scenario", "door*", "--variants", "4", "--format", "json"])
    text = capsys.readouterr().out
    variants = json.loads(text[text.index("\n[") if "\n[" in text else text.index("[") :])
    values = next(row for row in variants if row["id"] == variant)["parameters"]
    assert stage_problems(Usd.Stage.Open("scene/door_wide_open-v0003.usda")) == []
    stage = UsdFile(Path("scene/door_wide_open-v0003.usda"))
    assert stage.target("/World/Looks/Glass/Surface.inputs:opacity").default == pytest.approx(
        values["door.tint"]
    )
    assert stage.point("/World/Carton")[0] == pytest.approx(values["carton.x_m"])
    assert stage.target("/World/WoodenLeaf.visibility").default == "invisible"
    model = mujoco.MjModel.from_xml_path("scene/door_wide_open-v0003.xml")
    key = model.key("start").qpos
    assert key[1] == pytest.approx(values["robot.start_y_m"])
    assert not [g for g in range(model.ngeom) if model.geom(g).name.startswith("/World/WoodenLeaf")]


def test_an_asset_table_is_not_for_a_stage_of_ones_own(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("assets.yaml").write_text("robot: {usd: robot.usd}\n")
    typed = ["export-scene", str(pack), "door_wide_open::v0003", "--usd", "--assets", "assets.yaml"]
    assert main(typed) == 2
    assert "is a stage of its own" in capsys.readouterr().err
