"""A simulator's options: file names start at the pack's folder, everything else is as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.execution.planning.adapter_options import make_adapter
from simgate.harness.packs.model import SimSpec
from simgate.sim_adapters.traits import AdapterTraits
from tests.unit.execution.memory_plugins import MemoryAdapter


class WithFiles(MemoryAdapter):
    traits = AdapterTraits(path_options=("assets",))


@pytest.fixture
def options(monkeypatch, tmp_path):
    here = __name__
    monkeypatch.setenv("SIMGATE_PLUGINS", f"sim_adapters:with_files={here}:WithFiles")

    def of(**given: object) -> dict[str, object]:
        return dict(make_adapter(SimSpec(adapter="with_files", options=given), tmp_path / "packs").options)

    return of


def test_a_file_starts_at_the_packs_folder(options, tmp_path):
    assert options(assets="looks/assets.yaml")["assets"] == str(tmp_path / "packs" / "looks" / "assets.yaml")


def test_an_absolute_file_stays_and_so_does_everything_that_is_no_file(options, tmp_path):
    absolute = str(Path(tmp_path).resolve() / "assets.yaml")
    assert options(assets=absolute, loop="coupled") == {"assets": absolute, "loop": "coupled"}
    assert options() == {}
    assert options(assets=3)["assets"] == 3, "the adapter says what is wrong with it"
