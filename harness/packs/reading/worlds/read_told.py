"""What logs and labels tell of themselves: parameters that a variant has and nobody can set."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.packs.model import PinnedVariant, Scalar
from simgate.policies.documents.nodes import MappingNode, Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.worlds.world import TOLD, WHICH, World


def report_said(
    problems: Problems, written: Node | None, world: World | None, shown: Sequence[PinnedVariant]
) -> None:
    """Reports parameters of a scenario that each of its variants has from what it shows.

    Args:
        problems: Takes it.
        written: The scenario's parameters.
        world: Of the scenario.
        shown: The variants that pictures are.
    """
    if isinstance(written, MappingNode) and shown:
        for key, _ in written:
            if key.text in shown[0].parameters and key.text not in TOLD.of(world):
                message = f"{key.text} is said by each variant, and setting it changes nothing"
                problems.at(key, "wrong-value", message, "leave it out")


def with_told(
    problems: Problems,
    node: Node | None,
    world: World | None,
    pins: Sequence[PinnedVariant],
    shown: Sequence[PinnedVariant],
) -> tuple[PinnedVariant, ...]:
    """Pins of a pack with what their pictures tell; one that says something else is reported.

    Args:
        problems: Takes it.
        node: Where the pins are written.
        world: Of the scenario.
        pins: As they are written.
        shown: The variants that the pictures are; none where the pack draws them from one log.
    """
    told = TOLD.of(world)
    if world is None or node is None or not told:
        return tuple(pins)
    which = WHICH.of(world)
    known: dict[Scalar | None, PinnedVariant] = {}
    for one in shown:
        known.setdefault(one.parameters.get(which), one)
    found = []
    for pin in pins:
        nominal = world.parameters[which].default if which in world.parameters else None
        of = known.get(pin.parameters.get(which, nominal))
        truth = {name: of.parameters[name] if of else world.parameters[name].default for name in told}
        wrong = [name for name in sorted(told) if pin.parameters.get(name, truth[name]) != truth[name]]
        if shown and of is None:
            message = f"the pinned variant '{pin.id}' shows '{pin.parameters.get(which)}', which is not there"
            problems.at(node, "wrong-value", message)
        elif wrong:
            message = f"the pinned variant '{pin.id}' says {wrong[0]} is {pin.parameters[wrong[0]]!r}"
            message += f", and what it shows says {truth[wrong[0]]!r}"
            problems.at(node, "wrong-value", message, "leave it out")
        found.append(pin.model_copy(update={"parameters": {**pin.parameters, **truth}}))
    return tuple(found)
