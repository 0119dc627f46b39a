"""The files that a plugin reads: what it tells of, and what its options name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from simgate.harness.sources.own_files import BadFiles, own_files


class Walker:
    @staticmethod
    def files(options: Mapping[str, object]) -> list[Path]:
        return [Path(str(options["folder"])) / name for name in ("net/walker.npz", "gains.yaml")]


def weights(folder: Path) -> Path:
    (folder / "net").mkdir(parents=True)
    (folder / "net" / "walker.npz").write_bytes(b"weights")
    (folder / "gains.yaml").write_text("kp: 1")
    return folder


def test_files_are_named_by_their_places_to_each_other_wherever_they_lie(tmp_path: Path) -> None:
    for place in ("here", "there/deeper"):
        folder = weights(tmp_path / place)
        found = own_files(Walker, {"folder": str(folder)}, tmp_path)
        assert sorted(found) == ["gains.yaml", "net/walker.npz"]
        assert found["net/walker.npz"] == folder / "net" / "walker.npz"


def test_an_option_that_names_a_file_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack, here = tmp_path / "pack", tmp_path / "here"
    pack.mkdir()
    here.mkdir()
    (pack / "table.yaml").write_text("x")
    (here / "net.npz").write_bytes(b"w")
    monkeypatch.chdir(here)
    options = {
        "assets": "table.yaml",
        "weights": "net.npz",
        "mode": "fast",
        "speed": 3,
        "folder": ".",
        "": "",
    }
    assert own_files(object(), options, pack) == {
        "assets: table.yaml": pack / "table.yaml",
        "weights: net.npz": here / "net.npz",
    }


def test_an_option_whose_file_is_in_both_places_brings_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    for folder in (tmp_path, pack):
        (folder / "net.npz").write_bytes(b"w")
    monkeypatch.chdir(tmp_path)
    assert set(own_files(None, {"weights": "net.npz"}, pack).values()) == {
        tmp_path / "net.npz",
        pack / "net.npz",
    }


def test_an_option_that_names_a_folder_brings_every_file_in_it(tmp_path: Path) -> None:
    net = weights(tmp_path / "pack" / "walker")
    (net / "__pycache__").mkdir()
    (net / "__pycache__" / "x.pyc").write_bytes(b"made anew")
    assert own_files(object(), {"net": "walker"}, tmp_path / "pack") == {
        "net: walker/gains.yaml": net / "gains.yaml",
        "net: walker/net/walker.npz": net / "net" / "walker.npz",
    }


def test_a_folder_of_which_the_plugin_tells_counts_with_what_it_tells(tmp_path: Path) -> None:
    folder = weights(tmp_path / "walker")
    (folder / "notes.txt").write_text("not read")
    assert sorted(own_files(Walker, {"folder": str(folder)}, tmp_path)) == ["gains.yaml", "net/walker.npz"]


def test_a_folder_with_too_many_files_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simgate.harness.sources.own_files._MOST_FILES", 1)
    weights(tmp_path / "walker")
    with pytest.raises(BadFiles, match=r"option 'net' names the folder .*walker, .* files\(options\)"):
        own_files(object(), {"net": "walker"}, tmp_path)


def test_text_that_is_no_path_is_no_obstacle(tmp_path: Path) -> None:
    assert own_files(None, {"prompt": "pick up " * 2000, "zero": "a\0b"}, tmp_path) == {}


def test_a_list_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadFiles, match=r"Walker\.files\(options\) failed: KeyError: 'folder'"):
        own_files(Walker, {}, tmp_path)
    with pytest.raises(BadFiles, match=r"names .*walker\.npz, which does not exist"):
        own_files(Walker, {"folder": str(tmp_path)}, tmp_path)
