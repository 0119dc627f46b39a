"""The host process: ``python -m simgate.harness.execution.host --fd N`` (or ``--connect PATH``).

Holds one simulator, one policy and one model, and runs what its parent sends. It dies with its parent:
by the kernel's hand (PR_SET_PDEATHSIG), by the first heartbeat that finds no reader, or when the next
message is the end of the stream.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import sys
import threading
import traceback
from dataclasses import asdict

from simgate.harness.execution.messages import (
    AdapterIdentity,
    BatchFinished,
    CannotStart,
    Finished,
    Heartbeat,
    HostChannel,
    Init,
    Ready,
    RunBatch,
    RuntimeIdentity,
    Shutdown,
    Started,
)
from simgate.harness.execution.worker import Worker
from simgate.sim_adapters.gl import REMEDY, missing_gl

HEARTBEAT_S = 1.0
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Runs the host until its parent ends it; returns the exit code."""
    _die_with_parent()
    parser = argparse.ArgumentParser(prog="simgate.harness.execution.host")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--fd", type=int, help="inherited descriptor of a connected stream socket")
    way.add_argument("--connect", help="path of a unix socket on which the parent listens")
    arguments = parser.parse_args()
    if arguments.fd is not None:
        connection = socket.socket(fileno=arguments.fd)
    else:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(arguments.connect)
    connection.setblocking(True)
    channel = HostChannel(connection)
    threading.Thread(target=_beat, args=(channel,), name="heartbeat", daemon=True).start()
    return serve(channel)


def serve(channel: HostChannel) -> int:
    """Builds the worker that the first message describes and runs batches until told to stop."""
    first = channel.receive()
    if not isinstance(first, Init):
        return 1
    try:
        worker = Worker(first.setup)
        adapter, runtime = worker.describe()
    except Exception as error:
        traceback.print_exc()
        channel.send(CannotStart(reason=_why(error)))
        return 1
    channel.send(
        Ready(
            adapter=AdapterIdentity(**asdict(adapter)),
            runtime=RuntimeIdentity(**asdict(runtime)) if runtime else None,
            recycle_after=worker.recycle_after,
        )
    )
    while True:
        message = channel.receive()
        if message is None or isinstance(message, Shutdown):
            worker.close()
            return 0
        if isinstance(message, RunBatch):
            worker.run(
                message.assignments,
                started=lambda variant: channel.send(Started(variant=variant)),
                finished=lambda record: channel.send(Finished(record=record)),
            )
            channel.send(BatchFinished())


def _why(error: Exception) -> str:
    """The cause as the person at the terminal needs it, with what this machine lacks."""
    reason = str(error).strip() or type(error).__name__
    return f"{reason}\n{REMEDY}" if missing_gl(os.environ) else reason


def _beat(channel: HostChannel) -> None:
    stop = threading.Event()
    while not stop.wait(HEARTBEAT_S):
        try:
            channel.send(Heartbeat())
        except OSError:
            os._exit(1)


def _die_with_parent() -> None:
    """Asks the kernel for SIGKILL when the parent ends (Linux only; elsewhere the heartbeat serves)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
