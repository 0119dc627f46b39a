"""What the linter says of packs with robots on their own joints, at the place where it is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of
from tests.unit.sim_adapters.articulated.machines import ARM

PACK = """\
simgate: 1
pack: arm
policy: door_navigator
sim: {physics_hz: 200, control_hz: 20}
scenarios:
  lifts:
    title: lifts
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: base, drive: {joints: all, mode: position, kp: 100}}
      sensors: {wrist: {camera: wrist}, angle: {sensor: angle}}
    task:
      signals: {height_m: {position: body/cube, axis: z}, grip_n: {contact_force: [body/fore, body/cube]}}
      success: height_m > 0.8 for 0.5 s
      touch: {allow: [[base, table]]}
    variants: {count: 1}
    accept: {success: {equals: true}}
"""


def said(folder: Path, text: str) -> list[tuple[int, str, str, str]]:
    """Line, code, message and hint of everything that is wrong."""
    (folder / "arm.xml").write_text(ARM)
    path = folder / "pack.yaml"
    path.write_text(text)
    found = lint([path], metrics, date(2026, 11, 28))
    return [(d.line, d.code, d.message, d.hint) for d in found]


def test_a_whole_pack_has_no_problems_and_keeps_what_it_says(tmp_path: Path) -> None:
    assert said(tmp_path, PACK) == []
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    again = type(pack).model_validate_json(pack.model_dump_json())
    assert again == pack
    (scenario,) = again.scenarios
    assert scenario.task is not None
    assert scenario.task.touch.allow == (("base", "table"),)
    assert scenario.native is not None
    assert [name for name, _ in scenario.native.sensors] == ["wrist", "angle"]


@pytest.mark.parametrize(
    ("before", "after", "line", "code", "message", "hint"),
    [
        ("body: base", "body: bace", 11, "unknown-element", "the file has no body 'bace'", "did you mean 'base'?"),
        ("mode: position", "mode: positon", 11, "wrong-value", "not 'positon'; did you mean 'position'?", ""),
        ("kp: 100", "kd: 100", 11, "wrong-value", "servos of mode position need 'kp'", ""),
        ("camera: wrist", "camera: wirst", 12, "unknown-element", "no camera 'wirst'", "did you mean 'wrist'?"),
        ("sensor: angle", "sensor: angel", 12, "unknown-element", "no sensor 'angel'", "did you mean 'angle'?"),
        ("{sensor: angle", "{senzor: angle", 12, "wrong-value", "did you mean 'sensor'?", ""),
        ("camera: wrist", "camera: wrist, rate_hz: 33", 12, "rates", "rate_hz 33 of sensor 'wrist'", ""),
        ("position: body/cube", "position: body/cub", 14, "unknown-element", "no body 'cub'", "did you mean 'cube'?"),
        ("{position: body", "{positon: body", 14, "wrong-value", "did you mean 'position'?", ""),
        ("height_m > 0.8", "heigth_m > 0.8", 15, "expression", "did you mean 'height_m'?", ""),
        ("base, table", "base, tabel", 16, "unknown-element", "no body or geom 'tabel'", "did you mean 'table'?"),
        ("success: {eq", "spl: {at_least: 1}, success: {eq", 18, "undefined-metric", "'spl' needs goal_distance_m", "its signals: height_m, grip_n"),
        ("success: {eq", "s: {stl: 'G (hight_m > 0)'}, success: {eq", 18, "expression", "unknown signal 'hight_m'", "did you mean 'height_m'?"),
        ("success: {eq", "s: {signal: {name: grip, reduce: max}, at_most: 9}, success: {eq", 18, "unknown-metric", "unknown signal 'grip'", "did you mean 'grip_n'?"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_named_at_its_place_with_the_right_one(
    tmp_path: Path, before: str, after: str, line: int, code: str, message: str, hint: str
) -> None:
    assert before in PACK
    (found,) = said(tmp_path, PACK.replace(before, after, 1))
    assert found[:2] == (line, code)
    assert message in found[2]
    assert hint in found[3]


def test_a_robot_on_its_own_joints_needs_a_task_and_a_driving_one_has_its_own(tmp_path: Path) -> None:
    start, rest = PACK.split("    task:\n")
    without = start + rest[rest.index("    variants") :]
    (found,) = said(tmp_path, without)
    assert found[1:3] == ("missing-key", "a robot on its own joints needs a task, and there is none")
    room = "    world: office_corridor\n"
    driving = PACK[: PACK.index("    world:\n")] + room + PACK[PACK.index("    task:\n") :]
    assert "a driving robot reaches its goal" in said(tmp_path, driving)[0][2]


SIMULATOR = """\
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.quantities import Position, Tilt
from simgate.sim_adapters.traits import AdapterTraits


class Few(MujocoAdapter):
    traits = AdapterTraits(actuators=True, quantities=frozenset({Position, Tilt}))


class Planar(MujocoAdapter):
    traits = AdapterTraits()


def __getattr__(name):
    raise OSError("no licence")


class Wrong(MujocoAdapter):
    traits = {"actuators": True}
"""


@pytest.mark.parametrize(
    ("adapter", "line", "code", "message", "hint"),
    [
        ("physx", 10, "world-adapter", "the simulator 'physx' moves robots in the plane alone", "mujoco}"),
        ("isaacsim", 10, "world-adapter", "the simulator 'isaacsim' moves robots in the plane", "mujoco}"),
        ("own.py:Planar", 10, "world-adapter", "'own.py:Planar' moves robots in the plane alone", "mujoco}"),
        ("own.py:Few", 14, "world-adapter", "signal 'grip_n': the simulator 'own.py:Few' does not measure "
         "contact_force", "it measures position, tilt"),
        ("own.py:Nothing", 10, "broken-plugin", "adapter 'own.py:Nothing' cannot be loaded: OSError: no", "own.md"),
        ("own.py:Wrong", 10, "broken-plugin", "must be AdapterTraits, not dict", "docs/writing-your-own.md"),
    ],
)  # fmt: skip
def test_a_simulator_that_cannot_is_refused_by_what_it_declares(
    tmp_path: Path, adapter: str, line: int, code: str, message: str, hint: str
) -> None:
    (tmp_path / "own.py").write_text(SIMULATOR)
    (found,) = said(tmp_path, PACK.replace("{physics_hz", f"{{adapter: '{adapter}', physics_hz"))
    assert found[:2] == (line, code)
    assert message in found[2]
    assert hint in found[3]


def test_a_metric_of_the_packs_own_says_too_what_the_task_lacks(tmp_path: Path) -> None:
    own = "from simgate.harness.scoring.metrics import find\n\nSPL = find('spl')\n"
    (tmp_path / "own.py").write_text(own)
    asked = "accept: {way: {metric: own.py:SPL, at_least: 1}, success: {eq"
    (found,) = said(tmp_path, PACK.replace("accept: {success: {eq", asked))
    assert found[:2] == (18, "undefined-metric")
    assert "'way' needs goal_distance_m" in found[2]


def test_editors_know_the_keys(tmp_path: Path) -> None:
    editor = Draft202012Validator(pack_schema(metrics))
    path = tmp_path / "pack.yaml"
    criterion = "accept: {low: {signal: {name: grip_n, reduce: max}, at_most: 3}, success: {equals: true}}"
    path.write_text(PACK.replace("accept: {success: {equals: true}}", criterion))
    assert editor.is_valid(data_of(path))
    for before, after in (("drive:", "drove:"), ("signals:", "signal:"), ("sensors:", "sensor:")):
        path.write_text(PACK.replace(before, after))
        assert not editor.is_valid(data_of(path)), after
