"""The MuJoCo adapter passes the conformance suite, and is a gymnasium environment."""

import dataclasses

import gymnasium.utils.env_checker
import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.gym_env import SimEnv
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensor import Camera, CameraEffects
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from tests.unit.sim_adapters.native_sites import YARD, write_yard, yard_world
from tests.unit.sim_adapters.native_world import scene_of


class TestMujoco(AdapterConformance):
    def make_adapter(self, timing, options=None):
        return MujocoAdapter(timing=timing, options=options)


def test_an_unknown_option_is_refused_by_name():
    with pytest.raises(ValueError, match="'shadows'"):
        MujocoAdapter(TIMING, {"shadows": True})


def test_the_graphics_context_survives_from_scene_to_scene():
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene(wall(3.0))])
    renderer = adapter._renderer
    adapter.reset([scene(wall(2.0)), scene()])
    assert adapter._renderer is renderer
    adapter.close()


def test_two_simulators_in_one_process_do_not_draw_into_each_other():
    first, second = MujocoAdapter(TIMING), MujocoAdapter(TIMING)
    before = DriveView(first.reset([scene(wall(3.0))])).rgb.copy()
    other = DriveView(second.reset([scene(wall(1.5))])).rgb.copy()
    between = DriveView(first.reset([scene(wall(3.0))])).rgb.copy()
    second.close()
    after = DriveView(first.reset([scene(wall(3.0))])).rgb.copy()
    first.close()
    assert (before != other).any()
    np.testing.assert_array_equal(before, between)
    np.testing.assert_array_equal(before, after)


PLAIN = '<headlight ambient="0.5 0.5 0.5"/>'


@pytest.mark.parametrize(
    ("visual", "statistic"),
    [
        (PLAIN, '<statistic extent="30"/>'),
        (f'{PLAIN}<map shadowclip="0.2" shadowscale="0.2"/>', ""),
        (f'{PLAIN}<quality shadowsize="64"/>', ""),
        (f'{PLAIN}<quality numslices="4" numstacks="3"/>', ""),
    ],
    ids=["extent", "shadow", "shadow map", "fineness"],
)
def test_two_files_without_pictures_are_drawn_each_in_its_own_way(tmp_path, visual, statistic):
    """Shadows, fog and fineness come from the file: none may stay from the one that was drawn before."""

    def site(name: str, look: str) -> Scene:
        text = YARD.replace(f"<visual>{PLAIN}</visual>", look)
        text = text.replace('<light name="lamp"', '<light name="lamp" directional="true" dir="0.4 0.2 -1"')
        ball = '<body name="ball" pos="2.5 -0.5 0.5"><geom type="sphere" size="0.3"/></body>'
        text = text.replace('<body name="pane"', f'{ball}<body name="pane"')
        (tmp_path / name).mkdir()
        return scene_of(yard_world(write_yard(tmp_path / name, text)))

    plain = site("plain", f"<visual>{PLAIN}</visual>")
    other = site("other", f"<visual>{visual}</visual>{statistic}")

    def first_frames(*scenes: Scene) -> list[np.ndarray]:
        adapter = MujocoAdapter(TIMING)
        try:
            return [DriveView(adapter.reset([one])).rgb[0].copy() for one in scenes]
        finally:
            adapter.close()

    (alone,), (other_alone,) = first_frames(plain), first_frames(other)
    assert (alone != other_alone).any()
    for before, after in (first_frames(plain, other), first_frames(other, plain)[::-1]):
        np.testing.assert_array_equal(before, alone)
        np.testing.assert_array_equal(after, other_alone)


def office_scene(generator):
    parameters = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    parameters["door.distance_m"] = float(generator.uniform(2.0, 6.0))
    parameters["camera.noise_std"] = 0.02
    return OFFICE_CORRIDOR.build(parameters, [])


@pytest.mark.filterwarnings("ignore:.*not within the interval.*:UserWarning")
def test_it_is_a_gymnasium_environment():
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    gymnasium.utils.env_checker.check_env(environment, skip_render_check=True)
    assert environment.observation_space.contains(environment.reset(seed=1)[0])
    environment.close()


