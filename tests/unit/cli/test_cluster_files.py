"""The files for clusters that docs/cluster.md gives to copy: their commands are ones that simgate takes."""

from __future__ import annotations

import argparse
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from simgate.harness.cli.main import build_parser

FILES = Path(__file__).parents[3] / "docs" / "cluster"


def asked(line: str) -> argparse.Namespace:
    words = shlex.split(line.replace("$RUN", "nightly-1"))
    return build_parser().parse_args(words[words.index("simgate") + 1 :])


def test_the_commands_of_the_slurm_job_are_understood() -> None:
    text = (FILES / "simgate.sbatch").read_text()
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    commands = [line for line in text.splitlines() if line.strip().startswith("simgate ")]
    assert len(commands) == 2
    for line in commands:
        found = asked(line)
        assert (found.executor, found.worker_resources) == ("ray", {"GPU": 0.5})


def test_the_kuberay_job_runs_a_command_that_is_understood_on_workers_that_have_what_it_asks_for() -> None:
    job = yaml.safe_load((FILES / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    found = asked(job["spec"]["entrypoint"])
    assert found.executor == "ray"
    assert found.artifacts.startswith("s3://")
    cluster = job["spec"]["rayClusterSpec"]
    (group,) = cluster["workerGroupSpecs"]
    (worker,) = group["template"]["spec"]["containers"]
    gpus = int(worker["resources"]["limits"]["nvidia.com/gpu"])
    assert found.workers == group["maxReplicas"] * gpus / found.worker_resources["GPU"]
    (head,) = cluster["headGroupSpec"]["template"]["spec"]["containers"]
    assert head["image"] == worker["image"]


def test_a_ray_client_address_is_refused_with_what_to_do() -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from simgate.harness.execution.cluster.options import ClusterOptions, NoCluster
    from simgate.harness.execution.cluster.ray_hosts import connect

    with pytest.raises(NoCluster, match="ray://head:10001 is an address of Ray Client"):
        connect(ClusterOptions("ray://head:10001"))
