from __future__ import annotations

from simgate.sim_adapters.observation import Contact
from simgate.sim_adapters.scene.sensing.touches import Touches


def test_each_body_is_summed_up_with_the_steps_in_which_it_was_touched():
    touches = Touches(("door", "crate"))
    for body, step in ((1, 41), (1, 41), (0, 43), (1, 44)):
        touches.add(body, step, impulse_ns=0.5, depth_m=step / 1024)
    assert touches.contacts() == (
        Contact("door", 0.5, 43 / 1024, 43, (43,)),
        Contact("crate", 1.5, 44 / 1024, 41, (41, 44)),
    )


def test_a_new_period_begins_with_nothing():
    touches = Touches(("door",))
    touches.add(0, 41, 0.5, 0.0)
    touches.clear()
    assert touches.contacts() == ()
