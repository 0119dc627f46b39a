from __future__ import annotations

import dataclasses
import random
import sys
import types
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from simgate.sim_adapters.environments.link import EnvironmentFailed, open_link
from simgate.sim_adapters.environments.remote import draws
from simgate.sim_adapters.environments.remote.draws import Draws
from simgate.sim_adapters.environments.remote.imports import named_by
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.environments.remote.settable import attributes, place_of, same
from simgate.sim_adapters.environments.remote.spaces import Reader, fitting

HERE = Path(__file__).parent
FOREIGN = pytest.mark.parametrize("python", [None, sys.executable], ids=["here", "own_interpreter"])


def opened(name="team_env.py:Cart", python=None, **make):
    return open_link(python, {"name": name, "folder": str(HERE), "make": make})


def step(link, action):
    """What one step of the first slot leads to."""
    answer = link.call("steps", slots=[0], actions=np.asarray(action, dtype=np.float64)[None])
    observation = {name: array[0] for name, array in answer.pop("observation").items()}
    return {"observation": observation, **{name: value[0] for name, value in answer.items()}}


@pytest.fixture
def cart():
    link = opened()
    yield link
    link.close()


@FOREIGN
@pytest.mark.parametrize(
    "name",
    ["CartPole-v1", "Pendulum-v1", "Acrobot-v1", "MountainCarContinuous-v0", "Taxi-v4", "FrozenLake-v1",
     "Blackjack-v1", "team_env.py:Cart"],
)  # fmt: skip
def test_an_episode_is_that_of_a_plain_loop(name: str, python: str | None, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    from team_env import Cart

    plain = Cart() if name.endswith(":Cart") else gymnasium.make(name)
    link = opened(name, python)
    space = plain.action_space
    space.seed(3)
    observation, _ = plain.reset(seed=7)
    seen = link.call("begin", slot=0, seed=7, values={})
    for _ in range(40):
        for path, array in Reader(plain.observation_space, "obs").read(observation).items():
            np.testing.assert_array_equal(seen["observation"][path], array)
        action = np.atleast_1d(np.asarray(space.sample(), dtype=np.float64)).reshape(-1)
        observation, reward, terminated, truncated, _ = plain.step(fitting(space, action))
        seen = step(link, action)
        assert (seen["reward"], seen["terminated"]) == (reward, terminated)
        if terminated or truncated:
            break
    link.close()


def test_the_limit_of_steps_of_an_id_is_taken_away_unless_it_is_kept() -> None:
    ended = {}
    for keeps in (False, True):
        link = open_link(None, {"name": "Pendulum-v1", "folder": ".", "make": {}, "keeps_time_limit": keeps})
        link.call("begin", slot=0, seed=0, values={})
        ended[keeps] = [step(link, np.zeros(1))["truncated"] for _ in range(200)]
        link.close()
    assert not any(ended[False])
    assert ended[True][-1] and not any(ended[True][:-1])


WORKING = {
    "make.start_m": 0.3,
    "make.mass_kg": 2.0,
    "options.shift_m": 0.2,
    "attr/friction": 0.4,
    "attr/gains.0": 0.7,
    "attr/nested.wind": 0.3,
    "attr/dt": 0.04,
    "attr/start_m": 0.25,
    "attr/mass_kg": 3.0,
}
IDLE = {
    "make.colour": 0.9,
    "options.unheard": 1.0,
    "attr/unread": 5.0,
    "attr/colour": 0.1,
    "attr/gains.1": 0.9,
    "attr/nested.dust": 0.8,
}


def idle(link, values, *asked):
    return link.call("idle", values=values, asked=list(asked), seed=0, steps=30)


@pytest.mark.parametrize(
    ("target", "value"), [("make.mass_kg", 1.0), ("attr/friction", 0.1), ("make.fails_at", -1)]
)
def test_of_what_is_at_its_default_nothing_is_said(cart, target: str, value: float) -> None:
    assert idle(cart, {target: value}, target) == {}


@pytest.mark.parametrize("target", WORKING)
def test_what_changes_something_is_not_idle(cart, target: str) -> None:
    assert idle(cart, {target: WORKING[target]}, target) == {target: False}


def test_what_changes_the_info_alone_is_idle_unless_it_is_asked_for(cart) -> None:
    about = {"values": {"attr/marked": 0.5}, "asked": ["attr/marked"], "seed": 0, "steps": 10}
    assert cart.call("idle", **about) == {"attr/marked": True}
    assert cart.call("idle", **about, info=["marked"]) == {"attr/marked": False}


@pytest.mark.parametrize("target", IDLE)
def test_what_changes_nothing_is_named(cart, target: str) -> None:
    values = {target: IDLE[target], "attr/friction": 0.4}
    assert idle(cart, values, target, "attr/friction") == {target: True, "attr/friction": False}


@pytest.mark.parametrize(
    ("drifts", "info", "repeats"),
    [(False, [], True), (False, ["gap.metres"], True), (False, ["noise"], False), (True, [], False)],
)
def test_an_environment_that_draws_from_more_than_its_seed_is_seen_where_anybody_looks(
    drifts: bool, info: list[str], repeats: bool
) -> None:
    link = opened(drifts=drifts)
    assert link.call("repeats", values={}, seed=4, steps=10, info=info) is repeats
    link.close()


def test_what_reset_overwrites_did_not_take(cart) -> None:
    lost = cart.call("begin", slot=0, seed=0, values={"attr/overwritten": 5.0, "attr/friction": 0.4})["lost"]
    assert lost == ["attr/overwritten was set to 5.0 and is 2.0: it did not take"]


def test_what_changes_during_the_episode_is_lost(cart) -> None:
    cart.call("begin", slot=0, seed=0, values={"attr/count": 0})
    assert cart.call("problems", slot=0)["lost"] == []
    step(cart, np.zeros(1))
    assert cart.call("problems", slot=0)["lost"] == ["attr/count was set to 0 and is 1: it did not take"]


def test_an_action_of_whole_numbers_in_a_box_is_not_cut() -> None:
    space = gymnasium.spaces.Box(0, 5, (2,), np.int32)
    found = fitting(space, np.array([2.0, 3.0]))
    assert (found.tolist(), found.dtype) == ([2, 3], np.int32)
    with pytest.raises(ValueError, match=r"the action is \[1.7, 3.0\], and this environment takes whole"):
        fitting(space, np.array([1.7, 3.0]))


@pytest.mark.parametrize("painted", ["picture / 255.0", "picture.astype(int) * 2"])
def test_a_picture_that_no_byte_holds_is_refused(tmp_path: Path, painted: str) -> None:
    text = (HERE / "team_env.py").read_text().replace("return picture", f"return {painted}")
    (tmp_path / "painted.py").write_text(text)
    link = open_link(None, {"name": "painted.py:Cart", "folder": str(tmp_path), "make": {}, "camera": True})
    with pytest.raises(Refused, match=r"render\(\) gives .* picture is of whole numbers from 0 to 255"):
        link.call("describe")


def test_nothing_of_an_episode_is_left_in_the_next(cart) -> None:
    def course(values):
        cart.call("begin", slot=0, seed=1, values=values)
        return [step(cart, np.ones(1))["observation"]["obs.cart"][0] for _ in range(5)]

    alone = course({})
    assert course({"attr/friction": 5.0, "attr/nested.wind": 1.0}) != alone
    assert course({}) == alone


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("friction", "is no target"),
        ("attr/frictoin", "no attribute 'frictoin'"),
        ("attr/nested.wnd", "no attribute 'nested.wnd'"),
        ("wheel/left.mass", "no kind of target"),
        ("body/torso.mass", "no model"),
    ],
)
def test_a_target_that_is_not_there_is_refused_by_name(cart, target: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        cart.call("begin", slot=0, seed=0, values={target: 1.0})


@FOREIGN
def test_an_exception_of_the_environment_names_it_and_its_cause(python: str | None) -> None:
    link = opened(python=python, fails_at=3)
    link.call("begin", slot=0, seed=0, values={})
    step(link, np.zeros(1))
    step(link, np.zeros(1))
    with pytest.raises(EnvironmentFailed, match=r"team_env.py:Cart: RuntimeError: the motor is on fire"):
        step(link, np.zeros(1))
    link.close()


@pytest.mark.parametrize("reward", ["nan", "inf", "-inf"])
def test_a_reward_that_is_no_finite_number_is_no_reward(reward: str) -> None:
    link = opened(odd_at=1, odd_reward=float(reward))
    link.call("begin", slot=0, seed=0, values={})
    with pytest.raises(EnvironmentFailed, match=f"the reward is {reward}"):
        step(link, np.zeros(1))
    link.close()


@pytest.mark.parametrize("is_known", [True, False], ids=["words", "functions"])
def test_what_a_slot_draws_is_what_it_would_draw_alone(is_known: bool, monkeypatch) -> None:
    if not is_known:  # As in an interpreter whose generators lie elsewhere.
        monkeypatch.setattr(draws, "_RANDOM", None)
        monkeypatch.setattr(draws, "_numpys", lambda generator: None)
    drawn = {
        0: [[], [np.random.normal], [np.random.normal], [], [random.gauss, np.random.normal], [random.gauss]],
        1: [[np.random.normal, random.random], [], [np.random.normal], [random.gauss], [], [np.random.rand]],
        2: [[], [], [], [], [], [random.random, np.random.rand]],
    }

    def episode(*slots: int) -> dict[int, list[float]]:
        course, found = Draws(), {slot: [] for slot in slots}
        for slot in slots:
            course.begin(slot, 10 + slot)
        for tick in range(6):
            for slot in slots:
                course.resume(slot)
                found[slot] += [
                    float(draw(0.0, 1.0) if draw is random.gauss else draw()) for draw in drawn[slot][tick]
                ]
        return found

    together = episode(0, 1, 2)
    assert together == {**episode(0), **episode(1), **episode(2)}
    assert (draws._RANDOM is not None, draws._place_of_numpy() is not None) == (is_known, is_known)


def test_what_an_ended_slot_has_left_of_its_draws_is_in_no_other() -> None:
    course = Draws()
    course.begin(1, 11)
    alone = [np.random.normal(), random.gauss(0.0, 1.0)]
    course.begin(1, 11)
    course.begin(0, 10)
    np.random.normal(), random.gauss(0.0, 1.0)  # The second of each pair waits beside the words.
    course.end(0)
    course.resume(1)
    assert [np.random.normal(), random.gauss(0.0, 1.0)] == alone


def test_environments_that_share_the_arrays_they_answer_with_are_each_told_their_own(tmp_path: Path) -> None:
    (tmp_path / "sharing_env.py").write_text(
        "import gymnasium\nimport numpy as np\nSEEN, TOLD = np.zeros(1), {}\n"
        "class Env(gymnasium.Env):\n"
        "    observation_space = action_space = gymnasium.spaces.Box(-9, 9, (1,), np.float64)\n"
        "    def reset(self, *, seed=None, options=None):\n        return SEEN, TOLD\n"
        "    def step(self, action):\n        SEEN[0] = TOLD['x'] = action[0]\n"
        "        return SEEN, 0.0, False, False, TOLD\n"
    )
    link = open_link(None, {"name": "sharing_env.py:Env", "folder": str(tmp_path), "make": {}})
    for slot in (0, 1):
        link.call("begin", slot=slot, seed=0, values={}, asked=["x"])
    answer = link.call("steps", slots=[0, 1], actions=np.array([[1.0], [2.0]]))
    assert (answer["observation"]["obs"].tolist(), answer["info"]) == ([[1.0], [2.0]], [[1.0], [2.0]])
    link.close()


def test_a_key_with_a_dot_in_it_is_a_key() -> None:
    space = gymnasium.spaces.Dict(
        {"arm.left": gymnasium.spaces.Box(0, 1, (2,)), "n": gymnasium.spaces.Discrete(3)}
    )
    seen = Reader(space, "obs").read({"arm.left": np.array([0.5, 1.0]), "n": 2})
    assert {name: array.tolist() for name, array in seen.items()} == {
        "obs.arm.left": [0.5, 1.0],
        "obs.n": [2],
    }


class Generator:
    """What an environment may draw from, of torch."""

    def __init__(self) -> None:
        self.state = 0

    def manual_seed(self, seed: int) -> None:
        self.state = seed

    def get_rng_state(self) -> int:
        return self.state

    def set_rng_state(self, state: int) -> None:
        self.state = state

    def rand(self) -> int:
        self.state += 1
        return self.state


def test_what_is_drawn_from_torch_follows_from_the_seed_of_the_slot_alone(monkeypatch) -> None:
    course, torch = Draws(), Generator()
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # Another test may have imported it.
    course.begin(0, 100)
    monkeypatch.setitem(sys.modules, "torch", torch)  # Imported while the environment was made.
    course.resume(0)
    first = [torch.rand()]
    course.begin(1, 500)
    assert torch.rand() == 501
    course.resume(0)
    first.append(torch.rand())
    course.resume(1)
    assert torch.rand() == 502
    course.begin(0, 100)
    assert first == [torch.rand(), torch.rand()] == [101, 102]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("team_env.py:Crat", "no factory 'Crat'"),
        ("team_evn.py:Cart", "there is no file"),
        ("CartPole-v9", "CartPole"),
        ("no_such_module:Make", "no_such_module"),
    ],
)
def test_an_environment_that_is_not_there_is_named(name: str, said: str) -> None:
    with pytest.raises((Refused, EnvironmentFailed), match=said):
        opened(name).call("describe")


