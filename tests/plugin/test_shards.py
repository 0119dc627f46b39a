"""``pytest --shard k/n``: the others' variants are deselected, and the runs merge to that of one session."""

from __future__ import annotations

import json
import sys

from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, Bench


def merge(bench: Bench, *runs: str) -> tuple[int, dict[str, object]]:
    words = ["-m", "simgate.harness.cli.main", "merge", *runs, "--run-name", "merged"]
    code = int(bench.pytester.run(sys.executable, *words, timeout=90).ret)
    path = bench.path / "runs" / "merged" / "verdict.json"
    return code, json.loads(path.read_bytes()) if path.exists() else {}


def test_shards_of_sessions_with_and_without_xdist_are_one_run(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    bench.file("test_ordinary.py", "def test_ordinary():\n    pass\n")
    first = bench.run("--gate", "--shard", "1/2", "--run-name", "first")
    first.assert_outcomes(passed=4, failed=2, deselected=4)
    assert first.ret == 0, "a shard is not judged: what failed in it counts when all are merged"
    first.stdout.fnmatch_lines(["shard 1/2: 5 of 5 variants have run (2 FAIL, 3 PASS), of 9 in all shards*"])
    second = bench.run("--gate", "-n", "2", "--shard", "2/2", "--run-name", "second", workers=1)
    second.assert_outcomes(passed=4, failed=1)
    assert second.ret == 0
    code, verdict = merge(bench, "runs/first", "runs/second")
    assert (code, verdict["decision"]) == (0, "GO")
    assert [(s["expected"], s["missing"]) for s in verdict["scenarios"]] == [(6, 0), (3, 0)]  # type: ignore[attr-defined]


def test_a_selection_within_shards_is_that_of_the_whole(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    for k in (1, 2):
        bench.run("-k", "clear_way", "--shard", f"{k}/2", "--run-name", f"s{k}")
    _, verdict = merge(bench, "runs/s1", "runs/s2")
    assert verdict["notes"][0] == "put together from 2 runs: s1 (shard 1), s2 (shard 2)"  # type: ignore[index]
    assert "only a part of the pack was to be run: -k 'clear_way'" in verdict["notes"]  # type: ignore[operator]
    assert "blocked_way (3)" in str(verdict["notes"])


def test_a_shard_that_is_none_is_wrong_use(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    assert bench.run("--shard", "3/2").ret == 4
    assert bench.run("--balance-by", "latest").ret == 4
    assert bench.run("--shard", "1/2", "--balance-by", "nowhere").ret == 4
