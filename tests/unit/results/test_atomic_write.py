from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from simgate.harness.results.atomic_write import write_atomic


def test_the_new_content_replaces_the_old_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomic(path, "old")
    write_atomic(path, b"new \xe2\x9c\x93")
    assert path.read_text() == "new ✓"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    write_atomic(path, "old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_a_file_is_what_the_umask_leaves(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "a", "content")
        write_atomic(tmp_path / "b", "content", 0o640)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "socket", "folder"])
def test_what_is_no_plain_file_is_neither_replaced_nor_written_through(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "out", tmp_path / "other"
    if kind == "link":
        other.write_text("mine")
    if kind in ("link", "dangling"):
        path.symlink_to(other)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path.mkdir()
    before = path.lstat()
    names = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match=r"link|plain file|directory") as caught:
        write_atomic(path, "new")
    assert caught.value.filename == str(path)
    assert path.lstat().st_ino == before.st_ino
    assert sorted(tmp_path.iterdir()) == names
    assert not other.exists() or other.read_text() == "mine"


def test_a_name_of_the_longest_kind_is_written(tmp_path: Path) -> None:
    write_atomic(tmp_path / ("x" * 255), "content")
    assert (tmp_path / ("x" * 255)).read_text() == "content"


def test_a_folder_that_is_missing_is_said_of_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        write_atomic(tmp_path / "missing" / "evidence.zip", b"")
    assert error.value.filename == str(tmp_path / "missing" / "evidence.zip")
