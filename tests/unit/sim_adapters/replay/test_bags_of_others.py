"""Bags as other tools and first releases of ROS 2 wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from simgate.sim_adapters.replay.log_file import open_log
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.test_replay import write_ros


def test_types_that_are_named_as_the_first_bags_of_ros_2_did_are_read(tmp_path) -> None:
    folder = write_ros(tmp_path / "bag", [0.0, 0.1], 1)
    (file,) = folder.glob("*.db3")
    wanted = [said.data.tobytes() for _, said in open_log(folder).messages("/cam")]
    # Nor did they say how messages are defined, or write a metadata.yaml.
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("UPDATE topics SET type = 'sensor_msgs/Image'")
        base.execute("DROP TABLE message_definitions")
        base.execute("UPDATE schema SET schema_version = 3")
    log = open_log(file)
    assert log.topics == {"/cam": "sensor_msgs/msg/Image"}
    assert [said.data.tobytes() for _, said in log.messages("/cam")] == wanted


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_a_bag_whose_messages_are_compressed_is_not_taken_for_the_bag(tmp_path, version) -> None:
    folder = write_ros(tmp_path / "bag", [0.0, 0.1], version, compressed=True)
    assert len(list(open_log(folder).messages("/cam"))) == 2
    (file,) = (one for one in folder.iterdir() if one.suffix != ".yaml")
    with pytest.raises(NativeError, match=r"compressed, which only the metadata\.yaml of its folder says"):
        list(open_log(file).messages("/cam"))
