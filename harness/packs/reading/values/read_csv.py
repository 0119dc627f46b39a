"""Reads ``from_file``: a parameter whose values are a column of a CSV file."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from simgate.harness.packs.language.values import FromFile
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.values.read_value import Extremes, ReadValue, made
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.packs.source.table import Table
from simgate.policies.documents.diagnostics import LINE_BREAK, near, shown_path
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import Node, ScalarNode, SourceFile, shortened
from simgate.policies.documents.yaml_source import MAX_BYTES
from simgate.sim_adapters.files.yaml_scalars import is_sane, resolve

MAX_ROWS = 10_000
"""Rows of field data; they travel with the pack to every host and into the run's manifest."""
_LISTED = 5
"""Empty cells of a column that are reported one by one."""


def read_from_file(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    """``{csv: path, column: name}``; the path is relative to the file that holds it."""
    read_arguments = read_keys(reader, arguments, FromFile, "from_file", owner=arguments)
    if read_arguments is None or not read_arguments.is_whole:
        return None
    fields, name, column = read_arguments.nodes, read_arguments.keys.csv, read_arguments.keys.column
    table = _table(reader, fields["csv"], name)
    if table is None:
        return None
    if column not in table.header:
        message = f"'{name}' has no column '{column}'"
        reader.problems.at(fields["column"], "missing-column", message, near(column, table.header))
        return None
    read = _cells(reader, table, table.header.index(column))
    if read is None:
        return None
    values, extremes = read
    shown = Path(os.path.relpath(table.source.path, reader.folder)).as_posix()
    return made(node, "from_file", extremes, choices=values, csv_file=shown, csv_column=column)


def _table(reader: Reader, node: Node, name: str) -> Table | None:
    path = named_file(reader.problems, node, name)
    if path is None:
        return None
    if path in reader.tables:
        return reader.tables[path]
    reader.tables[path] = None
    size = path.stat().st_size
    if size > MAX_BYTES:
        hint = "keep the rows and columns that the pack needs"
        reader.problems.at(node, "too-large", f"'{name}' has {size / 1e6:.1f} MB, at most 5 MB", hint)
        return None
    data = path.read_bytes()
    source = SourceFile(path, shown_path(path), [])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        line = data[: error.start].count(b"\n") + 1
        reader.problems.span(source, line, 1, 1, "not-utf8", message, "save the file as UTF-8")
        return None
    digest = hashlib.sha256(data).hexdigest()
    source = SourceFile(path, source.shown, LINE_BREAK.split(text), digest)
    reader.tables[path] = _parsed(reader, source)
    return reader.tables[path]


def _parsed(reader: Reader, source: SourceFile) -> Table | None:
    def wrong(line: int, message: str, hint: str = "") -> None:
        reader.problems.span(source, line, 1, 1, "bad-csv", message, hint)

    # With their ends: a line break inside of quotes is part of the cell.
    lines = csv.reader((f"{line}\n" for line in source.lines), strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    first = 1
    try:
        header: tuple[str, ...] = tuple(name.strip() for name in next(lines, []))
        first = lines.line_num + 1
        for cells in lines:
            if cells and len(rows) <= MAX_ROWS:
                rows.append((first, tuple(cell if "\n" in cell else cell.strip() for cell in cells)))
            first = lines.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            wrong(first, "a quote of this row is never closed", "close it, or put it away")
        else:
            wrong(lines.line_num, f"not CSV: {error}", "put quotes around text that holds commas")
        return None
    if not header or not rows:
        wrong(1, "no rows of data", "the first line names the columns, every other line is a row")
        return None
    if len(rows) > MAX_ROWS:
        wrong(rows[-1][0], f"more than {MAX_ROWS:,} rows", "thin the data out")
        return None
    twice = next((name for name, count in Counter(header).items() if count > 1), None)
    if twice is not None:
        wrong(1, f"two columns are named '{shortened(twice)}'")
        return None
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        mark = "semicolons" if ";" in header[0] else "tabs"
        wrong(
            1, f"the columns are separated by {mark}", "save it as CSV with commas, and with decimal points"
        )
        return None
    ragged = next(((line, row) for line, row in rows if len(row) != len(header)), None)
    if ragged is not None:
        line, row = ragged
        columns = "1 column" if len(header) == 1 else f"{len(header)} columns"
        wrong(line, f"{len(row)} cells in a table of {columns}", _ragged_hint(row, len(header)))
        return None
    return Table(source, header, tuple(rows))


def _ragged_hint(row: Sequence[str], columns: int) -> str:
    """How to write a row that has another number of cells than the header."""
    if any(mark in cell for cell in row for mark in ";\t"):
        return "save it as CSV with commas, and with decimal points"
    if columns == 1 and len(row) == 2 and row[1].isdigit():
        return f"numbers have a point: {'.'.join(row)}"
    return "separate cells by commas"


def _cells(reader: Reader, table: Table, column: int) -> tuple[tuple[Scalar, ...], Extremes] | None:
    """Values of a column in order, and the ends of its range, or each word once, with their places."""
    values: list[Scalar] = []
    empty: list[int] = []
    first: dict[tuple[type, Scalar], int] = {}
    for row, (line, cells) in enumerate(table.rows):
        if "\n" in cells[column]:
            message = f"the cell of column '{table.header[column]}' holds a line break"
            hint = "write the value alone; a quote is perhaps not closed where it should be"
            reader.problems.span(table.source, line, 1, 1, "bad-csv", message, hint)
            return None
        value = resolve(cells[column])
        if value is None or (_is_number(value) and not is_sane(float(value))):
            empty.append(row)
            continue
        values.append(value)
        first.setdefault((type(value), value), row)
    for row in empty[:_LISTED]:
        more = f" (one of {len(empty)})" if len(empty) > 1 else ""
        message = f"column '{table.header[column]}' has no value here{more}"
        hint = "a row of field data needs every value; fill it in or delete the row"
        _report(reader, table.cell(row, column), message, hint)
    if empty:
        return None
    return tuple(values), _extremes(table, column, first)


def _report(reader: Reader, node: ScalarNode, message: str, hint: str) -> None:
    reader.problems.at(node, "empty-cell", message, hint)


def _extremes(table: Table, column: int, first: dict[tuple[type, Scalar], int]) -> Extremes:
    """Words one by one; of numbers the smallest and the largest, and the first fraction."""
    numbers = {float(value): row for (_, value), row in first.items() if _is_number(value)}
    rows = {row for (_, value), row in first.items() if not _is_number(value)}
    if numbers:
        ends = {min(numbers), max(numbers)}
        ends |= set(next(([value] for value in numbers if value != int(value)), []))
        rows |= {numbers[value] for value in ends}
    by_row = {row: value for (_, value), row in first.items()}
    return tuple((by_row[row], table.cell(row, column)) for row in sorted(rows))


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def csv_sources(tables: dict[Path, Table | None]) -> list[SourceFile]:
    """The files behind a pack's field data, in order of their paths."""
    return [table.source for _, table in sorted(tables.items()) if table is not None]
