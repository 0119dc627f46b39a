"""``simgate init`` writes a pack that is sound at once, and never over anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.cli.main import main
from simgate.harness.cli.starters.starter import as_written, pack_name, starter_pack
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.packs.examples.models import write_sound_model
from simgate.harness.packs.loader import load_pack
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_pack_is_clean_and_expands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "doors"]) == 0
    assert main(["lint", "doors"]) == 0
    pack = load_pack(here / "doors" / "pack.yaml", metrics)
    assert pack.name == "doors"
    assert len(expand_pack(pack)) == sum(scenario.variants.count for scenario in pack.scenarios) == 40


def test_it_says_what_to_do_next(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "my doors"])
    text = capsys.readouterr().out
    for command in ("lint", "expand", "preview", "coverage", "plan", "run"):
        assert f"simgate {command} 'my doors'" in text
    assert max(map(len, text.splitlines())) <= 100


def test_every_rule_of_the_gate_can_be_met_and_every_scenario_is_judged(here: Path) -> None:
    main(["init", "doors"])
    pack = load_pack(here / "doors" / "pack.yaml", metrics)
    judged = {rule.severity for rule in pack.gate if rule.kind == "pass_rate"}
    assert {scenario.severity for scenario in pack.scenarios} == judged


def test_the_pack_fits_the_schema_beside_it_and_names_it(here: Path) -> None:
    main(["init", "doors"])
    schema = json.loads((here / "doors" / "simgate.schema.json").read_text(encoding="utf-8"))
    pack = here / "doors" / "pack.yaml"
    assert list(Draft202012Validator(schema).iter_errors(data_of(pack))) == []
    first, second = pack.read_text(encoding="utf-8").splitlines()[:2]
    assert first == "# yaml-language-server: $schema=simgate.schema.json"
    assert second == "# $schema: simgate.schema.json"


@pytest.mark.parametrize("name", ["pack.yaml", "simgate.schema.json"])
def test_nothing_is_ever_overwritten(here: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (here / name).write_text("mine", encoding="utf-8")
    assert main(["init"]) == 2
    assert "is there already, nothing was written" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == [name]
    assert (here / name).read_text(encoding="utf-8") == "mine"


def test_a_model_of_ones_own_is_written_in_and_judged_by_recall(here: Path) -> None:
    model = write_sound_model(here / "models")
    assert main(["init", "doors", "--model", str(model)]) == 0
    pack = load_pack(here / "doors" / "pack.yaml", metrics)
    assert pack.model == str(model.resolve())
    assert "model: ../models/" in (here / "doors" / "pack.yaml").read_text()
    assert "detection.glass_door.recall" in [criterion.metric for criterion in pack.scenarios[0].accept]


def test_a_model_that_is_not_there_is_the_users_mistake(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "doors", "--model", "nowhere.yaml"]) == 2
    assert "nowhere.yaml does not exist" in capsys.readouterr().err
    assert not (here / "doors").exists()


def test_comments_stay_within_110_columns() -> None:
    lines = starter_pack("doors", "../models/model.yaml").splitlines()
    assert max(map(len, lines)) <= 110


def test_a_path_is_relative_within_a_project_and_none_leads_elsewhere(tmp_path: Path) -> None:
    model, project = tmp_path / "a" / "policies" / "m" / "model.yaml", tmp_path / "a"
    model.parent.mkdir(parents=True)
    (project / ".git").mkdir()
    assert as_written(model, project / "scenarios" / "doors") == "../../policies/m/model.yaml"
    assert as_written(model, tmp_path / "b" / "c" / "d" / "e") is None, "no path of one machine"


@pytest.mark.parametrize(("folder", "name"), [("my doors!", "my_doors"), ("---", "my_pack"), ("a.b", "a_b")])
def test_a_folders_name_becomes_a_packs_name(tmp_path: Path, folder: str, name: str) -> None:
    assert pack_name(tmp_path / folder) == name


MJCF = """\
<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="10 10 .1"/>
    <light pos="0 0 4"/>
    <body name="wall" pos="6 0 .5"><geom type="box" size=".1 3 .5"/></body>
    <site name="mark" pos="3 0 0"/>
    <site name="the_goal" pos="4 1 0"/>
    <body name="cart" pos="0 0 .2">
      <freejoint/>
      <geom type="box" size=".2 .15 .1" mass="20"/>
      <camera name="eye" pos=".2 0 .2" xyaxes="0 -1 0 0 0 1" resolution="64 48"/>
      <site name="goal_of_the_cart"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.mark.parametrize("world", ["office_corridor", "arena"])
def test_every_shipped_world_has_a_first_pack_that_lints_and_holds_no_path_of_this_machine(
    here: Path, world: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The model comes from elsewhere, as from an installed simgate."""
    model = write_sound_model(tmp_path_factory.mktemp("elsewhere"))
    assert main(["init", "deep/er/still/doors", "--world", world, "--model", str(model)]) == 0
    folder = here / "deep" / "er" / "still" / "doors"
    text = (folder / "pack.yaml").read_text(encoding="utf-8")
    assert "model: model/model.yaml" in text and f"world: {world}" in text
    assert str(here) not in text and str(model.parent) not in text
    assert (folder / "model" / "model.yaml").read_bytes() == model.read_bytes()
    assert main(["lint", str(folder)]) == 0


def test_a_site_of_ones_own_is_looked_into(here: Path) -> None:
    (here / "yard.xml").write_text(MJCF, encoding="utf-8")
    assert main(["init", "packs/yard", "--world", "yard.xml"]) == 0
    text = (here / "packs" / "yard" / "pack.yaml").read_text(encoding="utf-8")
    assert "mjcf: ../../yard.xml" in text
    assert "robot: {body: cart, camera: eye}" in text
    assert "goal: the_goal" in text, "a mark on the robot would drive with it"
    assert "# body/wall.pos.x: m" in text
    assert main(["lint", "packs/yard"]) == 0


def test_a_site_without_marks_and_cameras_has_a_goal_in_metres_and_a_camera_mounted(here: Path) -> None:
    lines = [line for line in MJCF.splitlines() if "<site" not in line and "<camera" not in line]
    (here / "yard.xml").write_text("\n".join(lines), encoding="utf-8")
    assert main(["init", "--world", "yard.xml"]) == 0
    text = (here / "pack.yaml").read_text(encoding="utf-8")
    assert "goal: [3.0, 0.0]" in text and "camera: {position: " in text
    assert main(["lint", "pack.yaml"]) == 0


@pytest.mark.parametrize(
    ("world", "content", "words"),
    [
        ("moon", None, "moon"),
        ("nowhere.xml", None, "nowhere.xml does not exist"),
        ("bad.xml", "<mujoco", "bad.xml: "),
        ("empty.xml", "<mujoco><worldbody/></mujoco>", "nothing in it can drive"),
    ],
)
def test_a_world_that_is_none_is_said_to_be_so_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], world: str, content: str | None, words: str
) -> None:
    if content is not None:
        (here / world).write_text(content, encoding="utf-8")
    assert main(["init", "doors", "--world", world]) == 2
    assert words in capsys.readouterr().err
    assert not (here / "doors").exists()
