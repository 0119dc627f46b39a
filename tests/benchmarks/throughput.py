"""Frames a second of a model by batch, threads and hosts, against one host that takes frame by frame.

``python -m tests.benchmarks.throughput [--runtime R]`` runs ``simgate bench-model`` in processes of their own,
because a runtime's threads are fixed when it is loaded, and prints what batching and a second core give. By
the wall clock, so only a machine that does nothing else gives numbers that mean something; processor time a
frame does not depend on that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "policies" / "reference_model"
BATCHES = (1, 4, 8, 16)
BUSY_LOAD = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--model", type=Path, default=MODEL, help="package (default: the reference model)")
    parser.add_argument("--runtime", default="onnxruntime:cpu", help="default: onnxruntime:cpu")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each batch (default: 5)")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "frames.npy", frames(args.model))
        ways = [(1, threads) for threads in sorted({1, cores})] + [(cores, 1)] * (cores > 1)
        found = {way: bench(args, folder, *way) for way in ways}
    base = found[(1, 1)][1]["frames_per_s"]
    print(f"{args.runtime} on {cores} cores; frames a second, and how many times one host with batch 1")
    print("hosts threads batch  frames/s  times  CPU ms/frame")
    for (hosts, threads), rows in found.items():
        for batch, row in rows.items():
            rate, cpu = row["frames_per_s"], row["cpu_ms_per_frame"]
            print(f"{hosts:>5} {threads:>7} {batch:>5} {rate:>9.1f} {rate / base:>6.2f} {cpu:>13.3f}")
    if load > BUSY_LOAD:
        print(f"the machine was busy (load {load:.1f}): only the processor time means something")
    return 0


def frames(model: Path) -> np.ndarray:
    """Noise of the model's size: what is in a frame changes the work of decoding only."""
    from simgate.policies.perception.package import load_package

    spec = load_package(model).input
    shape = (max(BATCHES), spec.height, spec.width, 3)
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def bench(args: argparse.Namespace, folder: Path, hosts: int, threads: int) -> dict[int, dict[str, Any]]:
    """Rows of ``simgate bench-model`` by batch, the rates of hosts that work at once added up."""
    sums: dict[int, dict[str, Any]] = {}
    for batch in BATCHES:
        out = [folder / f"{number}.json" for number in range(hosts)]
        command = [sys.executable, "-m", "simgate.harness.cli.main", "bench-model", str(args.model)]
        command += ["--runtime", args.runtime, "--frames", str(folder / "frames.npy")]
        command += ["--batches", str(batch), "--seconds", str(args.seconds), "--json"]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        running = [
            subprocess.Popen(
                [*command, str(path)], env=environment, cwd=REPOSITORY, stdout=subprocess.DEVNULL
            )
            for path in out
        ]
        codes = [process.wait() for process in running]
        if any(codes):
            raise SystemExit(f"bench-model failed with {threads} threads and batch {batch}")
        rows = [json.loads(path.read_text())["batches"][0] for path in out]
        sums[batch] = {
            "frames_per_s": sum(row["frames_per_s"] for row in rows),
            "cpu_ms_per_frame": sum(row["cpu_ms_per_frame"] for row in rows) / hosts,
        }
    return sums


if __name__ == "__main__":
    sys.exit(main())
