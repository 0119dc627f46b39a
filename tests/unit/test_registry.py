"""Plugins are those of the search path as it is now, also after it was another one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from simgate.harness import registry
from tests.unit.sources.packages import install


def test_a_plugin_is_there_as_long_as_its_folder_is_on_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = registry.names("simgate.policies")
    entry = "[simgate.policies]\nstraight = acme_policy:Straight\n"
    install(tmp_path, "acme-robots", "0.7", "acme_policy", entry_points_txt=entry)
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        assert registry.names("simgate.policies") == sorted([*shipped, "straight"])
    assert registry.names("simgate.policies") == shipped


def test_a_group_that_was_empty_while_something_was_installed_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path)])
        assert registry.names("simgate.adapter_options") == []
        entry = "[simgate.adapter_options]\nown = acme:OPTIONS\n"
        install(tmp_path, "acme-robots", "0.7", "acme", entry_points_txt=entry)
        assert registry.names("simgate.adapter_options") == ["own"]
    assert {"mujoco", "physx"} <= set(registry.names("simgate.adapter_options"))


def test_a_search_path_that_has_not_changed_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look() -> object:
        looked.append(1)
        return entry_points()

    entry_points = registry.entry_points
    monkeypatch.setattr(registry, "entry_points", look)
    install(tmp_path, "acme-robots", "0.7", "acme", entry_points_txt="[simgate.policies]\nown = acme:Own\n")
    os.utime(tmp_path, (1e9, 1e9))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for group, names in (("simgate.policies", ["own"]), ("simgate.metrics", []), ("simgate.worlds", [])) * 2:
        assert registry.names(group) == names
    assert len(looked) == 1
    install(tmp_path, "acme-more", "0.7", "acme_more", entry_points_txt="[simgate.worlds]\nnew = acme:New\n")
    assert registry.names("simgate.worlds") == ["new"]
    assert len(looked) == 2


def test_a_folder_that_changes_all_the_time_fills_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    registry._installed.cache_clear()
    for second in range(20):
        os.utime(tmp_path, (second, second))
        assert registry.names("simgate.worlds") == []
    assert registry._installed.cache_info().currsize < 20


@pytest.mark.parametrize(
    ("group", "what"), [("policies", "policy"), ("worlds", "world"), ("sim_adapters", "sim adapter")]
)
def test_what_is_unknown_is_called_by_its_name(group: str, what: str) -> None:
    with pytest.raises(registry.UnknownPlugin, match=rf"^unknown {what} 'mine' \(known: "):
        registry.load(f"simgate.{group}", "mine")
