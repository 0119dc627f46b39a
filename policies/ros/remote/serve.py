"""Answers simgate on the ROS installation's own Python; needs rclpy and what comes with it."""

from __future__ import annotations

import importlib.util
import os
import socket
from typing import Any

from .bridge import Bridge
from .fields import Failed


def main(wire_file: str, descriptor: int) -> None:
    """Answers until the other end is gone."""
    os.dup2(2, 1)
    spec = importlib.util.spec_from_file_location("simgate_wire", wire_file)
    assert spec is not None and spec.loader is not None
    wire: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wire)
    sock = socket.socket(fileno=descriptor)
    bridge: Any = None
    try:
        while True:
            if bridge is not None and bridge.realtime:
                bridge.idle()
            word, given = wire.receive(sock)
            try:
                if word == "open":
                    bridge, answer = Bridge(sock, given), None
                else:  # What could not be opened has ended itself.
                    answer = getattr(bridge, word)(**given) if bridge is not None else None
                wire.send(sock, ["answer", answer])
            except Failed as error:
                wire.send(sock, ["failed", str(error)])
            if word == "close":
                return
    except (EOFError, ConnectionError):
        if bridge is not None:
            bridge.judged.end()
