"""Writes expanded scenarios as table, CSV, JSON, JSON lines or Parquet, a few thousand variants at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from numpy.typing import NDArray

from simgate.harness.cli.expanding.expanded_parquet import write_parquet
from simgate.harness.cli.expanding.expanded_scenario import (
    HEAD,
    ExpandedScenario,
    head_columns,
    parameter_names,
)
from simgate.harness.packs.model import Scalar
from simgate.harness.text import table

if TYPE_CHECKING:
    from simgate.harness.expansion.variant import Variant

MOST_IN_TABLE = 20_000


def write_expanded(scenarios: Sequence[ExpandedScenario], form: str, out: Any) -> None:
    """Writes all variants of all scenarios.

    Args:
        scenarios: In their order.
        form: ``table``, ``csv``, ``json``, ``ndjson`` or ``parquet``.
        out: Text stream; binary for ``parquet``.

    Raises:
        simgate.harness.expansion.errors.ExpansionError: Conditions or placement of a scenario leave nothing.
        UserError: Too many rows for a table, or no pyarrow for Parquet.
    """
    if form == "parquet":
        write_parquet(scenarios, out)
    else:
        _WRITERS[form](scenarios, out)


def _write_table(scenarios: Sequence[ExpandedScenario], out: TextIO) -> None:
    """One table a scenario, with the parameters that vary; what never varies is said once."""
    from simgate.harness.frontend.user_errors import UserError

    for scenario in scenarios:
        if scenario.size > MOST_IN_TABLE:
            message = (
                f"scenario '{scenario.scenario.id}' has {scenario.size:,} variants, too many for a table"
            )
            raise UserError(f"{message}: use --variants 100, or --format ndjson, csv or parquet")
        variants = [variant for block in scenario.blocks() for variant in block.variants()]
        names = list(variants[0].parameters)
        values = {name: {v.parameters[name] for v in variants} for name in names}
        varying = [name for name in names if len(values[name]) > 1]
        print(f"{variants[0].scenario}: {len(variants)} variants", file=out)
        rows = [["variant", *varying, "objects"]]
        rows += [
            [v.id.partition("::")[2], *(_short(v.parameters[n]) for n in varying), _objects(v)]
            for v in variants
        ]
        if not any(row[-1] for row in rows[1:]):
            rows = [row[:-1] for row in rows]
        print(table(rows[0], rows[1:], indent="  ", width=None), file=out)
        fixed = [f"{name} {_short(variants[0].parameters[name])}" for name in names if name not in varying]
        print(f"  in all of them: {', '.join(fixed)}\n" if fixed else "", file=out)


def _short(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _objects(variant: Variant) -> str:
    return " ".join(f"{o.kind}({o.x:.2f},{o.y:.2f})" for o in variant.placed)


def _write_csv(scenarios: Sequence[ExpandedScenario], out: TextIO) -> None:
    """One row a variant; parameters of other worlds stay empty, objects are JSON."""
    names = parameter_names(scenarios)
    writer = csv.writer(out)
    writer.writerow([*HEAD, *names, "placed"])
    for block in (block for scenario in scenarios for block in scenario.blocks()):
        columns = [
            _cells(block.columns[name]) if name in block.columns else [""] * len(block) for name in names
        ]
        writer.writerows(zip(*head_columns(block).values(), *columns, block.placed_json(), strict=True))


def _cells(column: NDArray[Any]) -> list[Any]:
    """Values as packs and field data write them: true and false, not Python's True and False."""
    values: list[Any] = column.tolist()
    return [str(value).lower() for value in values] if column.dtype.kind == "b" else values


def _write_json(scenarios: Sequence[ExpandedScenario], out: TextIO) -> None:
    """One list, one variant a line."""
    before = "[\n  "
    for line in _lines(scenarios):
        out.write(before + line)
        before = ",\n  "
    out.write("\n]\n")


def _write_ndjson(scenarios: Sequence[ExpandedScenario], out: TextIO) -> None:
    for block in (block for scenario in scenarios for block in scenario.blocks()):
        out.write("\n".join(block.json_lines()) + "\n")


def _lines(scenarios: Sequence[ExpandedScenario]) -> Iterator[str]:
    for scenario in scenarios:
        for block in scenario.blocks():
            yield from block.json_lines()


_WRITERS: dict[str, Callable[[Sequence[ExpandedScenario], TextIO], None]] = {
    "table": _write_table,
    "csv": _write_csv,
    "json": _write_json,
    "ndjson": _write_ndjson,
}
