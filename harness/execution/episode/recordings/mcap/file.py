"""An MCAP file that is written: messages of Foxglove's schemas and named numbers, at simulated times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from mcap.writer import CompressionType, Writer
from mcap_protobuf.schema import build_file_descriptor_set

_CHUNK_BYTES = 4 << 20


def nanoseconds(step: int, physics_hz: int) -> int:
    """Simulated time of a physics step, nanoseconds from the start of the episode."""
    return round(step * 1_000_000_000 / physics_hz)


class McapFile:
    """Messages of one episode.

    Args:
        stream: Where it goes.
        physics_hz: Physics steps a second.
    """

    def __init__(self, stream: IO[bytes], physics_hz: int) -> None:
        self._hz = physics_hz
        self._writer = Writer(stream, chunk_size=_CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="simgate")
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._counts: dict[int, int] = {}

    def stamp(self, step: int) -> Timestamp:
        """The time of a step as messages hold it."""
        seconds, nanos = divmod(nanoseconds(step, self._hz), 1_000_000_000)
        return Timestamp(seconds=seconds, nanos=nanos)

    def message(self, topic: str, step: int, message: Message) -> None:
        """Writes a message of a schema, at the simulated time at which it came."""
        name = message.DESCRIPTOR.full_name
        if topic not in self._channels:
            if name not in self._schemas:
                described = build_file_descriptor_set(type(message)).SerializeToString()
                self._schemas[name] = self._writer.register_schema(name, "protobuf", described)
            self._channels[topic] = self._writer.register_channel(topic, "protobuf", self._schemas[name])
        self._add(topic, step, message.SerializeToString())

    def declare(self, topic: str, name: str, fields: Mapping[str, tuple[str, str]]) -> None:
        """Declares a topic of named numbers.

        Args:
            topic: Its name.
            name: Of its schema.
            fields: Of each number its unit and what it means.
        """
        properties = {
            field: {"type": ["number", "null"], "description": f"{meaning} [{unit}]" if unit else meaning}
            for field, (unit, meaning) in fields.items()
        }
        schema = {"title": name, "type": "object", "properties": properties}
        number = self._writer.register_schema(name, "jsonschema", json.dumps(schema).encode())
        units = {f"unit {field}": unit for field, (unit, _) in fields.items() if unit}
        self._channels[topic] = self._writer.register_channel(topic, "json", number, units)

    def numbers(self, topic: str, step: int, names: Sequence[str], values: Sequence[float] | Any) -> None:
        """Writes a row of a declared topic; JSON has no word for what is not finite, so that is null."""
        row = {
            name: value if np.isfinite(value) else None
            for name, value in zip(names, np.asarray(values, np.float64).tolist(), strict=True)
        }
        self._add(topic, step, json.dumps(row, separators=(",", ":")).encode())

    def words(self, name: str, said: Mapping[str, object]) -> None:
        """Writes metadata: names and words."""
        self._writer.add_metadata(name, {key: str(value) for key, value in said.items()})

    def attach(self, name: str, media_type: str, content: bytes) -> None:
        """Attaches a file."""
        self._writer.add_attachment(0, 0, name, media_type, content)

    def finish(self) -> None:
        """Writes the index, without which a file is one that was cut off."""
        self._writer.finish()

    def _add(self, topic: str, step: int, data: bytes) -> None:
        channel, time_ns = self._channels[topic], nanoseconds(step, self._hz)
        number = self._counts[channel] = self._counts.get(channel, -1) + 1
        self._writer.add_message(channel, time_ns, data, time_ns, number)
