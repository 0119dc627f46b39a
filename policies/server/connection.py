"""One connection to a policy server: its metadata first, then one answer for each observation."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic
from typing import Any

from simgate.policies.server.wire import NotAMessage, packed, unpacked

LARGEST = 1 << 26
"""Bytes of an answer."""
_CLOSE_S = 0.5
_LONGEST = 300
"""Characters of what a server says that are repeated."""


class PolicyServerFailed(Exception):  # noqa: N818 - the name says what happened
    """A policy server cannot be reached, fell silent, broke off, or said nonsense; the message says which."""


class Connection:
    """Speaks openpi's protocol.

    The protocol numbers no requests. So a connection on which anything went wrong is closed: the next answer
    on it could be that of an earlier observation.

    Args:
        address: ``ws://host:port``.
        timeout_s: Longest wait for the connection, and for each answer, wall-clock seconds.
        key_from: Environment variable with the key that the server asks for; empty for none. The key is sent,
            and shown nowhere, also where the server repeats it.

    Raises:
        PolicyServerFailed: There is no such server, it does not begin with its metadata, or the variable
            is not set.

    Attributes:
        metadata: What the server says of itself.
    """

    def __init__(self, address: str, timeout_s: float, key_from: str = "") -> None:
        self._address, self._timeout_s = address, timeout_s
        self._key = ""
        self._key = self._key_in(key_from) if key_from else ""
        self._left = ExitStack()
        self._socket: Any = self._connected()
        said = self._answer(self._received("say what it serves", timeout_s), "say what it serves")
        self.metadata: Mapping[Any, Any] = said

    def _key_in(self, variable: str) -> str:
        key = os.environ.get(variable, "").strip()
        if not key:
            raise self._failed(f"asks for a key, and the environment variable {variable} is not set")
        if not (key.isascii() and key.isprintable()):
            raise self._failed(f"cannot be sent the key in {variable}: it is no line of ASCII")
        return key

    def hidden(self, text: str) -> str:
        """A text without the key."""
        return text.replace(self._key, "***") if self._key else text

    def _connected(self) -> Any:
        try:
            from websockets.exceptions import WebSocketException
            from websockets.sync.client import connect
        except ImportError:
            raise self._failed("needs the library websockets: pip install 'simgate[server]'") from None
        try:
            # openpi's server answers no ping while it infers: the timeout of each answer is the only watch.
            made: Any = self._left.enter_context(
                connect(
                    self._address,
                    compression=None,
                    additional_headers={"Authorization": f"Api-Key {self._key}"} if self._key else None,
                    proxy=None,
                    ping_interval=None,
                    open_timeout=self._timeout_s,
                    close_timeout=_CLOSE_S,
                    max_size=LARGEST,
                )
            )
        except TimeoutError:
            raise self._failed(f"gave no connection within {self._timeout_s:g} s") from None
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            raise self._failed(f"cannot be reached: {why}; is it running?") from None
        except (WebSocketException, ValueError) as error:
            raise self._failed(f"gives no connection: {_shown(error)}") from None
        # What nobody takes off the line would else be sent for ever.
        limit = struct.pack("ll", int(self._timeout_s), int(self._timeout_s % 1 * 1e6))
        made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return made

    def ask(self, request: Mapping[str, Any]) -> tuple[Mapping[Any, Any], float]:
        """The answer to an observation, and what it took from here, wall-clock seconds.

        Raises:
            PolicyServerFailed: There is none, or it is none; the connection is then closed.
        """
        from websockets.exceptions import ConnectionClosed

        if self._socket is None:
            raise self._failed("was left after an earlier failure")
        self._check_nothing_waits()
        begun = monotonic()
        try:
            self._socket.send(packed(request))
        except (ConnectionClosed, OSError) as error:
            self.close()
            raise self._failed(f"broke off before it took the observation: {_shown(error)}") from None
        took = self._received("tell actions", self._timeout_s)
        elapsed = monotonic() - begun
        return self._answer(took, "tell actions"), elapsed

    def _check_nothing_waits(self) -> None:
        """An answer that nobody has asked for would be taken for that to the next observation."""
        from websockets.exceptions import ConnectionClosed

        try:
            # The pong comes after all that was sent before it: then what has been sent is here, and not still
            # on its way while the next observation goes out.
            if not self._socket.ping().wait(self._timeout_s):
                self.close()
                raise self._failed(f"did not answer a ping within {self._timeout_s:g} s")
            self._socket.recv(timeout=0)
        except (TimeoutError, ConnectionClosed, OSError):
            return
        raise self.refused("sent an answer that nobody had asked for, so which answers what cannot be told")

    def _received(self, what: str, seconds: float) -> str | bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            said: str | bytes = self._socket.recv(timeout=seconds)
        except TimeoutError:
            self.close()
            raise self._failed(f"did not {what} within {seconds:g} s") from None
        except (ConnectionClosed, OSError) as error:
            self.close()
            raise self._failed(f"broke off when it was to {what}: {_shown(error)}") from None
        return said

    def _answer(self, said: str | bytes, what: str) -> Mapping[Any, Any]:
        if isinstance(said, str):
            self.close()
            lines = [line for line in said.splitlines() if line.strip()] or ["nothing"]
            raise self._failed(f"failed when it was to {what}: {_shown(lines[-1])}")
        try:
            message = unpacked(said)
        except NotAMessage as error:
            self.close()
            raise self._failed(f"was to {what} and sent no message of openpi's: {_shown(error)}") from None
        if not isinstance(message, dict):
            self.close()
            raise self._failed(f"was to {what} and sent {type(message).__name__}, not a mapping")
        return message

    def refused(self, why: str) -> PolicyServerFailed:
        """Closes the connection after an answer that cannot be used.

        Returns:
            What to raise.
        """
        self.close()
        return self._failed(why)

    def _failed(self, why: str) -> PolicyServerFailed:
        return PolicyServerFailed(self.hidden(f"the policy server {self._address} {why}"))

    def close(self) -> None:
        """Leaves the server; safe to call twice."""
        self._socket = None
        self._left.close()


def _shown(what: object) -> str:
    text = " ".join(str(what).split()) or type(what).__name__
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
