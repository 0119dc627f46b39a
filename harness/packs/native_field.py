"""What a pack says about a native world as a field of its data, loaded only where there is one.

The linter must be quick, and most packs name installed worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, SerializationInfo, TypeAdapter

if TYPE_CHECKING:
    from simgate.sim_adapters.datasets.world import DatasetSpec
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.log import LogSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec


@cache
def _adapter() -> TypeAdapter[NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec]:
    from simgate.sim_adapters.datasets.world import DatasetSpec
    from simgate.sim_adapters.worlds.declared.articulated import ArticulatedSpec
    from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec
    from simgate.sim_adapters.worlds.declared.log import LogSpec
    from simgate.sim_adapters.worlds.declared.native import NativeSpec

    return TypeAdapter(NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec)


def read_spec(value: Any) -> NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec | None:
    """The specification from plain data; what is none already passes.

    Raises:
        pydantic.ValidationError: The data are no such specification.
    """
    if value is None:
        return None
    return _adapter().validate_python(dict(value) if isinstance(value, Mapping) else value)


def _written(value: Any, info: SerializationInfo) -> Any:
    mode: Literal["json", "python"] = "json" if info.mode == "json" else "python"
    return None if value is None else _adapter().dump_python(value, mode=mode)


if TYPE_CHECKING:
    NativeField = NativeSpec | ArticulatedSpec | EnvironmentSpec | DatasetSpec | LogSpec | None
else:
    NativeField = Annotated[Any, BeforeValidator(read_spec), PlainSerializer(_written)]
