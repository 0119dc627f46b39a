"""An older MuJoCo is refused by name, wherever it is met first."""

from __future__ import annotations

from importlib.metadata import requires

import pytest

from simgate.harness.packs import worlds
from simgate.harness.packs.model import SimSpec
from simgate.sim_adapters.adapter import SimulatorUnavailable
from simgate.sim_adapters.mujoco import check_release


@pytest.mark.parametrize("found", ["4.0.0", "4.0.0rc1", "4.12.1", "10.0"])
def test_what_is_new_enough_will_do(found: str) -> None:
    check_release(found)


@pytest.mark.parametrize("found", ["3.3.0", "3.12.0", "2.10"])
def test_what_is_too_old_is_named_with_what_to_do(found: str) -> None:
    with pytest.raises(
        SimulatorUnavailable, match=rf"needs MuJoCo 4.0 or newer, and {found} is installed: pip"
    ):
        check_release(found)
    # Where a file of a team's own is read, what cannot be imported is a diagnostic.
    with pytest.raises(ImportError):
        check_release(found)


def test_a_simulator_that_cannot_be_used_refuses_a_pack_before_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(group: str, name: str) -> None:
        check_release("3.3.0")

    monkeypatch.setattr(worlds.registry, "load", load)
    with pytest.raises(worlds.UnfitAdapter, match=r"needs MuJoCo 4\.0 or newer"):
        worlds.require_options(SimSpec(adapter="mujoco"))


def test_the_package_asks_for_no_newer_one_than_environments_need() -> None:
    assert any(one.replace(" ", "").startswith("mujoco>=3.3") for one in requires("simgate") or ())
