from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from simgate.harness.execution.cluster import scratch as module
from simgate.harness.execution.cluster.scratch import (
    own_folder,
    scratch_of,
    shared_folder,
    start_sweeper,
    sweep,
)
from simgate.harness.execution.cluster.tree import Changed, place


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    return scratch_of(os.getuid())


def write(folder: Path) -> None:
    (folder / "file").write_text("content")


def test_what_somebody_holds_stays_and_the_rest_is_swept_away(scratch: Path) -> None:
    kept, left = own_folder(scratch), own_folder(scratch)
    shared = shared_folder(scratch, "a", write)
    shared_folder(scratch, "b", write).release()
    left.release()

    sweep(scratch)
    assert kept.path.is_dir()
    assert (shared.path / "file").read_text() == "content"
    assert sorted(p.name for p in scratch.iterdir() if p.is_dir()) == sorted([kept.path.name, "tree-a"])

    kept.release()
    shared.release()
    sweep(scratch)
    assert not scratch.exists()


def test_a_sweeper_that_takes_the_empty_scratch_away_fails_nobody_who_begins(scratch: Path) -> None:
    sweep(scratch)
    assert not scratch.exists()
    own = own_folder(scratch)
    assert own.path.is_dir()
    own.release()
    sweep(scratch)
    assert (shared_folder(scratch, "a", write).path / "file").is_file()
    assert scratch.stat().st_mode & 0o777 == 0o700


def test_a_scratch_that_somebody_else_has_made_meanwhile_is_not_used(scratch: Path, tmp_path: Path) -> None:
    scratch.rmdir()
    scratch.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PermissionError, match="remove it"):
        own_folder(scratch)


def test_a_shared_folder_is_filled_once_while_others_use_it(scratch: Path) -> None:
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        time.sleep(0.2)
        write(folder)

    held: list[module.Held] = []
    threads = [
        threading.Thread(target=lambda: held.append(shared_folder(scratch, "a", fill))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(held) == 4
    assert len(filled) == 1
    assert {(one.path / "file").read_text() for one in held} == {"content"}


def test_a_folder_whose_filling_failed_is_filled_again(scratch: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        shared_folder(scratch, "a", fail)
    assert (shared_folder(scratch, "a", write).path / "file").read_text() == "content"


def test_what_a_killed_process_held_is_cleared_away_after_it(scratch: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from simgate.harness.execution.cluster.scratch import own_folder, start_sweeper\n"
        "scratch = Path(sys.argv[1]); sweeper = start_sweeper(scratch); held = own_folder(scratch)\n"
        "print(held.path, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(scratch)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    held = Path(process.stdout.readline().strip())
    assert held.is_dir()

    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while held.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not held.exists()


def test_a_lock_that_ends_after_what_tells_the_sweeper_is_waited_for(scratch: Path) -> None:
    sweeper, held = start_sweeper(scratch), own_folder(scratch)
    os.close(sweeper)
    time.sleep(0.3)
    held.release()
    deadline = time.monotonic() + 60
    while held.path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not held.path.exists()


def test_the_scratch_of_another_user_is_refused(scratch: Path) -> None:
    scratch.chmod(0o755)
    with pytest.raises(PermissionError, match="is not this user's own folder"):
        scratch_of(os.getuid())


def test_content_that_is_not_what_was_sent_gets_no_place(tmp_path: Path) -> None:
    with pytest.raises(Changed, match="has arrived as something else"):
        place(tmp_path, "/a/model.onnx", b"other", "0" * 64)
    assert not list(tmp_path.iterdir())
