"""The MuJoCo adapter passes the conformance suite, and is a gymnasium environment."""

import numpy as np
import pytest

from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.scene.scene import Scene
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


def test_a_scene_that_is_refused_leaves_no_episode_running():
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene(wall(3.0))])
    with pytest.raises(ValueError, match="wall"):
        adapter.reset([scene(wall(3.0), wall(4.0))])
    with pytest.raises(RuntimeError, match="reset"):
        adapter.step(np.zeros((1, 2)))
    adapter.close()


def test_every_choice_of_the_office_builds_and_draws():
    adapter = MujocoAdapter(TIMING)
    base = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    for name, spec in OFFICE_CORRIDOR.parameters.items():
        for value in spec.choices or ((True, False) if spec.kind == "bool" else ()):
            seen = adapter.reset([OFFICE_CORRIDOR.build({**base, name: value}, [])])
            assert DriveView(seen).rgb.std() > 3.0, (name, value)
            assert adapter.health() == ((),)
    adapter.close()
