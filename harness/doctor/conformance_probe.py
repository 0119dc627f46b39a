"""The conformance suites on a simulator, as ``simgate doctor --adapter NAME`` runs them by pytest.

``SIMGATE_DOCTOR_ADAPTER`` names the simulator. Its traits say which suites are for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from simgate.harness.registry import load
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.conformance import AdapterConformance
from simgate.sim_adapters.conformance.robots import RobotConformance, RobotWorlds
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.traits import traits_of
from simgate.sim_adapters.worlds.probes.small_arm import machines

VARIABLE = "SIMGATE_DOCTOR_ADAPTER"
_FACTORY = load("simgate.sim_adapters", os.environ[VARIABLE], Path.cwd())
_TRAITS = traits_of(_FACTORY)


if _TRAITS.planar:

    class TestInstalledSimulator(AdapterConformance):
        """Scenes with a driving robot."""

        bit_reproducible = _TRAITS.bit_reproducible
        max_worlds = _TRAITS.max_worlds

        def make_adapter(self, timing: Timing, options: Mapping[str, object] | None = None) -> SimAdapter:
            """The simulator that the environment names."""
            adapter: SimAdapter = _FACTORY(timing=timing, options=options or {})
            return adapter


if _TRAITS.actuators:

    class TestRobotOnItsOwnJoints(RobotConformance):
        """A small arm with one channel of each kind that can be declared."""

        bit_reproducible = _TRAITS.bit_reproducible
        max_worlds = _TRAITS.max_worlds

        @pytest.fixture(autouse=True)
        def _folder(self, tmp_path: Path) -> None:
            self.folder = tmp_path

        def make_worlds(self, timing: Timing) -> RobotWorlds:
            """The simulator that the environment names."""
            worlds: RobotWorlds = _FACTORY(timing=timing, options={})
            return worlds

        def make_payloads(self) -> Sequence[ArticulatedSite]:
            """Two places of a cube."""
            return machines(self.folder)
