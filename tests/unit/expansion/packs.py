"""Makes packs for tests without files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simgate.harness.packs.model import Criterion, Pack, PinnedVariant, Scenario
from simgate.harness.packs.placing import PlaceSpec
from simgate.harness.packs.values import Case, ValueSpec
from simgate.harness.packs.variants import VariantsSpec


def spec(value: Any) -> ValueSpec:
    """A specification from short notation: ``("uniform", low, high)``, a mapping of weights or a constant."""
    if isinstance(value, ValueSpec):
        return value
    if isinstance(value, list):
        return ValueSpec(kind="grid", choices=tuple(value))
    if isinstance(value, tuple):
        return ValueSpec(kind=value[0], numbers={"low": value[1], "high": value[2]})
    if isinstance(value, dict):
        total = sum(value.values())
        return ValueSpec(
            kind="choice", choices=tuple(value), weights=tuple(w / total for w in value.values())
        )
    return ValueSpec(kind="constant", choices=(value,))


def expr(text: str) -> ValueSpec:
    """A computed value."""
    return ValueSpec(kind="expr", expression=text)


def when(*cases: tuple[str | None, Any]) -> ValueSpec:
    """A value that depends on conditions; None is ``else``."""
    return ValueSpec(kind="when", cases=tuple(Case(condition=c, value=spec(v)) for c, v in cases))


def from_file(*cells: Any, file: str = "field.csv", column: str = "a") -> ValueSpec:
    """A column of field data."""
    return ValueSpec(kind="from_file", choices=cells, csv_file=file, csv_column=column)


def place(
    count: Any, kinds: Any, clearance_m: float = 0.0, keep_clear: tuple[str, ...] = (), **shape: Any
) -> PlaceSpec:
    """A group of objects on the yard's floor; ``shape`` is length, width, diameter, yaw."""
    return PlaceSpec(
        count=spec(count),
        kinds=spec(kinds),
        region="floor",
        clearance_m=clearance_m,
        keep_clear=keep_clear,
        **{name: spec(value) for name, value in shape.items()},
    )


def scenario(
    parameters: Mapping[str, Any] | None = None,
    *,
    id: str = "one",
    where: tuple[str, ...] = (),
    count: int = 40,
    method: str = "random",
    strength: int = 2,
    placed: Mapping[str, PlaceSpec] | None = None,
    pinned: tuple[PinnedVariant, ...] = (),
) -> Scenario:
    """A scenario in the yard."""
    return Scenario(
        id=id,
        title="A test",
        severity="minor",
        world="yard",
        parameters={name: spec(value) for name, value in (parameters or {}).items()},
        place=dict(placed or {}),
        where=where,
        variants=VariantsSpec(count=count, method=method, strength=strength),
        accept=(Criterion(metric="collisions", op="at_most", bound=0),),
        pinned=pinned,
        line=12,
    )


def pack(*scenarios: Scenario, name: str = "tested", seed: int = 5) -> Pack:
    """A pack of these scenarios."""
    return Pack(path="pack.yaml", name=name, policy="p", seed=seed, scenarios=scenarios, source_sha256="0")
