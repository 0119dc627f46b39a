"""Makes a pack's simulator and policy, with file names in their options read as the pack means them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simgate.harness.packs.model import Pack, SimSpec
from simgate.harness.registry import load
from simgate.policies.policy import Policy
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.options import OPTIONS, Option
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


def make_policy(pack: Pack) -> Policy:
    """The policy of a pack; options that it declares as files start at the pack.

    Raises:
        UnknownPlugin: There is no such policy.
        ValueError: An option is unknown or wrong.
    """
    folder = Path(pack.path).parent
    factory: Any = load("simgate.policies", pack.policy, folder)
    options = located_options(factory, pack.policy_options, folder)
    policy: Policy = factory(control_hz=pack.sim.control_hz, options=options)
    return policy


def located_options(factory: Any, given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a plugin is given: options that an adapter's traits name as paths, or that a policy declares as
    files, start at the pack."""
    options = dict(given)
    declared = OPTIONS.of(factory)
    files = [
        name
        for name, option in (declared.items() if isinstance(declared, Mapping) else ())
        if isinstance(option, Option) and option.kind == "file"
    ]
    for name in (*traits_of(factory).path_options, *files):
        value = options.get(name)
        if isinstance(value, str) and value:
            options[name] = str(folder / value)
    return options
