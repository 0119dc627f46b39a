from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.results.file_lock import FileLock, InUse

HOLD = "import sys; from pathlib import Path; from simgate.harness.results.file_lock import FileLock\n"
HOLD += "lock = FileLock(Path(sys.argv[1]), 'it'); print('held', flush=True); sys.stdin.read()"


def holder_of(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it_and_a_killed_holder_leaves_nothing_in_the_way(
    tmp_path: Path,
) -> None:
    path = tmp_path / ".lock"
    with holder_of(path) as holder:
        with pytest.raises(InUse, match=rf"^it is in use by process {holder.pid} on .+ since 20.+; wait"):
            FileLock(path, "it")
        holder.send_signal(signal.SIGKILL)
        holder.wait(60.0)
        with FileLock(path, "it"):
            pass


def test_a_lock_is_given_back_by_release_and_when_nobody_has_it_any_more(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    first = FileLock(path, "it")
    first.release()
    second = FileLock(path, "it")
    first.release()  # Again: it must not give back what is now another's.
    with pytest.raises(InUse):
        FileLock(path, "it")
    del second
    FileLock(path, "it").release()


def test_no_child_keeps_a_lock_alive(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / ".lock", "it")
    with subprocess.Popen(["sleep", "20"], close_fds=False) as child:
        lock.release()
        FileLock(tmp_path / ".lock", "it").release()
        assert child.poll() is None, "the child was there all the time"
        child.kill()


def test_what_somebody_wrote_into_the_file_does_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    lock = FileLock(path, "it")
    path.write_bytes(b"process 1\x1b[2J\n::error ::forged")
    with pytest.raises(InUse, match="in use by another process"):
        FileLock(path, "it")
    lock.release()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"):
        FileLock(tmp_path / ".lock", "it")
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(descriptor: int, operation: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuses)
    with pytest.raises(OSError, match=r"cannot be locked \(Function not implemented\).*\.lock"):
        FileLock(tmp_path / ".lock", "it")


def test_the_file_is_for_all_to_read_and_for_its_owner_to_write(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        FileLock(tmp_path / ".lock", "the run").release()
    finally:
        os.umask(umask)
    assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o644
