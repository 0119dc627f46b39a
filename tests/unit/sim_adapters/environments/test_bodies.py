"""Bodies and joints of environments on MuJoCo, measured in the words of robots and left as they are."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.environments.link import open_link
from simgate.sim_adapters.environments.measured import asked_as
from simgate.sim_adapters.environments.opened import OpenedEnvironment
from simgate.sim_adapters.quantities import read_quantity
from simgate.sim_adapters.worlds.native_file import NativeError

pytest.importorskip("imageio", reason="gymnasium's MuJoCo environments need it")

HERE = Path(__file__).parent
WRITTEN: list[dict[str, Any]] = [
    {"position": "body/torso", "axis": "z"},
    {"position": "geom/floor", "axis": "x"},
    {"distance": ["body/torso", "body/front_left_leg"]},
    {"tilt": "body/torso"},
    {"speed": "body/torso"},
    {"speed": "body/torso", "axis": "y"},
    {"joint": "hip_1"},
    {"joint": "hip_1", "of": "velocity"},
    {"joint": "hip_1", "of": "torque"},
    {"contact_force": ["geom/floor", "body/torso"]},
]
ASKED = [asked_as(read_quantity(one)) for one in WRITTEN]


def by_hand(env: Any) -> list[float]:
    """The same, by MuJoCo's own names."""
    model, data = env.unwrapped.model, env.unwrapped.data
    torso, leg, hip = data.body("torso"), data.body("front_left_leg"), data.joint("hip_1")
    speed, force, pressed = np.zeros(6), np.zeros(6), 0.0
    mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, torso.id, speed, 0)
    for k in range(data.ncon):
        # All that is not the floor hangs on the torso.
        if sum(int(geom) == model.geom("floor").id for geom in data.contact[k].geom) == 1:
            mujoco.mj_contactForce(model, data, k, force)
            pressed += force[0]
    return [
        torso.xpos[2],
        data.geom("floor").xpos[0],
        float(np.linalg.norm(torso.xpos - leg.xpos)),
        math.degrees(math.acos(torso.xmat.reshape(3, 3)[2, 2])),
        float(np.linalg.norm(speed[3:])),
        speed[4],
        hip.qpos[0],
        hip.qvel[0],
        float(data.qfrc_actuator[model.joint("hip_1").dofadr[0]]),
        pressed,
    ]


@pytest.mark.parametrize("python", [None, sys.executable], ids=["here", "own_interpreter"])
def test_what_is_measured_is_what_mujoco_has_and_changes_nothing(python: str | None) -> None:
    plain = gymnasium.make("Ant-v5", terminate_when_unhealthy=False)
    link = open_link(
        python, {"name": "Ant-v5", "folder": str(HERE), "make": {"terminate_when_unhealthy": False}}
    )
    observation, _ = plain.reset(seed=3)
    told = link.call("begin", slot=0, seed=3, values={}, asked=ASKED)
    plain.action_space.seed(1)
    pressed = []
    for _ in range(25):
        wanted = by_hand(plain)
        assert told["info"] == pytest.approx(wanted, abs=1e-9)
        pressed.append(told["info"][-1])
        action = plain.action_space.sample()
        observation, *_ = plain.step(action)
        answer = link.call("steps", slots=[0], actions=action[None].astype(np.float64))
        told = {"info": answer["info"][0]}
        assert np.array_equal(answer["observation"]["obs"][0], observation)
    assert max(pressed) > 1.0
    assert link.call("problems", slot=0) == {"lost": [], "never": []}
    link.close()


@pytest.fixture(scope="module")
def ant() -> OpenedEnvironment:
    return OpenedEnvironment("Ant-v5", HERE, {}, None, False)


def test_all_of_it_can_be_asked_for(ant: OpenedEnvironment) -> None:
    for written in WRITTEN:
        ant.quantity(read_quantity(written))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"tilt": "body/torzo"}, "its model has no body 'torzo'"),
        ({"joint": "root"}, "its model has no joint 'root'"),
        ({"sensor": "gyro"}, "its model has no sensor 'gyro'"),
        ({"distance": ["body/torso", "site/foot"]}, "its model has no site 'foot'"),
        ({"touching": ["body/torso", "geom/floor"]}, "not touching"),
        ({"energy": True}, "not energy"),
    ],
)
def test_what_it_has_not_is_named(ant: OpenedEnvironment, written: dict[str, Any], said: str) -> None:
    with pytest.raises(NativeError) as found:
        ant.quantity(read_quantity(written))
    assert said in str(found.value)


def test_an_environment_without_bodies_says_so() -> None:
    with pytest.raises(NativeError, match="tilt is of environments on MuJoCo, and CartPole-v1 has no model"):
        OpenedEnvironment("CartPole-v1", HERE, {}, None, False).quantity(read_quantity({"tilt": "body/pole"}))


SPUN = '''
import gymnasium
import mujoco
import numpy as np

XML = """<mujoco><worldbody><body name="top" pos="0 0 1"><joint name="turn" axis="0 0 1"/><geom size=".1"/>
<site name="eye"/></body></worldbody><sensor><gyro name="gyro" site="eye"/><jointpos joint="turn"/></sensor></mujoco>"""


class Spun(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9.0, 9.0, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self):
        self.model = mujoco.MjModel.from_xml_string(XML)
        self.data = mujoco.MjData(self.model)

    def reset(self, *, seed=None, options=None):
        self.data = mujoco.MjData(self.model)
        self.data.qvel[0] = 0.5
        mujoco.mj_forward(self.model, self.data)
        return np.zeros(1), {}

    def step(self, action):
        mujoco.mj_step(self.model, self.data)
        return np.zeros(1), 0.0, False, False, {}
'''


def test_a_sensor_is_told_number_by_number_of_the_state_that_a_reset_has_made(tmp_path: Path) -> None:
    (tmp_path / "spun.py").write_text(SPUN)
    opened = OpenedEnvironment("spun.py:Spun", tmp_path, {}, None, False)
    gyro, unnamed = ({"sensor": name, "index": k} for name, k in (("gyro", 2), ("1", 0)))
    link = open_link(None, {"name": "spun.py:Spun", "folder": str(tmp_path), "make": {}})
    for written in (gyro, unnamed):
        opened.quantity(read_quantity(written))
    asked = [asked_as(read_quantity(one)) for one in (gyro, unnamed)]
    began = link.call("begin", slot=0, seed=1, values={}, asked=asked)["info"]
    assert began == pytest.approx([0.5, 0.0])
    told = link.call("steps", slots=[0], actions=np.zeros((1, 1)))["info"][0]
    assert told == pytest.approx([0.5, 0.0])  # Sensors are those of the last physics step's beginning.
    told = link.call("steps", slots=[0], actions=np.zeros((1, 1)))["info"][0]
    assert told == pytest.approx([0.5, 0.001])
    with pytest.raises(NativeError, match="sensor 'gyro' has 3 numbers, from 0 on"):
        opened.quantity(read_quantity({"sensor": "gyro", "index": 3}))
