"""Pictures a second of a data set in a run, against a loop by hand around the same runtime.

``python -m tests.benchmarks.pictures [--pictures N] [--model FOLDER]`` writes labelled JPEG pictures, shows
them to the model in a loop as somebody would write it (decoded ahead by a thread, batches of 32), and runs them
as a pack with a worker for each core, batched. The time of its workers is that which they say for the variants; the
start, the journal and the reports come on top in that of the whole command. By the wall clock, so only a machine that does
nothing else gives numbers that mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "policies" / "reference_model"
BATCH = 32
PACK = """\
simgate: 1
pack: pictures
model: {model}
policy: watcher
sim: {{adapter: dataset, batch: {batch}}}
scenarios:
  pictures:
    title: Labelled pictures
    severity: major
    world: {{dataset: labels.jsonl{group}}}
    accept: {{detection.{label}.recall: {{at_least: 0, if_undefined: pass}}}}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--model", type=Path, default=MODEL, help="package (default: the reference model)")
    parser.add_argument("--batch", type=int, default=256, help="sim.batch (default: 256)")
    parser.add_argument("--group", type=int, default=1, help="pictures of one variant (default: 1)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write(folder, args)
        bare = by_hand(args.model, paths)
        inside, whole, phases = in_a_run(folder, args.workers)
        again = by_hand(args.model, paths)
    count = len(paths)
    best = min(bare, again)
    print(f"{count} pictures, {args.group} a variant, {args.workers} workers")
    print(f"by hand        {count / bare:8.1f} and {count / again:.1f} pictures/s")
    print(f"in the workers {count / inside:8.1f} pictures/s, {best / inside:.2f} of by hand")
    print(f"whole command  {count / whole:8.1f} pictures/s, {best / whole:.2f} of by hand")
    print(
        "workers, seconds: "
        + ", ".join(f"{k} {v:.2f}" for k, v in sorted(phases.items(), key=lambda i: -i[1]))
    )
    return 0


def write(folder: Path, args: argparse.Namespace) -> list[Path]:
    """Pictures with one labelled box each, and a pack over them."""
    from simgate.policies.perception.package import load_package

    package = load_package(args.model)
    spec, random = package.spec.input, np.random.default_rng(1)
    label, lines = package.classes[0], []
    small = random.integers(0, 256, (64, spec.height // 4, spec.width // 4, 3)).astype(np.uint8)
    for k in range(args.pictures):
        image = Image.fromarray(np.roll(small[k % 64], k, axis=1)).resize((spec.width, spec.height))
        image.save(folder / f"{k:05d}.jpg", quality=85)
        box = {"label": label, "box": [10, 10, 40, 60]}
        lines.append(json.dumps({"image": f"{k:05d}.jpg", "boxes": [box], "group": k // args.group}))
    (folder / "labels.jsonl").write_text("\n".join(lines))
    text = PACK.format(
        model=(args.model / "model.yaml").resolve(),
        label=label,
        batch=args.batch if args.group == 1 else 1,
        group="" if args.group == 1 else ", group_by: group",
    )
    (folder / "pack.yaml").write_text(text)
    return sorted(folder.glob("*.jpg"))


def by_hand(model: Path, paths: list[Path]) -> float:
    """Seconds of a plain loop, its model loaded and warm."""
    from simgate.harness.execution.episode.models.perception_runtime import make_runtime
    from simgate.policies.perception.package import load_package

    runtime = make_runtime("onnxruntime:cpu", load_package(model), model)

    def read(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))

    runtime.infer(np.stack([read(path) for path in paths[:BATCH]]))
    began = time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        frames, found = pool.map(read, paths), []
        while batch := list(islice(frames, BATCH)):
            found += runtime.infer(np.stack(batch))
    took = time.perf_counter() - began
    assert len(found) == len(paths)
    runtime.close()
    return took


def in_a_run(folder: Path, workers: int) -> tuple[float, float, dict[str, float]]:
    """Seconds of the workers at once, of the whole command, and of all workers by phase."""
    from simgate.harness.results.run_folder import RunFolder

    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(folder / "pack.yaml")]
    command += ["--workers", str(workers), "--runs-dir", str(folder / "runs"), "--run-name", "a"]
    command += ["--runtime", "onnxruntime:cpu"]
    began = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    whole = time.perf_counter() - began
    records = list(RunFolder(folder / "runs" / "a").records())
    if any(one.outcome.value != "PASS" for one in records):
        raise SystemExit(f"the run failed: {records[0].reason}")
    phases: dict[str, float] = {}
    for one in records:
        for phase, seconds in one.phases_s.items():
            phases[phase] = phases.get(phase, 0.0) + seconds
    return sum(one.wall_s for one in records) / workers, whole, phases


if __name__ == "__main__":
    sys.exit(main())
