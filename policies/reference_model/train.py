"""Makes the detector: ``python -m simgate.policies.reference_model.train [--variant v2|v1] [--out DIR]``.

Renders frames, trains, chooses thresholds on validation frames, exports, writes ``model.yaml``, and
measures the result on held-out frames for the model card. ``--keep-weights`` begins at the thresholds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from simgate.policies.perception.package import load_package
from simgate.policies.reference_model import evaluate
from simgate.policies.reference_model.export import ONNX_FILE, export_onnx, write_package
from simgate.policies.reference_model.frames import ADAPTER, CLASSES, WORLD, render
from simgate.policies.reference_model.sampling import TRAINING_DOMAINS, validation_domain
from simgate.policies.reference_model.thresholds import choose_thresholds
from simgate.policies.reference_model.training import train

TRAINING_SEED, VALIDATION_SEED = 710_001, 720_001
VALIDATION_FRAMES = 4000
Lineage = dict[str, str | int | float | bool]
VERSIONS = {"v2": "2.0.0", "v1": "1.0.0"}
FOLDERS = {"v2": Path(__file__).parent, "v1": Path(__file__).parent / "v1"}
LIMITS: dict[str, str | float] = {
    "world": "simulated office corridors only; never a real robot",
    "frames": "160x120 pixels, vertical field of view 60 deg, camera 0.6 m above the floor",
    "distance": "doors up to 8 m; a pane cut by the image's side border may be missed",
    "glass": (
        "opacity 0.15 and more, lux times opacity at least 5; "
        "panes open by more than 35 deg are seen less reliably"
    ),
    "box_max_px": 1.0,
    "score_max": 0.02,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code of the evaluation."""
    parser = argparse.ArgumentParser(
        prog="python -m simgate.policies.reference_model.train", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--variant", choices=sorted(TRAINING_DOMAINS), default="v2")
    parser.add_argument("--out", type=Path, help="folder for the package (default: where it is committed)")
    parser.add_argument("--cache", type=Path, default=Path(".train"), help="folder for rendered frames")
    parser.add_argument("--frames", type=int, default=24_000, help="training frames")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1, help="seed of weights and order")
    parser.add_argument("--processes", type=int, default=2, help="rendering processes")
    parser.add_argument(
        "--keep-weights", action="store_true", help="only choose the thresholds of the model in --out anew"
    )
    options = parser.parse_args(arguments)
    options.out = options.out or FOLDERS[options.variant]
    started = time.monotonic()
    lineage = _kept_lineage(options) if options.keep_weights else _made(options)
    _choose_thresholds(options, lineage)
    print(f"made in {(time.monotonic() - started) / 60.0:.1f} min")
    card = [str(options.out / "model.yaml"), "--cache", str(options.cache), "--write-card"]
    return evaluate.main([*card, "--processes", str(options.processes)])


def _made(options: argparse.Namespace) -> Lineage:
    """Trains and exports; returns what the weights come from."""
    # Before anything runs: the source may change while it does.
    commit = _commit()
    domain = TRAINING_DOMAINS[options.variant]
    frames = render(options.cache, domain, TRAINING_SEED, options.frames, processes=options.processes)
    net = train(frames, options.epochs, options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    export_onnx(net, options.out / ONNX_FILE)
    return {
        "variant": options.variant,
        "script": "policies/reference_model/train.py",
        "commit": commit,
        "world": WORLD,
        "renderer": ADAPTER,
        "training_frames": len(frames),
        "training_seed": TRAINING_SEED,
        "training_lux": "{:g} to {:g}".format(*domain.lux),
        "validation_seed": VALIDATION_SEED,
        "weights_seed": options.seed,
        "epochs": options.epochs,
        "data_sha256": frames.digest(),
    }


def _kept_lineage(options: argparse.Namespace) -> Lineage:
    kept = load_package(options.out / "model.yaml").spec.lineage
    return {**kept, "validation_seed": VALIDATION_SEED, "thresholds_commit": _commit()}


def _choose_thresholds(options: argparse.Namespace, lineage: Lineage) -> None:
    checked = validation_domain(options.variant)
    frames = render(options.cache, checked, VALIDATION_SEED, VALIDATION_FRAMES, processes=options.processes)
    write = partial(
        write_package, options.out, version=VERSIONS[options.variant], lineage=lineage, limits=LIMITS
    )
    path = write(thresholds=dict.fromkeys(CLASSES, 0.1))
    write(thresholds=choose_thresholds(frames, evaluate.detect(load_package(path), frames, 0.05)))


def _commit() -> str:
    """The commit of the source, marked when files differ from it; ``unknown`` outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return result.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
