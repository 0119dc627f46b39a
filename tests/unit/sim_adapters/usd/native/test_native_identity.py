"""What a stage is made of decides its digest: every layer and picture, wherever it is kept and however it is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import UsdUtils

from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import TIMING, YARD, with_prim, write_yard, yard_world

CUBE = '#usda 1.0\n(\n    defaultPrim = "C"\n)\ndef Cube "C"\n{\n}\n'


def head(text: str) -> str:
    """The yard with more metadata."""
    return YARD.replace("metersPerUnit = 1\n", f"metersPerUnit = 1\n    {text}\n", 1)


def prim(meta: str, body: str = "") -> str:
    return with_prim(f'def "More" (\n{meta}\n)\n{{\n{body}}}\n')


PICTURE = 'def Shader "T"\n{\nuniform token info:id = "UsdUVTexture"\nasset inputs:file = @./part.png@\n}\n'
MODULE = 'def Shader "M"\n{\nuniform asset info:mdl:sourceAsset = @./Wall.mdl@\n}\n'
"""A module that imports another, which reads a picture."""
CLIPS = """clips = {
    dictionary default = {
        asset[] assetPaths = [@./part.usda@]
        asset manifestAssetPath = @./part.usda@
        string primPath = "/C"
        double2[] active = [(0, 0)]
        double2[] times = [(0, 0)]
    }
}"""
VARIANT = (
    'variants = { string look = "a" }\nprepend variantSets = "look"\n)\n{\nvariantSet "look" = {\n"a" {\n}\n'
    '"b" ( references = @./part.usda@ ) {\n}\n}\n}\ndef "Other" (\nkind = "group"'
)
USES = {
    "a sublayer": (head("subLayers = [@./part.usda@]"), "part.usda"),
    "a reference": (prim("references = @./part.usda@"), "part.usda"),
    "a payload": (prim("payload = @./part.usda@"), "part.usda"),
    "a variant that is not chosen": (prim(VARIANT), "part.usda"),
    "what is not active": (prim("active = false\nreferences = @./part.usda@"), "part.usda"),
    "clips": (prim(CLIPS), "part.usda"),
    "a name that is computed": (
        head('expressionVariables = { string WHICH = "part" }').replace(
            'def Xform "Dock"', 'def "More" ( references = @`"./${WHICH}.usda"`@ )\n{\n}\ndef Xform "Dock"'
        ),
        "part.usda",
    ),
    "a picture": (with_prim(PICTURE), "part.png"),
    "a picture of a material in MDL": (with_prim(MODULE), "part.png"),
    "a tile of a picture": (with_prim(PICTURE.replace("part.png", "part.<UDIM>.png")), "part.1002.png"),
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "part.usda").write_text(CUBE)
    (folder / "Wall.mdl").write_text("mdl 1.4;\nimport ::OmniPBR::OmniPBR;\nusing .::Base import *;\n")
    (folder / "Base.mdl").write_text('mdl 1.4;\nexport material B() = P(t: texture_2d("./part.png"));\n')
    for name in ("part.png", "part.1001.png", "part.1002.png"):
        Image.new("RGB", (2, 2), (9, 9, 9)).save(folder / name)
    return write_yard(folder, text)


def change(file: Path) -> None:
    if file.suffix == ".png":
        Image.new("RGB", (2, 2), (8, 9, 9)).save(file)
    else:
        file.write_text(file.read_text().replace("{\n}", "{\n    double size = 3\n}"))


@pytest.mark.parametrize(("text", "part"), USES.values(), ids=USES)
def test_a_changed_part_is_another_world_and_a_moved_folder_is_not(
    tmp_path: Path, text: str, part: str
) -> None:
    path = write(tmp_path / "one", text)
    before = UsdFile(path)
    assert path.parent / part in before.files
    shutil.copytree(path.parent, tmp_path / "two")
    assert UsdFile(tmp_path / "two" / path.name).sha256 == before.sha256
    change(path.parent / part)
    assert UsdFile(path).sha256 != before.sha256


def test_brackets_in_a_folder_do_not_hide_its_files(tmp_path: Path) -> None:
    path = write(tmp_path / "site[old]", USES["a reference"][0])
    assert [file.name for file in UsdFile(path).files] == ["yard.usda", "part.usda"]


def in_a_package(folder: Path, make: Callable[[Path], None]) -> str:
    path = write(folder, with_prim(PICTURE))
    make(folder / "part.png")
    package = folder / "yard.usdz"
    assert UsdUtils.CreateNewUsdzPackage(str(path), str(package))
    return UsdFile(package).sha256


def test_a_picture_inside_a_package_counts(tmp_path: Path) -> None:
    same, other = in_a_package(tmp_path / "a", lambda _: None), in_a_package(tmp_path / "b", change)
    assert same != other


def test_files_behind_links_are_the_files_beside_them(tmp_path: Path) -> None:
    """A store of large files keeps a picture under its hash; what reads it names the link."""
    path = write(tmp_path / "one", with_prim(PICTURE))
    before = UsdFile(path).sha256
    kept = tmp_path / "store" / "5f3a"
    kept.parent.mkdir()
    shutil.move(path.parent / "part.png", kept)
    (path.parent / "part.png").symlink_to(kept)
    assert UsdFile(path).sha256 == before


def test_what_is_simulated_has_every_prim_of_the_file(tmp_path: Path) -> None:
    """Variables of a file count in its root layer alone, which the layer of a variant takes the place of."""
    path = write(tmp_path / "one", USES["a name that is computed"][0])
    shown = VariantStage(scene_of(yard_world(path)), TIMING)
    assert "/World/More" in {solid.path for solid in shown.solids}
