"""What can be set in one world of an Isaac Lab task, exactly, and read back from its simulation."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Callable, Iterator

import numpy as np

from ..refused import Refused

_PAIR = 2
"""A range has so many ends."""
_HELD_S = 1.0e9
_ROUNDING = 2.0 * float(np.finfo(np.float32).eps)
_OWN_VIEW = "OvPhysxView"
"""By which Isaac Lab's OvPhysX reads and writes attributes by name."""
_SHAPES = ("articulation_shape_friction_and_restitution", "rigid_body_shape_friction_and_restitution")
"""Friction and restitution of the shapes of articulations, and of other bodies."""
_JOINT: dict[str, tuple[str, str, tuple[str, ...], bool]] = {
    "pos": ("joint_pos", "write_joint_position_to_sim_index", ("position",), False),
    "vel": ("joint_vel", "write_joint_velocity_to_sim_index", ("velocity",), False),
    "armature": ("joint_armature", "write_joint_armature_to_sim_index", ("armature",), True),
    # Static friction alone holds only what stands still.
    "friction": (
        "joint_dynamic_friction_coeff",
        "write_joint_friction_coefficient_to_sim_index",
        ("joint_friction_coeff", "joint_dynamic_friction_coeff"),
        True,
    ),
    "viscous_friction": (
        "joint_viscous_friction_coeff",
        "write_joint_viscous_friction_coefficient_to_sim_index",
        ("joint_viscous_friction_coeff",),
        True,
    ),
}
"""What of a joint can be set -> where it is read, what writes it, in which arguments, whether it lasts."""
_UNITS = {
    "pos": "rad or m",
    "vel": "rad/s or m/s",
    "armature": "kg m2 or kg",
    "friction": "N m or N",
    "viscous_friction": "N m s or N s",
}


class Place:
    """One thing that can be set in one world.

    Args:
        read: Its value now, from the simulation.
        write: Sets it.
        lasts: Whether it stays so for the whole episode.
        before: Whether it is set before the world is reset, in place of what that draws.
    """

    def __init__(
        self,
        read: Callable[[], float],
        write: Callable[[float], None],
        lasts: bool,
        before: bool = False,
        undo: Callable[[], None] = lambda: None,
    ) -> None:
        self.now, self._write, self.lasts, self._before, self._undo = read, write, lasts, before, undo
        self.wanted = 0.0
        self._seen: float | None = None

    def before_reset(self) -> None:
        """What must be set before."""
        if self._before:
            self._write(self.wanted)
            self._seen = self.now()

    def after_reset(self) -> None:
        """What must be set after."""
        if self._before:
            self._undo()
        else:
            self._write(self.wanted)

    def took(self) -> bool:
        """Whether it is what was set, as exactly as 32 bits hold it; PhysX keeps the inverse of masses."""
        now = self._seen if self._before and self._seen is not None else self.now()
        return abs(now - self.wanted) <= _ROUNDING * abs(self.wanted)


def place_of(inner: Any, world: int, target: str) -> Place:
    """What a target names in a world.

    Raises:
        Refused: There is no such thing.
    """
    for text, _, make in targets_of(inner):
        if text == target:
            found: Place = make(world)
            return found
    raise Refused(f"the task has no '{target}'", target, tuple(text for text, _, _ in targets_of(inner)))


def targets_of(inner: Any) -> Iterator[Any]:
    """Every target: its name, its unit, and what makes its place in a world."""
    for name, asset in sorted(inner.scene.articulations.items()):
        yield from _of_bodies(name, asset)
        yield from _of_joints(name, asset)
        yield from _of_shapes(name, asset)
    for name, asset in sorted(inner.scene.rigid_objects.items()):
        yield from _of_bodies(name, asset)
        yield from _of_shapes(name, asset)
    yield from _of_commands(inner)
    yield from _of_events(inner)
    yield from _of_ranges(inner)


def _row(values: Any, device: Any) -> Any:
    torch = importlib.import_module("torch")
    return torch.tensor([values], dtype=torch.float32, device=device)


def _index(number: int, device: Any) -> Any:
    torch = importlib.import_module("torch")
    return torch.tensor([number], dtype=torch.int32, device=device)


def _of_bodies(name: str, asset: Any) -> Iterator[Any]:
    for number, body in enumerate(asset.body_names):

        def make(world: int, number: int = number) -> Place:
            def read() -> float:
                return float(engine_masses(asset)[world, number])

            def write(value: float) -> None:
                old, data = read(), asset.data
                body, env = _index(number, asset.device), _index(world, asset.device)
                inertia = data.body_inertia.torch[world, number].clone()
                asset.set_masses_index(masses=_row([value], asset.device), body_ids=body, env_ids=env)
                if old > 0.0:
                    scaled = (inertia * (value / old))[None, None]
                    asset.set_inertias_index(inertias=scaled, body_ids=body, env_ids=env)

            return Place(read, write, lasts=True)

        yield f"body/{name}/{body}.mass", "kg", make


