"""The conformance suite on an installed simulator, as ``simgate doctor --adapter NAME`` runs it with pytest.

``SIMGATE_DOCTOR_ADAPTER`` names the simulator.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from simgate.harness.registry import load
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.conformance import AdapterConformance
from simgate.sim_adapters.traits import traits_of

VARIABLE = "SIMGATE_DOCTOR_ADAPTER"
_FACTORY = load("simgate.sim_adapters", os.environ[VARIABLE])


class TestInstalledSimulator(AdapterConformance):
    """The suite."""

    bit_reproducible = traits_of(_FACTORY).bit_reproducible
    max_worlds = traits_of(_FACTORY).max_worlds

    def make_adapter(self, timing: Timing, options: Mapping[str, object] | None = None) -> SimAdapter:
        """The simulator that the environment names."""
        adapter: SimAdapter = _FACTORY(timing=timing, options=options or {})
        return adapter
