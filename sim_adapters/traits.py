"""What an adapter can do, declared on its factory (``traits``), so that nobody has to probe for it."""

from __future__ import annotations

from dataclasses import dataclass

from simgate.sim_adapters.quantities import Quantity


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
    """

    max_worlds: int | None = None
    recycle_after: int | None = None
    bit_reproducible: bool = True
    device_frames: bool = False
    counts_render_s: bool = False
    path_options: tuple[str, ...] = ()
    quantities: frozenset[type[Quantity]] = frozenset()
    actuators: bool = False


def traits_of(factory: object) -> AdapterTraits:
    """What a factory, or an adapter that it made, declares.

    Raises:
        TypeError: ``traits`` is something else than :class:`AdapterTraits`.
    """
    declared = getattr(factory, "traits", None)
    if declared is None:
        return AdapterTraits()
    if not isinstance(declared, AdapterTraits):
        raise TypeError(f"traits of {factory!r} must be AdapterTraits, not {type(declared).__name__}")
    return declared
