"""Any setup as a gymnasium environment: the office, and robots on their own joints under declared tasks."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import gymnasium.utils.env_checker
import numpy as np
import pytest

from simgate.harness.gym_env import TOLD, SimEnv, progress_reward
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import TIMING, scene
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR


def office(timing=TIMING, **more):
    return SimEnv(MujocoAdapter(timing), timing, REACH_OR_REPORT, office_scene, **more)


def office_scene(generator):
    parameters = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    parameters["door.distance_m"] = float(generator.uniform(2.0, 6.0))
    parameters["camera.noise_std"] = 0.02
    return OFFICE_CORRIDOR.build(parameters, [])


@pytest.mark.filterwarnings("ignore:.*not within the interval.*:UserWarning")
def test_it_is_a_gymnasium_environment():
    environment = office()
    gymnasium.utils.env_checker.check_env(environment, skip_render_check=True)
    assert environment.observation_space.contains(environment.reset(seed=1)[0])
    environment.close()


def test_an_episode_whose_first_frame_is_lost_does_not_show_the_one_before():
    lossy = dataclasses.replace(
        office_scene(np.random.default_rng(1)), effects=CameraEffects(dropout_rate=0.9)
    )
    environment = office()
    alone = office()
    lost = 0
    for seed in range(6):
        environment.reset(seed=seed)
        environment.step(np.array([0.7, 0.0], dtype=np.float32))
        after, _ = environment.reset(seed=seed, options={"payload": lossy})
        fresh, _ = alone.reset(seed=seed, options={"payload": lossy})
        alone.close()
        np.testing.assert_array_equal(after["front.rgb"], fresh["front.rgb"])
        np.testing.assert_array_equal(environment.render(), after["front.rgb"])
        lost += not after["front.rgb"].any()
    assert lost > 3
    environment.close()


def test_the_environment_shows_the_newest_frame_when_frames_come_between_commands():
    timing = Timing(physics_hz=240, control_hz=20, camera_hz=30)  # A command every 12 steps, a frame every 8.
    environment = office(timing)
    clean = dataclasses.replace(office_scene(np.random.default_rng(1)), effects=CameraEffects())
    environment.reset(options={"payload": clean})
    for _ in range(5):
        seen = environment.step(np.array([1.0, 1.0], dtype=np.float32))[0]
    newest = DriveView(environment._adapter._observation())
    environment.close()
    assert (newest.observation.step, newest.frame_step) == (60, 56)
    np.testing.assert_array_equal(seen["front.rgb"], newest.rgb[0])


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (np.array([np.nan, 0.0], dtype=np.float32), "not finite"),
        (np.array([0.0, -np.inf], dtype=np.float32), "not finite"),
        (np.array([0.5], dtype=np.float32), r"float32 of shape \(1,\)"),
        (np.zeros((1, 2)), r"float64 of shape \(1, 2\)"),
        (np.array([True, False]), "bool of shape"),
        (["fast", "left"], "2 numbers .forward_mps, yaw_rate_rps."),
    ],
)
def test_an_action_that_is_not_two_finite_numbers_is_refused_and_the_episode_goes_on(action, said):
    environment = office()
    environment.reset(seed=3)
    with pytest.raises(ValueError, match=said):
        environment.step(action)
    moved = [environment.step([1, 0])[4]["truth"].pose[0] for _ in range(2)][-1]
    environment.close()
    assert moved > 0.01


def test_a_scene_of_another_image_size_does_not_fit_the_environment():
    environment = office()
    with pytest.raises(
        ValueError, match=r"channel 'front.rgb' are \(\(120, 160, 3\).*here \(\(100, 200, 3\)"
    ):
        environment.reset(options={"payload": scene(camera=Camera(200, 100))})
    environment.close()


def test_an_episode_ends_in_the_glass_door_when_nobody_stops():
    environment = office(reward=progress_reward("goal_distance_m", {"collision": 5.0}))
    _, info = environment.reset(seed=3)
    begun_m = info["signals"]["goal_distance_m"]
    total, terminated, ticks = 0.0, False, 0
    while not terminated and ticks < 200:
        _, reward, terminated, truncated, info = environment.step(np.array([0.7, 0.0], dtype=np.float32))
        total += reward
        ticks += 1
        assert not truncated
    assert terminated
    assert info["truth"].contacts[0].body == "door"
    assert total == pytest.approx(begun_m - info["signals"]["goal_distance_m"] - 5.0)
    assert total < 0.0 < begun_m - info["signals"]["goal_distance_m"]
    assert environment.render().shape == (120, 160, 3)
    environment.close()


ARM = """\
<mujoco>
  <worldbody>
    <light pos="0 0 3"/>
    <geom name="floor" type="plane" size="5 5 .1"/>
    <body name="arm" pos="0 0 .5">
      <joint name="turn" axis="0 1 0" range="-60 60" damping="1"/>
      <joint name="slide" type="slide" axis="1 0 0" damping="1"/>
      <geom type="capsule" fromto="0 0 0 .4 0 0" size=".05" mass="1"/>
      <camera name="wrist" pos=".4 0 .1" xyaxes="0 -1 0 .7 0 .7"/>
    </body>
  </worldbody>
  <actuator>
    <position name="turn" joint="turn" ctrlrange="-0.5 1" kp="60" kv="5"/>
    <motor name="push" joint="slide" ctrllimited="false"/>
  </actuator>
