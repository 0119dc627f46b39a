"""Writes expanded scenarios as one Parquet file; needs the extra ``parquet``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from simgate.harness.cli.expanding.expanded_scenario import head_columns, parameter_names

if TYPE_CHECKING:
    from simgate.harness.cli.expanding.expanded_scenario import ExpandedScenario
    from simgate.harness.expansion.block import VariantBlock


def write_parquet(scenarios: Sequence[ExpandedScenario], out: BinaryIO) -> None:
    """One row a variant, one column a parameter (null where a world has none), objects as a list of structs.

    Raises:
        UserError: pyarrow is not installed.
        simgate.harness.expansion.errors.ExpansionError: Conditions or placement of a scenario leave nothing.
    """
    from simgate.harness.frontend.user_errors import UserError

    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UserError("Parquet needs pyarrow: pip install 'simgate[parquet]'") from None
    schema = _schema(pa, scenarios)
    with pq.ParquetWriter(out, schema) as writer:
        for block in (block for scenario in scenarios for block in scenario.blocks()):
            writer.write_table(pa.table(_columns(pa, block, schema), schema=schema))


def _schema(pa: Any, scenarios: Sequence[ExpandedScenario]) -> Any:
    """Types of all columns; worlds that give one name two types make it text."""
    from simgate.harness.packs.worlds import world_of

    types = {"number": pa.float64(), "integer": pa.int64(), "bool": pa.bool_(), "choice": pa.string()}
    worlds = [world_of(scenario.pack, scenario.scenario) for scenario in scenarios]
    fields = [("id", pa.string()), ("scenario", pa.string()), ("index", pa.int64()), ("seed", pa.int64())]
    fields.append(("digest", pa.string()))
    for name in parameter_names(scenarios):
        kinds = {world.parameters[name].kind for world in worlds if name in world.parameters}
        fields.append((name, types[kinds.pop()] if len(kinds) == 1 else pa.string()))
    number = pa.float64()
    sizes = [("x", number), ("y", number), ("yaw", number), ("length_m", number), ("width_m", number)]
    item = pa.struct([("group", pa.string()), ("kind", pa.string()), *sizes])
    return pa.schema([*fields, ("placed", pa.list_(item))])


def _columns(pa: Any, block: VariantBlock, schema: Any) -> list[Any]:
    """The block's columns in the order of the schema."""
    ready: dict[str, Any] = dict(head_columns(block))
    ready["placed"] = [json.loads(text) for text in block.placed_json()]
    columns = []
    for field in schema:
        if field.name in block.columns:
            values = block.columns[field.name]
            if field.type == pa.string() and values.dtype.kind != "U":
                values = values.astype(str)
            columns.append(pa.array(values.tolist(), type=field.type))
        else:
            columns.append(pa.array(ready.get(field.name, [None] * len(block)), type=field.type))
    return columns
