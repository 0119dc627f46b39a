"""``simgate export-scene``: the scene of one variant as a file, to look at it in a viewer."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.packs.model import Pack
    from simgate.sim_adapters.scene.scene import Scene

HELP = "write the scene of one variant as OpenUSD or MJCF, to open it in a viewer"
GROUP = "simgate.scene_formats"
_VIEWERS = {
    "usd": "usdview {0}   (or File > Open in Isaac Sim or Blender)",
    "mjcf": "python -m mujoco.viewer --mjcf={0}",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "pack", type=Path, metavar="PACK", help="pack's YAML file, or the folder that holds it"
    )
    parser.add_argument("variant", metavar="VARIANT", help="for example glass_door_closed::v0007")
    parser.add_argument("--usd", action="append_const", dest="formats", const="usd", help="write OpenUSD")
    parser.add_argument(
        "--mjcf", action="append_const", dest="formats", const="mjcf", help="write MuJoCo's XML"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write to (default: scene-<variant>)"
    )
    parser.add_argument(
        "--assets", type=Path, metavar="FILE", help="table of USD assets to show bodies with (--usd only)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the files and says what they are."""
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.results.atomic_write import naming

    formats: list[str] = args.formats or []
    if not formats:
        raise UserError("say in which format: --usd, --mjcf, or both")
    if args.assets is not None and "usd" not in formats:
        raise UserError("--assets shows bodies by USD files, which only --usd writes")
    with as_user_errors():
        pack = load_checked(args.pack)
        variant = _variant(pack, args.variant)
        folder = args.out or Path(f"scene-{variant.id.replace('::', '-')}")
        name = variant.id.replace("::", "-")
        try:
            scene = _scene(pack, variant)
            for fmt in formats:
                notes: list[str] = []
                with_assets = fmt == "usd" and args.assets is not None
                more = {"assets": args.assets, "notes": notes} if with_assets else {}
                with naming(folder):
                    written = _writer(fmt)(scene, _timing(pack), folder, name, **more)
                _report(fmt, written, notes)
        except ImportError as error:
            raise UserError(str(error)) from None
        except ValueError as error:
            raise UserError(f"{variant.id}: {error}") from None
    return 0


def _variant(pack: Pack, wanted: str) -> Variant:
    """A variant of the pack by its id, or by a pytest id that ends so."""
    from simgate.harness.expansion.expand import expand_scenario
    from simgate.harness.frontend.user_errors import UserError

    scenario_id, _, rest = wanted.partition("::")
    while scenario_id not in {s.id for s in pack.scenarios} and "::" in rest:
        scenario_id, _, rest = rest.partition("::")
    tail = f"{scenario_id}::{rest}"
    scenarios = [s for s in pack.scenarios if s.id == scenario_id]
    variants = {v.id: v for s in scenarios or pack.scenarios for v in expand_scenario(pack, s)}
    if tail not in variants:
        near = difflib.get_close_matches(tail, variants, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the first is '{next(iter(variants), '')}'"
        raise UserError(f"{pack.name} has no variant '{wanted}'; {hint} (all: simgate expand)")
    return variants[tail]


def _scene(pack: Pack, variant: Variant) -> Scene:
    from simgate.harness.expansion.variant import objects_of
    from simgate.harness.packs.worlds import measures_tasks, world_of

    scenario = pack.scenario(variant.scenario)
    if measures_tasks(scenario):
        raise ValueError(
            "robots on their own joints and environments cannot be exported; their files are the pack's"
        )
    return world_of(pack, scenario).build(variant.parameters, objects_of(variant))


def _timing(pack: Pack) -> Any:
    from simgate.sim_adapters.adapter import Timing

    return Timing(pack.sim.physics_hz, pack.sim.control_hz, pack.sim.camera_hz)


def _writer(fmt: str) -> Callable[..., tuple[Path, ...]]:
    from simgate.harness.registry import load

    writer: Callable[..., tuple[Path, ...]] = load(GROUP, fmt)
    return writer


def _report(fmt: str, written: tuple[Path, ...], notes: list[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    for path in written:
        print(path)
    print(f"  open with: {_VIEWERS[fmt].format(written[0])}")
