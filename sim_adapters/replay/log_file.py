"""A log of messages: MCAP with Foxglove's schemas, rosbag2 (MCAP, sqlite3) and bags of ROS 1, without ROS."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from simgate.sim_adapters.files.plain_file import read_plain, require_plain
from simgate.sim_adapters.files.unfetched import unfetched
from simgate.sim_adapters.worlds.native_file import NativeError

CLOCK = "/clock"
EXTRA = "simgate[logs]"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MOST_SAID = 300
"""Letters of what a reader says of a damaged file, which may be the file's own."""
_DAMAGE = (OSError, ValueError, EOFError, RuntimeError, KeyError, AssertionError, struct.error)
"""What readers meet in damaged files, beside errors of their own."""


class LogFile(Protocol):
    """A log that can be read."""

    topics: dict[str, str]
    """Topic -> type of its messages."""
    duration_s: float
    """From the first message to the last, seconds."""
    parameters: dict[str, str]
    """What it says of the world that it shows; recordings of simgate do."""

    def messages(self, topic: str) -> Iterator[tuple[int, Any]]:
        """Stamp in nanoseconds and message, of one topic, in the order in which they were logged.

        Raises:
            NativeError: The file is damaged there.
        """
        ...


def open_log(path: Path) -> LogFile:
    """Opens a log.

    Raises:
        NativeError: It cannot be read; the message says why.
    """
    if path.is_dir() and not (path / "metadata.yaml").exists():
        raise NativeError("file", f"{path} is no log: a folder of rosbag2 has a metadata.yaml")
    for one in files_of(path):
        if (pointer := unfetched(one)) is not None:
            raise NativeError("file", f"{one} {pointer.message}", pointer.remedy)
        try:
            require_plain(one)
        except FileNotFoundError:
            raise NativeError("file", f"{one} does not exist", "check the path") from None
        except OSError as error:
            remedy = "name a log that lies in plain files"
            raise NativeError("file", f"{one} cannot be read: {error.strerror}", remedy) from None
    with _told(path):
        if path.suffix == ".mcap" and (found := _McapLog.of(path)) is not None:
            return found
        return _RosLog(path)


def files_of(path: Path) -> list[Path]:
    """All that a log lies in, also what no log can lie in (pipes, links that lead nowhere)."""
    return sorted(one for one in path.rglob("*") if not one.is_dir()) if path.is_dir() else [path]


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of readers as one sentence with the file's name."""
    try:
        yield
    except ImportError as error:
        raise NativeError("file", f"{path} needs {error.name} to be read", f"pip install '{EXTRA}'") from None
    except NativeError:
        raise
    except Exception as error:
        if not (isinstance(error, _DAMAGE) or type(error).__module__.partition(".")[0] in _READERS):
            raise
        what = " ".join(str(error).split())[:_MOST_SAID] or type(error).__name__
        if isinstance(error, KeyError):
            what = f"it does not define {what}"
        raise NativeError("file", f"{path} is cut off, damaged or no log: {what}") from None


_READERS = ("mcap", "rosbags", "google", "zstandard", "lz4", "sqlite3", "apsw", "apswutils", "backports")


def _parameters(path: Path) -> dict[str, str]:
    """What an MCAP file says of its world: its first metadata record ``parameters``."""
    from mcap.reader import make_reader

    with path.open("rb") as file:
        found = (one.metadata for one in make_reader(file).iter_metadata() if one.name == "parameters")
        return dict(next(found, {}))


def _custom(folder: Path) -> dict[str, str]:
    """What a rosbag2 says of its world: ``custom_data`` of its metadata."""
    import yaml

    try:
        said = yaml.load(read_plain(folder / "metadata.yaml"), yaml.BaseLoader)
        found = said["rosbag2_bagfile_information"]["custom_data"]
    except (yaml.YAMLError, KeyError, TypeError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


class _McapLog:
    """MCAP with messages in protobuf."""

    def __init__(self, path: Path, summary: Any, parameters: dict[str, str]) -> None:
        self._path, self.parameters = path, parameters
        schemas = summary.schemas
        self.topics = {
            channel.topic: schemas[channel.schema_id].name
            for channel in summary.channels.values()
            if channel.schema_id in schemas
        }
        counted = summary.statistics
        span = counted.message_end_time - counted.message_start_time if counted is not None else 0
        self.duration_s = span / 1e9

    @classmethod
    def of(cls, path: Path) -> _McapLog | None:
        """The log; None for one of ROS messages.

        Raises:
            NativeError: It was cut off.
        """
        from mcap.reader import make_reader

        with path.open("rb") as file:
            reader = make_reader(file)
            summary = reader.get_summary()
        if summary is None:
            raise NativeError(
                "file",
                f"{path} was cut off: it has no index at its end",
                "`mcap recover` writes what there is of it to a whole file",
            )
        encodings = {channel.message_encoding for channel in summary.channels.values()}
        found = cls(path, summary, _parameters(path))
        return found if "protobuf" in encodings or not encodings & {"cdr", "ros1"} else None

    def messages(self, topic: str) -> Iterator[tuple[int, Any]]:
        """See :class:`LogFile`."""
        with _told(self._path):
            from mcap.reader import make_reader
            from mcap_protobuf.decoder import DecoderFactory

            with self._path.open("rb") as file:
                reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
                for found in reader.iter_decoded_messages(topics=[topic]):
                    said = found.decoded_message
                    stamped = hasattr(said, "timestamp") and said.HasField("timestamp")
                    yield said.timestamp.ToNanoseconds() if stamped else found.message.log_time, said


class _RosLog:
    """Bags of ROS, by rosbags."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.parameters = _custom(path) if path.is_dir() else {}
        if path.suffix == ".mcap":
            self.parameters = _parameters(path)
        with self._reader() as reader:
            self.topics = {name: _whole(info.msgtype or "") for name, info in reader.topics.items()}
            self.duration_s = max(0, reader.duration) / 1e9 if reader.message_count else 0.0

    def _reader(self) -> Any:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore

        # Bags older than Iron hold no definitions; those of Humble stand in for them.
        return AnyReader([self._path], default_typestore=get_typestore(Stores.ROS2_HUMBLE))

    def messages(self, topic: str) -> Iterator[tuple[int, Any]]:
        """See :class:`LogFile`."""
        with _told(self._path), self._reader() as reader:
            chosen = [one for one in reader.connections if one.topic == topic]
            for connection, logged_ns, raw in reader.messages(connections=chosen) if chosen else ():
                if bytes(raw[:4]) == _ZSTD:  # No message begins so: the first byte of theirs is 0.
                    why = "its messages are compressed, which only the metadata.yaml of its folder says"
                    raise NativeError("file", f"{self._path}: {why}", "name that folder as the log")
                said = reader.deserialize(raw, _whole(connection.msgtype))
                stamp = getattr(getattr(said, "header", None), "stamp", None)
                # ROS leaves a stamp that nobody has set at zero.
                stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec if stamp is not None else 0
                yield stamp_ns or logged_ns, said


def _whole(kind: str) -> str:
    """The whole name of a message's type: first bags of ROS 2, and other tools' still, leave ``msg`` out."""
    package, _, name = kind.partition("/")
    return f"{package}/msg/{name}" if name and "/" not in name else kind
