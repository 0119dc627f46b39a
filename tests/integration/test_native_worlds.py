"""The shipped pack of a team's own MJCF site, through every command, with the real model, policy and simulator."""

from __future__ import annotations

import json
from pathlib import Path

import mujoco
import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from tests.integration.shipped import copy_pack
from tests.run_dirs import run_dirs

SITE = Path("packs/own_site/site/office.xml")


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack and of its model, which may be in training."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "packs" / "own_site"
    model = tmp_path / "policies" / "reference_model"
    return copy_pack("scenarios/own_site", folder, model) / "pack.yaml"


def only_run() -> RunFolder:
    (path,) = run_dirs(Path("runs"))
    return RunFolder(path)


def test_it_runs_to_a_verdict_and_every_variant_can_be_replayed(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(pack), "--variants", "2", "--workers", "1", "--quiet"]) == 20  # too few to decide
    folder = only_run()
    records = {record.variant: record for record in folder.records()}
    assert len(records) == 6
    assert {record.outcome.value for record in records.values()} <= {"PASS", "FAIL"}
    passed = [variant for variant, record in records.items() if record.outcome.value == "PASS"]
    assert len(passed) >= 5, {variant: record.reason for variant, record in records.items()}
    glass, wood = records["glass_door_closed::v0000"], records["wooden_door_closed::v0000"]
    opened = records["door_wide_open::v0000"]
    assert (glass.report, wood.report, opened.end) == ("glass", "wood", "goal")
    # The policy stops 0.8 m before a door; the clearance is that of the shapes in the file.
    assert glass.metrics["stop_distance_m"] == pytest.approx(0.87, abs=0.2)
    recall = glass.metrics["detection.glass_door.recall"]
    assert isinstance(recall, float)
    assert recall > 0.8
    capsys.readouterr()
    assert main(["replay", str(folder.path), "glass_door_closed::v0001"]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out


def test_a_changed_robot_is_another_run(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The robot's own file counts as much as the site's, although the pack does not name it."""
    main(["run", str(pack), "--variants", "1", "--scenario", "wooden*", "--workers", "1", "--quiet"])
    folder = only_run()
    (before,) = folder.records()
    robot = SITE.parent / "carrier.xml"
    robot.write_text(robot.read_text().replace('size="0.25 0.12"', 'size="0.28 0.12"'))
    capsys.readouterr()
    assert main(["run", "--resume", str(folder.path)]) == 2
    said = capsys.readouterr().err
    assert "has changed since it began" in said
    assert "native world mjcf:site/office.xml: carrier.xml has changed" in said
    # As with a plugin's code: what the edit does is to be seen, and named.
    assert main(["replay", str(folder.path), before.variant]) in (0, 1)
    said = capsys.readouterr().out
    assert "since the run: native world mjcf:site/office.xml: carrier.xml has changed" in said
    assert "ERROR" not in said
    main(["run", str(pack), "--variants", "1", "--scenario", "wooden*", "--workers", "1", "--quiet"])
    newest = max(run_dirs(Path("runs")), key=lambda path: path.stat().st_mtime_ns)
    (after,) = RunFolder(newest).records()
    assert after.identity != before.identity
    assert after.variant_digest != before.variant_digest
    robot.write_text("<mujoco>")
    assert main(["replay", str(folder.path), before.variant]) == 2
    assert "the pack's native worlds cannot be opened as they are now" in capsys.readouterr().err


def test_preview_shows_what_was_set(pack: Path) -> None:
    assert main(["preview", str(pack), "--variants", "3", "--out", "sheet.png"]) == 0
    sheet = np.asarray(Image.open("sheet.png").convert("RGB"), dtype=np.int64)
    # Somewhere on the sheet hangs an oak door: much redder than blue.
    assert ((sheet[..., 0] - sheet[..., 2]) > 70).sum() > 300


def test_the_exported_scene_opens_in_mujoco_with_the_variants_values(pack: Path) -> None:
    assert main(["export-scene", str(pack), "door_wide_open::v0003", "--mjcf", "--out", "scene"]) == 0
    model = mujoco.MjModel.from_xml_path("scene/door_wide_open-v0003.xml")
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_forward(model, data)
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "wooden_leaf") == -1
    leaf = data.body("glass_leaf").xmat.reshape(3, 3)
    assert 95.0 <= np.degrees(np.arctan2(leaf[1, 0], leaf[0, 0])) <= 110.0
    # It can be a site itself, although its robot stands on joints of ours.
    assert MjcfFile(Path("scene/door_wide_open-v0003.xml")).robot("carrier/carrier", None).radius_m < 0.3


def test_what_cannot_be_done_says_so(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(pack), "--adapter", "physx"]) == 2
    assert "'physx' cannot open site/office.xml, which is MJCF; mujoco can" in capsys.readouterr().err
    assert main(["preview", str(pack), "--adapter", "isaacsim"]) == 2
    assert "mujoco can" in capsys.readouterr().err
    pytest.importorskip("pxr", reason="needs simgate[usd]")
    assert main(["export-scene", str(pack), "door_wide_open::v0003", "--usd", "--out", "scene"]) == 2
    assert "export it with --mjcf" in capsys.readouterr().err


def test_worlds_lists_the_packs_parameters_and_the_files_targets(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["worlds", str(pack), "--format", "json"]) == 0
    parameters = json.loads(capsys.readouterr().out)["parameters"]
    assert parameters["door.opening_deg"]["high"] == 110.0
    assert main(["worlds", str(SITE)]) == 0
    assert "light/ceiling.diffuse" in capsys.readouterr().out
    assert main(["worlds", "nowhere.xml"]) == 2
    assert "nowhere.xml does not exist" in capsys.readouterr().err


def test_coverage_and_expand_know_the_files_parameters(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["expand", str(pack), "--variants", "2", "--format", "csv"]) == 0
    assert "carton.turn_deg" in capsys.readouterr().out
    assert main(["coverage", str(pack)]) in (0, 1)
    assert "wall.color" in capsys.readouterr().out
