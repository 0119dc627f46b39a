"""A variant as files: what it reads stands beside it, wherever it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import UsdUtils

from simgate.sim_adapters.usd.native.export import write_variant
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import TIMING, with_prim, write_yard, yard_world

PICTURE = 'def Shader "T"\n{\nuniform token info:id = "UsdUVTexture"\nasset inputs:file = @./NAME@\n}\n'


def site(folder: Path, name: str, *files: str) -> Path:
    folder.mkdir()
    for level, file in enumerate(files):
        Image.new("L", (1, 1), level).save(folder / file)
    return write_yard(folder, with_prim(PICTURE.replace("NAME", name)))


def exported(path: Path, out: Path) -> list[int]:
    """Levels of the pictures that the exported stage reads, from files beside it alone."""
    written = write_variant(scene_of(yard_world(path)), TIMING, out / "variant.usda")
    files = UsdFile(out / "variant.usda").files
    assert set(files) == set(written)
    assert all(file.is_relative_to(out) for file in files)
    return sorted(Image.open(file).getpixel((0, 0)) for file in files[1:])


def test_a_picture_of_a_package_is_written_beside_the_stage(tmp_path: Path) -> None:
    path = site(tmp_path / "site", "wall.png", "wall.png")
    package = tmp_path / "site.usdz"
    assert UsdUtils.CreateNewUsdzPackage(str(path), str(package))
    assert exported(package, tmp_path / "out") == [0]


def test_every_tile_of_a_picture_is_written_beside_the_stage(tmp_path: Path) -> None:
    path = site(tmp_path / "site", "wall.<UDIM>.png", "wall.1001.png", "wall.1002.png")
    assert exported(path, tmp_path / "out") == [0, 1]
