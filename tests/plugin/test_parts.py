"""``--variants-as parts``: a test for many variants in a row; the run, its records and its verdict are the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.pytest_plugin import variant_names
from simgate.harness.pytest_plugin.variant_names import ids_in, is_part, part_name, parts_of
from simgate.harness.results.run_folder import RunFolder
from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, Bench, scenario

MANY = CLEAR_WAY.replace("count: 6", "count: 130")


def digests(run: Path) -> dict[str, str]:
    return {record.variant: record.trace_digest for record in RunFolder(run).records()}


def said(run: Path) -> list[object]:
    verdict = json.loads((run / "verdict.json").read_bytes())
    return [verdict["decision"], verdict["rules"], verdict["notes"]]


@pytest.mark.parametrize(
    "names", [(), ("v0000",), ("v0000", "pin-a"), tuple(f"v{k:04d}" for k in range(250))]
)
def test_parts_hold_every_name_once_and_their_ids_tell_which(names: tuple[str, ...]) -> None:
    parts = list(parts_of(names))
    assert [name for part in parts for name in part] == list(names)
    assert max(map(len, parts), default=0) <= variant_names.PART_SIZE
    ids = [f"door::{part[0] if len(part) == 1 else part_name(part)}" for part in parts]
    assert list(ids_in(ids)) == [f"door::{name}" for name in names]
    assert [is_part(name) for name in ids] == [len(part) > 1 for part in parts]


def test_a_pinned_name_that_reads_like_a_part_is_none() -> None:
    assert list(ids_in(["door::pin-v0001-v0004"])) == ["door::pin-v0001-v0004"]


def test_a_session_in_parts_has_the_run_of_one_in_items_also_under_xdist(bench: Bench) -> None:
    bench.pack(MANY, BLOCKED_WAY)
    items = bench.run("--gate", "--run-name", "items", "-q")
    items.assert_outcomes(passed=130, failed=3)
    parts = bench.run("--gate", "--run-name", "parts", "--variants-as", "parts", "--junitxml", "p.xml")
    parts.assert_outcomes(passed=2, failed=1)
    two = bench.run("--gate", "--run-name", "two", "--variants-as", "parts", "-n", "2", workers=2)
    two.assert_outcomes(passed=2, failed=1)
    assert items.ret == parts.ret == two.ret
    runs = [bench.path / "runs" / name for name in ("items", "parts", "two")]
    assert len(digests(runs[0])) == 133
    assert digests(runs[1]) == digests(runs[0]) == digests(runs[2])
    assert said(runs[1]) == said(runs[0]) == said(runs[2])
    parts.stdout.fnmatch_lines(
        [
            "*3 of 3 variants did not pass  blocked_way::v0000-v0002  *major*",
            "*FAIL     blocked_way::v0001  collisions*",
            "*simgate replay runs/parts blocked_way::v0000",
            "FAILED pack.yaml::blocked_way::v0000-v0002 - 3 FAIL; blocked_way::v0000: *",
        ]
    )
    junit = (bench.path / "p.xml").read_text()
    assert 'name="v0100-v0129"' in junit and '<property name="simgate_pass" value="30"' in junit


def test_one_of_many_that_dies_makes_its_part_an_error_and_the_others_are_recorded(bench: Bench) -> None:
    bench.pack(scenario("dies", count=2, fault="die"), CLEAR_WAY)
    result = bench.run("--variants-as", "parts", "--run-name", "r", workers=1)
    result.assert_outcomes(passed=1, errors=1)
    assert len(digests(bench.path / "runs" / "r")) == 8
    result.stdout.fnmatch_lines(
        ["*2 of 2 variants did not pass  dies::v0000-v0001*", "  ERROR    dies::v0001*"]
    )


def test_a_pack_of_too_many_is_in_parts_unless_one_of_it_is_named(bench: Bench) -> None:
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 20001"), gate="")
    whole, one, asked, part = bench.collect(
        ["pack.yaml"],
        ["pack.yaml::clear_way::v0007"],
        ["pack.yaml", "--variants-as", "items", "--variants", "3"],
        ["pack.yaml::clear_way::v0100-v0199"],
    )
    assert (len(whole), whole[-1]) == (201, "pack.yaml::clear_way::v20000")
    assert one == ["pack.yaml::clear_way::v0007"]
    assert len(asked) == 3
    assert part == ["pack.yaml::clear_way::v0100-v0199"]


def test_parts_of_a_shard_are_wrong_use(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run("--variants-as", "parts", "--shard", "1/2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*a shard has some of every part; leave it out"])
