"""What an adapter can do, declared on its factory (``traits``), so that nobody has to probe for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.sim_adapters.optional_member import OptionalMember
from simgate.sim_adapters.quantities import Quantity

if TYPE_CHECKING:
    from simgate.sim_adapters.scene.articulated import Sensor
    from simgate.sim_adapters.worlds.native_file import JointedFile


@dataclass(frozen=True, slots=True)
class AdapterTraits:
    """Capabilities of a simulator's adapter. A factory without ``traits`` has these defaults.

    Attributes:
        max_worlds: Worlds that it steps together at most; None for any number.
        recycle_after: Variants after which it wants a fresh process; None for never.
        bit_reproducible: Whether the same variant gives the same trace, bit for bit.
        device_frames: Whether it keeps its frames on their device (method ``device_frames``).
        counts_render_s: Whether it counts the time that it draws (attribute ``render_s``).
        path_options: Options that name files; they start at the pack's folder.
        quantities: Quantities that it can measure for a task.
        actuators: Whether it moves robots by their own actuators, not only in the plane.
        planar: Whether it builds scenes with a robot that drives in the plane. One that does not is also
            named among the entry points ``simgate.declared_worlds_only``, and refused at once for a pack of
            them.
        overview: Whether it can draw its worlds from outside (method ``overview``), for people.
        pushes: Whether it pushes bodies (``ArticulatedSite.pushes``).
        steps_ahead: Whether it can begin a step before it is known which worlds go on (method ``step_ahead``,
            which takes what ``step`` does): the harness does its own work meanwhile.
        tells_quiet: Whether it says in short of steps at which nothing has happened (method ``quiet``): of
            each world the quantities that its task asks for, in their order, where no world that was stepped
            is over, nothing was touched, and every channel was read just now and has finite numbers; else
            None.
        plays_fragments: Whether it takes many such steps at once while a policy decides between them (method
            ``fragment``; ``lodging`` says where a policy may be for that).
        serves_further_runs: Whether one run after another may have it (``simgate run --watch``); one that
            keeps processes for what a pack says of its worlds is made anew for each.
        lacks: Says of a robot on its own joints, and of what it senses, why it cannot be moved here and what
            to do; empty when it can. None for a simulator that moves all that files can say.
    """

    max_worlds: int | None = None
    recycle_after: int | None = None
    bit_reproducible: bool = True
    device_frames: bool = False
    counts_render_s: bool = False
    path_options: tuple[str, ...] = ()
    quantities: frozenset[type[Quantity]] = frozenset()
    actuators: bool = False
    planar: bool = True
    overview: bool = False
    pushes: bool = False
    steps_ahead: bool = False
    tells_quiet: bool = False
    plays_fragments: bool = False
    serves_further_runs: bool = True
    lacks: Callable[[JointedFile, Sequence[Sensor]], str] | None = None


@dataclass(frozen=True, slots=True)
class ProcessTraits:
    """What an adapter wants of the processes that it runs in.

    Registered in the entry-point group ``simgate.adapter_processes`` under the adapter's name, apart from the
    factory, which may not be importable outside such a process. An adapter without it has these defaults.

    Attributes:
        own_interpreter: Whether it runs in a Python of its simulator's, which the user names.
        one_a_gpu: Whether two of them on one GPU are unstable.
        slow: Whether it starts for minutes (compiling shaders), and may stand still as long later on.
        leaks: Whether it is replaced after some hundred variants, for simulators leave memory behind.
    """

    own_interpreter: bool = False
    one_a_gpu: bool = False
    slow: bool = False
    leaks: bool = True


_TRAITS: OptionalMember[object] = OptionalMember("traits", None)


def traits_of(factory: object) -> AdapterTraits:
    """What a factory, or an adapter that it made, declares.

    Raises:
        TypeError: ``traits`` is something else than :class:`AdapterTraits`.
    """
    declared = _TRAITS.of(factory)
    if declared is None:
        return AdapterTraits()
    if not isinstance(declared, AdapterTraits):
        raise TypeError(f"traits of {factory!r} must be AdapterTraits, not {type(declared).__name__}")
    return declared