def test_an_episode_whose_first_frame_is_lost_does_not_show_the_one_before():
    lossy = dataclasses.replace(
        office_scene(np.random.default_rng(1)), effects=CameraEffects(dropout_rate=0.9)
    )
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    alone = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    lost = 0
    for seed in range(6):
        environment.reset(seed=seed)
        environment.step(np.array([0.7, 0.0], dtype=np.float32))
        after, _ = environment.reset(seed=seed, options={"scene": lossy})
        fresh, _ = alone.reset(seed=seed, options={"scene": lossy})
        alone.close()
        np.testing.assert_array_equal(after["rgb"], fresh["rgb"])
        np.testing.assert_array_equal(environment.render(), after["rgb"])
        lost += not after["rgb"].any()
    assert lost > 3
    environment.close()


def test_the_environment_shows_the_newest_frame_when_frames_come_between_commands():
    timing = Timing(physics_hz=240, control_hz=20, camera_hz=30)  # A command every 12 steps, a frame every 8.
    environment = SimEnv(MujocoAdapter(timing), timing, office_scene)
    clean = dataclasses.replace(office_scene(np.random.default_rng(1)), effects=CameraEffects())
    environment.reset(options={"scene": clean})
    for _ in range(5):
        seen = environment.step(np.array([1.0, 1.0], dtype=np.float32))[0]
    newest = DriveView(environment._adapter._observation())
    environment.close()
    assert (newest.observation.step, newest.frame_step) == (60, 56)
    np.testing.assert_array_equal(seen["rgb"], newest.rgb[0])


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (np.array([np.nan, 0.0], dtype=np.float32), "not finite"),
        (np.array([0.0, -np.inf], dtype=np.float32), "not finite"),
        (np.array([0.5], dtype=np.float32), r"float32 of shape \(1,\)"),
        (np.zeros((1, 2)), r"float64 of shape \(1, 2\)"),
        (np.array([True, False]), "bool of shape"),
        (["fast", "left"], "two numbers from -1 to 1"),
    ],
)
def test_an_action_that_is_not_two_finite_numbers_is_refused_and_the_episode_goes_on(action, said):
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    environment.reset(seed=3)
    with pytest.raises(ValueError, match=said):
        environment.step(action)
    moved = [environment.step([1, 0])[4]["truth"].pose[0] for _ in range(2)][-1]
    environment.close()
    assert moved > 0.01


def test_a_scene_of_another_image_size_does_not_fit_the_environment():
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    with pytest.raises(ValueError, match=r"image size \(160, 120\); this one has \(200, 100\)"):
        environment.reset(options={"scene": scene(camera=Camera(200, 100))})
    environment.close()


def test_a_scene_that_is_refused_leaves_no_episode_running():
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene(wall(3.0))])
    with pytest.raises(ValueError, match="wall"):
        adapter.reset([scene(wall(3.0), wall(4.0))])
    with pytest.raises(RuntimeError, match="reset"):
        adapter.step(np.zeros((1, 2)))
    adapter.close()


def test_an_episode_ends_in_the_glass_door_when_nobody_stops():
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    environment.reset(seed=3)
    total, terminated, ticks = 0.0, False, 0
    while not terminated and ticks < 200:
        _, reward, terminated, truncated, info = environment.step(np.array([0.7, 0.0], dtype=np.float32))
        total += reward
        ticks += 1
        assert not truncated
    assert terminated
    assert info["truth"].contacts[0].body == "door"
    assert environment.render().shape == (120, 160, 3)
    environment.close()


def test_every_choice_of_the_office_builds_and_draws():
    adapter = MujocoAdapter(TIMING)
    base = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    for name, spec in OFFICE_CORRIDOR.parameters.items():
        for value in spec.choices or ((True, False) if spec.kind == "bool" else ()):
            seen = adapter.reset([OFFICE_CORRIDOR.build({**base, name: value}, [])])
            assert DriveView(seen).rgb.std() > 3.0, (name, value)
            assert adapter.health() == ((),)
    adapter.close()
