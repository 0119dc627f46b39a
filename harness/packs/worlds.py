"""The world of a scenario: an installed one by its name, or a team's own file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness import registry
from simgate.harness.packs.model import Pack, Scenario, SimSpec
from simgate.harness.packs.variants import VariantsSpec

if TYPE_CHECKING:
    from simgate.sim_adapters.datasets.world import DatasetSpec
    from simgate.sim_adapters.traits import AdapterTraits
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.log import LogSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec
    from simgate.sim_adapters.worlds.world import World

WORLDS = "simgate.worlds"
NATIVE = "simgate.native_worlds"
ADAPTER_OPTIONS = "simgate.adapter_options"
DECLARED_WORLDS_ONLY = "simgate.declared_worlds_only"
"""Names of adapters whose trait ``planar`` is false, for those that ask without bringing a simulator in."""


class UnfitAdapter(Exception):  # noqa: N818 - the name says what is wrong
    """A simulator cannot run a pack; the message says why."""


def world_of(pack: Pack, scenario: Scenario) -> World:
    """The world of a scenario of a pack.

    Raises:
        UnknownPlugin: It is not installed.
    """
    world = find_world(scenario.world, scenario.native, Path(pack.path).parent)
    return repeated(world, scenario.variants)


def repeated(world: World, variants: VariantsSpec) -> World:
    """The world as a scenario has it: with the number of the repeat where variants are run several times."""
    if variants.repeats == 1:
        return world
    from simgate.sim_adapters.worlds.declared.repeated import RepeatedWorld

    return RepeatedWorld(world)


def find_world(
    name: str,
    native: NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec | None,
    folder: Path,
) -> World:
    """A world by its name, or from what a pack says about a file.

    Args:
        name: As the pack calls it, of no interest for a native one.
        native: What the pack says about a file; None for a world that is code.
        folder: The pack's folder, where paths begin.

    Raises:
        UnknownPlugin: It is not installed.
    """
    if native is not None:
        from simgate.sim_adapters.datasets.world import DatasetSpec, DatasetWorld
        from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec, ArticulatedWorld
        from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec, EnvironmentWorld
        from simgate.sim_adapters.worlds.declared.log import LogSpec, LogWorld
        from simgate.sim_adapters.worlds.declared.native import NativeWorld

        if isinstance(native, LogSpec):
            return LogWorld(native, folder)
        if isinstance(native, EnvironmentSpec):
            return EnvironmentWorld(native, folder)
        if isinstance(native, DatasetSpec):
            return DatasetWorld(native, folder)
        if isinstance(native, ArticulatedSpec):
            return ArticulatedWorld(native, folder)
        return NativeWorld(native, folder)
    world: World = registry.load(WORLDS, name, folder)
    return world


def is_installed(pack: Pack, scenario: Scenario) -> bool:
    """Whether the world of a scenario can be had here."""
    return scenario.native is not None or registry.is_there(WORLDS, scenario.world, Path(pack.path).parent)


def measures_tasks(scenario: Scenario) -> bool:
    """Whether the world of a scenario measures what its task asks for: of robots on their own joints, and of
    environments."""
    if scenario.native is None:
        return False
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec

    return isinstance(scenario.native, ArticulatedSpec | EnvironmentSpec)


def is_dataset(scenario: Scenario) -> bool:
    """Whether the world of a scenario is a data set, in which nothing moves."""
    return scenario.native is not None and scenario.native.kind == "dataset"


def native_reader(kind: str) -> Any:
    """The reader of a kind of file; see :class:`simgate.sim_adapters.worlds.native_file.NativeFile`.

    Raises:
        UnknownPlugin: There is none.
        ImportError: What it needs is not installed.
    """
    return registry.load(NATIVE, kind)


def require_fit(scenarios: Iterable[Scenario], adapter: str, folder: Path) -> None:
    """Asks whether a simulator can open the files of all native worlds, and does what they ask for.

    Args:
        scenarios: Of the pack.
        adapter: Of the pack.
        folder: The pack's, where the path of a file with the adapter's code begins.

    Raises:
        UnfitAdapter: It cannot open one of them, move its robot or push its bodies, or builds no worlds that
            are code.
    """
    for scenario in scenarios:
        reason = _unfit(scenario, adapter, folder)
        if reason:
            raise _unfit_adapter(scenario, adapter, reason)


def require_planar(scenarios: Iterable[Scenario], adapter: str, traits: AdapterTraits) -> None:
    """The same of worlds that are code, once a simulator is there: its plugin may not have named it.

    Raises:
        UnfitAdapter: It builds none, and a scenario has one.
    """
    for scenario in scenarios:
        if scenario.native is None and not traits.planar:
            raise _unfit_adapter(scenario, adapter, f"{_no_code(scenario.world)}; mujoco does")


def _unfit_adapter(scenario: Scenario, adapter: str, reason: str) -> UnfitAdapter:
    return UnfitAdapter(f"scenario '{scenario.id}': the simulator '{adapter}' {reason}")


def _no_code(world: str) -> str:
    return f"builds no world that is code, such as {world}"


def builds_no_code(adapter: str, world: str) -> str:
    """Says it of a simulator that builds no worlds in code; empty for others."""
    return _no_code(world) if adapter in registry.names(DECLARED_WORLDS_ONLY) else ""


def _unfit(scenario: Scenario, adapter: str, folder: Path) -> str:
    """Why a simulator cannot run a scenario; empty where it can."""
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec

    native = scenario.native
    if native is None:
        lacking = builds_no_code(adapter, scenario.world)
        return f"{lacking}; mujoco does" if lacking else ""
    able = native_reader(native.kind).adapters
    is_jointed = isinstance(native, ArticulatedSpec)
    pushes = isinstance(native, ArticulatedSpec | NativeSpec) and bool(native.pushes)
    traits = _traits(adapter, folder) if is_jointed or pushes else None
    if is_jointed and traits is not None and not traits.actuators:
        return "moves robots in the plane alone, none on its own joints"
    if pushes and traits is not None and not traits.pushes:
        return "pushes nothing"
    if adapter in able or (is_jointed and traits is not None):
        return ""
    return f"cannot open {native.file}, which is {native.kind.upper()}; {' and '.join(able)} can"


def _traits(adapter: str, folder: Path) -> AdapterTraits | None:
    """What a simulator declares; None for one that cannot be had here, which is said elsewhere."""
    from simgate.sim_adapters.traits import traits_of

    try:
        return traits_of(registry.load("simgate.sim_adapters", adapter, folder))
    except (registry.UnknownPlugin, ImportError, TypeError):
        return None


def require_options(sim: SimSpec) -> None:
    """Asks whether a simulator takes the pack's options; one that declares none is not judged.

    Raises:
        UnfitAdapter: It has no such option, or not with that value; or it cannot be used here at all.
    """
    if sim.adapter not in registry.names(ADAPTER_OPTIONS):
        return
    from simgate.sim_adapters.options import read_options

    try:
        read_options(
            f"sim.options: {sim.adapter} adapter", registry.load(ADAPTER_OPTIONS, sim.adapter), sim.options
        )
    except (ValueError, ImportError) as error:  # MuJoCo that is too old cannot be imported.
        raise UnfitAdapter(str(error)) from None
