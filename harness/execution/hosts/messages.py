"""What parent and host say to each other: one JSON object a line over a dedicated socket.

Never pickles: the host may be another interpreter with other versions. Never stdout: simulators litter it.
"""

from __future__ import annotations

import socket
import threading
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.results.node_facts import NodeFacts
from simgate.harness.results.record import RunRecord


class Message(BaseModel):
    """Base of all messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Init(Message):
    """Parent: build simulator, policy and model."""

    kind: Literal["init"] = "init"
    setup: HostSetup


class RunBatch(Message):
    """Parent: run these variants together."""

    kind: Literal["run_batch"] = "run_batch"
    assignments: tuple[Assignment, ...]


class Shutdown(Message):
    """Parent: close everything and exit."""

    kind: Literal["shutdown"] = "shutdown"


class AdapterIdentity(Message):
    """``AdapterInfo`` on the wire."""

    name: str
    version: str
    renderer: str
    device: str


class RuntimeIdentity(Message):
    """``RuntimeInfo`` on the wire."""

    runtime: str
    version: str
    device: str
    model: str
    artifact_sha256: str


class Placed(Message):
    """Who keeps a host on another machine: it has been given a place there and runs."""

    kind: Literal["placed"] = "placed"
    facts: NodeFacts
    tree: str
    """Folder under which the run's files have their paths."""
    run_dir: str
    """Folder there for what the host writes."""
    missing: tuple[str, ...] = ()
    """What must be on that machine and is not."""


class Ready(Message):
    """Host: everything is built."""

    kind: Literal["ready"] = "ready"
    adapter: AdapterIdentity
    runtime: RuntimeIdentity | None
    recycle_after: int | None = None
    """Variants after which the simulator itself asks for a fresh process."""


class CannotStart(Message):
    """Host: something could not be built; the host exits."""

    kind: Literal["cannot_start"] = "cannot_start"
    reason: str


class Started(Message):
    """Host: begins with a variant."""

    kind: Literal["started"] = "started"
    variant: str


class Finished(Message):
    """Host: a variant has its record."""

    kind: Literal["finished"] = "finished"
    record: RunRecord


class BatchFinished(Message):
    """Host: ready for the next batch."""

    kind: Literal["batch_finished"] = "batch_finished"


class Heartbeat(Message):
    """Host: the interpreter still runs."""

    kind: Literal["heartbeat"] = "heartbeat"


ToHost = Init | RunBatch | Shutdown
ToParent = Placed | Ready | CannotStart | Started | Finished | BatchFinished | Heartbeat
_TO_HOST: TypeAdapter[ToHost] = TypeAdapter(Annotated[ToHost, Field(discriminator="kind")])
_TO_PARENT: TypeAdapter[ToParent] = TypeAdapter(Annotated[ToParent, Field(discriminator="kind")])


def encode(message: Message) -> bytes:
    """A message as one line."""
    return message.model_dump_json().encode() + b"\n"


def decode_to_parent(line: bytes) -> ToParent:
    """Reads a host's line.

    Raises:
        ValueError: The line is no message.
    """
    return _TO_PARENT.validate_json(line)


class HostChannel:
    """The host's end: blocking reads by one thread, writes by several.

    Args:
        connection: Connected stream socket, in blocking mode.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = connection.makefile("rb")
        self._writing = threading.Lock()

    def send(self, message: ToParent) -> None:
        """Sends a message.

        Raises:
            OSError: The parent is gone.
        """
        with self._writing:
            self._socket.sendall(encode(message))

    def receive(self) -> ToHost | None:
        """Waits for the next message; None when the parent has closed its end.

        Raises:
            ValueError: The line is no message.
        """
        line = self._lines.readline()
        return _TO_HOST.validate_json(line) if line.endswith(b"\n") else None
