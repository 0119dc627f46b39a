"""``simgate coverage`` counts cells, tells holes from what cannot be reached, and merges runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from simgate.harness.cli.coverage.axis import make_axis
from simgate.harness.cli.coverage.tally import tally, totals
from simgate.harness.cli.main import main
from simgate.harness.packs.values import Case, ValueKind, ValueSpec
from simgate.harness.results.record import Outcome
from tests.unit.cli.small_runs import PACK, write_pack, write_run


def spec(kind: ValueKind, *choices: Any, **numbers: float) -> ValueSpec:
    return ValueSpec(kind=kind, choices=choices, numbers=numbers)


def labels(*specs: ValueSpec, bins: int = 4) -> tuple[str, ...] | None:
    axis = make_axis("p", specs, bins)
    return axis.labels if axis else None


def test_a_word_is_a_cell_and_a_range_is_cut_into_bins() -> None:
    assert labels(spec("choice", "glass", "wood")) == ("glass", "wood")
    assert labels(spec("uniform", low=0.0, high=8.0)) == ("0..2", "2..4", "4..6", "6..8")
    assert labels(spec("bool", probability=0.1)) == ("false", "true")


def test_what_is_drawn_in_logarithms_is_cut_in_logarithms() -> None:
    assert labels(spec("log_uniform", low=1.0, high=10000.0)) == (
        "1..10",
        "10..100",
        "100..1000",
        "1000..10000",
    )


def test_few_whole_numbers_are_cells_and_many_are_binned() -> None:
    assert labels(spec("integers", low=0, high=3)) == ("0", "1", "2", "3")
    assert labels(spec("integers", low=0, high=100)) == ("0..25", "25..50", "50..75", "75..100")


def test_a_constant_and_a_computed_parameter_have_no_cells() -> None:
    assert labels(spec("constant", 3.0)) is None
    assert labels(spec("grid", 3.0)) is None
    assert labels(ValueSpec(kind="expr", expression="a + 1")) is None


def test_a_dependent_parameter_has_the_cells_of_all_its_branches() -> None:
    branches = (
        Case(condition="a > 1", value=spec("constant", "none")),
        Case(condition=None, value=spec("choice", "dots", "stripe")),
    )
    assert labels(ValueSpec(kind="when", cases=branches)) == ("none", "dots", "stripe")


def test_runs_of_a_widened_pack_share_cells_over_both_ranges() -> None:
    assert labels(spec("uniform", low=0.0, high=4.0), spec("uniform", low=2.0, high=8.0)) == (
        "0..2", "2..4", "4..6", "6..8",
    )  # fmt: skip


@given(st.lists(st.floats(0.5, 9.5), min_size=1), st.integers(2, 9))
def test_every_value_of_the_range_lies_in_the_one_bin_that_holds_it(values: list[float], bins: int) -> None:
    axis = make_axis("p", [spec("uniform", low=0.5, high=9.5)], bins)
    assert axis is not None
    for value, cell in zip(values, axis.cells(values), strict=True):
        low, high = axis.edges[cell], axis.edges[cell + 1]
        assert low <= value < high or (value == high == 9.5)


def test_a_value_outside_of_every_cell_is_counted_nowhere() -> None:
    axis = make_axis("p", [spec("uniform", low=0.0, high=8.0)], 4)
    words = make_axis("w", [spec("choice", "a", "b")], 4)
    assert axis is not None
    assert words is not None
    assert axis.cells([-1.0, 9.0, 8.0, 10**400]).tolist() == [-1, -1, 3, -1]
    assert words.cells(["c", "b"]).tolist() == [-1, 1]


def test_pairs_are_counted_like_a_naive_loop() -> None:
    rng = np.random.default_rng(3)
    columns = {"a": rng.choice(["x", "y", "z"], 40).tolist(), "b": rng.uniform(0, 1, 40).tolist()}
    axes = [
        axis
        for axis in (
            make_axis("a", [spec("choice", "x", "y", "z")], 4),
            make_axis("b", [spec("uniform", low=0, high=1)], 4),
        )
        if axis
    ]
    failed = [k % 5 == 0 for k in range(40)]
    (pair,) = tally("s", axes, columns, failed, None).twos
    for i, word in enumerate("xyz"):
        for j in range(4):
            rows = [k for k in range(40) if columns["a"][k] == word and int(columns["b"][k] * 4) == j]
            assert pair.hits[i, j] == len(rows)
            assert pair.failed[i, j] == sum(failed[k] for k in rows)


def test_without_random_draws_every_cell_counts_as_reachable() -> None:
    axis = make_axis("a", [spec("choice", "x", "y")], 4)
    assert axis is not None
    assert totals(tally("s", [axis], {"a": ["x"]}, [False], None).ones) == (1, 2, 2)


def coverage(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert main(["coverage", *map(str, arguments), "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    return one


def test_what_where_rules_out_is_out_of_reach_and_no_hole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = coverage(capsys, write_pack(tmp_path))
    distance = one["parameters"]["door.distance_m"]
    assert [cell["reachable"] for cell in distance] == [True, True, True, True, False]
    assert one["one_way"] == {"hit": 14, "reachable": 14, "cells": 15}
    assert not any("7..8" in hole for hole in one["holes"]["two_way"])
    assert "camera.pitch_deg" not in one["parameters"]


def test_holes_are_listed_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pack(
        tmp_path, PACK.replace("count: 150", "count: 4").replace("at_least: 0.98", "at_least: 0.4")
    )
    one = coverage(capsys, path)
    assert one["two_way"]["reachable"] - one["two_way"]["hit"] == len(one["holes"]["two_way"]) > 10
    assert all(" " in hole and ", " in hole for hole in one["holes"]["two_way"])


def test_runs_are_merged_and_only_valid_outcomes_have_covered_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(tmp_path)
    first = write_run(tmp_path / "r1", pack, {0: Outcome.PASS, 1: Outcome.FAIL, 2: Outcome.ERROR})
    second = write_run(tmp_path / "r2", pack, {1: Outcome.FAIL, 2: Outcome.PASS, 3: Outcome.INVALID})
    assert coverage(capsys, first.path)["variants"] == 2
    both = coverage(capsys, first.path, second.path)
    assert (both["variants"], both["failed"]) == (3, 1)
    assert both["two_way"]["hit"] > coverage(capsys, first.path)["two_way"]["hit"]


def test_the_table_fits_100_columns_and_says_how_much_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coverage", str(write_pack(tmp_path))]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "14 of 14 (100 %)" in text
    assert "7..8:\u00a0out\u00a0of\u00a0reach" in text


def test_shares_from_random_draws_are_shown_with_what_they_leave_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(
        tmp_path, PACK.replace("count: 150", "count: 4").replace("at_least: 0.98", "at_least: 0.4")
    )
    assert main(["coverage", str(pack), "--holes", "0"]) == 0
    text = capsys.readouterr().out
    shares = re.findall(r"([\d.]+) % \(([\d.]+) to ([\d.]+)\)", text)
    assert len(shares) > 10
    for share, low, high in shares:
        exact = binomtest(round(float(share) * 40), 4000).proportion_ci(0.95)
        assert float(low) == pytest.approx(100 * exact.low, rel=0.1)
        assert float(high) == pytest.approx(100 * exact.high, rel=0.1)
    # Nothing in n draws: at most 1 - 0.05 ** (1 / n) with 95 % confidence.
    assert "each such cell holds at most 0.075 %" in text
    assert coverage(capsys, pack)["out_of_reach_at_most"] == pytest.approx(1 - 0.05 ** (1 / 4000))


def test_packs_and_runs_are_not_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = write_pack(tmp_path)
    run = write_run(tmp_path / "r1", pack, {0: Outcome.PASS})
    other = write_pack(tmp_path, PACK.replace("pack: small", "pack: other"))
    foreign = write_run(tmp_path / "r2", other, {0: Outcome.PASS})
    assert main(["coverage", str(pack), str(run.path)]) == 2
    assert "give one pack, or one or more folders of runs" in capsys.readouterr().err
    assert main(["coverage", str(run.path), str(foreign.path)]) == 2
    assert "different packs cannot be merged: other, small" in capsys.readouterr().err


def test_a_glob_that_matches_nothing_names_the_scenarios(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coverage", str(write_pack(tmp_path)), "--scenario", "open*"]) == 2
    assert "there are\n  scenario: closed" in capsys.readouterr().err


def test_scenarios_of_a_pack_and_of_runs_are_chosen_by_severity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(tmp_path)
    run = write_run(tmp_path / "r1", pack, {0: Outcome.PASS})
    for source in (pack, run.path):
        assert main(["coverage", str(source), "--severity", "critical", "--tag", "nobody"]) == 2
        assert "there are" in capsys.readouterr().err
        assert main(["coverage", str(source), "--scenario", "clos*"]) == 0
        assert "closed" in capsys.readouterr().out
