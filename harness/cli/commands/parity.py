"""``simgate parity MODEL``: does the deployed runtime say the same as ONNX Runtime in float32?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from simgate.policies.perception.detections import Detections
    from simgate.policies.perception.package import ModelPackage
    from simgate.policies.perception.parity import Disagreement

HELP = "compare a runtime with ONNX Runtime in float32 on the same frames: boxes, scores, classes"
REFERENCE = "onnxruntime:cpu"
_UNITS = {"box_max_px": "px", "box_p99_px": "px"}
_WORDS = {
    "box_max_px": "box, largest",
    "box_p99_px": "box, p99",
    "score_max": "score, largest",
    "score_p99": "score, p99",
    "class_changes": "pairs of two classes",
    "unmatched": "seen by one only",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    from simgate.harness.cli.model.frames import add_frame_arguments

    parser.add_argument(
        "model", metavar="MODEL", help="model package: folder, model.yaml, s3://, gs://, mlflow:"
    )
    parser.add_argument(
        "--runtime", metavar="R", help="to compare (default: the deployed one, else what `simgate run` takes)"
    )
    parser.add_argument("--reference", default=REFERENCE, metavar="R", help=f"default: {REFERENCE}")
    add_frame_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the largest differences; returns 1 when one is past the package's limit."""
    from simgate.harness.cli.model.frames import load_frames
    from simgate.harness.cli.model.model_errors import model_errors
    from simgate.harness.cli.model.one_thread import one_thread
    from simgate.harness.execution.perception_runtime import AUTO, resolve_runtime
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.package_source import local_package
    from simgate.policies.perception.parity import compare, limits_of, measured, past_limits

    one_thread()
    with as_user_errors():
        package = load_package(local_package(args.model))
        deployed = package.deployed.runtime if package.deployed else AUTO
        other = resolve_runtime(args.runtime or deployed, package)
        frames = load_frames(args, package)
        limits = limits_of(package.spec.limits)
        with model_errors():
            expected, reference = _run(args.reference, package, frames)
            given, compared = _run(other, package, frames)
    seen = compare(expected, given, package.score_thresholds, limits.get("score_max", 0.0))
    values = measured(seen)
    past = past_limits(values, limits)
    print(f"{package.name} {package.version}: {compared} against {reference}")
    print(
        f"{seen.frames} frames, {len(seen.box_px)} pairs of detections, {seen.borderline} at their threshold"
    )
    _print_table(values, limits, past, seen)
    if compared == reference:
        print("note: both are the same runtime, so this shows only that it repeats itself")
    if not seen.box_px:
        print("note: neither runtime found anything, so boxes and scores are untested; give other frames")
    if not {"box_max_px", "box_p99_px", "score_max", "score_p99"} & set(limits):
        print("note: the package's limits hold no box_max_px or score_max, so differences are not judged")
    print(f"past the package's limits: {', '.join(past)}" if past else "within the package's limits")
    return 1 if past else 0


def _run(runtime: str, package: ModelPackage, frames: NDArray[np.uint8]) -> tuple[list[Detections], str]:
    """Detections of frame after frame, as on the robot, and what ran."""
    from simgate.harness.execution.perception_runtime import make_runtime

    model = make_runtime(runtime, package)
    try:
        info = model.describe()
        found = [model.infer(frames[k : k + 1])[0] for k in range(len(frames))]
    finally:
        model.close()
    return found, f"{info.runtime} {info.version} on {info.device}"


def _print_table(
    values: Mapping[str, float], limits: Mapping[str, float], past: Sequence[str], seen: Disagreement
) -> None:
    for name, value in values.items():
        unit = f" {_UNITS[name]}" if name in _UNITS else ""
        limit = f"limit {limits[name]:g}{unit}" if name in limits else "no limit"
        where = {"box_max_px": "box_px", "score_max": "score"}.get(name, "")
        frame = f", frame {seen.worst_frame[where]}" if where in seen.worst_frame else ""
        mark = "PAST " if name in past else "     "
        print(f"{mark}{_WORDS[name]:<21} {value:.6g}{unit} ({limit}{frame})")
