"""Field logs as worlds: what was recorded reaches a model again as it was and when it was, whoever wrote it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.tasks.watch import WATCH
from simgate.policies.perception.package import load_package
from simgate.policies.watcher import Watcher
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.files.decoded import MOST_PIXELS
from simgate.sim_adapters.replay.adapter import ReplayAdapter
from simgate.sim_adapters.replay.labels import read_labels
from simgate.sim_adapters.replay.log_file import open_log
from simgate.sim_adapters.replay.opened import OpenedLog
from simgate.sim_adapters.replay.pictures import read_picture
from simgate.sim_adapters.scene.log import LogSite
from simgate.sim_adapters.scene.sensor import CameraEffects
from simgate.sim_adapters.worlds.declared.log import FROM, TO, LogSpec, LogWorld
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.execution.memory_pack import write_model
from tests.unit.execution.memory_plugins import MemoryRuntime

pytest.importorskip("mcap_protobuf", reason="needs simgate[logs]")
pytest.importorskip("foxglove_schemas_protobuf", reason="needs simgate[logs]")
rosbags = pytest.importorskip("rosbags", reason="needs simgate[logs]")

CLEAN = CameraEffects()
TIMING = Timing(200, 10, 10)
BEGIN_NS = 1_700_000_000_000_000_000


def frames(count: int = 6) -> list[np.ndarray]:
    """Pictures of 24 x 32 pixels; a door of light wanders through them."""
    rng = np.random.default_rng(3)
    made = []
    for k in range(count):
        frame = rng.integers(40, 90, (24, 32, 3)).astype(np.uint8)
        frame[4:20, 4 + 2 * k : 12 + 2 * k] = 240
        made.append(frame)
    return made


def write_ros(
    path: Path,
    stamps_s,
    version: int,
    pictures=None,
    encoding: str = "bgr8",
    topics=("/cam",),
    in_a_heap=False,
    compressed=False,
) -> Path:
    """A bag of ROS: a folder of rosbag2 in sqlite3 (1) or MCAP (2), or a file of ROS 1 (0)."""
    from rosbags.rosbag1 import Writer as Writer1
    from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
    from rosbags.rosbag2 import Writer as Writer2
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_HUMBLE if version else Stores.ROS1_NOETIC)
    image, header = store.types["sensor_msgs/msg/Image"], store.types["std_msgs/msg/Header"]
    time = store.types["builtin_interfaces/msg/Time"]
    plugin = StoragePlugin.MCAP if version == 2 else StoragePlugin.SQLITE3
    writer = Writer2(path, version=9, storage_plugin=plugin) if version else Writer1(path)
    if compressed:
        writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    shown = pictures or frames(len(stamps_s))
    extra = {} if version else {"seq": 0}
    with writer:
        for topic in topics:
            link = writer.add_connection(topic, "sensor_msgs/msg/Image", typestore=store)
            for number, at_s in enumerate(stamps_s):
                frame = shown[number]
                stamp_ns = BEGIN_NS + round(at_s * 1e9)
                said = image(
                    header=header(stamp=time(*divmod(stamp_ns, 10**9)), frame_id="cam", **extra),
                    height=frame.shape[0], width=frame.shape[1], encoding=encoding, is_bigendian=0,
                    step=3 * frame.shape[1], data=np.ascontiguousarray(frame[:, :, ::-1]).ravel(),
                )  # fmt: skip
                pack = store.serialize_cdr if version else store.serialize_ros1
                # It was written down later than it was taken.
                logged_ns = BEGIN_NS + 10**10 + number if in_a_heap else stamp_ns + 7_000_000
                writer.write(link, logged_ns, pack(said, "sensor_msgs/msg/Image"))
    return path


def site(path: Path, **changes) -> LogSite:
    told = {"name": "log", "path": str(path), "channel": "camera.rgb", "shape": (24, 32), "images": "/cam",
            "truth": None, "labels": None, "labels_by": "stamp", "tolerance_s": 0.05, "from_s": 0.0, "to_s": 100.0, "effects": CLEAN}  # fmt: skip
    return LogSite(**(told | changes))


def play(log: LogSite, tmp_path: Path, timing: Timing = TIMING, limit_s: float = 60.0):
    package = load_package(write_model(tmp_path / "model"))
    cast = Cast(
        adapter=ReplayAdapter(timing),
        policy=Watcher(timing.control_hz),
        models=[LoopModel(MemoryRuntime(package), package.latency)],
        extra_ms=0.0,
        task=WATCH,
        timing=timing,
        time_limit_s=limit_s,
    )
    return run_episodes(cast, [log], [5], [5], LapClock())[0]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_pictures_of_a_bag_reach_the_model_as_they_are_at_the_time_of_their_stamps(tmp_path, version) -> None:
    path = write_ros(tmp_path / ("log.bag" if not version else "log"), [0, 0.1, 0.2, 0.4, 0.5], version)
    episode = play(site(path), tmp_path)
    assert [f.step for f in episode.trace.frames] == [0, 20, 40, 80, 100]  # At 0.3 s there was none.
    assert [f.tolist() for f in episode.frames] == [f.tolist() for f in frames(5)]
    assert (episode.trace.end, episode.trace.invalid_reasons) == ("end_of_log", ())
    assert not episode.trace.tells_entities


def test_a_picture_between_two_moments_of_the_loop_is_shown_at_the_next_one_never_before(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.101, 0.2, 0.299], 1)
    assert [f.step for f in play(site(path), tmp_path).trace.frames] == [0, 40, 60]  # One of four has gone.
    exact = play(site(path), tmp_path, Timing(1000, 10, 1000))
    assert [f.step for f in exact.trace.frames] == [0, 101, 200, 299]
    assert exact.trace.invalid_reasons == ()


def test_pictures_that_the_loop_is_too_slow_for_make_the_episode_invalid(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.02, 0.04, 0.3, 0.4], 1)
    (reason,) = play(site(path), tmp_path).trace.invalid_reasons
    assert reason == "1 pictures of the log came faster than sim.camera_hz = 10: raise it"


def test_latency_acts_in_the_time_of_the_log(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1, 0.2, 0.3, 0.9, 1.0], 1)
    trace = play(site(path), tmp_path).trace
    for found, at, ms in zip(trace.detections, trace.delivered_steps, trace.latency_ms, strict=True):
        assert at % 20 == 0
        assert (at - 20) / 0.2 < found.frame_step / 0.2 + ms <= at / 0.2


def test_a_part_of_a_log_begins_at_its_first_picture(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1, 0.2, 0.3, 0.4, 0.5], 2)
    episode = play(site(path, from_s=0.2, to_s=0.4), tmp_path)
    assert [f.step for f in episode.trace.frames] == [0, 20, 40]
    assert [f.tolist() for f in episode.frames] == [f.tolist() for f in frames(6)[2:5]]
    with pytest.raises(ValueError, match="no picture from 7 to 8 s"):
        play(site(path, from_s=7.0, to_s=8.0), tmp_path)


def test_a_log_is_clean_unless_somebody_asks_for_worse_pictures(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1, 0.2], 1)
    spec = LogSpec("log", "0" * 64, "/cam", None, "camera.rgb", 50.0, (24, 32), 0.2)
    world = LogWorld(spec, tmp_path)
    plain = {name: one.default for name, one in world.parameters.items()}
    assert world.build(plain, ()).effects == CLEAN
    noisy = play(world.build(plain | {"camera.noise_std": 0.1}, ()), tmp_path)
    assert [f.tolist() for f in noisy.frames] != [f.tolist() for f in frames(3)]
    assert len(noisy.frames) == len(play(site(path), tmp_path).frames) == 3
    with pytest.raises(ValueError, match=r"log\.to_s = 1 is not after log\.from_s = 2"):
        world.build(plain | {FROM: 2.0, TO: 1.0}, ())


def test_two_replays_are_the_same_and_another_picture_makes_another_digest(tmp_path) -> None:
    one = write_ros(tmp_path / "one", [0, 0.1, 0.2], 1)
    pictures = frames(3)
    pictures[1][0, 0, 0] ^= 1
    other = write_ros(tmp_path / "other", [0, 0.1, 0.2], 1, pictures)
    digests = [play(site(path), tmp_path).trace.digest() for path in (one, one, other)]
    assert digests[0] == digests[1] != digests[2]


def test_a_picture_stamped_before_the_one_before_it_is_told(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.2, 0.1], 2, in_a_heap=True)
    with pytest.raises(ValueError, match="stamped no later than the one before"):
        play(site(path), tmp_path)


def test_a_log_under_a_clock_of_somebody_else_is_refused(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1], 1, topics=("/cam", "/clock"))
    with pytest.raises(NativeError, match="holds /clock"):
        OpenedLog(path, "/cam", None)


def test_a_topic_that_is_not_there_or_holds_no_pictures_is_told_with_those_that_do(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1], 2)
    with pytest.raises(NativeError) as raised:
        OpenedLog(path, "/camm", None)
    assert (raised.value.message, raised.value.hint) == (
        "the log has no topic '/camm' of pictures",
        "topics with pictures: /cam",
    )
    with pytest.raises(NativeError, match="which is not read as labels"):
        OpenedLog(path, "/cam", "/cam")


def test_everything_that_a_log_is_made_of_is_in_its_identity(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1], 1)
    before = OpenedLog(path, "/cam", None).hashes()
    assert set(before) == {"log/log.db3", "log/metadata.yaml"}
    (path / "metadata.yaml").write_text((path / "metadata.yaml").read_text() + "\n")
    after = OpenedLog(path, "/cam", None).hashes()
    assert [name for name in before if before[name] != after[name]] == ["log/metadata.yaml"]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_log_that_was_cut_off_anywhere_is_told_or_read_as_far_as_it_goes(tmp_path, version) -> None:
    path = write_ros(tmp_path / ("log.bag" if not version else "log"), [0, 0.1, 0.2, 0.3], version)
    file = path if not version else next(p for p in path.iterdir() if p.suffix != ".yaml")
    whole = file.read_bytes()
    for share in (0.0, 0.01, 0.3, 0.6, 0.9, 0.99):
        file.write_bytes(whole[: int(share * len(whole))])
        try:
            log = open_log(path)
            for topic in log.topics:
                for _ in log.messages(topic):
                    pass
        except NativeError as error:
            assert error.message.startswith(str(path))
            assert "\n" not in error.message


def test_damage_in_the_middle_of_a_log_is_told(tmp_path) -> None:
    path = write_ros(tmp_path / "log", [0, 0.1, 0.2, 0.3], 2)
    file = next(path.glob("*.mcap"))
    whole, random = file.read_bytes(), np.random.default_rng(4)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            damaged[place] ^= int(random.integers(1, 256))
        file.write_bytes(damaged)
        try:
            log = open_log(path)
            for topic in log.topics:
                for _ in log.messages(topic):
                    pass
        except NativeError as error:
            assert error.message.startswith(str(path))


@pytest.mark.parametrize("name", ["log.mcap", "log.bag", "bag/metadata.yaml", "bag/bag_0.mcap"])
@pytest.mark.parametrize("kind", ["a pipe", "a device", "a loop of links", "a link to nowhere"])
def test_what_is_no_plain_file_is_not_waited_for(tmp_path, name, kind) -> None:
    place, log = tmp_path / name, tmp_path / name.partition("/")[0]
    place.parent.mkdir(exist_ok=True)
    if place.parent == log:
        (log / "metadata.yaml").write_text("a: 1")
        place.unlink(missing_ok=True)
    if kind == "a pipe":
        os.mkfifo(place)
    else:
        to = {"a device": "/dev/zero", "a loop of links": place.name}.get(kind, "nowhere")
        place.symlink_to(to)
    said = (
        "does not exist|has a metadata.yaml"
        if kind == "a link to nowhere"
        else "cannot be read|metadata.yaml"
    )
    with pytest.raises(NativeError, match=said):
        open_log(log)


def test_what_lies_in_place_of_a_log_is_told(tmp_path) -> None:
    pointer = tmp_path / "log.mcap"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n")
    with pytest.raises(NativeError, match="git-lfs pointer"):
        open_log(pointer)
    (tmp_path / "empty").mkdir()
    for path, what in ((tmp_path / "none.bag", "does not exist"), (tmp_path / "empty", "is no log")):
        with pytest.raises(NativeError, match=what):
            open_log(path)


class Image:
    def __init__(self, width=2, height=1, step=6, encoding="rgb8", data=bytes(range(6))) -> None:
        self.width, self.height, self.step, self.encoding, self.data = width, height, step, encoding, data


@pytest.mark.parametrize(("image", "rows"), [
    (Image(), [[[0, 1, 2], [3, 4, 5]]]),
    (Image(encoding="bgr8"), [[[2, 1, 0], [5, 4, 3]]]),
    (Image(encoding="mono8", step=2), [[[0, 0, 0], [1, 1, 1]]]),
    (Image(width=1, encoding="rgba8"), [[[0, 1, 2]]]),
    (Image(width=1, height=2, step=3), [[[0, 1, 2]], [[3, 4, 5]]]),
])  # fmt: skip
def test_pictures_of_ros_are_read_by_their_encoding_and_the_length_of_their_rows(image, rows) -> None:
    assert read_picture("sensor_msgs/msg/Image", image).tolist() == rows


@pytest.mark.parametrize(("image", "said"), [
    (Image(encoding="bayer_rggb8"), "'bayer_rggb8' are not known"),
    (Image(height=2), "has only 6 bytes"),
    (Image(step=5), "is none"),
    (Image(width=0), "is none"),
    (Image(width=MOST_PIXELS, height=2, step=3 * MOST_PIXELS), "is none"),
])  # fmt: skip
def test_a_damaged_picture_is_told(image, said) -> None:
    with pytest.raises(ValueError, match=said):
        read_picture("sensor_msgs/msg/Image", image)


def test_a_compressed_picture_is_read_and_a_damaged_one_told() -> None:
    import io

    from PIL import Image as Pillow

    packed = io.BytesIO()
    Pillow.fromarray(frames(1)[0]).save(packed, "PNG")
    kind = "sensor_msgs/msg/CompressedImage"
    assert read_picture(kind, Image(data=packed.getvalue())).tolist() == frames(1)[0].tolist()
    for data in (b"", b"\x89PNG", packed.getvalue()[:80]):
        with pytest.raises(ValueError, match=r"compressed picture (cannot be read|is no JPEG, PNG or WEBP)"):
            read_picture(kind, Image(data=data))


class Box:
    """A box as vision_msgs of ROS 2 has it."""

    def __init__(self, label: str, x: float, y: float, wide: float, tall: float) -> None:
        place = type("Point", (), {"x": x, "y": y})()
        self.bbox = type(
            "B", (), {"center": type("C", (), {"position": place})(), "size_x": wide, "size_y": tall}
        )()
        self.results = [type("R", (), {"hypothesis": type("H", (), {"class_id": label})()})()]
        self.id = ""


def test_labels_of_ros_are_boxes_around_their_centres() -> None:
    said = type("Array", (), {"detections": [Box("glass_door", 10, 6, 8, 4)]})()
    (found,) = read_labels("vision_msgs/msg/Detection2DArray", said)
    assert (found.name, found.label, found.box) == ("glass_door-0", "glass_door", (6, 4, 14, 8))
    for wide in (0.0, -1.0, float("nan")):
        said.detections = [Box("x", 1, 1, wide, 4)]
        with pytest.raises(ValueError, match="is none"):
            read_labels("vision_msgs/msg/Detection2DArray", said)


def test_pictures_without_labels_in_reach_make_the_episode_invalid(tmp_path) -> None:
    from simgate.harness.execution.episode.recordings.mcap.annotations import truth_of
    from simgate.harness.execution.episode.recordings.mcap.file import McapFile
    from simgate.harness.execution.episode.recordings.mcap.messages import picture
    from simgate.harness.trace import FrameTruth

    path = tmp_path / "log.mcap"
    with path.open("wb") as stream:
        file = McapFile(stream, 200)
        for k, frame in enumerate(frames(4)):
            file.message("/cam", 20 * k, picture(frame, "cam", file.stamp(20 * k)))
            if k != 2:
                file.message("/truth", 20 * k, truth_of(FrameTruth(20 * k, ()), file.stamp(20 * k)))
        file.finish()
    hint = "where only some are labelled write labelled: some"
    (reason,) = play(site(path, truth="/truth"), tmp_path).trace.invalid_reasons
    assert reason == f"1 pictures of the log have no labels within 50 ms on /truth; {hint}"
    (reason,) = play(site(path, truth="/truth", tolerance_s=0.1), tmp_path).trace.invalid_reasons
    assert reason == f"1 pictures of the log have no labels within 100 ms on /truth; {hint}"


def test_the_watcher_is_for_those_that_wait_for_no_command(tmp_path) -> None:
    from simgate.sim_adapters.embodiment import ActionSpec, Embodiment

    robot = Embodiment("cart", (), ActionSpec(("v",), ("m/s",), (-1.0,), (1.0,)))
    with pytest.raises(ValueError, match="cart waits for commands"):
        Watcher(10).reset([], robot)


def test_a_channel_of_a_log_need_not_come_at_its_rate_and_others_must(tmp_path) -> None:
    """The check of a simulator's clock is as it was for all that say nothing."""
    from simgate.sim_adapters.replay.opened import embodiment_of

    (channel,) = embodiment_of("camera.rgb", (24, 32), 10.0).channels
    assert not channel.regular
    assert dataclasses.replace(channel, regular=True) != channel
