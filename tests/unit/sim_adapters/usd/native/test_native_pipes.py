"""A stage that reads a pipe is refused by name; OpenUSD would wait for somebody to write into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

from simgate.sim_adapters.usd.native.stage_file import UsdFile
from simgate.sim_adapters.worlds.native_file import NativeError

STAGE = '#usda 1.0\n(\n  defaultPrim = "World"\n  metersPerUnit = 1\n  upAxis = "Z"\n%s)\ndef Xform "World" {\n%s}\n'
WAYS = {
    "as a layer below": ("  subLayers = [@pipe.usda@]\n", ""),
    "as a reference": ("", '  def "a" (references = @pipe.usda@) {\n  }\n'),
    "as a payload": ("", '  def "a" (payload = @pipe.usda@) {\n  }\n'),
    "as a value": ("", '  def Shader "a" {\n    asset inputs:file = @pipe.usda@\n  }\n'),
    "as a picture": ("", '  def Shader "a" {\n    asset inputs:file = @pipe.png@\n  }\n'),
    "through another file": ("  subLayers = [@other.usda@]\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_pipe_is_named_however_a_stage_reads_it(tmp_path: Path, way: str) -> None:
    for name in ("pipe.usda", "pipe.png"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "other.usda").write_text(STAGE % WAYS["as a payload"], encoding="utf-8")
    (tmp_path / "yard.usda").write_text(STAGE % WAYS[way], encoding="utf-8")
    name = "pipe.png" if "picture" in way else "pipe.usda"
    with pytest.raises(NativeError, match=rf"{name} cannot be read: it is a pipe, not a file"):
        UsdFile(tmp_path / "yard.usda")


def test_stages_that_read_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.usda").write_text(STAGE % ("  subLayers = [@b.usda@]\n", ""), encoding="utf-8")
    (tmp_path / "b.usda").write_text(STAGE % ("  subLayers = [@a.usda@]\n", ""), encoding="utf-8")
    assert sorted(path.name for path in UsdFile(tmp_path / "a.usda").files) == ["a.usda", "b.usda"]
