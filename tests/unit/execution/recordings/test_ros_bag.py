"""A recording as a bag of ROS 2: what rosbags reads back is what the episode has shown."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.harness.execution.episode.recordings.ros.bag import timed, write_bag
from simgate.sim_adapters.replay.log_file import open_log
from simgate.sim_adapters.replay.pictures import read_picture
from tests.unit.execution.test_episode import cast
from tests.unit.execution.test_mcap_recording import episode, keep

pytest.importorskip("mcap_protobuf", reason="needs simgate[recordings]")
pytest.importorskip("rosbags", reason="needs simgate[logs]")

__all__ = ["cast", "episode"]
BEGIN_NS = 10**9


def test_a_bag_holds_every_picture_bit_for_bit_at_its_time(episode, tmp_path) -> None:
    counts = write_bag(keep(tmp_path, episode), tmp_path / "bag")
    log = open_log(tmp_path / "bag")
    shown = [(t.step, f) for t, f in zip(episode.trace.frames, episode.frames, strict=True) if f is not None]
    found = list(log.messages("/front/rgb"))
    assert [stamp for stamp, _ in found] == [
        BEGIN_NS + round(step * 1e9 / episode.trace.physics_hz) for step, _ in shown
    ]
    for (_, said), (_, frame) in zip(found, shown, strict=True):
        assert np.array_equal(read_picture(log.topics["/front/rgb"], said), frame)
    assert counts["/front/rgb"] == len(shown)


def test_numbers_have_their_names_and_poses_are_transforms(episode, tmp_path) -> None:
    write_bag(keep(tmp_path, episode), tmp_path / "bag")
    log = open_log(tmp_path / "bag")
    signals = [signal.name for signal in episode.trace.declared]
    rows = [said for _, said in log.messages("/simgate/signals")]
    assert len(rows) == len(episode.trace.steps)
    assert rows[0].layout.dim[0].label == ",".join(signals)
    assert [row.data[0] for row in rows] == pytest.approx(episode.trace.signals[signals[0]].tolist())
    (_, lens), *_ = log.messages("/front/rgb/calibration")
    camera = episode.eye.intrinsics
    assert (lens.k[0], lens.k[2]) == (camera.focal_px, camera.centre_px[0] - 0.5)
    assert log.topics["/tf"] == "tf2_msgs/msg/TFMessage"
    (_, moved), *_ = log.messages("/tf")
    turn = moved.transforms[0].transform.rotation
    assert turn.w**2 + turn.z**2 == pytest.approx(1.0)
    events = [said.msg for _, said in log.messages("/simgate/events")]
    assert any(text.startswith(("PASS", "FAIL")) for text in events)


def test_the_clock_comes_before_all_of_its_moment(episode, tmp_path) -> None:
    now, said = 0, 0
    for one in timed(keep(tmp_path, episode)):
        if one.topic == "/clock":
            at = one.values["clock"]
            assert at["sec"] * 10**9 + at["nanosec"] == one.stamp_ns > now
            now, said = one.stamp_ns, 0
        else:
            said += 1
        assert one.stamp_ns == now
    assert said > 0


def test_what_is_there_is_not_written_over_and_what_is_cut_off_is_said_to_be(episode, tmp_path) -> None:
    path = keep(tmp_path, episode)
    (tmp_path / "bag").mkdir()
    with pytest.raises(FileExistsError, match="bag is there already: name another folder with --out"):
        write_bag(path, tmp_path / "bag")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="is cut off or damaged"):
        write_bag(path, tmp_path / "other")
    assert not (tmp_path / "other").exists(), "the bag of its beginning would look like a whole one"
    with pytest.raises(ValueError, match=r"holds numbers alone, for its run had no simgate\[recordings\]"):
        write_bag(path.rename(path.with_suffix(".npz")), tmp_path / "other")
