"""Whether a pack's simulator can do what a robot on its own joints needs, by the traits that it declares."""

from __future__ import annotations

from pathlib import Path

from simgate.harness import registry
from simgate.harness.packs.checks.check_plugin import load_plugin
from simgate.harness.registry import is_there
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.quantities import Quantity
from simgate.sim_adapters.traits import AdapterTraits, traits_of

ADAPTERS = "simgate.sim_adapters"


def traits_named(problems: Problems, node: Node, adapter: str, folder: Path) -> AdapterTraits | None:
    """What a simulator can do.

    Args:
        problems: Takes what is wrong.
        node: What asks for it.
        adapter: As the pack names it.
        folder: The pack's.

    Returns:
        None for one that is not there or cannot be used.
    """
    if not is_there(ADAPTERS, adapter, folder):
        return None  # That is said where it is named.
    factory = load_plugin(problems, node, ADAPTERS, adapter, folder)
    if factory is None:
        return None
    try:
        return traits_of(factory)
    except TypeError as error:
        problems.at(node, "broken-plugin", f"adapter '{adapter}': {error}", "see docs/writing-your-own.md")
        return None


def moving_traits(problems: Problems, node: Node, adapter: str, folder: Path) -> AdapterTraits | None:
    """The same of one that moves robots on their own joints; one that cannot is reported, and None too."""
    traits = traits_named(problems, node, adapter, folder)
    if traits is None or traits.actuators:
        return traits
    message = f"the simulator '{adapter}' moves robots in the plane alone, none on its own joints"
    able = " or ".join(f"sim: {{adapter: {name}}}" for name in _able())
    problems.at(node, "world-adapter", message, f"write {able}" if able else "write drive: planar")
    return None


def check_pushes(problems: Problems, node: Node, adapter: str, traits: AdapterTraits | None) -> None:
    """Reports pushes that a simulator, as far as its traits are known, does not give."""
    if traits is not None and not traits.pushes:
        problems.at(node, "world-adapter", f"the simulator '{adapter}' pushes nothing")


def check_quantity(
    problems: Problems, node: Node, signal: str, quantity: Quantity, adapter: str, traits: AdapterTraits
) -> None:
    """Reports a signal whose quantity the simulator does not measure."""
    if type(quantity) in traits.quantities:
        return
    message = f"signal '{signal}': the simulator '{adapter}' does not measure {quantity.word}"
    known = ", ".join(sorted(kind.word for kind in traits.quantities)) or "nothing"
    problems.at(node, "world-adapter", message, f"it measures {known}")


def _able() -> list[str]:
    """Installed simulators that move robots on their own joints."""
    found = []
    for name in registry.names(ADAPTERS):
        try:
            if traits_of(registry.load(ADAPTERS, name)).actuators:
                found.append(name)
        except (ImportError, AttributeError, TypeError):
            continue
    return found
