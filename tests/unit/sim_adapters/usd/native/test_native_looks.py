"""Looks of a stage's materials: the connected channel of a picture, primvars, and what the lidar sees of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pxr", reason="needs simgate[usd]")

from pxr import Usd, UsdUtils

from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.usd.colour import display, linear
from simgate.sim_adapters.usd.native.appearance.looks import look_of
from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_world import scene_of
from tests.unit.sim_adapters.usd.native_stages import TIMING, with_prim, write_yard, yard_world

ONE = "\n".join(f"float outputs:{channel}" for channel in "rgba")
LEAF = (60, 200, 60, 255)
MIST = (255, 255, 255, 64)
Look = Callable[..., Material]


def picture(path: Path, *pixels: tuple[int, ...] | int, deep: bool = False) -> str:
    """A picture of one row, its name in the stage."""
    kind = np.uint16 if deep else np.uint8
    Image.fromarray(np.array([pixels], dtype=kind)).save(path)
    return f"./{path.name}"


def prims(inputs: str, nodes: str = "", shape: str = "") -> str:
    """A cube with a preview surface."""
    return (
        f'def Cube "It" ( prepend apiSchemas = ["PhysicsCollisionAPI", "MaterialBindingAPI"] )\n{{\n{shape}\n'
        'rel material:binding = </World/Mat>\n}\ndef Material "Mat"\n{\n'
        "token outputs:surface.connect = </World/Mat/S.outputs:surface>\n"
        f'def Shader "S"\n{{\nuniform token info:id = "UsdPreviewSurface"\n{inputs}\ntoken outputs:surface\n}}\n{nodes}}}\n'
    )


def node(name: str, more: str, kind: str = "UsdUVTexture") -> str:
    return f'def Shader "{name}"\n{{\nuniform token info:id = "{kind}"\n{more}\n}}\n'


def texture(name: str, file: str, more: str = "") -> str:
    return node(name, f"asset inputs:file = @{file}@\n{more}\nfloat3 outputs:rgb\n{ONE}")


def connected(name: str, source: str) -> str:
    kind = "color3f" if name.endswith("Color") else "float"
    return f"{kind} inputs:{name}.connect = </World/Mat/{source}>\n"


def look(folder: Path, text: str, at: str = "/World/It") -> Material:
    stage = Usd.Stage.Open(str(write_yard(folder, with_prim(text))))
    return look_of(stage.GetPrimAtPath(at))


def test_opacity_is_the_channel_that_it_is_connected_to(tmp_path: Path) -> None:
    inputs = connected("diffuseColor", "T.outputs:rgb") + connected("opacity", "T.outputs:a")
    solid = look(tmp_path, prims(inputs, texture("T", picture(tmp_path / "leaf.png", LEAF))))
    assert solid.rgb == pytest.approx((60 / 255, 200 / 255, 60 / 255), abs=1e-6)
    assert (solid.opacity, solid.lidar_transparent) == (1.0, False)
    mist = look(tmp_path, prims(inputs, texture("T", picture(tmp_path / "mist.png", MIST))))
    assert mist.opacity == pytest.approx(64 / 255)
    assert mist.lidar_transparent


@pytest.mark.parametrize(
    ("space", "expected"),
    [("auto", linear(200 / 255)), ("sRGB", linear(200 / 255)), ("raw", 200 / 255)],
)
def test_a_channel_of_colours_is_read_in_its_colour_space(
    tmp_path: Path, space: str, expected: float
) -> None:
    said = f'token inputs:sourceColorSpace = "{space}"'
    nodes = texture("T", picture(tmp_path / "orm.png", (0, 200, 0)), said)
    found = look(tmp_path, prims(connected("roughness", "T.outputs:g"), nodes))
    assert found.roughness == pytest.approx(expected, abs=1e-6)


def test_alpha_and_grey_are_never_decoded(tmp_path: Path) -> None:
    nodes = texture("T", picture(tmp_path / "grey.png", 100, 200))
    found = look(tmp_path, prims(connected("roughness", "T.outputs:r"), nodes))
    assert found.roughness == pytest.approx(150 / 255)


def test_scale_and_bias_are_those_of_the_channel(tmp_path: Path) -> None:
    said = "float4 inputs:scale = (9, 9, 9, 0.5)\nfloat4 inputs:bias = (9, 9, 9, 0.25)"
    nodes = texture("T", picture(tmp_path / "half.png", (0, 0, 0, 255), (0, 0, 0, 0)), said)
    assert look(tmp_path, prims(connected("opacity", "T.outputs:a"), nodes)).opacity == pytest.approx(0.5)


def test_sixteen_bits_are_not_cut_to_eight(tmp_path: Path) -> None:
    nodes = texture("T", picture(tmp_path / "deep.png", 1000, 32768, deep=True))
    found = look(tmp_path, prims(connected("diffuseColor", "T.outputs:rgb"), nodes))
    assert found.rgb == pytest.approx((display((1000 + 32768) / 2 / 65535),) * 3, abs=1e-6)


def test_a_file_through_the_interface_of_the_material_is_read(tmp_path: Path) -> None:
    nodes = node("T", "asset inputs:file.connect = </World/Mat.inputs:map>\nfloat3 outputs:rgb")
    text = prims(connected("diffuseColor", "T.outputs:rgb"), nodes)
    file = picture(tmp_path / "leaf.png", LEAF)
    found = look(tmp_path, text.replace('"Mat"\n{\n', f'"Mat"\n{{\nasset inputs:map = @{file}@\n'))
    assert found.rgb == pytest.approx((60 / 255, 200 / 255, 60 / 255), abs=1e-6)


def test_a_picture_in_tiles_is_the_mean_of_its_tiles(tmp_path: Path) -> None:
    for number, alpha in ((1001, 255), (1002, 0)):
        picture(tmp_path / f"wall.{number}.png", (0, 0, 0, alpha))
    nodes = texture("T", "./wall.<UDIM>.png")
    assert look(tmp_path, prims(connected("opacity", "T.outputs:a"), nodes)).opacity == pytest.approx(0.5)


def test_a_picture_inside_a_package_is_read(tmp_path: Path) -> None:
    inputs = connected("diffuseColor", "T.outputs:rgb")
    path = write_yard(tmp_path, with_prim(prims(inputs, texture("T", picture(tmp_path / "leaf.png", LEAF)))))
    package = tmp_path / "yard.usdz"
    assert UsdUtils.CreateNewUsdzPackage(str(path), str(package))
    stage = Usd.Stage.Open(str(package))
    found = look_of(stage.GetPrimAtPath("/World/It"))
    assert found.rgb == pytest.approx((60 / 255, 200 / 255, 60 / 255), abs=1e-6)
    assert UsdFile(package).files == (package,)


THRESHOLD = "float inputs:opacityThreshold = 0.5\n"


def test_under_a_threshold_a_surface_is_there_or_cut_out(tmp_path: Path) -> None:
    leaf = texture("T", picture(tmp_path / "cut.png", (0, 0, 0, 200), (0, 0, 0, 200), (0, 0, 0, 90)))
    found = look(tmp_path, prims(connected("opacity", "T.outputs:a") + THRESHOLD, leaf))
    assert found.opacity == pytest.approx(2 / 3)
    assert not found.lidar_transparent  # most of it reflects
    assert look(tmp_path, prims("float inputs:opacity = 0.6\n" + THRESHOLD)).opacity == 1.0


def test_a_few_soft_pixels_do_not_hide_a_panel_from_the_lidar(tmp_path: Path) -> None:
    soft = texture("T", picture(tmp_path / "sign.png", *[LEAF] * 9, (60, 200, 60, 250)))
    found = look(tmp_path, prims(connected("opacity", "T.outputs:a"), soft))
    assert found.opacity < 1.0
    assert not found.lidar_transparent


def test_a_display_colour_is_inherited_and_read_by_a_surface_that_asks_for_it(tmp_path: Path) -> None:
    group = (
        'def Xform "Group"\n{\ncolor3f[] primvars:displayColor = [(0, 0, 1)] (interpolation = "constant")\n'
        'float[] primvars:displayOpacity = [0.5] (interpolation = "constant")\ndef Cube "Inner"\n{\n}\n}\n'
    )
    found = look(tmp_path, group, "/World/Group/Inner")
    assert (found.rgb, found.opacity) == ((0.0, 0.0, pytest.approx(1.0)), 0.5)
    reader = node(
        "P", 'string inputs:varname = "displayColor"\nfloat3 outputs:result', "UsdPrimvarReader_float3"
    )
    asked = look(
        tmp_path,
        prims(
            connected("diffuseColor", "P.outputs:result"),
            reader,
            "color3f[] primvars:displayColor = [(0, 1, 0)]",
        ),
    )
    assert asked.rgb == pytest.approx((0.0, 1.0, 0.0))


def test_several_display_colours_are_their_mean(tmp_path: Path) -> None:
    faces = 'color3f[] primvars:displayColor = [(1, 0, 0), (0, 0, 1)] (interpolation = "vertex")\nint[] primvars:displayColor:indices = [0, 0, 0, 1]'
    found = look(tmp_path, f'def Cube "Bare"\n{{\n{faces}\n}}\n', "/World/Bare")
    assert found.rgb == pytest.approx((display(0.75), 0.0, display(0.25)))


@pytest.mark.parametrize("purpose", ["preview", "full"])
def test_a_material_that_is_bound_for_one_purpose_is_seen(tmp_path: Path, purpose: str) -> None:
    text = prims("float inputs:opacity = 0.3").replace("material:binding =", f"material:binding:{purpose} =")
    assert look(tmp_path, text).opacity == pytest.approx(0.3)
    path = write_yard(tmp_path, with_prim(text))
    world = yard_world(path, {"it": "/World/It.material"})
    shown = VariantStage(scene_of(world, it="/World/Looks/Red"), TIMING)
    assert look_of(shown.stage.GetPrimAtPath("/World/It")).opacity == 1.0


UNREADABLE = [
    (texture("T", "./sky.exr"), "reads sky.exr, which cannot be read as a picture: its format is not read here"),
    (texture("T", "./torn.png"), "reads torn.png, which cannot be read as a picture"),
    (node("T", "float3 outputs:rgb", "ND_image_color3"), "comes from '/World/Mat/T', a node of the kind ND_image_color3"),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "message"), UNREADABLE)
def test_what_cannot_be_read_is_refused_with_input_and_file(tmp_path: Path, nodes: str, message: str) -> None:
    (tmp_path / "sky.exr").write_bytes(b"\x76\x2f\x31\x01" + bytes(60))
    picture(tmp_path / "torn.png", *[LEAF] * 500)
    (tmp_path / "torn.png").write_bytes((tmp_path / "torn.png").read_bytes()[:60])
    text = with_prim(prims(connected("diffuseColor", "T.outputs:rgb"), nodes))
    with pytest.raises(NativeError) as caught:
        UsdFile(write_yard(tmp_path, text))
    assert "'/World/Mat/S.inputs:diffuseColor'" in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint
