from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.execution.hosts.assignment import Assignment, HostSetup
from simgate.harness.execution.hosts.host_connection import HostGone
from simgate.harness.execution.hosts.host_process import HostProcess
from simgate.harness.execution.hosts.messages import (
    BatchFinished,
    Finished,
    Heartbeat,
    Init,
    Ready,
    RunBatch,
    Shutdown,
    Started,
    decode_to_parent,
    encode,
)
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.execution.memory_pack import make_pack, make_variants


def setup_of(folder: Path) -> HostSetup:
    run = RunFolder(folder / "run")
    run.create()
    return HostSetup(
        number=0, pack=make_pack(folder), runtime="memory_runtime", run_dir=str(run.path), record="failed"
    )


def test_a_message_is_one_line_and_comes_back_as_it_was() -> None:
    message = Started(variant="a\nb ✓")
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_to_parent(line) == message


@pytest.mark.parametrize("line", [b"", b"{}", b'{"kind":"party"}', b"printed by a simulator\n"])
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_to_parent(line)


def test_a_host_may_be_reached_over_a_unix_socket_as_well(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "s"))
    listener.listen(1)
    host = subprocess.Popen(
        [sys.executable, "-m", "simgate.harness.execution.hosts.host", "--connect", str(tmp_path / "s")],
        stdout=subprocess.DEVNULL,
    )
    try:
        connection, _ = listener.accept()
        variant = make_variants(1)[0]
        connection.sendall(encode(Init(setup=setup_of(tmp_path))))
        connection.sendall(encode(RunBatch(assignments=(Assignment(variant=variant, identity="i"),))))
        connection.sendall(encode(Shutdown()))
        said = [decode_to_parent(line) for line in connection.makefile("rb")]
        assert host.wait(60.0) == 0
    finally:
        host.kill()
        host.wait()
    kinds = [type(message) for message in said if not isinstance(message, Heartbeat)]
    assert kinds == [Ready, Started, Finished, BatchFinished]
    finished = next(message for message in said if isinstance(message, Finished))
    assert (finished.record.variant, finished.record.outcome) == (variant.id, Outcome.PASS)


def test_a_host_that_dies_is_gone_only_after_its_last_message_was_read(tmp_path: Path) -> None:
    host = HostProcess(0, tmp_path / "hosts" / "0.log")
    try:
        host.send(Shutdown())
        assert host.wait(60.0)
        with pytest.raises(HostGone):
            while True:
                host.receive()
    finally:
        host.kill()
    assert host.how_it_ended() == "exit code 1"


def test_a_host_whose_parent_has_gone_ends_before_it_imports_anything(tmp_path: Path) -> None:
    host = HostProcess(0, tmp_path / "0.log", (sys.executable, "-X", "importtime"))
    host.socket.close()
    try:
        assert host.wait(60.0)
    finally:
        host.kill()
    imported = (tmp_path / "0.log").read_text(encoding="utf-8")
    assert "argparse" in imported
    assert "pydantic" not in imported and "numpy" not in imported


def test_an_interpreter_that_does_not_exist_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HostProcess(0, tmp_path / "0.log", interpreter=("/no/such/python",))


def test_a_killed_host_that_the_kernel_takes_long_to_end_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yet(seconds: float) -> int:
        raise subprocess.TimeoutExpired("host", seconds)

    host = HostProcess(0, tmp_path / "0.log")
    monkeypatch.setattr(host._process, "wait", not_yet)
    host.kill()
    assert host.socket.fileno() == -1
    assert os.waitpid(host.pid, 0)[1] == signal.SIGKILL
