"""``simgate bench-model MODEL``: latency and throughput of a model on this machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simgate.policies.perception.inference.benchmark import Timing

HELP = "time a model on this machine: p50, p95, p99 with their bounds, frames a second by batch, memory"
CONFIDENCE = 0.95
_PERCENTILES = (0.50, 0.95, 0.99)


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    from simgate.harness.cli.model.frames import add_frame_arguments
    from simgate.harness.cli.options.trust import add_trust

    parser.add_argument(
        "model", metavar="MODEL", help="model package: folder, model.yaml, s3://, gs://, mlflow:"
    )
    parser.add_argument("--runtime", default="auto", metavar="R", help="also with a device: torch:cpu")
    parser.add_argument(
        "--batches", type=_batches, default=(1, 2, 4, 8), metavar="N,N", help="default: 1,2,4,8"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=3.0, metavar="S", help="for each batch (default: 3)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers")
    add_frame_arguments(parser)
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    """Prints a table; returns 0."""
    from simgate.harness.cli.model.frames import load_frames
    from simgate.harness.cli.model.model_errors import model_errors
    from simgate.harness.cli.model.one_thread import one_thread
    from simgate.harness.execution.episode.models.perception_runtime import make_runtime, resolve_runtime
    from simgate.harness.execution.episode.resource_sampler import ResourceSampler
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.harness.results.fingerprint import machine
    from simgate.policies.perception.inference.benchmark import measure
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.package_source import local_package
    from simgate.policies.perception.runtime import MEMORY_BYTES

    one_thread()
    with as_user_errors():
        package = load_package(local_package(args.model))
        frames = load_frames(args, package)
        runtime = make_runtime(resolve_runtime(args.runtime, package), package)
    sampler = ResourceSampler()
    sampler.begin()
    try:
        with model_errors():
            timings = measure(runtime, frames, args.batches, args.seconds)
        memory = sampler.summary()
    finally:
        sampler.close()
    context_bytes = MEMORY_BYTES.of(runtime)
    if context_bytes:
        memory["gpu.context_mb"] = context_bytes / 1e6
    info = runtime.describe()
    runtime.close()
    rows = [_row(timing) for timing in timings]
    about = {
        "model": info.model,
        "runtime": f"{info.runtime} {info.version}",
        "device": info.device,
        "machine": machine(),
        "artifact_sha256": info.artifact_sha256,
    }
    _print(about, rows, memory)
    if args.json is not None:
        text = json.dumps({**about, "confidence": CONFIDENCE, "batches": rows, "resources": memory}, indent=1)
        write_atomic(args.json, text + "\n")
    return 0


def _row(timing: Timing) -> dict[str, Any]:
    return {
        "batch": timing.batch,
        "calls": len(timing.host_ms),
        "dropped": timing.dropped,
        "frames_per_s": round(timing.frames_per_s, 2),
        "cpu_ms_per_frame": round(timing.cpu_ms_per_frame, 4),
        "host_ms": _percentiles(timing.host_ms),
        "device_ms": _percentiles(timing.device_ms) if timing.device_ms else None,
    }


def _percentiles(samples: Sequence[float]) -> dict[str, float | None]:
    """Nearest-rank percentiles, and for each the bound that the samples prove."""
    from simgate.harness.gate.statistics.percentile import percentile_upper_bound
    from simgate.policies.perception.inference.parity import percentile

    found: dict[str, float | None] = {}
    for share in _PERCENTILES:
        name = f"p{100 * share:.0f}"
        bound = percentile_upper_bound(samples, share, CONFIDENCE)
        found[name] = round(percentile(samples, share), 4)
        found[f"{name}_at_most"] = None if bound is None else round(bound, 4)
    return found


def _print(about: dict[str, str], rows: list[dict[str, Any]], memory: dict[str, float]) -> None:
    print(f"{about['model']} on {about['runtime']}, {about['device']}; {about['machine']}")
    print("milliseconds a call: percentile (<= what the samples prove with 95 % confidence)")
    heads = f"{'batch':>5} {'calls':>6} {'frames/s':>9} {'CPU ms/frame':>13}"
    print(f"{heads}  {'p50':>18} {'p95':>18} {'p99':>18}")
    for row in rows:
        for where in ("host_ms", "device_ms"):
            if row[where] is None:
                continue
            cells = [_cell(row[where], f"p{100 * share:.0f}") for share in _PERCENTILES]
            head = f"{row['batch']:>5} {row['calls']:>6} {row['frames_per_s']:>9.1f}"
            head = f"{head} {row['cpu_ms_per_frame']:>13.3f}" if where == "host_ms" else f"{'device':>36}"
            print(f"{head}  {cells[0]:>18} {cells[1]:>18} {cells[2]:>18}")
    print(f"warm-up dropped: {', '.join(str(row['dropped']) for row in rows)} calls")
    for name, value in memory.items():
        print(f"{name}: {value:.1f}")


def _cell(values: dict[str, float | None], name: str) -> str:
    bound = values[f"{name}_at_most"]
    return f"{values[name]:.3f} (<= {'?' if bound is None else f'{bound:.3f}'})"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not '{text}'")
    return seconds


def _batches(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be numbers with commas, such as 1,4,8, not '{text}'"
        ) from None
    if min(found) < 1:
        raise argparse.ArgumentTypeError(f"a batch is at least 1, not {min(found)}")
    return found
