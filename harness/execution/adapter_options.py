"""Makes a pack's simulator, with file names in its options read as the pack means them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simgate.harness.packs.model import SimSpec
from simgate.harness.registry import load
from simgate.sim_adapters.adapter import SimAdapter, Timing


def make_adapter(sim: SimSpec, folder: Path) -> SimAdapter:
    """The simulator of a pack, not started.

    Args:
        sim: What the pack says of it.
        folder: The pack's; options that the adapter names in ``path_options`` start there, like every file
            that a pack names, wherever simgate was called from.

    Raises:
        UnknownPlugin: There is no such adapter.
        ValueError: An option is unknown or wrong.
    """
    factory: Any = load("simgate.sim_adapters", sim.adapter)
    options = dict(sim.options)
    for name in getattr(factory, "path_options", ()):
        given = options.get(name)
        if isinstance(given, str) and given:
            options[name] = str(folder / given)
    timing = Timing(sim.physics_hz, sim.control_hz, sim.camera_hz)
    adapter: SimAdapter = factory(timing=timing, options=options)
    return adapter
