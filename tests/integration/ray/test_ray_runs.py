"""Runs on a Ray cluster of three nodes: what they find is what the local executor finds, whoever dies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.cluster.options import ClusterOptions
from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import Event, VariantFinished, VariantStarted
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.unit.execution.memory_pack import make_pack, make_variants, write_pack

HOST = "simgate.harness.execution.hosts.host"


def host_processes() -> dict[int, dict[str, str]]:
    """The hosts that run on this machine under a keeper, with their environments."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if HOST.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                pairs = (p.partition("=") for p in (process / "environ").read_text().split("\0"))
                environment = {name: value for name, _, value in pairs}
                if "RAY_RAYLET_PID" in environment:
                    found[int(process.name)] = environment
        except OSError:
            continue
    return found


def ends(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def planned(
    folder: Path, count: int, workers: int, faults: dict[int, str] | None = None, **more: Any
) -> Plan:
    pack = make_pack(folder)
    options = {"mark_dir": str(folder), "pace_s": more.pop("pace_s", 0.0)}
    sim = pack.sim.model_copy(update={"options": options})
    return plan_run(
        pack.model_copy(update={"sim": sim}),
        variants=make_variants(count, faults),
        runs_dir=folder / "runs",
        hosts=workers,
        runtime="memory_runtime",
        **more,
    )


def records(plan: Plan) -> dict[str, RunRecord]:
    return {record.variant: record for record in plan.folder.records()}


def digests(run: Path) -> dict[str, str]:
    return {record.variant: record.trace_digest for record in RunFolder(run).records()}


def test_a_cluster_gives_the_verdict_and_the_digests_of_one_machine(
    cluster: Any, scratch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(tmp_path, count=8)
    common = ["run", str(pack), "--runtime", "memory_runtime", "--record", "all", "--runs-dir", str(tmp_path)]
    local = main([*common, "--workers", "1", "--run-name", "local"])
    spread = main(
        [*common, "--executor", "ray", "--address", cluster.address, "--workers", "3", "--run-name", "spread"]
    )

    assert local == spread == 0
    assert digests(tmp_path / "spread") == digests(tmp_path / "local")
    for record in RunFolder(tmp_path / "spread").records():
        assert record.node
        assert all((tmp_path / "spread" / name).is_file() for name in record.artifacts.values())
        assert record.artifacts
    assert "GO" in capsys.readouterr().out
    assert not list(scratch.glob("simgate-cluster-*/*"))
    assert ends(lambda: not host_processes())


def test_two_nodes_killed_in_the_middle_change_no_digest(cluster: Any, scratch: Path, tmp_path: Path) -> None:
    nodes = list(cluster.worker_nodes)
    done = 0

    def kill_nodes(event: Event) -> None:
        nonlocal done
        if isinstance(event, VariantFinished):
            done += 1
            if done in (3, 5) and nodes:
                cluster.remove_node(nodes.pop(), allow_graceful=False)

    (tmp_path / "local").mkdir()
    (tmp_path / "spread").mkdir()
    local = planned(tmp_path / "local", 12, 0)
    spread = planned(tmp_path / "spread", 12, 3, pace_s=0.02)
    execute(local)
    try:
        stopped = execute(replace(spread, cluster=ClusterOptions(cluster.address)), [kill_nodes])
    finally:
        cluster.add_node(num_cpus=1)
        cluster.add_node(num_cpus=1, num_gpus=4)

    assert not stopped
    assert not nodes
    found = records(spread)
    assert {name: record.trace_digest for name, record in found.items()} == {
        name: record.trace_digest for name, record in records(local).items()
    }
    assert {record.outcome for record in found.values()} == {Outcome.PASS}
    assert max(record.attempts for record in found.values()) <= 2
    assert ends(lambda: not host_processes())
    assert not list(scratch.glob("simgate-cluster-*/*"))


@pytest.mark.slow
def test_pytest_runs_variants_on_a_cluster(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(tmp_path, count=3)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    asked = [
        "--executor",
        "ray",
        "--address",
        cluster.address,
        "--workers",
        "2",
        "--worker-resources",
        "cpu=1",
    ]
    options = ["--runtime", "memory_runtime", "--run-name", "spread", "-p", "no:cacheprovider", *asked]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", ".", *options],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert "3 passed" in done.stdout, done.stdout + done.stderr
    assert all(record.node for record in RunFolder(tmp_path / "runs" / "spread").records())


@pytest.mark.slow
def test_each_worker_has_a_gpu_of_its_own_and_what_kills_two_is_an_error(
    cluster: Any, tmp_path: Path
) -> None:
    seen: list[list[str]] = []

    def look(event: Event) -> None:
        if isinstance(event, VariantStarted):
            seen.append([environment["CUDA_VISIBLE_DEVICES"] for environment in host_processes().values()])

    plan = planned(tmp_path, 12, 4, faults={2: "kill"}, pace_s=0.02)
    execute(replace(plan, cluster=ClusterOptions(cluster.address, {"CPU": 0.25, "GPU": 1.0})), [look])

    assert {gpu for gpus in seen for gpu in gpus} == {"0", "1", "2", "3"}
    for gpus in seen:
        assert len(set(gpus)) == len(gpus)
    found = records(plan)
    killer = found.pop("door_ahead::v0002")
    assert (killer.outcome, killer.attempts) == (Outcome.ERROR, 2)
    assert "host died twice on this variant" in killer.reason
    assert {record.outcome for record in found.values()} == {Outcome.PASS}


def test_a_node_that_is_not_as_planned_is_refused_by_name_before_a_variant_runs_there(
    cluster: Any, tmp_path: Path
) -> None:
    plan = planned(tmp_path, 2, 1)
    fingerprint = plan.manifest.fingerprint.model_copy(
        update={"packages": {**plan.manifest.fingerprint.packages, "mujoco": "2.0.0"}}
    )
    other = replace(plan, manifest=plan.manifest.model_copy(update={"fingerprint": fingerprint}))

    on_the_third = ClusterOptions(cluster.address, {"GPU": 1.0})

    stopped = execute(replace(other, cluster=on_the_third))

    assert "no node of the cluster is one for this run" in stopped
    assert "mujoco was 2.0.0, is " in stopped
    assert "--accept-difference mujoco" in stopped
    for record in plan.folder.records():
        assert record.outcome is Outcome.ERROR
        assert "mujoco was 2.0.0, is " in record.reason


def test_resources_that_no_node_has_are_named_with_those_that_there_are(cluster: Any, tmp_path: Path) -> None:
    plan = planned(tmp_path, 1, 1)

    stopped = execute(replace(plan, cluster=ClusterOptions(cluster.address, {"isaac": 1.0})))

    assert stopped == (
        "no worker could start: no node of the cluster has room for a worker (CPU=1, isaac=1): "
        "there are 2 nodes with CPU=1; 1 node with CPU=1, GPU=4; ask for less with --worker-resources, "
        "or add a node that has it"
    )
