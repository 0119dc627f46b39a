"""``simgate detect MODEL IMAGE...``: what a model finds in pictures."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.harness.cli.model.images import ImageFrame
    from simgate.policies.perception.outputs import ModelOutput
    from simgate.policies.perception.package import ModelPackage
    from simgate.policies.perception.runtime import PerceptionRuntime, RuntimeInfo

HELP = "run a model on PNG and JPEG files: what it says of each (boxes, masks, depth, poses, ...), drawn too"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    from simgate.harness.cli.model.threshold import add_threshold_argument
    from simgate.harness.cli.options.trust import add_trust

    parser.add_argument(
        "model", metavar="MODEL", help="model package: folder, model.yaml, s3://, gs://, mlflow:"
    )
    parser.add_argument(
        "images", nargs="+", type=Path, metavar="IMAGE", help="PNG or JPEG file, or a folder of them"
    )
    parser.add_argument("--runtime", default="auto", metavar="R", help="also with a device: torch:cpu")
    add_threshold_argument(parser)
    add_trust(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write the pictures with what was found")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was found")


@dataclass(frozen=True)
class _Seen:
    """A picture, what was found in it, and how long that took here."""

    image: ImageFrame
    found: ModelOutput
    took_ms: float


def run(args: argparse.Namespace) -> int:
    """Prints what is found in each picture; returns 0, or 2 when a picture could not be used."""
    from simgate.harness.cli.model.images import image_files, read_image
    from simgate.harness.cli.model.model_errors import model_errors
    from simgate.harness.cli.model.one_thread import one_thread
    from simgate.harness.execution.episode.models.perception_runtime import make_runtime, resolve_runtime
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.package_source import local_package
    from simgate.sim_adapters.printable import printable

    one_thread()
    files = image_files(args.images)
    with as_user_errors():
        package = load_package(local_package(args.model))
        package = package if args.threshold is None else package.with_threshold(args.threshold)
        runtime = make_runtime(resolve_runtime(args.runtime, package), package)
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
    info = runtime.describe()
    print(f"{info.model} on {info.runtime} {info.version}, {info.device}")
    seen: list[_Seen] = []
    refused: list[str] = []
    names: set[str] = set()
    for file in files:
        try:
            with model_errors(), as_user_errors():
                one = _look(runtime, read_image(file), warm=bool(seen))
                _print(one)
                if args.out is not None:
                    _write_picture(args.out, one, names)
        except UserError as error:
            text = str(error) if str(file) in str(error) else f"{file}: {error}"
            print(printable(text), file=sys.stderr)
            refused.append(text)
            continue
        seen.append(one)
    runtime.close()
    _summarize(seen, package, len(refused))
    if args.json is not None:
        with as_user_errors():
            write_atomic(args.json, json.dumps(_document(info, seen, refused), indent=1) + "\n")
    return 2 if refused else 0


def _look(runtime: PerceptionRuntime, image: ImageFrame, *, warm: bool) -> _Seen:
    from simgate.policies.perception.inference.warm_up import warm_up
    from simgate.policies.perception.outputs import require_sound

    frames = image.pixels[None]
    if not warm:
        warm_up(runtime, frames)
    started = perf_counter()
    found = runtime.infer(frames)
    took_ms = (perf_counter() - started) * 1000.0
    try:
        require_sound(found, 1)
    except ValueError as error:
        raise RuntimeError(f"the model's answer is none: {error}") from error
    return _Seen(image, found[0], took_ms)


def _print(one: _Seen) -> None:
    from simgate.harness.cli.model.said import told
    from simgate.harness.text import table
    from simgate.sim_adapters.printable import printable

    height, width = one.image.pixels.shape[:2]
    notes = "".join(f"; {note}" for note in one.image.notes)
    said = told(one.found)
    print(f"\n{printable(one.image.path)}  {width}x{height}  {said.count}{notes}")
    if said.rows:
        rows = [[printable(first), *rest] for first, *rest in said.rows]
        print(table(list(said.head), rows, right=range(1, len(said.head)), indent="  "))


def _write_picture(folder: Path, one: _Seen, names: set[str]) -> None:
    """The picture with its boxes, under a name of its own."""
    from simgate.harness.execution.pictures.overlay import picture, scale_for
    from simgate.sim_adapters.printable import printable

    stem = name = f"{one.image.path.stem}-detections"
    number = 1
    while name in names:
        number += 1
        name = f"{stem}-{number}"
    names.add(name)
    scale = scale_for(one.image.pixels.shape[1])
    path = folder / f"{name}.png"
    picture(one.image.pixels, [one.found], scale).save(path, "PNG")
    print(f"  {printable(path)}")


def _summarize(seen: list[_Seen], package: ModelPackage, refused: int) -> None:
    from simgate.harness.text import plural
    from simgate.policies.perception.inference.parity import percentile
    from simgate.policies.perception.outputs import Boxes

    if not seen:
        return
    times = [one.took_ms for one in seen]
    boxes = [one.found for one in seen if isinstance(one.found, Boxes)]
    what = plural(sum(map(len, boxes)), "detection") if boxes else "answers"
    print(
        f"\n{what} in {plural(len(seen), 'picture')}"
        + (f", {plural(refused, 'picture')} refused" if refused else "")
    )
    p50, largest = f"{percentile(times, 0.5):.1f} ms", f"{max(times):.1f} ms"
    print(f"latency measured on this machine, one picture at a time, warm: p50 {p50}, largest {largest}")
    print(f"(runs take the package's, of {package.latency.device})")
    if not boxes:
        return
    if not any(map(len, boxes)):
        least = min(package.score_thresholds)
        lower = f"; --threshold {least / 10:.2g} shows what comes near it" if least > 0.01 else ""
        print(f"note: nothing reached its threshold{lower}")
    elif all(one.boxes.max(initial=0.0) <= 1.0 for one in boxes):
        print("note: every box lies in the first pixel; if the model gives shares, declare box_unit: share")
    if any((one.boxes[:, 2:] < one.boxes[:, :2]).any() for one in boxes):
        print("note: boxes end before they begin; does the model give xyxy, cxcywh, xywh or yxyx?")


def _document(info: RuntimeInfo, seen: list[_Seen], refused: list[str]) -> dict[str, Any]:
    from simgate.harness.cli.model.said import told

    return {
        "model": info.model,
        "runtime": f"{info.runtime} {info.version}",
        "device": info.device,
        "artifact_sha256": info.artifact_sha256,
        "pictures": [
            {
                "file": str(one.image.path),
                "width": one.image.pixels.shape[1],
                "height": one.image.pixels.shape[0],
                "notes": list(one.image.notes),
                "measured_ms": round(one.took_ms, 3),
                **told(one.found).values,
            }
            for one in seen
        ],
        "refused": refused,
    }
