"""Examples about native worlds: files of a team's own."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example

_SITE = """\
<mujoco model="yard">
  <worldbody>
    <light name="lamp" pos="0 0 3" diffuse="0.8 0.8 0.8"/>
    <geom name="floor" type="plane" size="9 9 0.1"/>
    <body name="crate" pos="3 0 0.3"><geom name="crate" type="box" size="0.3 0.3 0.3"/></body>
    <body name="cart">
      <freejoint/>
      <geom type="cylinder" size="0.25 0.15" pos="0 0 0.2"/>
      <camera name="front" pos="0.2 0 0.6" xyaxes="0 -1 0 0 0 1"/>
    </body>
  </worldbody>
</mujoco>
"""
_STEP = '    <geom name="step" type="box" size="0.1 1 0.03" pos="2 0 0.03"/>\n'
_WORLD = """\
world:
  {kind}: {file}
  robot: {{body: {body}, camera: front}}
  goal: [5, 0]
  set:
    crate.x_m: {target}
    lighting.lux: light/lamp.diffuse
parameters:
  crate.x_m: {{uniform: [2, 4]}}
"""
_FILES = {"yard.xml": _SITE}
_BROKEN = {
    **_FILES,
    "gate.xml": "<mujoco>\n  <worldbody>\n    <geom type='bix'/>\n  </worldbody>\n</mujoco>\n",
}
_LIFT = """\
<mujoco model="lift">
  <worldbody>
    <light name="lamp" pos="0 0 3"/>
    <body name="mast" pos="0 0 0.5">
      <joint name="lift" type="slide" axis="0 0 1"{strength}/>
      <geom type="box" size="0.1 0.1 0.4"/>
    </body>
  </worldbody>
  <actuator><motor name="lift" joint="lift"/></actuator>
</mujoco>
"""
_LIFTS = {
    "endless.xml": _LIFT.format(strength=""),
    "lift.xml": _LIFT.format(strength=' actuatorfrcrange="-200 200"'),
}
_LIFT_WORLD = """\
world:
  mjcf: {file}
  robot: {{body: mast, drive: {drive}}}
  set: {{lighting.lux: light/lamp.diffuse}}
parameters: {{lighting.lux: {{uniform: [0.2, 0.8]}}}}
task:
  signals: {{height_m: {{position: body/mast, axis: z}}}}
  success: height_m > 0.8
"""


def _world(
    kind: str = "mjcf", file: str = "yard.xml", body: str = "cart", target: str = "body/crate.pos.x"
) -> str:
    return _WORLD.format(kind=kind, file=file, body=body, target=target)


NATIVE_EXAMPLES = (
    Example(
        "high-robot",
        _world(file="@dropped.xml"),
        _world(),
        advice="It is a warning, and keeps nothing from running. The robot drives at the height at which the "
        "file or the stored pose has it; it does not fall to the floor.",
        files={
            **_FILES,
            "dropped.xml": _SITE.replace('<body name="cart">', '<body name="cart" pos="0 0 0.4">'),
        },
    ),
    Example(
        "low-wall",
        _world(file="@doorstep.xml"),
        _world(),
        advice="It is a warning, and keeps nothing from running. The body that drives is moved in the floor "
        "plane alone: it climbs no step and no ramp. Looked at is what lies across the straight way to the "
        "goal, has no label, is no barrier and is not moved by a parameter.",
        files={
            **_FILES,
            "doorstep.xml": _SITE.replace('    <body name="crate"', _STEP + '    <body name="crate"'),
        },
    ),
    Example(
        "native-file",
        _world(file="@gate.xml"),
        _world(),
        advice="MuJoCo itself says what it does not like; open the file in its viewer to see it work. Of an "
        "environment the message says what it raised when it was made; `simgate worlds env:NAME` (with "
        "`--python FILE` for another interpreter) makes it outside of a pack.",
        files=_BROKEN,
    ),
    Example(
        "unbounded-action",
        _LIFT_WORLD.format(file="endless.xml", drive="@actuators"),
        _LIFT_WORLD.format(file="lift.xml", drive="actuators"),
        advice="It is a warning, and keeps nothing from running. A policy that is in trouble may then ask "
        "for a force that no real actuator has, and pass.",
        files=_LIFTS,
    ),
    Example(
        "unknown-element",
        _world(body="@crt"),
        _world(),
        advice="`simgate worlds FILE` lists what is in a file.",
        files=_FILES,
    ),
    Example(
        "unknown-target",
        _world(target="@body/crates.pos.x"),
        _world(),
        advice="`simgate worlds FILE` lists everything that can be set in a file.",
        files=_FILES,
    ),
    Example(
        "world-adapter",
        "sim: {adapter: physx}\nscenarios:\n  closed_door:\n    title: A crate stands in the yard\n"
        "    severity: critical\n"
        + "".join(f"    {line}\n" for line in _world("@mjcf").splitlines())
        + "    variants: {count: 150}\n    accept: {collisions: {at_most: 0}}\n",
        "sim: {adapter: mujoco}\nscenarios:\n  closed_door:\n    title: A crate stands in the yard\n"
        "    severity: critical\n"
        + "".join(f"    {line}\n" for line in _world().splitlines())
        + "    variants: {count: 150}\n    accept: {collisions: {at_most: 0}}\n",
        level="pack",
        advice="A file belongs to the simulators that can read it.",
        files=_FILES,
    ),
)
