"""What is true of an articulated robot: quantities, contacts, and worlds that know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.quantities import (
    ContactForce,
    Distance,
    Energy,
    Joint,
    Position,
    Quantity,
    SensorReading,
    Touching,
)
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor, FileSensor, JointSensor
from tests.unit.sim_adapters.articulated.machines import ARM, TIMING, arm, batch

_SENSORS = (
    ("joints", JointSensor()),
    ("view", CameraSensor("wrist", ("rgb", "depth"), 32, 24)),
    ("acc", FileSensor(("acc",))),
)


def test_what_lies_on_a_table_presses_with_its_weight_and_what_swings_by_is_noticed(tmp_path: Path) -> None:
    asked = (
        ("weight", ContactForce("body/cube", "geom/table")),
        ("hit", Touching("geom/fore", "geom/table")),
    )
    with batch() as worlds:
        worlds.reset([arm(tmp_path, quantities=asked)])
        hits = []
        for _ in range(60):
            worlds.step(np.array([[20.0 if len(hits) < 30 else 0.0, 0.0]]))
            hits.append(worlds.ground_truth()[0].values["hit"])
        weight = worlds.ground_truth()[0].values["weight"]
    assert weight == pytest.approx(0.2 * 9.81, rel=0.02)
    assert 0.0 in hits and 1.0 in hits


def test_what_presses_touches_also_where_it_has_only_just_come(tmp_path: Path) -> None:
    asked = (
        ("weight", ContactForce("body/cube", "geom/table")),
        ("on", Touching("body/cube", "geom/table")),
    )
    site = arm(tmp_path, quantities=asked)
    begun = 0
    with batch() as worlds:
        worlds.reset([replace(site, values=(("body/cube.pos.z", 0.66 + 0.01 * k),)) for k in range(20)])
        before = [truth.values["weight"] for truth in worlds.ground_truth()]
        for _ in range(10):
            worlds.step(np.zeros((20, 2)))
            now = [truth.values for truth in worlds.ground_truth()]
            assert all(values["on"] for values in now if values["weight"] > 0.0)
            begun += sum(values["weight"] > 0.0 and not was for was, values in zip(before, now, strict=True))
            before = [values["weight"] for values in now]
    assert begun >= 20


def test_contacts_of_the_robot_name_what_it_touched_except_what_it_may(tmp_path: Path) -> None:
    def touched(**allowed: object) -> set[str]:
        names: set[str] = set()
        with batch() as worlds:
            worlds.reset([arm(tmp_path, **allowed)])
            for _ in range(30):
                worlds.step(np.array([[20.0, 0.0]]))
                for contact in worlds.ground_truth()[0].contacts:
                    names.add(contact.body)
                    assert contact.impulse_ns >= 0.0 and min(contact.touched) == contact.step
        return names

    every = touched()
    assert "table" in every
    assert touched(allow=(("body/base", "geom/table"),)) == every - {"table"}
    assert touched(allow=(("upper", "geom/table"),)) == every - {"table"}, "a body means what hangs on it"
    assert touched(allow=(("geom/post", "geom/table"),)) == every


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        (Distance("body/cub", "site/tip"), "the file has no body 'cub'"),
        (Joint("elbow"), "the file has no joint 'elbow'"),
        (ContactForce("body/cube", "geom/tabel"), "the file has no geom 'tabel'"),
        (
            SensorReading("acc", 3),
            "sensor 'acc' has no number 3; index is one of 0: acc.x, 1: acc.y, 2: acc.z",
        ),
        (Position("tip", "z"), "'tip' does not say what it is; write site/tip"),
    ],
)
def test_a_quantity_of_what_is_not_there_is_refused(tmp_path: Path, quantity: Quantity, said: str) -> None:
    with batch() as worlds, pytest.raises(ValueError, match=said):
        worlds.reset([arm(tmp_path, quantities=(("x", quantity),))])


def test_a_free_joint_has_no_single_position(tmp_path: Path) -> None:
    text = ARM.replace("<freejoint/>", '<freejoint name="loose"/>')
    with batch() as worlds, pytest.raises(ValueError, match="joint 'loose' is free or a ball"):
        worlds.reset([arm(tmp_path, text, quantities=(("x", Joint("loose")),))])


def _run(sites: list[ArticulatedSite], worlds: object = None) -> list[bytes]:
    """Every reading and every truth of some worlds, one text of bytes each."""
    with batch() as own:
        made = worlds or own
        seen = made.reset(sites)  # type: ignore[attr-defined]
        found = [b""] * len(sites)
        for tick in range(8):
            seen = made.step(np.tile([4.0 - tick, 0.02 * tick], (len(sites), 1)))  # type: ignore[attr-defined]
            for k, truth in enumerate(made.ground_truth()):  # type: ignore[attr-defined]
                found[k] += (
                    b"".join(array[k].tobytes() for array in seen.channels.values()) + repr(truth).encode()
                )
        return found


def test_worlds_are_the_same_alone_in_a_batch_and_in_any_order(tmp_path: Path) -> None:
    asked = (("height", Position("body/cube", "z")), ("on", Touching("body/cube", "geom/table")))
    first = arm(tmp_path, sensors=_SENSORS, quantities=asked)
    second = replace(first, values=(("body/cube.pos.x", 0.5), ("joint/shoulder.start_deg", -20.0)))
    third = replace(first, pose="up")
    alone = [_run([site])[0] for site in (first, second, third)]
    assert len(set(alone)) == 3
    assert _run([first, second, third]) == alone
    assert _run([third, first, second]) == [alone[2], alone[0], alone[1]]
    with batch() as kept:  # One after the other in the same place.
        assert [_run([site], kept)[0] for site in (second, first, third)] == [alone[1], alone[0], alone[2]]


def test_a_world_that_is_not_active_stands_still(tmp_path: Path) -> None:
    site = arm(tmp_path, sensors=(("joints", JointSensor()),))
    with batch() as worlds:
        worlds.reset([site, site])
        seen = worlds.step(np.array([[20.0, 0.0], [np.nan, 0.0]]), np.array([True, False]))
        moved = seen.channels["joints.velocity"][:, 0]
        assert moved[0] != 0.0 and moved[1] == 0.0
        assert [truth.step for truth in worlds.ground_truth()] == [TIMING.control_steps, 0]


def test_worlds_of_two_robots_make_no_batch(tmp_path: Path) -> None:
    site = arm(tmp_path)
    with batch() as worlds, pytest.raises(ValueError, match="one robot"):
        worlds.reset([site, replace(site, sensors=(("joints", JointSensor()),))])
    with batch() as worlds, pytest.raises(RuntimeError, match="once a world was built"):
        worlds.step(np.zeros((1, 2)))


def test_no_work_is_done_before_the_first_step(tmp_path: Path) -> None:
    text = ARM.replace('ctrl="0 .1"/>', 'ctrl="5 .1" qvel="3 0 0 0 0 0 0 0"/>')
    with batch() as worlds:
        worlds.reset([arm(tmp_path, text, pose="up", quantities=(("work", Energy()),))])
        assert worlds.ground_truth()[0].values["work"] == 0.0
        worlds.step(np.array([[5.0, 0.1]]))
        assert worlds.ground_truth()[0].values["work"] > 0.0


def test_a_world_that_is_refused_leaves_no_truth_of_the_last_one(tmp_path: Path) -> None:
    with batch() as worlds:
        worlds.reset([arm(tmp_path)])
        with pytest.raises(ValueError, match="no key"):
            worlds.reset([arm(tmp_path, pose="upp")])
        assert worlds.ground_truth() == ()
    with batch() as worlds:
        assert worlds.ground_truth() == ()