</mujoco>
"""
PACK = """\
simgate: 1
pack: arm
policy: door_navigator
sim: {physics_hz: 100, control_hz: 20, time_limit_s: 1}
task:
  signals: {turn_rad: {joint: turn}, slide_m: {joint: slide}}
  success: turn_rad > 0.6 for 0.1 s
  failure: abs(slide_m) > 1
  facts: {wanted_rad: 0.6, side: left, slack_rad: 0.1}
  touch: {allow: [[arm, floor]]}
scenarios:
  turns:
    title: An arm turns
    severity: major
    world:
      mjcf: arm.xml
      robot: {body: arm, drive: actuators}
      sensors:
        joints: {joints: all}
        hand: {camera: wrist, kinds: [rgb, depth], width: 32, height: 24, rate_hz: 10}
      set: {arm.kg: geom/floor.friction.slide}
    parameters: {arm.kg: {uniform: [0.5, 1.5]}}
    variants: {count: 5}
    accept: {success: {equals: true}}
"""


@pytest.fixture
def arm(tmp_path):
    (tmp_path / "arm.xml").write_text(ARM)
    (tmp_path / "pack.yaml").write_text(PACK)
    environment = SimEnv.of_pack(tmp_path / "pack.yaml")
    yield environment
    environment.close()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_robot_on_its_own_joints_under_a_declared_task_passes_the_checker(arm):
    gymnasium.utils.env_checker.check_env(arm, skip_render_check=True)
    seen, info = arm.reset(seed=1)
    assert seen.keys() == {"joints.position", "joints.velocity", "hand.rgb", "hand.depth", TOLD}
    assert seen[TOLD].tolist() == [0.1, 0.6], "the numbers that the task tells, by name"
    assert (info["end"], info["is_success"]) == ("", False)


def test_a_bounded_entry_of_the_action_is_a_share_and_another_is_in_its_own_unit(arm):
    assert arm.action_space.low.tolist() == [-1.0, -np.inf]
    assert arm._command(np.array([-1.0, 3.5])).tolist() == [-0.5, 3.5]
    assert arm._command(np.array([0.0, -7.0])).tolist() == [0.25, -7.0]
    assert arm._command(np.array([9.0, 0.0])).tolist() == [1.0, 0.0]


def test_success_terminates_with_its_reward_and_the_signals_are_in_info(arm):
    arm.reset(seed=3)
    rewards, ended = [], False
    while not ended:
        _, reward, ended, truncated, info = arm.step(np.array([1.0, 0.0], dtype=np.float32))
        rewards.append(reward)
        assert not truncated
    assert (info["end"], info["is_success"]) == ("success", True)
    assert info["signals"]["turn_rad"] > 0.6
    assert rewards == [0.0] * (len(rewards) - 1) + [1.0]


def test_failure_terminates_and_the_time_limit_truncates(arm):
    arm.reset(seed=3)
    outcome = [False, False]
    while not any(outcome):
        *_, terminated, truncated, info = arm.step(np.array([-1.0, 60.0], dtype=np.float32))
        outcome = [terminated, truncated]
    assert (outcome, info["end"]) == ([True, False], "failure")
    arm.reset(seed=3)
    ends = [arm.step(np.array([-1.0, 0.0], dtype=np.float32))[2:4] for _ in range(20)]
    assert ends[-1] == (False, True) and not any(map(any, ends[:-1]))


def test_training_draws_other_variants_of_the_same_ranges(tmp_path: Path, arm):
    def values(environment):
        drawn = [environment._payloads(np.random.default_rng(k)).values[0][1] for k in range(60)]
        return set(drawn)

    again = SimEnv.of_pack(tmp_path / "pack.yaml", "turns")
    other = SimEnv.of_pack(tmp_path / "pack.yaml", seed=77)
    gating = values(arm)
    assert len(gating) == 5 and values(again) == gating
    assert not values(other) & gating and all(0.5 <= value <= 1.5 for value in values(other))
    again.close()
    other.close()


def test_a_scenario_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, arm):
    with pytest.raises(ValueError, match="no one scenario 'falls'; name one of turns"):
        SimEnv.of_pack(tmp_path / "pack.yaml", "falls")


def test_there_is_no_step_before_the_first_reset_and_after_the_end(arm):
    action = np.zeros(2, dtype=np.float32)
    with pytest.raises(RuntimeError, match="call reset first"):
        arm.step(action)
    arm.reset(seed=1)
    arm.step(action)
    arm.close()
    with pytest.raises(RuntimeError, match="call reset first"):
        arm.step(action)


def test_a_process_that_reads_a_teams_file_first_can_draw_afterwards_without_a_display(tmp_path: Path):
    (tmp_path / "arm.xml").write_text(ARM)
    (tmp_path / "pack.yaml").write_text(PACK)
    code = (
        "from pathlib import Path; from simgate.harness.gym_env import SimEnv; "
        f"env = SimEnv.of_pack(Path({str(tmp_path / 'pack.yaml')!r})); "
        "print(env.reset(seed=1)[0]['hand.rgb'].std() > 0); env.close()"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ("MUJOCO_GL", "DISPLAY")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=bare, check=False)
    assert done.stdout.strip() == "True", done.stderr
