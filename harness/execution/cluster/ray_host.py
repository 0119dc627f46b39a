"""The driver's side of one host on a node: a local socket, with a keeper at the other end of its line."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.host_log import open_log
from simgate.harness.results.atomic_write import write_atomic

if TYPE_CHECKING:
    from simgate.harness.execution.cluster.keeper import Order, Parcel

_CHUNK = 1 << 20
_STOP_S = 15.0


class RayHost(HostConnection):
    """One host on some node, which Ray chooses.

    Args:
        number: Number of the slot.
        log_path: File to which what it writes is carried.
        run_dir: The run's folder, to which its files are carried.
        actor: A :class:`.Keeper`'s handle; it need not have a place yet.
        loop: In which its line is served.
    """

    def __init__(
        self, number: int, log_path: Path, run_dir: Path, actor: Any, loop: asyncio.AbstractEventLoop
    ) -> None:
        ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        self._theirs.setblocking(False)
        super().__init__(number, ours, log_path)
        self._run_dir, self._actor, self._loop = run_dir, actor, loop
        self._ended = threading.Event()
        self._why = ""
        self._is_placed = False
        self.node = ""
        """Id of the node, once it has one."""
        self.node_name = ""
        self._serving: Any = None
        self.stopped: Any = None
        """Future of its clearing away, once it has been ended."""

    def kill(self) -> None:
        """Ends the host and everything it has started, and clears away after it; does not wait for that."""
        if self.stopped is None:
            self.stopped = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
            self.socket.close()

    def wait(self, seconds: float) -> bool:
        """See :class:`HostConnection`."""
        return self._ended.wait(seconds)

    def how_it_ended(self) -> str:
        """See :class:`HostConnection`."""
        where = f" on {self.node_name}" if self.node_name else ""
        return f"{self._why or 'still running'}{where}"

    def serve(self, order: Order) -> None:
        """Begins to carry everything between the socket and the keeper, until one of them has ended."""
        self._serving = asyncio.run_coroutine_threadsafe(self._serve(order), self._loop)

    async def _serve(self, order: Order) -> None:
        sending: asyncio.Task[None] | None = None
        try:
            placed = await self._actor.begin.remote(order)
            self._is_placed = True
            await self._loop.sock_sendall(self._theirs, placed)
            sending = self._loop.create_task(self._carry_there())
            while not self._why:
                parcel: Parcel = await self._actor.receive.remote()
                self._keep(parcel)
                await self._loop.sock_sendall(self._theirs, parcel.lines)
                self._why = parcel.ended
        except asyncio.CancelledError:
            self._why = "stopped"
        except Exception as error:
            self.place_lost, self._why = self._is_placed, _in_words(error)
        finally:
            self._ended.set()
            if sending is not None:
                sending.cancel()
            self._theirs.close()

    async def _carry_there(self) -> None:
        with contextlib.suppress(Exception):  # What is wrong with the line is found by who receives.
            while data := await self._loop.sock_recv(self._theirs, _CHUNK):
                await self._actor.send.remote(data)

    def _keep(self, parcel: Parcel) -> None:
        """Files come before the record that speaks of them."""
        if parcel.log:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            with open_log(self.log_path) as log:
                log.write(parcel.log)
        for name, content in parcel.files.items():
            path = self._run_dir / name
            if not path.resolve().is_relative_to(self._run_dir.resolve()):
                raise ValueError(f"a record names the file {name}, which is outside of the run's folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, content)

    async def _stop(self) -> None:
        import ray

        self._serving.cancel()
        if self._is_placed:
            with contextlib.suppress(Exception):  # The node may be gone, and everything on it.
                await asyncio.wait_for(self._actor.stop.remote(), _STOP_S)
        with contextlib.suppress(Exception):
            ray.kill(self._actor, no_restart=True)


def _in_words(error: Exception) -> str:
    """Why there is no line to a keeper any more."""
    from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError

    if isinstance(error, RayTaskError):
        cause = error.cause or error
        return f"could not begin on {error.ip}: {type(cause).__name__}: {' '.join(str(cause).split())}"
    text = " ".join(str(error).split())
    if "ModuleNotFoundError" in text and "simgate" in text:
        return "could not begin there: simgate is not installed on the node"
    if isinstance(error, ActorDiedError | ActorUnavailableError):
        return "lost: the node, or Ray's process there, has died"
    return f"lost: {type(error).__name__}: {text[:300]}"
