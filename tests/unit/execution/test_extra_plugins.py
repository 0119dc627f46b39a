from __future__ import annotations

import pytest

from simgate.harness import registry
from tests.unit.execution.memory_plugins import MemoryAdapter


def test_a_plugin_that_is_not_installed_is_found_through_the_environment() -> None:
    assert registry.load("simgate.sim_adapters", "memory") is MemoryAdapter
    assert {"memory", "mujoco"} <= set(registry.names("simgate.sim_adapters"))


def test_it_is_gone_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(registry.PLUGINS_VARIABLE)
    with pytest.raises(registry.UnknownPlugin):
        registry.load("simgate.sim_adapters", "memory")


@pytest.mark.parametrize("text", ["memory", "sim_adapters:memory", "memory=module:name", "a:b=module"])
def test_a_list_that_cannot_be_read_says_how_to_write_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, text)
    with pytest.raises(registry.UnusablePlugins, match="group:name=module:attribute"):
        registry.names("simgate.sim_adapters")
