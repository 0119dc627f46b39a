"""The actor on a node: keeps one host process there, and carries what it and its parent say to each other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simgate.harness.execution.cluster.scratch import (
    own_folder,
    scratch_of,
    shared_folder,
    start_sweeper,
    sweep,
)
from simgate.harness.execution.cluster.tree import digest_of, in_tree, link, place
from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.execution.hosts.host_process import HostProcess
from simgate.harness.execution.hosts.messages import Placed, encode
from simgate.harness.results.node_facts import facts_here
from simgate.harness.results.run_folder import RunFolder

_CHUNK = 1 << 20
_FINISHED = b'{"kind":"finished"'
_EXIT_GRACE_S = 1.0
_GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Order:
    """What a keeper is to start.

    Attributes:
        number: Number of the slot.
        files: Absolute path where the run was planned -> SHA-256.
        blobs: SHA-256 -> the file's content, in the cluster's store.
        folder: Working folder where the run was planned.
        interpreter: Command that runs Python; empty for the node's own.
        environ: Variables that go before the node's.
        there: Absolute paths of what must be on the node at the same place.
    """

    number: int
    files: Mapping[str, str]
    blobs: Mapping[str, Any]
    folder: str
    interpreter: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    there: Sequence[str] = ()


@dataclass(frozen=True)
class Parcel:
    """What has come from a host.

    Attributes:
        lines: Whole messages, and a torn one at the end.
        log: What it has written to its log since the last parcel.
        files: Path in the run's folder -> content, of what these messages speak of.
        ended: How it has ended; empty while it runs.
    """

    lines: bytes
    log: bytes
    files: Mapping[str, bytes]
    ended: str = ""


class Keeper:
    """A host process on this node, from :meth:`begin` to :meth:`stop` or the end of this process.

    Its methods run in one thread that lives as long as the process, which the kernel's promise to end the
    host with its parent needs.
    """

    def __init__(self) -> None:
        self._host: HostProcess | None = None
        self._rest = b""
        self._log_read = 0

    async def begin(self, order: Order) -> bytes:
        """Puts the files into their places and starts the host.

        Returns:
            A :class:`.Placed` as a line.

        Raises:
            OSError: A file cannot be written, or the interpreter not be started.
            Changed: A file has arrived as something else.
        """
        import ray

        context = ray.get_runtime_context()
        self._scratch = scratch_of(os.getuid())
        sweep(self._scratch)
        self._sweeper = start_sweeper(self._scratch)

        def fill(tree: Path) -> None:
            contents = dict(zip(order.blobs, ray.get(list(order.blobs.values())), strict=True))
            for path, sha256 in order.files.items():
                place(tree, path, contents[sha256], sha256)
            for path in order.there:
                link(tree, path)
            in_tree(tree, order.folder).mkdir(parents=True, exist_ok=True)

        holds = {**order.files, order.folder: "", **dict.fromkeys(order.there, "")}
        self._tree = await asyncio.to_thread(shared_folder, self._scratch, digest_of(holds), fill)
        self._own = own_folder(self._scratch)
        folder = RunFolder(self._own.path / "run")
        folder.create()
        self._run_dir = folder.path
        self._host = HostProcess(
            order.number,
            folder.host_log(order.number),
            order.interpreter or (sys.executable,),
            _environment(order),
            in_tree(self._tree.path, order.folder),
        )
        return encode(
            Placed(
                facts=facts_here(context.get_node_id(), context.worker.node_ip_address),
                tree=str(self._tree.path),
                run_dir=str(self._run_dir),
                missing=tuple(path for path in order.there if not Path(path).exists()),
            )
        )

    async def send(self, data: bytes) -> None:
        """Sends to the host; one that is gone is found by :meth:`receive`."""
        assert self._host is not None
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self._host.socket, data)

    async def receive(self) -> Parcel:
        """Waits until the host has said something, or has ended."""
        assert self._host is not None
        try:
            data = await asyncio.get_running_loop().sock_recv(self._host.socket, _CHUNK)
        except OSError:
            data = b""
        ended = ""
        if not data:
            await asyncio.to_thread(self._host.wait, _EXIT_GRACE_S)
            self._host.kill()
            ended = self._host.how_it_ended()
        *lines, self._rest = (self._rest + data).split(b"\n")
        whole = b"".join(line + b"\n" for line in lines)
        files = {name: content for line in lines for name, content in self._files_of(line)}
        return Parcel(whole + self._rest if ended else whole, self._log(), files, ended)

    async def stop(self) -> None:
        """Ends the host and clears away everything of it on this node."""
        if self._host is not None:
            self._host.kill()
            shutil.rmtree(self._own.path, ignore_errors=True)
            self._own.release()
            self._tree.release()
            sweep(self._scratch)
            os.close(self._sweeper)
            self._host = None

    def _files_of(self, line: bytes) -> list[tuple[str, bytes]]:
        """The files of a record that is on its way; they are here no longer."""
        if not line.startswith(_FINISHED):
            return []
        found = []
        for name in json.loads(line)["record"]["artifacts"].values():
            path = self._run_dir / name
            with contextlib.suppress(OSError):
                found.append((name, path.read_bytes()))
                path.unlink()
        return found

    def _log(self) -> bytes:
        assert self._host is not None
        with contextlib.suppress(OSError), self._host.log_path.open("rb") as log:
            log.seek(self._log_read)
            new = log.read()
            self._log_read += len(new)
            return new
        return b""


def _environment(order: Order) -> dict[str, str]:
    """That of a host here; of several GPUs it has all that the cluster has given to this worker."""
    given = os.environ.get(_GPUS)
    made = host_environment(order.number, {**os.environ, **order.environ})
    return made if given is None else {**made, _GPUS: given}