def test_an_interpreter_that_dies_is_told(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text("import os\ndef Env():\n    os._exit(7)\n")
    link = open_link(sys.executable, {"name": "dying.py:Env", "folder": str(tmp_path), "make": {}})
    with pytest.raises(
        EnvironmentFailed, match=r"its interpreter ended \(exit 7\) while it was asked to 'describe'"
    ):
        link.call("describe")
    link.close()


def test_a_module_that_only_says_a_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = types.ModuleType("said_only")
    said.__file__ = "_said.py"
    monkeypatch.setitem(sys.modules, "said_only", said)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain_env.py").write_text((HERE / "team_env.py").read_text())
    link = open_link(None, {"name": "plain_env.py:Cart", "folder": str(tmp_path), "make": {}})
    assert [Path(path).name for path in link.call("describe")["files"]] == ["plain_env.py"]
    link.close()


def test_files_of_nobodys_release_are_told_with_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "own_env.py").write_text((HERE / "team_env.py").read_text() + "\nimport own_helper\n")
    (tmp_path / "own_helper.py").write_text("G = 9.81\n")
    link = open_link(sys.executable, {"name": "own_env.py:Cart", "folder": str(tmp_path), "make": {}})
    assert [Path(path).name for path in link.call("describe")["files"]] == ["own_env.py", "own_helper.py"]
    link.close()


