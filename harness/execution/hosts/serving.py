"""What a host does: builds a worker, runs the batches that its parent sends, says that it lives."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import asdict
from pathlib import Path

from simgate.harness.execution.hosts.assignment import HostSetup
from simgate.harness.execution.hosts.host_log import log_to, log_traceback
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
    Started,
)
from simgate.harness.execution.worker import Worker
from simgate.harness.exit_codes import exited
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.gl import what_lacks

HEARTBEAT_S = 1.0


def serve_connection(connection: socket.socket) -> int:
    """Serves on a connected stream socket, in blocking mode, until told to stop; returns the exit code."""
    channel = HostChannel(connection)
    threading.Thread(target=_beat, args=(channel,), name="heartbeat", daemon=True).start()
    return serve(channel)


def serve(channel: HostChannel) -> int:
    """Builds the worker that the first message describes and runs batches until told to stop. A further
    description is that of the next run, which goes on with this simulator."""
    worker: Worker | None = None
    while True:
        message = channel.receive()
        if isinstance(message, Init):
            worker = _built(channel, message.setup, worker)
            if worker is None:
                return 1
        elif worker is None:
            return 1
        elif isinstance(message, RunBatch):
            worker.run(
                message.assignments,
                started=lambda variant: channel.send(Started(variant=variant)),
                finished=lambda record: channel.send(Finished(record=record)),
            )
            channel.send(BatchFinished())
        else:
            worker.close()
            return 0


def _built(channel: HostChannel, setup: HostSetup, before: Worker | None) -> Worker | None:
    """A worker that has said it is ready; None when it cannot start, which is said too."""
    try:
        simulator = None
        if before is not None:
            simulator = before.without_simulator()
            log_to(RunFolder(Path(setup.run_dir)).host_log(setup.number))
        worker = Worker(setup, simulator=simulator)
        adapter, runtime = worker.describe()
    except (Exception, SystemExit) as error:
        log_traceback()
        channel.send(CannotStart(reason=_why(error)))
        return None
    channel.send(
        Ready(
            adapter=AdapterIdentity(**asdict(adapter)),
            runtime=RuntimeIdentity(**asdict(runtime)) if runtime else None,
            recycle_after=worker.recycle_after,
        )
    )
    return worker


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
