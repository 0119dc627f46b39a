"""``simgate export-frames PACK --out FOLDER``: what a pack's robots see, as a labelled data set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from simgate.harness.cli.options.selection import add_selection, select

HELP = "write what a pack's robots see as a data set: pictures, and the truth of them in COCO's format"
LABELS = "labels.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("pack", type=Path, metavar="PACK", help="pack's YAML file")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="made, and must be empty")
    parser.add_argument("--variants", type=int, metavar="N", help="so many variants of each scenario")
    parser.add_argument("--every", type=int, default=5, metavar="N", help="every Nth frame (default: 5)")
    add_selection(parser)


def run(args: argparse.Namespace) -> int:
    """Writes the data set; returns 0."""
    from PIL import Image

    from simgate.harness.execution.episode.models.perception_runtime import AUTO
    from simgate.harness.execution.hosts.assignment import file_stem
    from simgate.harness.execution.playing import played
    from simgate.harness.expansion.expand import Expansion
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.harness.scoring.matching import COUNTED_FROM
    from simgate.harness.text import plural

    if args.every < 1 or (args.variants is not None and args.variants < 1):
        raise UserError("--every and --variants must be at least 1")
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise UserError(f"{args.out} is not empty; name a new folder")
    with as_user_errors():
        pack = load_checked(args.pack)
        (scenarios,) = select([pack], args)
        variants = Expansion(pack, scenarios, args.variants)
        args.out.mkdir(parents=True, exist_ok=True)
        labels: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
        ids: dict[str, int] = {}
        for variant, episode in played(pack, variants, AUTO):
            stem = file_stem(variant.id)
            about = {"scenario": variant.scenario, "sequence": variant.id}
            for k, frame in enumerate(episode.frames):
                truth = episode.trace.frames[k]
                is_unlabelled = episode.trace.tells_entities and not truth.is_told
                if k % args.every or frame is None or is_unlabelled:
                    continue
                name = f"{stem}-{k:04d}.png"
                Image.fromarray(frame).save(args.out / name, "PNG")
                image = len(labels["images"]) + 1
                size = {"width": frame.shape[1], "height": frame.shape[0]}
                labels["images"].append({"id": image, "file_name": name, **size, **about})
                for entity in truth.entities:
                    x0, y0, x1, y1 = map(int, entity.box)
                    labels["annotations"].append(
                        {
                            "id": len(labels["annotations"]) + 1,
                            "image_id": image,
                            "category_id": ids.setdefault(entity.label, len(ids) + 1),
                            "bbox": [x0, y0, x1 - x0, y1 - y0],
                            "area": int(entity.pixels),
                            "iscrowd": 0,
                            "ignore": int(entity.transmittance < COUNTED_FROM),
                        }
                    )
        labels["categories"] = [{"id": number, "name": name} for name, number in ids.items()]
        write_atomic(args.out / LABELS, json.dumps(labels, indent=1) + "\n")
    what = plural(len(labels["images"]), "picture"), plural(len(labels["annotations"]), "object")
    print(f"{what[0]} with {what[1]} in {args.out / LABELS}")
    return 0
