"""``simgate parity A --against B``: how far two models, or two runtimes of one, disagree."""

from __future__ import annotations

import argparse
import json
import math
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from simgate.policies.perception.inference.parity import Change, Disagreement, Seen
    from simgate.policies.perception.outputs import Boxes
    from simgate.policies.perception.package import ModelPackage

HELP = "compare two models, two files of one, or a runtime with ONNX Runtime in float32, on the same frames"
REFERENCE = "onnxruntime:cpu"
CHANGES_SHOWN = 20
_FLOOR = 0.5
"""Of the smallest threshold: so far down boxes are looked at, to see what fell under a threshold."""
_UNITS = {"box_max_px": "px", "box_p99_px": "px"}
_WORDS = {
    "box_max_px": "box, largest",
    "box_p99_px": "box, p99",
    "score_max": "score, largest",
    "score_p99": "score, p99",
    "class_changes": "pairs of two classes",
    "unmatched": "seen by one only",
    "recall_in_b": "A's boxes that B has",
    "recall_in_a": "B's boxes that A has",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    from simgate.harness.cli.model.frames import add_frame_arguments
    from simgate.harness.cli.model.threshold import add_threshold_argument
    from simgate.harness.cli.options.trust import add_trust

    parser.add_argument("model", metavar="A", help="model package: folder, model.yaml, s3://, gs://, mlflow:")
    parser.add_argument(
        "--against",
        metavar="B",
        help="another package, or another file of weights that A's package lists (default: A itself)",
    )
    parser.add_argument(
        "--artifact", metavar="FILE", help="of A: this file of weights that its package lists"
    )
    parser.add_argument(
        "--runtime",
        metavar="R",
        help="for A (default: that of --artifact, else the deployed one, else what `simgate run` takes)",
    )
    parser.add_argument(
        "--reference", metavar="R", help=f"runtime for B (default: {REFERENCE}, or what its file needs)"
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        type=_limit,
        metavar="NAME=VALUE",
        help=f"in place of the package's limits; may be repeated: {', '.join(_WORDS)}",
    )
    parser.add_argument(
        "--iou", type=_iou, default=0.5, metavar="X", help="overlap from which on boxes are of one object"
    )
    add_threshold_argument(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers and changes")
    add_frame_arguments(parser)
    add_trust(parser)


@dataclass(frozen=True)
class _Ran:
    """One of the two, and what it found, also below its thresholds."""

    package: ModelPackage
    found: list[Boxes]
    name: str
    file: str
    runtime: str
    sha256: str

    @property
    def thresholds(self) -> dict[str, float]:
        """Smallest score of a detection, by class name."""
        return dict(zip(self.package.classes, self.package.score_thresholds, strict=True))

    def __str__(self) -> str:
        return f"{self.name}, {self.file} on {self.runtime}"


def run(args: argparse.Namespace) -> int:
    """Prints the differences; returns 1 when one is past its limit."""
    from simgate.harness.cli.model.frames import load_frames
    from simgate.harness.cli.model.model_errors import model_errors
    from simgate.harness.cli.model.one_thread import one_thread
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.policies.perception.inference.parity import Side, compare, limits_of, measured, past_limits
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.package_source import local_package

    one_thread()
    with as_user_errors():
        whole = load_package(local_package(args.model))
        first = whole.with_only(args.artifact) if args.artifact else whole
        second = _against(args.against, whole)
        _require_common_class(first, second)
        if args.threshold is not None:
            first, second = (one.with_threshold(args.threshold) for one in (first, second))
        frames = load_frames(args, whole)
        limits = limits_of(whole.spec.limits) | dict(args.limit)
        with model_errors():
            b = _run(args.reference or _reference(second), second, frames)
            a = _run(args.runtime or _deployed(first, bool(args.artifact)), first, frames)
    tolerance = limits.get("score_max", 0.0)
    seen = compare(Side(a.found, a.thresholds), Side(b.found, b.thresholds), tolerance, args.iou)
    values = measured(seen)
    past = past_limits(values, limits)
    _print(a, b, seen, values, limits, past)
    if args.json is not None:
        text = json.dumps(_document(a, b, seen, values, limits, past), indent=1)
        with as_user_errors():
            write_atomic(args.json, text + "\n")
    return 1 if past else 0


def _against(wanted: str | None, package: ModelPackage) -> ModelPackage:
    """The package that A is held against: A's own, with another of its files, or another one."""
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.package_source import is_remote, local_package

    if wanted is None:
        return package
    path = Path(wanted)
    if any(one.file == wanted for one in package.spec.artifacts) or not (
        is_remote(wanted) or path.is_dir() or path.suffix in (".yaml", ".yml")
    ):
        return package.with_only(wanted)
    return load_package(local_package(wanted))


def _require_common_class(first: ModelPackage, second: ModelPackage) -> None:
    from simgate.harness.frontend.user_errors import UserError

    if not set(first.classes) & set(second.classes):
        raise UserError(
            f"A finds {', '.join(first.classes)}, B finds {', '.join(second.classes)}: no class is common"
        )


def _deployed(package: ModelPackage, chosen: bool) -> str:
    """The runtime for A."""
    from simgate.harness.execution.episode.models.perception_runtime import AUTO, resolve_runtime
    from simgate.policies.perception.inference.choice import RUNTIME_OF

    if chosen:
        return RUNTIME_OF[package.spec.artifacts[0].kind]
    return resolve_runtime(package.deployed.runtime if package.deployed else AUTO, package)


def _reference(package: ModelPackage) -> str:
    """The runtime for B: ONNX Runtime on the CPU where B has a file for it."""
    from simgate.policies.perception.inference.choice import RUNTIME_OF

    kinds = [artifact.kind for artifact in package.artifacts]
    return REFERENCE if "onnx" in kinds else RUNTIME_OF[kinds[0]]


def _run(runtime: str, package: ModelPackage, frames: NDArray[np.uint8]) -> _Ran:
    """Detections of frame after frame, as on the robot, and what ran."""
    from simgate.harness.execution.episode.models.perception_runtime import make_runtime, resolve_runtime
    from simgate.policies.perception.outputs import only_boxes

    floor = package.with_threshold(_FLOOR * min(package.score_thresholds))
    model = make_runtime(resolve_runtime(runtime, package), floor)
    try:
        info = model.describe()
        found = only_boxes([deepcopy(model.infer(frames[k : k + 1])[0]) for k in range(len(frames))])
    except TypeError as error:
        raise package.unusable("model-output", f"parity compares boxes: {error}") from error
    finally:
        model.close()
    files = [a.path.name for a in package.artifacts if info.artifact_sha256 in (a.sha256, a.digest)]
    where = f"{info.runtime} {info.version} on {info.device}"
    return _Ran(package, found, info.model, files[0] if files else "?", where, info.artifact_sha256)


def _print(
    a: _Ran,
    b: _Ran,
    seen: Disagreement,
    values: Mapping[str, float],
    limits: Mapping[str, float],
    past: Sequence[str],
) -> None:
    from simgate.harness.text import plural

    print(f"A  {a}\nB  {b}")
    pairs = plural(len(seen.box_px), "pair") + " of detections"
    print(f"{plural(seen.frames, 'frame')}, {pairs}, {seen.borderline} at their threshold")
    for name, value in values.items():
        print(_value_line(name, value, limits, past, seen))
    _print_classes(seen)
    _print_changes(seen.changes, a, b)
    if (a.sha256, a.runtime) == (b.sha256, b.runtime):
        print("note: both are the same file in the same runtime, so this shows only that it repeats itself")
    if not seen.box_px:
        print("note: there is no pair, so boxes and scores are untested; give other frames")
    if not {"box_max_px", "box_p99_px", "score_max", "score_p99"} & set(limits):
        print("note: no limit on box_max_px or score_max is given, so differences are not judged")
    for own, other, name in ((a, b, "A"), (b, a, "B")):
        alone = [one for one in own.package.classes if one not in other.package.classes]
        if alone:
            print(f"note: only {name} knows {', '.join(alone)}")
    print(f"past the limits: {', '.join(past)}" if past else "within the limits")


def _value_line(
    name: str, value: float, limits: Mapping[str, float], past: Sequence[str], seen: Disagreement
) -> str:
    unit = f" {_UNITS[name]}" if name in _UNITS else ""
    limit = f"limit {limits[name]:g}{unit}" if name in limits else "no limit"
    where = {"box_max_px": "box_px", "score_max": "score"}.get(name, "")
    frame = f", frame {seen.worst_frame[where]}" if where in seen.worst_frame else ""
    shown = "nothing to find" if math.isnan(value) else f"{value:.6g}{unit}"
    return f"{'PAST ' if name in past else '     '}{_WORDS[name]:<21} {shown} ({limit}{frame})"


def _print_classes(seen: Disagreement) -> None:
    from simgate.harness.text import table
    from simgate.sim_adapters.printable import printable

    names = sorted({*seen.in_a, *seen.in_b})
    rows = [
        [printable(name), str(seen.in_a[name]), str(seen.in_b[name]), str(seen.in_both[name])]
        for name in names
    ]
    if rows:
        print(table(["class", "A", "B", "both"], rows, right=range(1, 4)))


def _print_changes(changes: Sequence[Change], a: _Ran, b: _Ran) -> None:
    if not changes:
        return
    print("what changed at the thresholds:")
    for change in changes[:CHANGES_SHOWN]:
        told = f"A {_told(change.a, a)}, B {_told(change.b, b)}"
        print(f"  frame {change.frame}: {told}{' (borderline)' if change.borderline else ''}")
    if len(changes) > CHANGES_SHOWN:
        print(f"  and {len(changes) - CHANGES_SHOWN} more (--json FILE holds all)")


def _told(seen: Seen | None, ran: _Ran) -> str:
    from simgate.sim_adapters.printable import printable

    if seen is None:
        return "nothing"
    threshold = ran.thresholds[seen.label]
    below = f", below {threshold:g}" if seen.score < threshold else ""
    return f"{printable(seen.label)} {seen.score:.3f}{below}"


def _document(
    a: _Ran,
    b: _Ran,
    seen: Disagreement,
    values: Mapping[str, float],
    limits: Mapping[str, float],
    past: Sequence[str],
) -> dict[str, Any]:
    def about(ran: _Ran) -> dict[str, Any]:
        who = {"model": ran.name, "file": ran.file, "artifact_sha256": ran.sha256, "runtime": ran.runtime}
        return who | {"package_sha256": ran.package.sha256, "score_thresholds": ran.thresholds}

    return {
        "a": about(a),
        "b": about(b),
        "frames": seen.frames,
        "pairs": len(seen.box_px),
        "borderline": seen.borderline,
        "measured": {name: None if math.isnan(value) else value for name, value in values.items()},
        "limits": dict(limits),
        "past": list(past),
        "classes": {
            name: {"a": seen.in_a[name], "b": seen.in_b[name], "both": seen.in_both[name]}
            for name in sorted({*seen.in_a, *seen.in_b})
        },
        "changes": [asdict(change) for change in seen.changes],
    }


def _limit(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if name not in _WORDS or not value >= 0.0:
        raise argparse.ArgumentTypeError(f"must be NAME=NUMBER with NAME {', '.join(_WORDS)}, not '{text}'")
    return name, value


def _iou(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"must be a number above 0 and up to 1, not '{text}'")
    return value
