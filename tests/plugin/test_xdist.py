"""``pytest -n 2``: one run for all workers, every variant once, also when a worker dies."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from simgate.harness.pytest_plugin.xdist.controller import Slots
from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, HEAD, Bench, scenario
from tests.unit.execution.memory_pack import write_model

DIE_ON = """
import os

def pytest_runtest_setup(item):
    if item.name in {names} and "PYTEST_XDIST_WORKER" in os.environ:
        os._exit(9)
"""


def counts(bench: Bench) -> Counter[str]:
    return Counter(record["variant"] for record in bench.journal())


def traces(bench: Bench) -> dict[str, str]:
    return {record["variant"]: record["trace_digest"] for record in bench.journal()}


def gpus(run_dir: Path) -> dict[str, str]:
    hosts = (run_dir / "hosts").glob("*.json")
    return {host.stem: json.loads(host.read_bytes())["adapter"]["device"] for host in hosts}


def test_a_slot_that_is_given_back_is_the_next_to_be_taken() -> None:
    slots = Slots()
    assert [slots.take(worker) for worker in ("gw0", "gw1", "gw2")] == [0, 1, 2]
    slots.give_back("gw1")
    slots.give_back("gw1")
    assert [slots.take(worker) for worker in ("gw3", "gw4")] == [1, 3]


def test_two_workers_share_one_run_and_leave_the_traces_of_plain_pytest(bench: Bench) -> None:
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 12"), BLOCKED_WAY)
    result = bench.run("-n", "2", "--gate", "--junitxml", "out.xml")
    result.assert_outcomes(passed=12, failed=3)
    assert result.ret == 0
    assert sum(line == "tiny: GO" for line in result.outlines) == 1, "the controller alone judges"
    assert (bench.path / "out.xml").is_file()
    expected = [expected["id"] for expected in bench.manifest()["expected"]]
    assert len(expected) == 15
    assert counts(bench) == Counter(expected)
    (run_dir,) = bench.run_dirs()
    assert sorted(log.name for log in (run_dir / "hosts").glob("*.log")) == ["0.log", "1.log"]
    result.stdout.fnmatch_lines(
        ["  margin     -1*", '*pytest "pack.yaml::blocked_way::v*', f"run folder: *{run_dir.name}"]
    )
    spread = traces(bench)
    run_dir.rename(bench.path / "earlier")
    bench.run()
    assert traces(bench) == spread


def test_variants_on_which_workers_die_are_reported_once_and_the_rest_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5,GPU-8f1a,7")
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 12"))
    bench.file("conftest.py", DIE_ON.format(names=["v0003", "v0011"]))
    result = bench.run("-n", "4", "--gate")
    result.assert_outcomes(passed=10, failed=2)
    for name in ("v0003", "v0011"):
        crash = f"worker 'gw?' crashed while running 'pack.yaml::clear_way::{name}'"
        result.stdout.fnmatch_lines_random([crash])
    ran = {f"clear_way::v{index:04d}": 1 for index in range(12) if index not in (3, 11)}
    assert counts(bench) == Counter(ran)
    assert result.ret == 20
    dealt = {"0": "3", "1": "5", "2": "GPU-8f1a", "3": "7"}
    assert gpus(bench.run_dirs()[0]) == dealt, "a replacement takes over slot and GPU"


def test_a_dying_host_is_no_dying_worker(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, scenario("dies", count=1, fault="die"))
    result = bench.run("-n", "2")
    result.assert_outcomes(passed=6, errors=1)
    result.stdout.no_fnmatch_line("*crashed*")


def test_batches_stay_together(bench: Bench) -> None:
    head = HEAD.replace("time_limit_s: 6", "time_limit_s: 6, batch: 4")
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 10"), head=head)
    bench.file("conftest.py", DIE_ON.format(names=["v0005"]))
    bench.run("-n", "2").assert_outcomes(passed=9, failed=1)
    assert counts(bench) == Counter(f"clear_way::v{index:04d}" for index in range(10)), "none ran twice"
    shares = {record["variant"]: record["wall_s"] for record in bench.journal()}
    for together in (range(4), range(4, 8), range(8, 10)):
        assert len({shares[f"clear_way::v{index:04d}"] for index in together}) == 1


def test_x_stops_all_workers_soon(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY.replace("count: 3", "count: 40"), gate="")
    result = bench.run("-n", "2", "-x")
    assert result.ret == 2
    assert 1 <= len(bench.journal()) <= 8


def test_a_broken_pack_does_not_keep_the_others_from_running_but_blocks_a_go(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a.yaml")
    bench.file("b.yaml", HEAD + "scenario: {}\n")
    result = bench.run("-n", "2", "--gate")
    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines(["*b.yaml:8:*: error*", "tiny: GO", "blocks a GO: not collected: b.yaml"])
    assert result.ret == 2


def test_what_cannot_be_planned_ends_the_session(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run("-n", "2", "--sim-adapter", "tinny")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*unknown sim adapter 'tinny'*"])


def test_hosts_that_cannot_start_leave_an_error_with_the_cause_for_every_variant(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    write_model(bench.path / "model")
    result = bench.run("-n", "2", "--model", "model", "--sim-runtime", "onnxruntime:cpu")
    result.assert_outcomes(errors=6)
    assert set(counts(bench).values()) == {1}
    assert len(counts(bench)) == 6
    for record in bench.journal():
        assert record["outcome"] == "ERROR"
        assert "'weights.onnx' cannot be loaded by ONNX Runtime" in record["reason"]


def test_ordinary_tests_are_distributed_as_ever(bench: Bench) -> None:
    body = "\n".join(f"def test_{number}():\n    pass\n" for number in range(20))
    bench.file("test_a.py", body)
    result = bench.run("-n", "2", "-v", "--dist", "loadfile")
    result.assert_outcomes(passed=20)
    used = {line.split("]")[0] for line in result.outlines if line.startswith("[gw")}
    assert len(used) == 1, "loadfile keeps a file on one worker"


def test_ordinary_tests_and_packs_share_a_session(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file("test_a.py", "\n".join(f"def test_{number}():\n    pass\n" for number in range(20)))
    bench.run("-n", "2").assert_outcomes(passed=26)


@pytest.mark.parametrize("distributed", [["-n", "1"], []])
def test_the_machines_failures_are_tried_again_and_pytest_hears_of_the_last(
    bench: Bench, distributed: list[str]
) -> None:
    bench.pack(scenario("dies", count=1, fault="die"), gate="")
    result = bench.run("--retry-infrastructure", "1", *distributed, workers=1)
    result.assert_outcomes(errors=1)
    (run_dir,) = bench.run_dirs()
    assert len((run_dir / "journal.ndjson").read_bytes().splitlines()) == 2


def test_each_pack_has_its_own_tries_at_starting_workers(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a/pack.yaml")
    bench.pack(CLEAR_WAY, name="b/pack.yaml", head=HEAD.replace("pack: tiny", "pack: other"))
    write_model(bench.path / "model")
    asked = ("--model", "model", "--sim-runtime", "onnxruntime:cpu", "--retry-infrastructure", "1")
    bench.run("-n", "1", *asked).assert_outcomes(errors=12)
    logs = [(run_dir / "hosts" / "0.log").read_text() for run_dir in bench.run_dirs()]
    assert [log.count("weights.onnx") for log in logs] == [2, 2]