def engine_masses(asset: Any) -> Any:
    """Masses, shape (N, bodies), as the engine has them where it can be asked, and not as they were sent."""
    try:
        view, types = asset.root_view, importlib.import_module("isaaclab_ov.tensor_types")
        if type(view).__name__ == _OWN_VIEW and not asset.data.has_body_ordering:
            return view.get_attribute(types.BODY_MASS).numpy().reshape(asset.num_instances, -1)
    except (ImportError, AttributeError):
        pass
    return asset.data.body_mass.torch.cpu().numpy()


def _of_joints(name: str, asset: Any) -> Iterator[Any]:
    for number, joint in enumerate(asset.joint_names):
        for what, (field, method, arguments, lasts) in _JOINT.items():
            if not hasattr(asset, method) or not hasattr(asset.data, field):
                continue

            def make(
                world: int,
                number: int = number,
                field: str = field,
                method: str = method,
                arguments: Any = arguments,
                lasts: bool = lasts,
            ) -> Place:
                def read() -> float:
                    return float(getattr(asset.data, field).torch[world, number])

                def write(value: float) -> None:
                    getattr(asset, method)(
                        **{argument: _row([value], asset.device) for argument in arguments},
                        joint_ids=_index(number, asset.device),
                        env_ids=_index(world, asset.device),
                    )

                return Place(read, write, lasts)

            yield f"joint/{name}/{joint}.{what}", _UNITS[what], make


def _of_shapes(name: str, asset: Any) -> Iterator[Any]:
    """Static and sliding friction of all shapes of an asset, where PhysX has them."""
    view: Any = getattr(asset, "root_view", None)
    if type(view).__name__ != _OWN_VIEW:
        return
    known = (one for one in _SHAPES if view.has_attribute(one) and view.try_binding_for(one) is not None)
    kind = next(known, None)
    if kind is None or not view.get_attribute(kind).numpy().shape[1]:
        return

    def make(world: int) -> Place:
        def read() -> float:
            return float(view.get_attribute(kind).numpy()[world, :, :2].astype(np.float64).mean())

        def write(value: float) -> None:
            warp: Any = importlib.import_module("warp")
            materials = view.get_attribute(kind).numpy()
            materials[world, :, :2] = value
            all_worlds = warp.array(materials, dtype=warp.float32, device="cpu")
            only = warp.array([world], dtype=warp.int32, device="cpu")
            view.set_attribute(kind, all_worlds, indices=only)

        return Place(read, write, lasts=True)

    yield f"contact/{name}.friction", "", make


def _of_commands(inner: Any) -> Iterator[Any]:
    manager: Any = getattr(inner, "command_manager", None)
    for name in manager.active_terms if manager is not None else ():
        term = manager.get_term(name)
        for number in range(term.command.shape[1]):

            def make(world: int, term: Any = term, number: int = number) -> Place:
                def write(value: float) -> None:
                    _hold(term, world)
                    term.command[world, number] = value

                return Place(lambda: float(term.command[world, number]), write, lasts=True)

            yield f"command/{name}.{number}", "", make
        ranges = getattr(term.cfg, "ranges", None)
        if ranges is not None:
            yield from _ranges(f"command/{name}", vars(ranges), after=functools.partial(_hold, term))


def _hold(term: Any, world: int) -> None:
    """What a command is, it stays: nothing draws another, and none of its modes replaces it."""
    term.time_left[world] = _HELD_S
    for mode in ("is_standing_env", "is_heading_env"):
        if hasattr(term, mode):
            getattr(term, mode)[world] = False


def _of_events(inner: Any) -> Iterator[Any]:
    manager: Any = getattr(inner, "event_manager", None)
    for name in manager.active_terms.get("reset", ()) if manager is not None else ():
        params = manager.get_term_cfg(name).params
        yield from _ranges(f"event/{name}", params)


def _of_ranges(inner: Any) -> Iterator[Any]:
    """Of tasks without managers: ranges of the configuration, from which they draw when they reset."""
    if hasattr(inner, "event_manager") and not type(inner).__mro__[1].__name__.startswith("Direct"):
        return
    yield from _ranges("range", vars(inner.cfg), only="_range")


def _ranges(
    path: str, holder: Any, only: str = "", after: Callable[[int], None] = lambda world: None
) -> Iterator[Any]:
    """Ends of ranges that something draws from when a world is reset.

    Args:
        path: What their names begin with.
        holder: Mapping that has them, also in mappings within it.
        only: What their names end with.
        after: Called with the world once it has been reset.
    """
    for key, value in list(holder.items()):
        if isinstance(value, dict):
            yield from _ranges(f"{path}.{key}" if "/" in path else f"{path}/{key}", value, after=after)
        elif _is_range(value) and key.endswith(only):

            def make(world: int, holder: Any = holder, key: Any = key, value: Any = value) -> Place:
                def write(one: float) -> None:
                    holder[key] = type(value)((one, one))

                def undo() -> None:
                    holder[key] = value
                    after(world)

                return Place(lambda: float(holder[key][0]), write, lasts=False, before=True, undo=undo)

            yield (f"{path}.{key}" if "/" in path else f"{path}/{key}"), "", make


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, (tuple, list))
        and len(value) == _PAIR
        and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in value)
    )
