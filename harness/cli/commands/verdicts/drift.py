"""``simgate drift RUN --against OTHER``: are the frames of two runs alike, as the model sees them?"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgate.harness.cli.options.trust import add_trust

if TYPE_CHECKING:
    from simgate.harness.drift.sides import Side
    from simgate.harness.drift.two_samples import Comparison

HELP = "compare what the model sees in a run with another run, a data set or field replay"
_FEW = 6
_WEAK = 0.05


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    what = "folder of a run, or a pack's YAML file (also one of a data set)"
    parser.add_argument("run_dir", type=Path, metavar="RUN", help=what)
    other = f"{what}, or a field log, or a folder of logs"
    parser.add_argument("--against", type=Path, required=True, metavar="OTHER", help=other)
    text = "topic of a field log's pictures (default: its only one)"
    parser.add_argument("--images", default="", metavar="TOPIC", help=text)
    text = "of a field log each window of so many seconds is an episode (default: 5)"
    parser.add_argument("--window-s", type=float, default=5.0, metavar="S", help=text)
    text = "episodes of either side, evenly over its variants (default: 40)"
    parser.add_argument("--episodes", type=int, default=40, metavar="N", help=text)
    parser.add_argument("--every", type=int, default=5, metavar="N", help="every Nth frame (default: 5)")
    parser.add_argument("--runtime", default="auto", metavar="R", help="also with a device: torch:cpu")
    text = (
        "also compare what this tensor of the model holds: a name in its ONNX graph, or a module of torch's"
    )
    parser.add_argument("--tensor", default="", metavar="NAME", help=text)
    text = "where the pictures and drift.json go (default: drift/ in RUN, or here for a pack)"
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=text)
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the comparison; returns 0, or 1 where the sides differ."""
    from simgate.harness.drift.field_side import NoFieldSide, is_log_path, pack_of_logs
    from simgate.harness.drift.frame_statistics import NAMED
    from simgate.harness.drift.nearer import leanings
    from simgate.harness.drift.sides import measure, pack_of
    from simgate.harness.drift.two_samples import FEWEST, compare
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.policies.perception.inference.inner_tensor import NoTensor
    from simgate.sim_adapters.printable import printable

    if args.every < 1 or args.episodes < FEWEST:
        raise UserError(f"--every must be at least 1, and --episodes at least {FEWEST}")
    if not 0.0 < args.window_s < math.inf:
        raise UserError("--window-s must be above 0")
    with as_user_errors():
        other = args.against
        if is_log_path(other):
            try:
                other = pack_of_logs(other, args.images, args.window_s, pack_of(args.run_dir))
            except NoFieldSide as error:
                raise UserError(str(error)) from None
        try:
            sides = [
                measure(one, args.episodes, args.every, args.runtime, args.tensor)
                for one in (args.run_dir, other)
            ]
        except NoTensor as error:
            raise UserError(printable(str(error))) from None
        if sides[0].models != sides[1].models:
            raise UserError("the two have different models, and drift is as one model sees it")
        try:
            found = compare(sides[0].table, sides[1].table, NAMED)
        except ValueError as error:
            raise UserError(str(error)) from None
        leaning = [one for one in leanings(*sides) if one.q_value < _WEAK]
        out = args.out or (args.run_dir if args.run_dir.is_dir() else Path()) / "drift"
        out.mkdir(parents=True, exist_ok=True)
        picture = write_foreign(out / "foreign.png", sides)
        document = as_document(found, sides, args.against)
        if args.tensor:
            document["tensor"] = args.tensor
        document["nearer"] = [
            {"parameter": o.parameter, "nearest": o.nearest, "mean": o.mean} for o in leaning
        ]
        write_atomic(out / "drift.json", json.dumps(document, indent=1) + "\n")
    _print(found, sides)
    for one in leaning[:_FEW]:
        way = "less" if one.correlation > 0 else "more"
        print(
            f"nearer with {way} {one.parameter}: mean {one.mean:.4g}, of the nearest quarter "
            f"{one.nearest:.4g} (rank correlation {one.correlation:+.2f})"
        )
    print(f"\npictures {picture}\nnumbers  {out / 'drift.json'}")
    return int(found.drifts())


def as_document(found: Comparison, sides: list[Side], against: Path) -> dict[str, Any]:
    """The comparison as JSON.

    Args:
        found: Of the two sides.
        sides: The run, and what it is held against.
        against: Where that is, as it was given: what a link points at may be called otherwise.
    """
    from simgate.sim_adapters.files.plain_file import absolute

    rows = {
        key: [{"name": o.name, "p_value": o.p_value, "effect": o.effect} for o in group]
        for key, group in (("tests", found.tests), ("single", found.single))
    }
    return {
        "run": sides[0].name,
        "against": sides[1].name,
        "against_path": absolute(against).as_posix(),
        "run_ids": [side.run_id for side in sides if side.run_id],
        "models": list(sides[0].models),
        "episodes": [len(side.episodes) for side in sides],
        "frames": [len(side.frames) for side in sides],
        "drifts": found.drifts(),
        "effect": found.effect,
        "effect_by_chance": found.tests[0].by_chance,
        **rows,
    }


def _print(found: Comparison, sides: list[Side]) -> None:
    from simgate.harness.text import table

    for side in sides:
        print(f"{side.name}: {len(side.episodes)} episodes, {len(side.frames)} frames")
    rows = [
        [
            one.name,
            f"{one.p_value:.3g}",
            f"{one.effect:.3f}",
            "" if math.isnan(one.by_chance) else f"{one.by_chance:.3f}",
        ]
        for one in found.tests
    ]
    print("\n" + table(["test", "p (Holm)", "effect", "by chance"], rows, right=range(1, 4)))
    strong = sorted((o for o in found.single if o.p_value < _WEAK), key=lambda one: -one.effect)
    if strong:
        rows = [[one.name, f"{one.p_value:.3g}", f"{one.effect:.3f}"] for one in strong[:_FEW]]
        print("\n" + table(["statistic that differs", "p (Holm)", "KS"], rows, right=range(1, 3)))
    if found.drifts():
        print(f"\nDIFFERENT: {sides[0].name} does not cover what the model sees in {sides[1].name}")
    else:
        print("\nno difference was shown; that is no proof that there is none, and no reason for GO")


def write_foreign(path: Path, sides: list[Side]) -> Path:
    """The most foreign frames of either side, a row each."""
    import numpy as np
    from PIL import Image

    from simgate.harness.drift.two_samples import foreignness

    rows = []
    for side, other in (sides, sides[::-1]):
        tiles = [
            (float(foreignness(one.frames[[k]], other.frames)[0]), frame)
            for one in side.episodes
            for k, frame in one.shown.items()
        ]
        rows.append([frame for _, frame in sorted(tiles, key=lambda tile: -tile[0])[:_FEW]])
    height = max(frame.shape[0] for row in rows for frame in row)
    width = max(frame.shape[1] for row in rows for frame in row)
    sheet = np.full((2 * (height + 4), _FEW * (width + 4), 3), 255, np.uint8)
    for r, row in enumerate(rows):
        for c, frame in enumerate(row):
            y, x = r * (height + 4), c * (width + 4)
            sheet[y : y + frame.shape[0], x : x + frame.shape[1]] = frame
    Image.fromarray(sheet).save(path, "PNG")
    return path
