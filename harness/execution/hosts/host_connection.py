"""The parent's end of the socket to a host, wherever that runs: whole messages in and out, never blocking."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from pathlib import Path

from simgate.harness.execution.hosts.messages import Message, ToParent, decode_to_parent, encode

_CHUNK = 1 << 20


class HostGone(Exception):  # noqa: N818 - the name says what happened
    """The host has closed its end of the socket."""


class HostConnection(ABC):
    """One host, as its parent sees it.

    Args:
        number: Number of the slot; names the log.
        connection: Connected stream socket, in non-blocking mode.
        log_path: File to which the host's stdout and stderr are appended.
    """

    def __init__(self, number: int, connection: socket.socket, log_path: Path) -> None:
        self.number = number
        self.socket = connection
        self.log_to(log_path)
        self._incoming = bytearray()
        self._outgoing = bytearray()

    def log_to(self, path: Path) -> None:
        """What it writes goes there from now on."""
        self.log_path = path
        self.log_start = path.stat().st_size if path.exists() else 0

    place_lost = False
    """Whether it has ended because the machine under it is gone, which says little about what it ran."""

    @abstractmethod
    def kill(self) -> None:
        """Ends the host and everything it has started."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Waits for the host to exit by itself; returns whether it did."""

    @abstractmethod
    def how_it_ended(self) -> str:
        """Why a host that is gone is gone, in words."""

    @property
    def wants_to_write(self) -> bool:
        """Whether something is waiting to be sent."""
        return bool(self._outgoing)

    def send(self, message: Message) -> None:
        """Queues a message and sends what the socket takes now; a host that is gone is found when reading."""
        self._outgoing += encode(message)
        self.flush()

    def flush(self) -> None:
        """Sends what the socket takes now."""
        try:
            while self._outgoing:
                sent = self.socket.send(self._outgoing)
                del self._outgoing[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing.clear()

    def receive(self) -> list[ToParent]:
        """All complete messages that have arrived; never blocks.

        Raises:
            HostGone: The host has closed its end, and every message before that has been returned.
            ValueError: The host sent a line that is no message.
        """
        ended = False
        try:
            while not ended:
                chunk = self.socket.recv(_CHUNK)
                ended = not chunk
                self._incoming += chunk
        except BlockingIOError:
            pass
        except OSError:
            ended = True
        *lines, rest = bytes(self._incoming).split(b"\n")
        self._incoming = bytearray(rest)
        if ended and not lines:
            raise HostGone
        return [decode_to_parent(line) for line in lines]

    def log_tail(self, lines: int = 12) -> str:
        """The last lines that this host has written to its log; empty when somebody has deleted it."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(self.log_start)
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])
