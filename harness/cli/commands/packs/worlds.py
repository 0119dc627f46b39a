"""``simgate worlds``: what a pack can set in a world, documented from the code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.world import ParameterSpec, World

HELP = "list the worlds, or everything that a pack can set in one: unit, range, default, meaning"
GROUP = "simgate.worlds"
ENVIRONMENTS = ("env:", "isaaclab:")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "world",
        nargs="?",
        metavar="WORLD",
        help="only this one (a name, or my_world.py:NAME), with all its parameters; a pack, for those of its "
        "scenarios; an MJCF or OpenUSD file, or env:NAME for an environment (id, module:factory, "
        "file.py:factory) or isaaclab:TASK, for all that a pack can set in it",
    )
    parser.add_argument("--python", metavar="FILE", help="interpreter in which the environment is installed")
    parser.add_argument(
        "--assets", metavar="DIR", default="", help="stands for Isaac Lab's remote files; simgate for its own"
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="output (default: table)"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the worlds."""
    import json

    from simgate.harness.cli.native_worlds import (
        file_data,
        file_text,
        is_native_file,
        is_pack,
        worlds_of_pack,
    )
    from simgate.harness.frontend.user_errors import as_user_errors
    from simgate.harness.registry import names

    with as_user_errors():
        if args.world and args.world.startswith(ENVIRONMENTS):
            return _environment(args)
        if args.world and is_native_file(args.world):
            as_json = args.format == "json"
            print(json.dumps(file_data(args.world), indent=2) if as_json else file_text(args.world))
            return 0
        if args.world and is_pack(args.world):
            worlds = worlds_of_pack(args.world)
        else:
            worlds = [_loaded(name) for name in ([args.world] if args.world else names(GROUP))]
    if args.format == "json":
        content: Any = [world_data(world) for world in worlds]
        print(json.dumps(content[0] if args.world and len(worlds) == 1 else content, indent=2))
    elif args.world:
        print("\n\n".join(world_text(world) for world in worlds))
    else:
        print(_overview(worlds))
    return 0


def _environment(args: argparse.Namespace) -> int:
    import json

    from simgate.harness.cli.native_worlds import environment_data, environment_text, open_environment

    opened = open_environment(args.world, args.python, args.assets)
    as_json = args.format == "json"
    print(json.dumps(environment_data(opened), indent=2) if as_json else environment_text(opened))
    return 0


def _loaded(name: str) -> World:
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.registry import load
    from simgate.sim_adapters.files.code_file import BadReference

    try:
        world: World = load(GROUP, name, Path.cwd())
    except BadReference:
        raise  # It says itself what to do.
    except (ImportError, AttributeError) as error:
        raise UserError(f"world '{name}' cannot be loaded: {error}; reinstall its package") from None
    return world


def _overview(worlds: list[World]) -> str:
    from simgate.harness.text import table

    rows = [[world.name, str(len(world.parameters)), world.description] for world in worlds]
    if not worlds:
        return "no world is installed"
    listed = table(("world", "parameters", "what it is"), rows, right=(1,))
    return f"{listed}\n\nall parameters of one: simgate worlds {worlds[0].name}"


def world_text(world: World) -> str:
    """Everything that a pack can set in a world, as plain text."""
    import textwrap

    from simgate.harness.text import WIDTH, table

    parts = [textwrap.fill(f"{world.name}: {world.description}", WIDTH)]
    parts.append(
        table(
            ("parameter", "unit", "values", "default", "meaning"),
            [parameter_row(name, spec) for name, spec in sorted(world.parameters.items())],
            widths=(None, None, 20, None, None),
        )
    )
    for title, head, rows in place_tables(world):
        if rows:
            listed = table(head, rows, indent="  ")
            parts.append(f"{title}\n{listed}")
    return "\n\n".join(parts)


def parameter_row(name: str, spec: ParameterSpec) -> list[str]:
    """Name, unit, allowed values, default and meaning of a parameter."""
    seen = " (appearance)" if spec.appearance else ""
    return [name, spec.unit or "-", allowed(spec), _plain(spec.default), f"{spec.meaning}{seen}"]


def allowed(spec: ParameterSpec) -> str:
    """Which values a parameter may take, in words."""
    if spec.kind == "bool":
        return "true, false"
    if spec.kind == "choice":
        return ", ".join(spec.choices)
    if spec.low is None and spec.high is None:
        bounds = "any"
    elif spec.high is None:
        bounds = f"from {spec.low:g}"
    elif spec.low is None:
        bounds = f"up to {spec.high:g}"
    else:
        bounds = f"{spec.low:g} to {spec.high:g}"
    return f"{bounds}, whole" if spec.kind == "integer" else bounds


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def place_tables(world: World) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Title, head and rows of what ``place`` can name: regions, places to keep clear, kinds of objects."""
    from simgate.sim_adapters.worlds.world import ROUND_KINDS, SIZABLE_KINDS

    defaults = {name: spec.default for name, spec in world.parameters.items()}
    regions = []
    for name in world.region_names:
        area = world.region(name, defaults)
        corners = f"x {area.x_min:.2f} to {area.x_max:.2f} m, y {area.y_min:.2f} to {area.y_max:.2f} m"
        regions.append([name, corners])
    clear = []
    for name in world.keep_clear_names:
        disc = world.keep_clear(name, defaults)
        clear.append([name, f"{disc.radius:.2f} m around x {disc.x:.2f} m, y {disc.y:.2f} m"])
    limits, discs = SIZABLE_KINDS.of(world), ROUND_KINDS.of(world)
    kinds = []
    for name, (half_x, half_y) in sorted(world.object_kinds.items()):
        size = f"diameter {2 * half_x:.2f} m" if name in discs else f"{2 * half_x:.2f} x {2 * half_y:.2f} m"
        low, high = limits.get(name, (0.0, 0.0))
        kinds.append([name, size, f"{low:g} to {high:g} m" if name in limits else "fixed"])
    return [
        ("Regions for `place` (with every parameter at its default):", ("region", "where"), regions),
        ("Places for `keep_clear` (likewise):", ("place", "what stays free"), clear),
        ("Kinds of objects for `place`:", ("kind", "footprint", "size that a pack may choose"), kinds),
    ]


def world_data(world: World) -> dict[str, Any]:
    """The same for machines."""
    from dataclasses import asdict

    from simgate.sim_adapters.worlds.world import ROUND_KINDS, SIZABLE_KINDS

    discs = ROUND_KINDS.of(world)
    return {
        "name": world.name,
        "description": world.description,
        "parameters": {name: asdict(spec) for name, spec in sorted(world.parameters.items())},
        "regions": list(world.region_names),
        "keep_clear": list(world.keep_clear_names),
        "object_kinds": {
            name: {
                "half_extents_m": list(half),
                "round": name in discs,
                "sizes_m": list(SIZABLE_KINDS.of(world)[name]) if name in SIZABLE_KINDS.of(world) else None,
            }
            for name, half in sorted(world.object_kinds.items())
        },
    }
