"""What can be set in a live environment: attributes, and fields of a MuJoCo model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .refused import Refused

_MUJOCO: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "body": {
        "mass": ("mass", ()),
        "pos": ("pos", ("x", "y", "z")),
    },
    "geom": {
        "friction": ("friction", ("slide", "spin", "roll")),
        "pos": ("pos", ("x", "y", "z")),
        "size": ("size", ("0", "1", "2")),
        "rgba": ("rgba", ("r", "g", "b", "a")),
        "margin": ("margin", ()),
    },
    "joint": {
        "damping": ("damping", ()),
        "stiffness": ("stiffness", ()),
        "armature": ("armature", ()),
        "frictionloss": ("frictionloss", ()),
        "range": ("range", ("low", "high")),
    },
    "actuator": {
        "gear": ("gear", ("0", "1", "2", "3", "4", "5")),
        "gain": ("gainprm", ("0", "1", "2")),
        "bias": ("biasprm", ("0", "1", "2")),
        "forcerange": ("forcerange", ("low", "high")),
        "ctrlrange": ("ctrlrange", ("low", "high")),
    },
    "site": {"pos": ("pos", ("x", "y", "z"))},
    "opt": {
        "gravity": ("gravity", ("x", "y", "z")),
        "wind": ("wind", ("x", "y", "z")),
        "density": ("density", ()),
        "viscosity": ("viscosity", ()),
    },
}
"""Kind of thing -> what of it can be set -> (field of MuJoCo's accessor, names of its components)."""


_MOST_ENTRIES = 12
"""So many numbers of one attribute are listed each on its own."""
_DEEPEST = 3
"""Mappings and lists within each other are listed so far down."""


class Place:
    """One thing that can be set, in a live environment."""

    def __init__(self, holder: Any, key: Any, is_item: bool, scales: Any = None) -> None:
        self._holder, self._key, self._is_item, self._scales = holder, key, is_item, scales

    def read(self) -> Any:
        """Its value now."""
        return self._holder[self._key] if self._is_item else getattr(self._holder, self._key)

    def write(self, value: Any) -> None:
        """Sets it; a whole number stays one, a body's inertia follows its mass."""
        old = self.read()
        if isinstance(old, (bool, str)) or (isinstance(old, (int, np.integer)) and float(value).is_integer()):
            value = type(old)(value)
        if self._scales is not None and float(old) > 0.0:
            self._scales[:] = self._scales * (float(value) / float(old))
        self._put(value)

    def keep(self) -> Callable[[], None]:
        """What puts it back as it is now, of whatever kind, to the last bit."""
        old, scales = self.read(), None if self._scales is None else self._scales.copy()

        def put_back() -> None:
            self._put(old)
            if scales is not None:
                self._scales[:] = scales

        return put_back

    def _put(self, value: Any) -> None:
        if self._is_item:
            self._holder[self._key] = value
        else:
            setattr(self._holder, self._key, value)


def place_of(inner: Any, target: str) -> Place:
    """What a target names in an environment.

    Raises:
        Refused: There is no such thing.
    """
    kind, slash, rest = target.partition("/")
    if not slash:
        raise Refused(f"'{target}' is no target: write make.NAME, options.NAME, attr/NAME, or body/NAME.mass")
    if kind == "attr":
        return _attribute_place(inner, rest)
    if kind not in _MUJOCO:
        raise Refused(f"'{kind}' is no kind of target", kind, ("attr", *_MUJOCO))
    model = getattr(inner, "model", None)
    if model is None or not hasattr(model, "opt"):
        raise Refused(f"{target} is for environments on MuJoCo, and this one has no model")
    holder, field = _holder(model, kind, rest)
    what, dot, part = field.partition(".")
    if what not in _MUJOCO[kind]:
        raise Refused(f"{kind} has no '{what}'", what, tuple(_MUJOCO[kind]))
    name, parts = _MUJOCO[kind][what]
    if kind == "opt" and not parts:
        return Place(holder, name, False)
    array = getattr(holder, name)
    if not parts:
        return Place(array, 0, True, holder.inertia if (kind, what) == ("body", "mass") else None)
    if not dot or part not in parts[: len(array)]:
        raise Refused("{} of a {} has parts: write .{}".format(what, kind, " or .".join(parts)), part, parts)
    return Place(array, parts.index(part), True)


def _holder(model: Any, kind: str, rest: str) -> tuple[Any, str]:
    """What has the field, and the field."""
    if kind == "opt":
        return model.opt, rest
    names = names_in(model, kind)
    for name in sorted(names, key=len, reverse=True):
        if rest.startswith(name + "."):
            return getattr(model, kind)(names.index(name)), rest[len(name) + 1 :]
    wanted = rest.rpartition(".")[0] or rest
    raise Refused(f"the model has no {kind} '{wanted}'", wanted, tuple(names))


def names_in(model: Any, kind: str) -> list[str]:
    """Names of a kind of thing; the number of what has none."""
    count = {"body": "nbody", "geom": "ngeom", "joint": "njnt", "actuator": "nu", "site": "nsite"}[kind]
    return [getattr(model, kind)(index).name or str(index) for index in range(getattr(model, count))]


def _attribute_place(inner: Any, path: str) -> Place:
    holder, parts = inner, path.split(".")
    for index, part in enumerate(parts):
        is_item = isinstance(holder, (list, dict, np.ndarray))
        key: Any = int(part) if is_item and not isinstance(holder, dict) and part.isdigit() else part
        try:
            value = holder[key] if is_item else getattr(holder, part)
        except (AttributeError, KeyError, IndexError, TypeError):
            known = (
                tuple(map(str, holder))
                if isinstance(holder, dict)
                else tuple(getattr(holder, "__dict__", ()))
            )
            raise Refused(f"the environment has no attribute '{path}'", part, known) from None
        if index == len(parts) - 1:
            return Place(holder, key, is_item)
        holder = value
    raise Refused("attr/ names nothing")


def settle(inner: Any) -> None:
    """Derives what MuJoCo computes from a model once it is changed."""
    import mujoco

    mujoco.mj_setConst(inner.model, inner.data)


def attributes(inner: Any) -> Iterator[tuple[str, Any]]:
    """Public attributes that are a number, a bool or a word, or a few of them, by path with their values."""
    for name, value in sorted(vars(inner).items()):
        if not name.startswith("_") and name not in ("render_mode", "spec", "np_random_seed"):
            yield from _parts(name, value)


def _parts(path: str, value: Any, deep: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (bool, int, float, str, np.number)):
        yield path, value
    elif isinstance(value, np.ndarray) and value.ndim == 1 and 0 < value.size <= _MOST_ENTRIES:
        for index, number in enumerate(value):
            yield f"{path}.{index}", number
    elif deep < _DEEPEST and (
        isinstance(value, dict) or (dataclasses.is_dataclass(value) and not isinstance(value, type))
    ):
        fields = () if isinstance(value, dict) else dataclasses.fields(value)
        inside = {one.name: getattr(value, one.name, None) for one in fields}
        for key, one in (value if isinstance(value, dict) else inside).items():
            if isinstance(key, str) and key and "." not in key:
                yield from _parts(f"{path}.{key}", one, deep + 1)
    elif deep < _DEEPEST and isinstance(value, list) and len(value) <= _MOST_ENTRIES:
        for index, one in enumerate(value):
            yield from _parts(f"{path}.{index}", one, deep + 1)


def mujoco_targets(inner: Any) -> Iterator[tuple[str, Any]]:
    """Every field of a MuJoCo model that can be set, with its value."""
    model = getattr(inner, "model", None)
    if model is None or not hasattr(model, "opt"):
        return
    for kind, fields in _MUJOCO.items():
        for name in [""] if kind == "opt" else names_in(model, kind):
            for what, (_, parts) in fields.items():
                for part in parts or ("",):
                    target = "{}/{}".format(kind, ".".join(filter(None, (name, what, part))))
                    try:
                        yield target, place_of(inner, target).read()
                    except Refused:
                        continue  # Not every joint has a range of two.


def same(now: Any, wanted: Any) -> bool:
    """Whether a value is what was set, as exactly as its own type of fractions can hold it: a whole number
    in place of 2.5 is another one, and so is an infinity in place of a number that is too large.
    """
    if isinstance(now, (bool, str)) or isinstance(wanted, (bool, str)) or now is None or wanted is None:
        return bool(now == wanted)
    try:
        held, asked = np.asarray(now), np.asarray(wanted)
        if held.dtype.kind == "f":
            with np.errstate(over="ignore"):
                asked = asked.astype(held.dtype)
            if not np.array_equal(np.isinf(asked), np.isinf(np.asarray(wanted, dtype=np.float64))):
                return False
        return bool(np.all(held == asked))
    except (TypeError, ValueError):
        return bool(now == wanted)


def plain(value: Any) -> Any:
    """A value as JSON has it; a text for what it has not."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    if isinstance(value, np.ndarray) and value.size <= 12:
        return value.tolist()
    if isinstance(value, (list, tuple)) and len(value) <= 12:
        return [plain(one) for one in value]
    return repr(value)[:60]
