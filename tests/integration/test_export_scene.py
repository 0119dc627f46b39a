"""``simgate export-scene`` as its user runs it."""

import subprocess
import sys
from importlib.util import find_spec

import mujoco
import pytest

PACK = """\
simgate: 1
pack: small
policy: door_navigator
sim: {adapter: mujoco}
seed: 1
scenarios:
  closed:
    title: A closed door
    severity: critical
    world: office_corridor
    parameters:
      door.kind: wood
      floor.material: tiles
    variants: {count: 3}
    accept:
      collisions: {at_most: 0}
"""
CALL = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
NEEDS_USD = pytest.mark.skipif(find_spec("pxr") is None, reason="needs simgate[usd]")


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def export(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-P", "-c", CALL, "export-scene", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
    )


def test_a_model_is_written_that_mujoco_opens(pack, tmp_path):
    done = export(pack, "closed::v0002", "--mjcf", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "scene-closed-v0002" / "closed-v0002.xml"
    assert f"{path.relative_to(tmp_path)}" in done.stdout
    model = mujoco.MjModel.from_xml_path(str(path))
    assert model.body("body/door").id > 0
    assert model.ntex == 2
    assert model.key("start").qpos.shape == (3,)


@NEEDS_USD
def test_a_stage_is_written_that_opens_anywhere(pack, tmp_path):
    from pxr import Usd

    done = export(pack, "closed::v0000", "--usd", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert sorted(path.rpartition("/")[2] for path in written) == [
        "checker.png",
        "closed-v0000.usda",
        "grain.png",
    ]
    stage = Usd.Stage.Open(written[0])
    assert stage.GetPrimAtPath("/World/Bodies/door").IsValid()
    assert "usdview" in done.stdout


@NEEDS_USD
def test_assets_of_ones_own_are_shown_or_refused_by_name(pack, tmp_path):
    table = tmp_path / "assets.yaml"
    table.write_text("door: {usd: missing.usd}\n")
    done = export(pack, "closed::v0000", "--usd", "--assets", table, cwd=tmp_path)
    assert done.returncode == 2
    assert "missing.usd" in done.stderr
    assert "Traceback" not in done.stderr


@NEEDS_USD
def test_an_asset_that_shows_nothing_is_noted(pack, tmp_path):
    table = tmp_path / "assets.yaml"
    table.write_text("dor: {usd: missing.usd}\n")
    done = export(pack, "closed::v0000", "--usd", "--assets", table, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: the asset 'dor' shows nothing in this scene; did you mean 'door'?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("closed::v0000",), "say in which format"),
        (("closed::v000", "--mjcf"), "did you mean 'closed::v000"),
        (("x", "--mjcf"), "the first is 'closed::v0000'"),
        (("closed::v0000", "--mjcf", "--assets", "a.yaml"), "only --usd"),
    ],
)
def test_what_cannot_be_written_is_said_in_words(pack, tmp_path, arguments, words):
    done = export(pack, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pytest_id_names_its_variant(pack, tmp_path):
    done = export(pack, f"{pack}::closed::v0001", "--mjcf", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "closed-v0001.xml" in done.stdout
