"""``simgate expand`` as a user meets it."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path

import pytest

from simgate.harness.cli.commands.packs import expand
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.expansion.variant import Variant
from simgate.harness.frontend.packs import load_checked
from simgate.harness.frontend.user_errors import UserError
from tests.unit.packs.sound_pack import SOUND


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    expand.configure(parser)
    return expand.run(parser.parse_args(arguments))


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND, encoding="utf-8")
    return str(path)


def test_ndjson_holds_every_variant_as_it_will_run(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "--format", "ndjson") == 0
    lines = capsys.readouterr().out.splitlines()
    assert tuple(Variant.model_validate_json(line) for line in lines) == expand_pack(load_checked(Path(path)))


def test_json_and_a_cap_and_a_glob(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "--format", "json", "--variants", "2", "--scenario", "*_closed") == 0
    ids = [variant["id"] for variant in json.loads(capsys.readouterr().out)]
    assert ids == ["gate_closed::v0000", "gate_closed::v0001", "gate_closed::pin-low-light"]


def test_csv_has_a_row_for_each_variant(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "--format", "csv", "--variants", "3") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 3 + 1 + 3 and rows[0]["id"] == "gate_closed::v0000"
    assert 50 <= float(rows[0]["light.lux"]) <= 500
    assert isinstance(json.loads(rows[0]["placed"]), list)
    assert {row["gate.open"] for row in rows} <= {"true", "false"}


def test_the_table_shows_what_varies_and_says_the_rest_once(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, "--variants", "3", "--scenario", "gate_closed") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "gate_closed: 4 variants"
    assert "gate.distance_m" in lines[1] and "gate.kind" not in lines[1] and "objects" in lines[1]
    assert [line.split()[0] for line in lines[2:6]] == ["v0000", "v0001", "v0002", "pin-low-light"]
    assert lines[6].startswith("  in all of them: ") and "gate.kind steel" in lines[6]


def test_more_variants_than_the_pack_asks_for_go_on_with_its_sequence(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, "--format", "ndjson", "--scenario", "gate_open", "--variants", "50") == 0
    lines = capsys.readouterr().out.splitlines()
    variants = [Variant.model_validate_json(line) for line in lines]
    assert [v.index for v in variants] == list(range(50))
    own = [v for v in expand_pack(load_checked(Path(path))) if v.scenario == "gate_open"]
    assert variants[:30] == own


def test_parquet_holds_every_value_with_its_type(path: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow (extra 'parquet') is not installed")
    file = tmp_path / "variants.parquet"
    assert run(path, "--format", "parquet", "--output", str(file), "--variants", "4") == 0
    rows = parquet.read_table(file).to_pylist()
    expected = expand_pack(load_checked(Path(path)), 4)
    assert [row["id"] for row in rows] == [variant.id for variant in expected]
    for row, variant in zip(rows, expected, strict=True):
        assert {name: row[name] for name in variant.parameters} == variant.parameters
        assert (row["seed"], row["digest"]) == (variant.seed, variant.digest)
        placed = [{k: v for k, v in item.items() if v is not None} for item in row["placed"]]
        assert placed == [item.model_dump() for item in variant.placed]


def test_parquet_without_pyarrow_says_what_to_install(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'simgate\[parquet\]'"):
        run(path, "--format", "parquet", "--output", str(tmp_path / "x.parquet"))


def test_an_output_file_holds_what_the_terminal_would_show(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("table", "csv", "json", "ndjson"):
        file = tmp_path / f"variants.{form}"
        assert run(path, "--format", form, "--variants", "3") == 0
        shown = capsys.readouterr().out
        assert run(path, "--format", form, "--variants", "3", "--output", str(file)) == 0
        assert file.read_text(encoding="utf-8").splitlines() == shown.splitlines()


def test_scenarios_can_be_chosen_by_tag(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(path, "--format", "ndjson", "--tag", "gate", "--variants", "1") == 0
    ids = [json.loads(line)["scenario"] for line in capsys.readouterr().out.splitlines()]
    assert set(ids) == {"gate_closed"}


def test_mistakes_of_the_user_are_said_without_a_traceback(path: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scenario: gate_closed, gate_open"):
        run(path, "--scenario", "door_*")
    with pytest.raises(UserError, match="from 1 to 1,000,000"):
        run(path, "--variants", "0")
    hopeless = tmp_path / "hopeless.yaml"
    hopeless.write_text(SOUND.replace("> 2 * abs(tilt_deg)", "> 2000"), encoding="utf-8")
    with pytest.raises(UserError, match="accepts fewer than one draw in 10,000"):
        run(str(hopeless))
