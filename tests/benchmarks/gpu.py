"""What a machine with a CUDA card does: ``make gpu``. One table as Markdown and JSON, with card and date.

Each line runs in processes of its own where it can, so that one that fails takes no other with it; one that
cannot run says why. ``--device cpu`` takes the same way without a card.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from simgate.harness.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
MODEL, PACK = "policies/reference_model", "scenarios/office_doors"
SUITE = "tests/integration/adapters/test_mujoco_warp.py"
WORLDS = (1, 16, 128, 1024)
_TICKS = 5
_LAST = 300
"""Letters of what failed that a line of the table holds."""


def cards() -> list[str]:
    """Names of the CUDA cards that the driver tells of."""
    try:
        said = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],
            text=True, capture_output=True, check=True, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return said.stdout.split("\n")[:-1]


def ran(command: Sequence[str], **extra: str) -> str:
    """What a command of this interpreter prints.

    Raises:
        RuntimeError: With its last words.
    """
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **extra}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-_LAST:]}")
    return done.stdout


def conformance(device: str, only: str) -> str:
    """The suite of robots on their own joints, by mujoco_warp there."""
    said = ran(["pytest", "-q", SUITE, *(["-k", only] if only else [])], SIMGATE_WARP_DEVICE=device)
    return said.strip().split("\n")[-1]


def parity(runtime: str, device: str, frames: int) -> str:
    """The shipped model against onnxruntime on the CPU: largest differences."""
    with tempfile.TemporaryDirectory() as folder:
        found, package = Path(folder) / "parity.json", Path(folder) / "model"
        package.mkdir()
        for name in ("model.yaml", "detector.onnx"):
            shutil.copy(ROOT / MODEL / name, package / name)
        if runtime == "torch":
            exported = str(package / "detector.pt2")
            ran(["simgate.policies.perception.onnx_to_torch", str(package), exported, "--add"])
        if runtime == "tensorrt":
            ran(["simgate.harness.cli.main", "build-engine", str(package), "--add"])
        place = f"{runtime}:{device.partition(':')[0]}"
        ran(
            ["simgate.harness.cli.main", "parity", str(package), "--runtime", place, "--pack", PACK,
             "--count", str(frames), "--json", str(found)],
            SIMGATE_TRUST="all",
        )  # fmt: skip
        told = json.loads(found.read_text())
    return json.dumps({"frames": told["frames"], **told["measured"]})


def worlds(count: int, device: str) -> str:
    """World steps a second of the small arm, its camera drawn at 10 Hz of simulated time."""
    from simgate.sim_adapters.adapter import Timing
    from simgate.sim_adapters.mujoco_warp.adapter import MujocoWarpAdapter
    from simgate.sim_adapters.worlds.probes.small_arm import machines

    timing = Timing(physics_hz=200, control_hz=20, camera_hz=20)
    with tempfile.TemporaryDirectory() as folder:
        first = machines(Path(folder))[0]
        sites = [replace(first, values=(("body/cube.pos.x", 0.5 + 1e-4 * k),)) for k in range(count)]
        adapter = MujocoWarpAdapter(timing, {"device": device})
        began = time.perf_counter()
        adapter.reset(sites)
        told = np.tile([5.0, 0.15], (count, 1))
        adapter.step(told)
        made_s, began = time.perf_counter() - began, time.perf_counter()
        for _ in range(_TICKS):
            adapter.step(told)
        taken_s = time.perf_counter() - began
        frames = device_frames(adapter)
        adapter.close()
    rate = count * _TICKS * timing.control_steps / taken_s
    return f"{rate:.0f} steps/s, made in {made_s:.1f} s; {frames}"


def device_frames(adapter: Any) -> str:
    """Whether torch takes the pictures where they were drawn."""
    if find_spec("torch") is None:
        return "frames not tried: no torch"
    import torch

    frames = adapter.device_frames()
    taken = torch.from_dlpack(frames)
    if taken.data_ptr() != frames.ptr:
        raise RuntimeError("torch has copied the frames")
    return f"frames taken by torch on {taken.device} without a copy"


def lines(device: str, counts: Sequence[int], frames: int, only: str) -> dict[str, Callable[[], str]]:
    """Every line of the table."""
    found: dict[str, Callable[[], str]] = {"conformance": partial(conformance, device, only)}
    for runtime in ("torch", "onnxruntime", "tensorrt"):
        found[f"parity {runtime}"] = partial(parity, runtime, device, frames)
    for count in counts:
        found[f"{count} worlds"] = partial(worlds, count, device)
    return found


def table(device: str, found: dict[str, str]) -> str:
    """As Markdown."""
    day = datetime.datetime.now(datetime.UTC).date()
    rows = [f"| {name} | {said.replace('|', '/').replace(chr(10), ' ')} |" for name, said in found.items()]
    return "\n".join([f"{device}, {day}", "", "| | |", "|---|---|", *rows, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes ``gpu.md`` and ``gpu.json``; its exit code says whether there is a card, and it conforms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda:0", help="cuda:NUMBER, or cpu")
    parser.add_argument("--worlds", default=",".join(map(str, WORLDS)), help="counts, with commas between")
    parser.add_argument("--frames", type=int, default=64, help="frames for parity")
    parser.add_argument("--only", default="", help="tests of the suite, as pytest's -k")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the table")
    args = parser.parse_args(arguments)
    there = cards()
    if args.device != "cpu" and not there:
        print(
            "make gpu: this machine has no CUDA card (nvidia-smi tells of none); --device cpu tries the same on the CPU"
        )
        return ExitCode.INFRASTRUCTURE
    number = int(args.device.partition(":")[2] or 0)
    name = "cpu" if args.device == "cpu" else there[number] if number < len(there) else args.device
    found: dict[str, str] = {}
    broken: list[str] = []
    counts = [int(part) for part in args.worlds.split(",") if part]
    for line, run in lines(args.device, counts, args.frames, args.only).items():
        try:
            found[line] = run()
        except Exception as error:  # Every line of the table says what became of it.
            broken.append(line)
            found[line] = f"could not be shown: {type(error).__name__}: {error}"
        print(f"{line}: {found[line]}", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "gpu.md").write_text(table(name, found))
    (args.out / "gpu.json").write_text(json.dumps({"device": name, "lines": found}, indent=1))
    print(f"{args.out / 'gpu.md'}, {args.out / 'gpu.json'}")
    # Of the others some cannot run on every machine.
    return ExitCode.NO_GO if "conformance" in broken else ExitCode.GO


if __name__ == "__main__":
    sys.exit(main())
