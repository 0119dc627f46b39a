"""A stored pose knows nothing of what a variant sets: loose and guided bodies stand where targets have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.mujoco.articulated.world import ArticulatedWorld
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm

TEXT = ARM.replace(
    "</worldbody>",
    '<body name="crate" pos="1 2 3"><freejoint/><geom size=".1" mass="1"/></body>'
    '<body name="guide" mocap="true" pos="4 5 6"><geom size=".1" contype="0" conaffinity="0"/></body></worldbody>',
)


def with_key(text: str) -> str:
    head, _, rest = text.partition('<key name="up" qpos="')
    values, quote, tail = rest.partition('"')
    return (
        f'{head}<key name="up" mpos="7 8 9" mquat="1 0 0 0" qpos="{values} 1.5 2.5 3.5 1 0 0 0{quote}{tail}'
    )


def started(folder: Path, values: dict[str, float]) -> ArticulatedWorld:
    return ArticulatedWorld(arm(folder, with_key(TEXT), pose="up", values=tuple(values.items())), TIMING)


@pytest.mark.parametrize(
    ("values", "crate", "guide"),
    [
        ({}, [1.5, 2.5, 3.5], [7, 8, 9]),
        ({"body/crate.pos.x": 0.25}, [0.25, 2.5, 3.5], [7, 8, 9]),
        ({"body/crate.pos.x": 1.0}, [1.0, 2.5, 3.5], [7, 8, 9]),
        ({"body/crate.pos.z": 0.5, "body/guide.pos.y": 0.75}, [1.5, 2.5, 0.5], [7, 0.75, 9]),
    ],
)
def test_what_is_set_is_where_the_body_starts(tmp_path: Path, values, crate, guide) -> None:
    world = started(tmp_path, values)
    at = {name: world.data.xpos[world.model.body(name).id] for name in ("crate", "guide")}
    np.testing.assert_allclose(at["crate"], crate)
    np.testing.assert_allclose(at["guide"], guide)


def test_a_turn_that_is_set_is_how_the_body_starts(tmp_path: Path) -> None:
    world = started(tmp_path, {"body/crate.turn_deg": 90.0})
    turned = world.data.xmat[world.model.body("crate").id].reshape(3, 3)
    np.testing.assert_allclose(turned[:, 0], [0, 1, 0], atol=1e-9)
    np.testing.assert_allclose(world.data.xpos[world.model.body("crate").id], [1.5, 2.5, 3.5])
