"""The files that an environment is made of: told with what they import, each folder's its own."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from simgate.sim_adapters.environments.link import open_link
from simgate.sim_adapters.environments.remote.imports import named_by
from simgate.sim_adapters.environments.remote.refused import Refused
from tests.unit.sim_adapters.environments.links import HERE


def test_a_module_that_only_says_a_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = types.ModuleType("said_only")
    said.__file__ = "_said.py"
    monkeypatch.setitem(sys.modules, "said_only", said)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain_env.py").write_text((HERE / "team_env.py").read_text())
    link = open_link(None, {"name": "plain_env.py:Cart", "folder": str(tmp_path), "make": {}})
    assert [Path(path).name for path in link.call("describe")["files"]] == ["plain_env.py"]
    link.close()


def test_files_of_nobodys_release_are_told_with_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "own_env.py").write_text((HERE / "team_env.py").read_text() + "\nimport own_helper\n")
    (tmp_path / "own_helper.py").write_text("G = 9.81\n")
    link = open_link(sys.executable, {"name": "own_env.py:Cart", "folder": str(tmp_path), "make": {}})
    assert [Path(path).name for path in link.call("describe")["files"]] == ["own_env.py", "own_helper.py"]
    link.close()


def test_files_of_a_package_are_told_wherever_and_whenever_they_are_imported(tmp_path: Path) -> None:
    cart = (HERE / "team_env.py").read_text()
    late = "\n\ndef rewarded():\n    from ..late import R\n    import stray\n"
    for name, text in {
        "team/__init__.py": "from team import registered",
        "team/registered.py": "",
        "team/envs/__init__.py": "",
        "team/envs/cart.py": f"{cart}\nfrom team.utils.reward import SCALE, WEIGHT{late}",
        "team/utils/reward.py": "SCALE = WEIGHT = 1.0",
        "team/late.py": "R = 1.0",
        "team/unread.py": "",
        "stray.py": "import json, numpy",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    maker = "def make(**given):\n    from team.envs.cart import Cart\n    return Cart(**given)\n"
    (tmp_path / "maker.py").write_text(maker)
    link = open_link(sys.executable, {"name": "maker.py:make", "folder": str(tmp_path), "make": {}})
    told = {Path(path).relative_to(tmp_path.resolve()).as_posix() for path in link.call("describe")["files"]}
    link.close()
    assert told == {
        "maker.py", "stray.py", "team/__init__.py", "team/registered.py", "team/envs/__init__.py",
        "team/envs/cart.py", "team/utils/reward.py", "team/late.py",
    }  # fmt: skip


def own_file(folder: Path, helper: str, text: str) -> dict[str, object]:
    folder.mkdir()
    cart = (HERE / "team_env.py").read_text().replace("start_m: float = 0.0", "start_m: float = START_M")
    (folder / "own_env.py").write_text(
        cart.replace("import numpy", f"from {helper} import START_M\nimport numpy")
    )
    (folder / f"{helper}.py").write_text(text)
    return {"name": "own_env.py:Cart", "folder": str(folder), "make": {}}


def test_environments_of_two_folders_with_files_of_one_name_are_each_their_own(tmp_path: Path) -> None:
    links = {
        name: open_link(None, own_file(tmp_path / name, f"helper_of_{name}", f"START_M = {start}"))
        for name, start in (("one", 1.0), ("two", 2.0))
    }
    said = {name: link.call("describe") for name, link in links.items()}
    for name, link in links.items():
        told = {Path(path).relative_to(tmp_path).as_posix() for path in said[name]["files"]}
        assert told == {f"{name}/own_env.py", f"{name}/helper_of_{name}.py"}
        link.close()
    assert [dict(one["settable"])["make.start_m"] for one in said.values()] == [1.0, 2.0]


def test_a_helper_whose_name_another_environment_has_taken_is_refused(tmp_path: Path) -> None:
    open_link(None, own_file(tmp_path / "one", "taken_helper", "START_M = 1.0")).close()
    other = own_file(tmp_path / "two", "taken_helper", "START_M = 2.0")
    with pytest.raises(
        Refused, match=r"imports taken_helper.py beside it, and the name .* is also that of .*one"
    ):
        open_link(None, other)
    remote = open_link(sys.executable, other)
    assert dict(remote.call("describe")["settable"])["make.start_m"] == 2.0
    remote.close()


def test_a_helper_whose_name_a_loaded_module_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"imports pytest.py beside it, and the name 'pytest' is also that of"):
        open_link(None, own_file(tmp_path / "one", "pytest", "START_M = 1.0"))


def test_a_model_in_mjcf_is_told_with_what_it_names(tmp_path: Path) -> None:
    files = {
        "m.xml": '<mujoco><compiler meshdir="meshes"/><include file="sub.xml"/><asset><mesh file="a.stl"/>'
        '<mesh file="gone.stl"/></asset></mujoco>',
        "sub.xml": '<mujocoinclude><texture fileup="up.png"/><mesh file="c.stl"/><include file="sub.xml"/>'
        "</mujocoinclude>",
        "meshes/a.stl": "",
        "meshes/b.stl": "",
        "meshes/c.stl": "",
        "up.png": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    told = named_by([str(tmp_path / "m.xml")], lambda path: True)
    assert {Path(path).name for path in told} == {"m.xml", "sub.xml", "a.stl", "c.stl", "up.png"}
