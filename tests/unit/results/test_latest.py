from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.results.latest import followed, point_latest, run_dirs
from simgate.harness.results.run_folder import RunFolder


def made(runs: Path, name: str) -> Path:
    folder = runs / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    point_latest(folder)
    return folder


def no_links(self: Path, target: str, target_is_directory: bool = False) -> None:
    raise OSError("this file system has no links")


@pytest.mark.parametrize("links", [True, False])
def test_latest_is_the_run_that_was_begun_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(Path, "symlink_to", no_links)
    first = made(tmp_path, "first")
    taken = RunFolder(tmp_path / "latest")
    second = made(tmp_path, "second")
    assert (tmp_path / "latest").is_symlink() == links
    assert RunFolder(tmp_path / "latest").path == second
    assert taken.path == first, "a name that was followed stays, whatever begins later"
    assert run_dirs(tmp_path) == [first, second]


def test_a_file_takes_the_place_of_a_link_where_links_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "first")
    monkeypatch.setattr(Path, "symlink_to", no_links)
    made(tmp_path, "second")
    assert (tmp_path / "latest").read_text() == "second\n"


@pytest.mark.parametrize("said", ["../elsewhere", "/etc", "", "a/b", "..", "."])
def test_latest_leads_out_of_the_folder_of_runs_for_nobody(tmp_path: Path, said: str) -> None:
    place = tmp_path / "latest"
    place.write_text(said)
    assert followed(place) == place
    if said:
        place.unlink()
        place.symlink_to(said)
        assert followed(place) == place


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    made(tmp_path, "first")
    assert (tmp_path / "latest").is_dir() and not (tmp_path / "latest").is_symlink()
