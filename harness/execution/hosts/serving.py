"""What a host does: builds a worker, runs the batches that its parent sends, says that it lives."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import asdict

from simgate.harness.execution.hosts.host_log import log_traceback
from simgate.harness.execution.hosts.messages import (
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
from simgate.harness.exit_codes import exited
from simgate.sim_adapters.gl import what_lacks

HEARTBEAT_S = 1.0


def serve_connection(connection: socket.socket) -> int:
    """Serves on a connected stream socket, in blocking mode, until told to stop; returns the exit code."""
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
    except (Exception, SystemExit) as error:
        log_traceback()
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


def _why(error: BaseException) -> str:
    """The cause as the person at the terminal needs it, with what this machine lacks."""
    reason = exited(error) if isinstance(error, SystemExit) else str(error).strip() or type(error).__name__
    return f"{reason}\n{what_lacks(os.environ)}".strip()


def _beat(channel: HostChannel) -> None:
    stop = threading.Event()
    while not stop.wait(HEARTBEAT_S):
        try:
            channel.send(Heartbeat())
        except OSError:
            os._exit(1)
