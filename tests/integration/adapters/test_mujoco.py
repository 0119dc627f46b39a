"""The MuJoCo adapter passes the conformance suite, and is a gymnasium environment."""

import gymnasium.utils.env_checker
import numpy as np
import pytest

from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.gym_env import SimEnv
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR


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
    before = first.reset([scene(wall(3.0))]).rgb.copy()
    other = second.reset([scene(wall(1.5))]).rgb.copy()
    between = first.reset([scene(wall(3.0))]).rgb.copy()
    second.close()
    after = first.reset([scene(wall(3.0))]).rgb.copy()
    first.close()
    assert (before != other).any()
    np.testing.assert_array_equal(before, between)
    np.testing.assert_array_equal(before, after)


def office_scene(generator):
    parameters = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    parameters["door.distance_m"] = float(generator.uniform(2.0, 6.0))
    parameters["camera.noise_std"] = 0.02
    return OFFICE_CORRIDOR.build(parameters, [])


@pytest.mark.filterwarnings("ignore:.*not within the interval.*:UserWarning")
def test_it_is_a_gymnasium_environment():
    environment = SimEnv(MujocoAdapter(TIMING), TIMING, office_scene)
    gymnasium.utils.env_checker.check_env(environment, skip_render_check=True)
    environment.close()


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
            assert seen.rgb.std() > 3.0, (name, value)
            assert adapter.health() == ((),)
    adapter.close()
