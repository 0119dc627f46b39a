"""Files that others name are read where they are plain files, of a bounded size, in their own folder."""

import os
import socket
from pathlib import Path

import pytest

from simgate.sim_adapters.files.plain_file import NotPlain, inside, read_plain, require_plain


def test_a_file_is_read_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_plain(tmp_path / "link", 7) == b"content"
    require_plain(tmp_path / "link", 7)


@pytest.mark.parametrize("read", [read_plain, require_plain])
def test_pipes_devices_sockets_folders_and_large_files_are_not_waited_for(tmp_path: Path, read) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"12345678")
    for path, words in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "folder", "folder: it is a folder, not a file"),
        (tmp_path / "large", "more than 7 bytes"),
        (Path("/dev/zero"), "a device"),
        (Path("/dev/stdin/none"), "Not a directory"),
    ):
        with pytest.raises(OSError) as error:
            read(path, 7)
        assert words in f"{error.value.filename}: {error.value.strerror}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError):
            read(tmp_path / "socket", 7)


@pytest.mark.parametrize("name", ["a.png", "deep/er/a.png", "deep/../a.png", "link-inside"])
def test_what_lies_in_the_folder_is_inside(tmp_path: Path, name: str) -> None:
    (tmp_path / "link-inside").symlink_to("a.png")
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "deep/../../secret", "link", "folder/secret", "a\0b", "loop/x"]
)
def test_what_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret").write_text("mine")
    (run / "link").symlink_to("../secret")
    (run / "folder").symlink_to("..")
    (run / "loop").symlink_to("loop")
    with pytest.raises(NotPlain, match="leads out of"):
        inside(run, name)
