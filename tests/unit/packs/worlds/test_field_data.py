"""CSV files of field data: what a cell holds is what a value becomes, or it is refused with the row."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.packs.sound_pack import SOUND

PACK = SOUND.replace("{log_uniform: [50, 500]}", "{from_file: {csv: site.csv, column: lux}}")


def write(folder: Path, table: str) -> Path:
    (folder / "site.csv").write_text(table, encoding="utf-8", newline="")
    path = folder / "pack.yaml"
    path.write_text(PACK, encoding="utf-8")
    return path


def problem(folder: Path, table: str) -> Diagnostic:
    found = [d for d in lint([write(folder, table)], metrics) if d.path.endswith("site.csv")]
    assert found, table
    return found[0]


@pytest.mark.parametrize("cell", ['"8\n0"', '"80\n"', '"\n80"', '"8\r\n0"'])
def test_a_cell_with_a_line_break_is_no_number(tmp_path: Path, cell: str) -> None:
    found = problem(tmp_path, f"lux,site\n70,a\n{cell},b\n")
    assert (found.line, found.code) == (3, "bad-csv")
    assert "line break" in found.message


def test_a_line_break_in_another_column_moves_no_row(tmp_path: Path) -> None:
    found = problem(tmp_path, 'lux,note\n80,"one\ntwo"\n5,three\n')
    assert (found.line, found.code) == (4, "parameter-range")


@pytest.mark.parametrize(
    ("cell", "value"), [("1e2", 100.0), ("80.", 80.0), (" 80\u00a0", 80), ("+80", 80), ('"80"', 80)]
)
def test_a_cell_is_a_number_as_yaml_has_it(tmp_path: Path, cell: str, value: float) -> None:
    pack = load_pack(write(tmp_path, f"\ufefflux,site\n{cell},a\n"), metrics)
    assert pack.scenarios[0].parameters["light.lux"].choices == (value,)


@pytest.mark.parametrize(
    ("table", "line", "hint"),
    [
        ("lux\n1_000\n", 2, "write it without separators: 1000"),
        ('lux\n"1,200"\n', 2, "write 1200 or 1.200"),
        ('lux\n"100,5"\n', 2, "numbers have a point: 100.5"),
        ("lux\n100lx\n", 2, "write the number alone, in lux: 100"),
        ("lux\n\u2212100\n", 2, "write it with ordinary digits, sign and spaces: -100"),
        ("lux\n100,5\n", 2, "numbers have a point: 100.5"),
        ("lux;site\n100,5;a\n", 1, "save it as CSV with commas, and with decimal points"),
        ("lux\tsite\n100\ta\n", 1, "save it as CSV with commas, and with decimal points"),
        ('lux,site\n70,a\n"80,b\n', 3, "close it"),
    ],
)
def test_a_cell_that_is_no_number_is_answered_with_the_number(
    tmp_path: Path, table: str, line: int, hint: str
) -> None:
    found = problem(tmp_path, table)
    assert found.line == line
    assert hint in found.hint
