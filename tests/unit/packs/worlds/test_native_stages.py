"""``world: {usd: FILE}`` in a pack: what is read, and mistakes at their places."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.worlds import require_fit, world_of
from simgate.harness.scoring import metrics
from tests.unit.packs.mistakes import assert_reported
from tests.unit.sim_adapters.usd.native_stages import YARD, with_prim, write_yard

PACK = """\
simgate: 1
pack: yard
policy: door_navigator
sim: {adapter: physx}
scenarios:
  pane:
    title: A pane of glass stands in the yard
    severity: critical
    world:
      usd: yard.usda
      robot: {body: /World/Cart, camera: /World/Cart/Front}
      goal: /World/Dock
      labels: {/World/Pane: glass_door}
      barrier: {/World/Pane: glass}
      set:
        cube.x_m: /World/Cube.pos.x
        pane.there: /World/Pane.present
        pane.tint: {target: /World/Pane.inputs:opacity, between: [0.1, 0.6]}
        cube.look: {target: /World/Cube.material, choices: {red: /World/Looks/Red, clear: /World/Looks/Clear}}
        lamp.color: {target: /World/Sky.inputs:color, choices: {warm: [1, 0.5, 0.25], white: [1, 1, 1]}}
    parameters:
      cube.x_m: {uniform: [2.5, 3.5]}
      pane.there: {choice: [true, false]}
      cube.look: {choice: [red, clear]}
    variants: {count: 30}
    accept: {collisions: {at_most: 0}}
"""


def write(folder: Path, text: str = PACK, stage: str = YARD) -> Path:
    write_yard(folder, stage)
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_stage_becomes_a_world_with_its_own_parameters(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path), metrics)
    world = world_of(pack, pack.scenarios[0])
    assert world.parameters["pane.tint"].default == 0.3
    assert world.parameters["cube.look"].choices == ("red", "clear")
    assert world.parameters["lamp.color"].default == "warm"
    values = {name: spec.default for name, spec in world.parameters.items()}
    shut = world.build(values, ())
    assert shut.task.barrier == "/World/Pane"
    assert world.build({**values, "pane.there": False}, ()).task.barrier is None
    for adapter in ("isaacsim", "mujoco", "physx"):
        require_fit(pack.scenarios, adapter, Path())


def test_a_barrier_is_gone_with_what_it_hangs_on(tmp_path: Path) -> None:
    leaf = 'def Cube "Leaf" ( prepend apiSchemas = ["PhysicsCollisionAPI"] )'
    inner = f'    def Xform "Frame"\n    {{\n        {leaf}\n        {{\n        }}\n    }}\n'
    text = PACK.replace("barrier: {/World/Pane: glass}", "barrier: {/World/Frame/Leaf: glass}").replace(
        "pane.there: /World/Pane.present", "pane.there: /World/Frame.present"
    )
    pack = load_pack(write(tmp_path, text, with_prim(inner)), metrics)
    world = world_of(pack, pack.scenarios[0])
    values = {name: spec.default for name, spec in world.parameters.items()}
    assert world.build(values, ()).task.barrier == "/World/Frame/Leaf"
    assert world.build({**values, "pane.there": False}, ()).task.barrier is None


MISTAKES = [
    ("missing-file", "usd: yard.usda", "usd: @yard.usd", "looked for"),
    ("unknown-element", "body: /World/Cart,", "body: @/World/Kart,", "did you mean '/World/Cart'?"),
    ("unknown-element", "camera: /World/Cart/Front", "camera: @/World/Fixed", "on it: /World/Cart/Front"),
    ("unknown-element", "camera: /World/Cart/Front}", "camera: /World/Cart/Front, pose: @home}", "leave pose out"),
    ("unknown-element", "goal: /World/Dock", "goal: @/World/Doc", "did you mean '/World/Dock'?"),
    ("unknown-element", "labels: {/World/Pane", "labels: {@/World/Looks", "drawn or can be hit"),
    ("unknown-target", "cube.x_m: /World/Cube.pos.x", "cube.x_m: @/World/Cube.pos", "say which: pos.x"),
    ("wrong-value", "cube.x_m: /World/Cube.pos.x", "cube.x_m: /World/Dock.pos.x", "write the goal as [x, y]"),
    ("unknown-target", "cube.x_m: /World/Cube.pos.x", "cube.x_m: @/World/Cart.pos.x", "robot.start_x_m"),
    ("unknown-target", "cube.x_m: /World/Cube.pos.x", "cube.x_m: @/World/Cube.sise", "did you mean 'size'?"),
    ("parameter-range", "between: [0.1, 0.6]", "between: [0.1, @1.6]", ""),
    ("parameter-range", "red: /World/Looks/Red", "red: @/World/Looks/Rot", ""),
    ("wrong-value", "warm: [1, 0.5, 0.25]", "warm: [1, 0.5, 0.3]", "for example as_is: [1, 0.5, 0.25]"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "right", "wrong", "hint"), MISTAKES)
def test_a_mistake_is_reported_at_its_place(
    tmp_path: Path, code: str, right: str, wrong: str, hint: str
) -> None:
    assert_reported(lambda text: write(tmp_path, text), PACK, code, right, wrong, hint)


def test_a_site_with_joints_is_not_for_mujoco(tmp_path: Path) -> None:
    joint = '    def PhysicsRevoluteJoint "Hinge"\n    {\n        rel physics:body1 = </World/Crate>\n    }\n'
    path = write(tmp_path, PACK.replace("adapter: physx", "adapter: mujoco"), with_prim(joint))
    (found,) = [d for d in lint([path], metrics) if d.code == "world-adapter"]
    assert found.hint == "write sim: {adapter: isaacsim} or sim: {adapter: physx}"


def test_a_stage_that_openusd_cannot_read_is_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path, stage="#usda 1.0\ndef Xform {")
    (found,) = lint([path], metrics)
    assert found.code == "native-file"
    assert "OpenUSD cannot read it" in found.message
