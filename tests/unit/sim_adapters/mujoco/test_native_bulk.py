"""A file that asks MuJoCo for more than it can build in minutes is refused before MuJoCo gets it."""

from __future__ import annotations

import struct
from pathlib import Path

import mujoco
import pytest

from simgate.sim_adapters.files.plain_file import NotPlain
from simgate.sim_adapters.mujoco.mujoco_log import rejections, warn_on_stderr
from simgate.sim_adapters.mujoco.native.bulk import MOST_ELEMENTS, Bulk
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_sites import YARD, write_yard

BOX = '<geom type="box" size="0.1 0.1 0.1" pos="0 0 5"/>'


def site(folder: Path, *, world: str = "", head: str = "") -> Path:
    text = YARD.replace("</worldbody>", f"{world}</worldbody>").replace("<asset>", f"{head}<asset>", 1)
    write_yard(folder)
    path = folder / "yard.xml"
    path.write_text(text, encoding="utf-8")
    return path


def times(count: int, inner: str) -> str:
    return f'<replicate count="{count}" offset="0 0 0.1">{inner}</replicate>'


TOO_MUCH = {
    "a billion copies": ({"world": times(10**9, BOX)}, "1,000,000,000 copies by replicate"),
    "copies of copies": ({"world": times(100, times(100, BOX))}, "10,000 copies by replicate"),
    "a hundred thousand shapes": ({"world": BOX * 100_000}, "20,001 elements"),
    "a few copies of many shapes": ({"world": times(100, BOX * 300)}, "elements"),
    "a soft body of a billion points": (
        {"world": '<flexcomp name="f" type="grid" count="1000 1000 1000" spacing="1 1 1" dim="3"/>'},
        "1,000,000,000 points of a flexcomp",
    ),
    "a picture of a tera of pixels": (
        {"head": '<asset><texture name="t" builtin="checker" width="1000000" height="1000000"/></asset>'},
        "1,000,000,000,000 pixels of a texture",
    ),
    "a landscape": (
        {"head": '<asset><hfield name="h" nrow="100000" ncol="100000" size="1 1 1 1"/></asset>'},
        "10,000,000,000 points of a hfield",
    ),
    "two billion stored poses": ({"head": '<size nkey="2000000000"/>'}, "2,000,000,000 places by nkey"),
    "two billion numbers a shape": ({"head": '<size nuser_geom="2e9"/>'}, "places by nuser_geom"),
}


@pytest.mark.parametrize("kind", sorted(TOO_MUCH))
def test_what_asks_for_too_much_is_refused_with_the_number(tmp_path: Path, kind: str) -> None:
    parts, said = TOO_MUCH[kind]
    with pytest.raises(
        NativeError, match=r"yard\.xml cannot be read: it asks for [0-9,]+ .*at most"
    ) as error:
        MjcfFile(site(tmp_path, **parts))
    assert said in str(error.value)


def test_copies_of_what_is_included_are_counted(tmp_path: Path) -> None:
    (tmp_path / "row.xml").write_text(f"<mujocoinclude>{times(3000, BOX)}</mujocoinclude>", encoding="utf-8")
    with pytest.raises(NativeError, match=r"row\.xml cannot be read: it asks for 9,000,000 copies"):
        MjcfFile(site(tmp_path, world=times(3000, '<include file="row.xml"/>')))


def test_models_that_attach_each_other_end_in_a_sentence(tmp_path: Path) -> None:
    head = '<asset><model name="own" file="yard.xml"/></asset>'
    path = site(tmp_path, head=head, world='<attach model="own" body="cart" prefix="a"/>')
    with pytest.raises(NativeError, match=r"yard\.xml cannot be read: it is opened again and again"):
        MjcfFile(path)


def test_a_picture_that_unpacks_to_gigabytes_is_not_handed_on(tmp_path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 60_000) + b"\x08\x02\0\0\0"
    with pytest.raises(NotPlain, match="3,600,000,000 pixels"):
        Bulk().take(tmp_path / "bomb.png", header)


def test_what_is_commented_out_or_an_ordinary_site_is_not_counted(tmp_path: Path) -> None:
    path = site(tmp_path, world=f"<!-- {times(10**9, BOX)} -->{times(30, BOX)}")
    assert MjcfFile(path).require("cart") is None
    Bulk().take(path, b"<mujoco>" + BOX.encode() * (MOST_ELEMENTS - 1) + b"</mujoco>")


def test_what_mujoco_itself_does_not_expect_is_an_ordinary_rejection() -> None:
    heap = '<body><freejoint/><geom size="0.1"/></body>' * 30
    warn_on_stderr()
    model = mujoco.MjModel.from_xml_string(
        f'<mujoco><size memory="30K"/><worldbody>{heap}</worldbody></mujoco>'
    )
    with pytest.raises(ValueError, match="increase <size memory"), rejections():
        mujoco.mj_forward(model, mujoco.MjData(model))