def test_files_of_a_package_are_told_wherever_and_whenever_they_are_imported(tmp_path: Path) -> None:
    cart = (HERE / "team_env.py").read_text()
    late = "\n\ndef rewarded():\n    from ..late import R\n    import stray\n"
    for name, text in {
        "team/__init__.py": "from team import registered",
        "team/registered.py": "",
        "team/envs/__init__.py": "",
        "team/envs/cart.py": f"{cart}\nfrom team.utils.reward import SCALE, WEIGHT{late}",
        "team/utils/reward.py": "SCALE = WEIGHT = 1.0",
        "team/late.py": "R = 1.0",
        "team/unread.py": "",
        "stray.py": "import json, numpy",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    maker = "def make(**given):\n    from team.envs.cart import Cart\n    return Cart(**given)\n"
    (tmp_path / "maker.py").write_text(maker)
    link = open_link(sys.executable, {"name": "maker.py:make", "folder": str(tmp_path), "make": {}})
    told = {Path(path).relative_to(tmp_path.resolve()).as_posix() for path in link.call("describe")["files"]}
    link.close()
    assert told == {
        "maker.py", "stray.py", "team/__init__.py", "team/registered.py", "team/envs/__init__.py",
        "team/envs/cart.py", "team/utils/reward.py", "team/late.py",
    }  # fmt: skip


def own_file(folder: Path, helper: str, text: str) -> dict[str, object]:
    folder.mkdir()
    cart = (HERE / "team_env.py").read_text().replace("start_m: float = 0.0", "start_m: float = START_M")
    (folder / "own_env.py").write_text(
        cart.replace("import numpy", f"from {helper} import START_M\nimport numpy")
    )
    (folder / f"{helper}.py").write_text(text)
    return {"name": "own_env.py:Cart", "folder": str(folder), "make": {}}


def test_environments_of_two_folders_with_files_of_one_name_are_each_their_own(tmp_path: Path) -> None:
    links = {
        name: open_link(None, own_file(tmp_path / name, f"helper_of_{name}", f"START_M = {start}"))
        for name, start in (("one", 1.0), ("two", 2.0))
    }
    said = {name: link.call("describe") for name, link in links.items()}
    for name, link in links.items():
        told = {Path(path).relative_to(tmp_path).as_posix() for path in said[name]["files"]}
        assert told == {f"{name}/own_env.py", f"{name}/helper_of_{name}.py"}
        link.close()
    assert [dict(one["settable"])["make.start_m"] for one in said.values()] == [1.0, 2.0]


def test_a_helper_whose_name_another_environment_has_taken_is_refused(tmp_path: Path) -> None:
    open_link(None, own_file(tmp_path / "one", "taken_helper", "START_M = 1.0")).close()
    other = own_file(tmp_path / "two", "taken_helper", "START_M = 2.0")
    with pytest.raises(
        Refused, match=r"imports taken_helper.py beside it, and the name .* is also that of .*one"
    ):
        open_link(None, other)
    remote = open_link(sys.executable, other)
    assert dict(remote.call("describe")["settable"])["make.start_m"] == 2.0
    remote.close()


def test_a_helper_whose_name_a_loaded_module_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"imports pytest.py beside it, and the name 'pytest' is also that of"):
        open_link(None, own_file(tmp_path / "one", "pytest", "START_M = 1.0"))


def test_a_model_in_mjcf_is_told_with_what_it_names(tmp_path: Path) -> None:
    files = {
        "m.xml": '<mujoco><compiler meshdir="meshes"/><include file="sub.xml"/><asset><mesh file="a.stl"/>'
        '<mesh file="gone.stl"/></asset></mujoco>',
        "sub.xml": '<mujocoinclude><texture fileup="up.png"/><mesh file="c.stl"/><include file="sub.xml"/>'
        "</mujocoinclude>",
        "meshes/a.stl": "",
        "meshes/b.stl": "",
        "meshes/c.stl": "",
        "up.png": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    told = named_by([str(tmp_path / "m.xml")], lambda path: True)
    assert {Path(path).name for path in told} == {"m.xml", "sub.xml", "a.stl", "c.stl", "up.png"}


@dataclasses.dataclass
class Wheels:
    radius_m: float = 0.1
    teeth: list[int] = dataclasses.field(default_factory=lambda: [3, 4])


def test_parts_of_attributes_are_listed_by_the_path_that_sets_them() -> None:
    inner = types.SimpleNamespace(
        kg=2.0,
        robot={"arm": {"m": 0.5}, "a.b": 1, 3: 4},
        wheels=Wheels(),
        kind=Wheels,
        rows=np.ones((2, 2)),
        _own=1,
    )
    listed = dict(attributes(inner))
    assert listed == {
        "kg": 2.0,
        "robot.arm.m": 0.5,
        "wheels.radius_m": 0.1,
        "wheels.teeth.0": 3,
        "wheels.teeth.1": 4,
    }
    for path, value in listed.items():
        place_of(inner, f"attr/{path}").write(value + 1)
    assert dict(attributes(inner)) == {path: value + 1 for path, value in listed.items()}


@pytest.mark.parametrize(
    ("now", "wanted", "took"),
    [
        (0.1, 0.1, True),
        (np.float32(0.1), 0.1, True),
        (2, 2.0, True),
        (np.int64(2), 2.7, False),
        (2, 2.7, False),
        (np.uint8(44), 300, False),
        (np.float32(np.inf), 1e40, False),
        (np.array([2, 3]), [2.5, 3.0], False),
        (np.array([0.1, 0.2], np.float32), [0.1, 0.2], True),
    ],
)
def test_what_a_whole_number_cannot_hold_did_not_take(now: object, wanted: object, took: bool) -> None:
    assert same(now, wanted) is took


@pytest.fixture(scope="module")
def ant():
    pytest.importorskip("imageio", reason="gymnasium's MuJoCo environments need imageio")
    link = open_link(None, {"name": "Ant-v5", "folder": ".", "make": {}})
    yield link
    link.close()


def test_a_field_of_a_mujoco_model_is_set_and_stays(ant) -> None:
    values = {"body/torso.mass": 9.0, "geom/floor.friction.slide": 0.3, "joint/hip_1.damping": 3.0,
              "actuator/0.gear.0": 90.0, "opt/gravity.z": -5.0}  # fmt: skip
    known = dict(ant.call("describe")["settable"])
    assert all(known[target] != value for target, value in values.items())
    assert ant.call("begin", slot=0, seed=0, values=values)["lost"] == []
    for _ in range(5):
        step(ant, np.full(8, 0.3))
    assert ant.call("problems", slot=0)["lost"] == []


NOTHING_OF_ANT = {
    "actuator/0.forcerange.high": 5.0,  # Its force is not limited,
    "actuator/0.bias.1": 2.0,  # nor has it a bias,
    "actuator/0.gear.1": 2.0,  # and its joint turns about one axis.
    "opt/wind.x": 3.0,  # Without air,
    "joint/root.range.low": -0.5,  # a joint without limits,
    "geom/floor.friction.spin": 0.3,  # contacts that only slide,
    "geom/floor.size.0": 3.0,  # a plane without end,
    "geom/floor.rgba.r": 0.1,
    "body/world.mass": 5.0,
    "attr/width": 320,
}
SOMETHING_OF_ANT = {
    "actuator/0.gear.0": 20.0,
    "actuator/0.ctrlrange.high": 0.2,
    "opt/gravity.z": -3.0,
    "opt/viscosity": 2.0,
    "joint/hip_1.range.high": 0.2,
    "joint/hip_1.frictionloss": 2.0,
    "joint/root.stiffness": 1.0,
    "geom/floor.margin": 0.2,
    "body/torso.mass": 3.0,
    "attr/frame_skip": 3,
}


@pytest.mark.parametrize("target", [*NOTHING_OF_ANT, *SOMETHING_OF_ANT])
def test_a_target_of_a_mujoco_model_is_named_where_it_changes_nothing(ant, target: str) -> None:
    values = {**NOTHING_OF_ANT, **SOMETHING_OF_ANT}
    assert idle(ant, {target: values[target]}, target) == {target: target in NOTHING_OF_ANT}
