"""Makes a pack's simulator, with file names in its options read as the pack means them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simgate.harness.packs.model import SimSpec
from simgate.harness.registry import load
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.traits import traits_of


def make_adapter(sim: SimSpec, folder: Path) -> SimAdapter:
    """The simulator of a pack, not started.

    Args:
        sim: What the pack says of it.
        folder: The pack's; options that the adapter's traits name as ``path_options`` start there, like every
            file that a pack names, wherever simgate was called from.

    Raises:
        UnknownPlugin: There is no such adapter.
        ValueError: An option is unknown or wrong.
    """
    factory: Any = load("simgate.sim_adapters", sim.adapter, folder)
    options = located_options(factory, sim.options, folder)
    timing = Timing(sim.physics_hz, sim.control_hz, sim.camera_hz)
    adapter: SimAdapter = factory(timing=timing, options=options)
    return adapter


def located_options(factory: Any, given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What an adapter is given: options that its traits name as paths start at the pack."""
    options = dict(given)
    for name in traits_of(factory).path_options:
        value = options.get(name)
        if isinstance(value, str) and value:
            options[name] = str(folder / value)
    return options
