"""What the linter says of packs with robots on their own joints, at the place where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.execution.episode.setting import payload_of
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.scoring import metrics
from simgate.sim_adapters.sensors.worn import worn_of
from tests.unit.packs.own_joints import PACK, said
from tests.unit.packs.plain_data import data_of
from tests.unit.sim_adapters.articulated.machines import ARM


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


_UNHELD = "neither a range nor a limit of force holds what the policy tells {}: it may ask for any force"


@pytest.mark.parametrize(
    ("drive", "change", "unheld"),
    [
        ("actuators", ("", ""), ""),
        ("actuators", (' ctrlrange="-20 20"', ""), ""),  # The joint has a limit of its own.
        ("actuators", (' ctrlrange="0 .2"', ""), "'reach'"),
        ("actuators", (' ctrlrange="0 .2"', ' forcerange="-5 5"'), ""),
        ("{joints: [shoulder, slider], mode: velocity, kd: 5}", ("", ""), "'slider'"),
        ("{joints: all, mode: torque}", (' actuatorfrcrange="-80 80"', ""), "'shoulder', 'slider'"),
        ("{joints: all, mode: position, kp: 50}", (' actuatorfrcrange="-80 80"', ""), ""),
    ],
)
def test_a_robot_as_strong_as_its_policy_asks_is_warned_of(
    tmp_path: Path, drive: str, change: tuple[str, str], unheld: str
) -> None:
    assert change[0] in ARM
    arm = ARM.replace(*change, 1) if change[0] else ARM
    found = said(tmp_path, PACK.replace("{joints: all, mode: position, kp: 100}", drive), arm)
    expected = [(11, "unbounded-action", _UNHELD.format(unheld))] if unheld else []
    assert [one[:3] for one in found] == expected


@pytest.mark.parametrize(
    ("before", "after", "line", "code", "message", "hint"),
    [
        ("body: base", "body: bace", 11, "unknown-element", "the file has no body 'bace'", "did you mean 'base'?"),
        ("mode: position", "mode: positon", 11, "wrong-value", "not 'positon'; did you mean 'position'?", ""),
        ("kp: 100", "kd: 100", 11, "wrong-value", "servos of mode position need 'kp'", ""),
        ("camera: wrist", "camera: wirst", 12, "unknown-element", "no camera 'wirst'", "did you mean 'wrist'?"),
        ("sensor: angle", "sensor: angel", 12, "unknown-element", "no sensor 'angel'", "did you mean 'angle'?"),
        ("{sensor: angle", "{senzor: angle", 12, "wrong-value", "did you mean 'sensor'?", ""),
        ("camera: wrist", "camera: wrist,\n        rate_hz: 33", 13, "rates", "rate_hz 33 of sensor 'wrist'", ""),
        ("position: body/cube", "position: body/cub", 14, "unknown-element", "no body 'cub'", "did you mean 'cube'?"),
        ("{position: body", "{positon: body", 14, "wrong-value", "did you mean 'position'?", ""),
        ("for 0.5 s", "for 0.5 sec", 15, "expression", "'0.5 sec' is no time to be held; write seconds, for example", ""),
        ("for 0.5 s", "for 500 ms", 15, "expression", "'500 ms' is no time to be held; write seconds", ""),
        ("for 0.5 s", "for half a second", 15, "expression", "'half a second' is no time to be held", ""),
        ("height_m > 0.8", "heigth_m > 0.8", 15, "expression", "unknown signal 'heigth_m' (did you mean 'height_m'?)", ""),
        ("base, table", "base, tabel", 16, "unknown-element", "no body or geom 'tabel'", "did you mean 'table'?"),
        ("success: {eq", "spl: {at_least: 1}, success: {eq", 18, "metric-needs", "'spl' needs goal_distance_m", "its signals: height_m, grip_n"),
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


def test_success_alone_is_a_criterion_and_servos_have_no_share_of_the_files_strength(tmp_path: Path) -> None:
    alone = PACK.replace("accept: {success: {equals: true}}", "accept: success")
    assert said(tmp_path, alone) == []
    Draft202012Validator(pack_schema(metrics)).validate(data_of(tmp_path / "pack.yaml"))
    short = load_pack(tmp_path / "pack.yaml", metrics).scenarios[0].accept
    said(tmp_path, PACK)
    assert short == load_pack(tmp_path / "pack.yaml", metrics).scenarios[0].accept
    (found,) = said(tmp_path, PACK.replace("accept: {success: {equals: true}}", "accept: sucess"))
    assert found[:2] == (18, "wrong-type") and "success, or a mapping of metrics" in found[2]
    weak = PACK.replace("      sensors:", "      set: {lift: actuator/lift.strength}\n      sensors:")
    (found,) = said(tmp_path, weak)
    assert found[1:] == (
        "unknown-target",
        "actuator/lift.strength is of an actuator of the file, in whose place drive puts servos",
        "write drive: actuators",
    )
    assert said(tmp_path, weak.replace("{joints: all, mode: position, kp: 100}", "actuators")) == []


def test_a_robot_on_its_own_joints_needs_a_task_and_a_driving_one_has_its_own(tmp_path: Path) -> None:
    start, rest = PACK.split("    task:\n")
    without = start + rest[rest.index("    variants") :]
    (found,) = said(tmp_path, without)
    assert found[1:3] == ("missing-key", "a robot on its own joints needs a task, and there is none")
    room = "    world: office_corridor\n"
    driving = PACK[: PACK.index("    world:\n")] + room + PACK[PACK.index("    task:\n") :]
    assert "a driving robot reaches its goal" in said(tmp_path, driving)[0][2]


CODED = """\
from simgate.harness.tasks.task import Task
from simgate.harness.trace import Signal
from simgate.sim_adapters.quantities import read_quantity


