"""Quantities are read as a task writes them, and a mistake is answered with what is right."""

from __future__ import annotations

import pytest

from simgate.sim_adapters.quantities import (
    ContactForce,
    Distance,
    Energy,
    Joint,
    Position,
    SensorReading,
    Speed,
    Tilt,
    Touching,
    read_quantity,
    write_quantity,
)

WRITTEN = [
    ({"distance": ["site/gripper", "body/cube"]}, Distance("site/gripper", "body/cube")),
    ({"position": "body/cube", "axis": "z"}, Position("body/cube", "z")),
    ({"speed": "body/trunk"}, Speed("body/trunk")),
    ({"speed": "body/trunk", "axis": "x"}, Speed("body/trunk", "x")),
    ({"tilt": "body/trunk"}, Tilt("body/trunk")),
    ({"joint": "knee", "of": "torque"}, Joint("knee", "torque")),
    ({"contact_force": ["body/finger", "body/cube"]}, ContactForce("body/finger", "body/cube")),
    ({"touching": ["geom/pad", "geom/table"]}, Touching("geom/pad", "geom/table")),
    ({"sensor": "imu_acc", "index": 2}, SensorReading("imu_acc", 2)),
    ({"energy": True}, Energy()),
]


@pytest.mark.parametrize(("written", "quantity"), WRITTEN)
def test_every_quantity_is_read_and_written_back(written, quantity):
    assert read_quantity(written) == quantity
    assert read_quantity(write_quantity(quantity)) == quantity


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"distanc": ["a", "b"]}, "did you mean 'distance'"),
        ({"position": "body/cube"}, "position needs axis"),
        ({"position": "body/cube", "axis": "w"}, "axis is x, y or z, not 'w'"),
        ({"position": "cube", "axis": "z"}, "write body/cube"),
        ({"distance": "body/cube"}, "takes two things"),
        ({"tilt": "body/cube", "axis": "z"}, "tilt has no 'axis'; it takes nothing more"),
        ({"joint": "knee", "of": "angle"}, "of is position, velocity, torque, not 'angle'"),
        ({"sensor": "imu", "index": -1}, "counts the sensor's numbers from 0"),
        ({"sensor": 3}, "takes a name, not 3"),
        ({"position": "body/cube", "axis": None}, "axis is x, y or z, not None"),
        ({}, "'nothing' is no quantity"),
    ],
)
def test_a_mistake_is_answered_with_what_is_right(written, says):
    with pytest.raises(ValueError, match=says):
        read_quantity(written)
