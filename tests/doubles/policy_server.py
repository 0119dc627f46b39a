"""A real websocket server on loopback in openpi's protocol, which behaves as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from simgate.policies.server.wire import packed, unpacked

Answer = Callable[[Mapping[str, Any], ServerConnection], Any]
"""What a request is answered with: a mapping, raw bytes or text; None for nothing."""


class PolicyServer:
    """Attributes: ``address``; ``requests`` of all connections; ``connections``, how many there were; ``open``, how many there are;
    ``keys`` that they came with; ``refuses`` new ones."""

    def __init__(self, answer: Answer, metadata: Mapping[str, Any]) -> None:
        self.answer, self.metadata = answer, metadata
        self.requests: list[Mapping[str, Any]] = []
        self.connections = self.open = 0
        self.keys: set[str | None] = set()
        self.refuses = False
        self.closed = threading.Event()
        self._server: Server = serve(
            self._serve,
            "127.0.0.1",
            0,
            compression=None,
            max_size=None,
            process_request=lambda socket, _: socket.respond(503, "busy\n") if self.refuses else None,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        self.open += 1
        assert socket.request is not None
        self.keys.add(socket.request.headers.get("Authorization"))
        try:
            socket.send(packed(self.metadata))
            for message in socket:
                self.requests.append(unpacked(message))
                told = self.answer(self.requests[-1], socket)
                if told is not None:
                    socket.send(told if isinstance(told, str | bytes) else packed(told))
        except ConnectionClosed:
            pass
        finally:
            self.open -= 1

    def die(self) -> None:
        """Nothing listens afterwards; waits until all connections are over."""
        self._server.socket.close()
        self.closed.set()
        self._server.shutdown()


@contextmanager
def policy_server(answer: Answer, metadata: Mapping[str, Any] | None = None) -> Iterator[PolicyServer]:
    made = PolicyServer(answer, {"checkpoint": "slide-7"} if metadata is None else metadata)
    try:
        yield made
    finally:
        made.die()