class Lift(Task):
    name = "lift"
    signals = (Signal("height_m", "m", "height of the cube"),)
    facts = ("success",)
    quantities = {"z": read_quantity({"position": "body/cube", "axis": "z"})}
    allow = (("base", "table"),)

    def brief(self, scene): ...
    def begin(self, scene, timing, time_limit_s): ...


LIFT = Lift()
"""


@pytest.mark.parametrize(
    ("before", "after", "code", "message"),
    [
        ("base", "base", "", ""),
        ("body/cube", "body/cub", "unknown-element", "no body 'cub'"),
        ('"table"', '"tabel"', "unknown-element", "no body or geom 'tabel'"),
        ('"success"', '"failure"', "metric-needs", "'success' needs the fact success"),
    ],
)
def test_what_a_task_that_is_code_asks_of_the_file_is_held_against_it(
    tmp_path: Path, before: str, after: str, code: str, message: str
) -> None:
    (tmp_path / "lift.py").write_text(CODED.replace(before, after))
    start, end = PACK.index("    task:\n"), PACK.index("    variants")
    found = said(tmp_path, PACK[:start] + "    task: lift.py:LIFT\n" + PACK[end:])
    assert [(line, told) for line, told, *_ in found] == (
        [(15 if code == "metric-needs" else 13, code)] if code else []
    )
    assert all(message in text for _, _, text, _ in found)


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


def test_physx_moves_such_robots_too(tmp_path: Path) -> None:
    pytest.importorskip("ovphysx")
    text = PACK.replace("{physics_hz", "{adapter: physx, physics_hz")
    assert said(tmp_path, text) == []
    (found,) = said(tmp_path, text.replace("{sensor: angle}", "{sensor: pad}"))
    assert found[:2] == (10, "world-adapter")
    assert "sensor 'pad' is a touch, whose forces PhysX does not tell: ask for contact" in found[2]
    (found,) = said(tmp_path, text, ARM.replace('name="shoulder"', 'name="shoulder" stiffness="2"'))
    assert "PhysX has no springs of joints ('shoulder'): leave it out, or use" in found[2]
    assert said(tmp_path, PACK, ARM.replace('name="shoulder"', 'name="shoulder" stiffness="2"')) == []


def test_isaac_sim_moves_such_robots_too(tmp_path: Path) -> None:
    pytest.importorskip("pxr")
    text = PACK.replace("{physics_hz", "{adapter: isaacsim, physics_hz")
    assert said(tmp_path, text) == []
    (found,) = said(tmp_path, text.replace("{sensor: angle}", "{sensor: pad}"))
    assert found[:2] == (10, "world-adapter")
    assert (
        "'isaacsim': sensor 'pad' is a touch, whose forces PhysX does not tell: ask for contact" in found[2]
    )
    (found,) = said(
        tmp_path, text, ARM.replace('name="wrist"', 'name="wrist" mode="targetbody" target="cube"')
    )
    assert "camera 'wrist' follows or is aimed at something" in found[2]
    assert found[2].endswith('does not look where the robot does: write mode="fixed"')
    round_one = ARM.replace(
        'name="cube" type="box"', 'name="cube" type="ellipsoid" contype="0" conaffinity="0"'
    )
    (found,) = said(tmp_path, text, round_one)
    assert (
        "geom 'cube' is an ellipsoid, a height field or a plane that moves, and is not drawn here" in found[2]
    )
    pushed = text.replace("      sensors:", "      pushes: {kick: {body: cube, at_s: 1}}\n      sensors:")
    assert said(tmp_path, pushed) == []


def test_editors_know_the_keys(tmp_path: Path) -> None:
    editor = Draft202012Validator(pack_schema(metrics))
    path = tmp_path / "pack.yaml"
    criterion = "accept: {low: {signal: {name: grip_n, reduce: max}, at_most: 3}, success: {equals: true}}"
    path.write_text(PACK.replace("accept: {success: {equals: true}}", criterion))
    assert editor.is_valid(data_of(path))
    for before, after in (("drive:", "drove:"), ("signals:", "signal:"), ("sensors:", "sensor:")):
        path.write_text(PACK.replace(before, after))
        assert not editor.is_valid(data_of(path)), after


def test_what_may_be_wrong_with_any_robot_may_be_wrong_with_one_on_its_own_joints(tmp_path: Path) -> None:
    written = "parameters: {action.delay_ms: 30, action.limit: 0.9, angle.bias: 0.1, camera.occlusion: 0.2}"
    text = PACK.replace("    variants: {count: 1}", f"    {written}\n    variants: {{count: 1}}")
    assert said(tmp_path, text) == []
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    (scenario,) = type(pack).model_validate_json(pack.model_dump_json()).scenarios
    (variant,) = expand_scenario(pack, scenario)
    site = payload_of(pack, scenario, variant)
    assert worn_of(site) == {"action.limit": 0.9, "angle.bias": 0.1, "camera.occlusion": 0.2}
    assert site.action_delay_ms == 30.0  # In whole steps of physics: the world itself is late.
    assert "sensors.noise_share" not in variant.parameters, "what nobody asks for is no parameter"
    assert said(tmp_path, text.replace("action.delay_ms", "robot.action_delay_ms")) == []


@pytest.mark.parametrize(
    ("written", "code", "message", "hint"),
    [
        (
            "robot.action_delay_ms: 5, action.delay_ms: 5",
            "wrong-value",
            "is the older name of",
            "leave 'robot",
        ),
        ("sensors.delay_ms: 20", "rates", "less than half a control period of 50 ms", "let it reach 50 ms"),
    ],
)
def test_a_delay_that_does_nothing_is_named(
    tmp_path: Path, written: str, code: str, message: str, hint: str
) -> None:
    text = PACK.replace("    variants: {", f"    parameters: {{{written}}}\n    variants: {{")
    ((line, *found),) = said(tmp_path, text)
    assert (line, found[0]) == (10, code)
    assert message in found[1]
    assert hint in found[2]


def test_a_parameter_of_set_is_not_called_as_what_may_be_wrong_with_the_robot(tmp_path: Path) -> None:
    text = PACK.replace("      sensors:", "      set: {action.limit: body/cube.mass}\n      sensors:")
    assert [one[1] for one in said(tmp_path, text)] == ["bad-name"]
    (found,) = said(
        tmp_path, PACK.replace("    variants", "    parameters: {action.limitt: 1}\n    variants")
    )
    assert found[1::2] == ("unknown-parameter", "did you mean 'action.limit'? (0 to 1)")
