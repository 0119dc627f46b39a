"""What a variant may leave out of a file must not be what is pushed, or what task and robot sense with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from simgate.harness.packs.model import Scenario, TaskSpec
from simgate.harness.packs.placing import PlaceSpec
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.quantities import read_quantity
from simgate.sim_adapters.worlds.native_file import NativeError

if TYPE_CHECKING:
    from simgate.harness.packs.checks.check_truth import Sight
    from simgate.harness.packs.source.fields import Fields
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec
    from simgate.sim_adapters.worlds.native_file import NativeFile

_PLACED = "let a group of count 1 and of this kind alone place it, or take it out of objects"
_SET = "let it be there in every variant, or name something else"


def report_absent(problems: Problems, scenario: Scenario, sight: Sight, nodes: Fields) -> None:
    """Reports signals, sensors and truths of what some variants do not have.

    Args:
        problems: Takes them.
        scenario: As read, of a native world.
        sight: Its file.
        nodes: What the pack says of it, by key.
    """
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec

    world = scenario.native
    if not isinstance(world, ArticulatedSpec | NativeSpec):
        return
    certain = {_only_kind(group) for group in scenario.place.values()}
    unplaced = [_presence(name) for name in world.placing.objects if name not in certain]
    switched = [
        target
        for name, value in scenario.parameters.items()
        if name in world.knobs and value.choices != (True,)
        for target in world.knobs[name].targets
        if target.endswith(".present")
    ]
    where: Node = nodes.get("place") or nodes["world"]
    for targets, node, hint in ((unplaced, where, _PLACED), (switched, nodes["world"], _SET)):
        if isinstance(world, NativeSpec):
            missed = _unpushed(world, sight.file, targets)
        else:
            missed = _missed(scenario, world, sight, targets) if targets else ()
        for what in missed:
            problems.at(node, "unknown-element", what, hint)


def _presence(name: str) -> str:
    """The target that says whether a body, or the prim at a path, is there."""
    return f"{name}.present" if name.startswith("/") else f"body/{name}.present"


def _only_kind(group: PlaceSpec) -> str | None:
    """The kind of object that a group puts down in every variant; None where it is not certain."""
    least = min(int(number) for number in group.count.choices or (group.count.numbers["low"],))
    return str(group.kinds.choices[0]) if least > 0 and len(set(group.kinds.choices)) == 1 else None


def _unpushed(world: NativeSpec, file: NativeFile | None, targets: Iterable[str]) -> Iterable[str]:
    assert file is not None
    for target, (name, push) in product(targets, world.pushes.items()):
        if file.removes(target, push.body):
            yield f"push '{name}' is of what a variant may leave out: '{push.body}'"


def _missed(
    scenario: Scenario, world: ArticulatedSpec, sight: Sight, targets: Iterable[str]
) -> Iterable[str]:
    assert sight.jointed is not None
    try:
        rest = sight.jointed.without(tuple(targets))
    except NativeError as error:
        yield f"{error.message}, where a variant leaves things out"
        return
    signals = scenario.task.signals if isinstance(scenario.task, TaskSpec) else {}
    asked: list[tuple[str, Callable[[], object]]] = []
    asked += [(f"push '{k}'", partial(rest.push, k, push.body)) for k, push in world.pushes.items()]
    asked += [(f"signal '{k}'", partial(rest.quantity, read_quantity(it))) for k, it in signals.items()]
    asked += [(f"sensor '{k}'", partial(rest.sensor, k, sensor)) for k, sensor in sight.sensors]
    bodies = [(c.metric, str(c.options["of"])) for c in scenario.accept if "of" in c.options]
    asked += [(f"'{k}'", partial(rest.watch, body)) for k, body in bodies]
    for what, ask in asked:
        try:
            ask()
        except NativeError as error:
            yield f"{what} is of what a variant may leave out: there {error.message}"
