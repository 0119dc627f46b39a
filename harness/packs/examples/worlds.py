"""Examples about what a world has."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example

_PLACE = """\
place:
  clutter:
    count: {{integers: [0, 3]}}
    kinds: {kinds}
    region: {region}
    keep_clear: [{keep_clear}]
"""


def _place(kinds: str = "box", region: str = "corridor_floor", keep_clear: str = "robot_start") -> str:
    return _PLACE.format(kinds=kinds, region=region, keep_clear=keep_clear)


WORLD_EXAMPLES = (
    Example(
        "unknown-world",
        "world: @office_coridor\n",
        "world: office_corridor\n",
        advice="`simgate worlds` lists the installed ones.",
    ),
    Example(
        "unknown-task",
        "world: office_corridor\ntask: @park\n",
        "world: office_corridor\n",
        advice="A task that is code is named by its file, `task: my_task.py:NAME`, or installed "
        "(docs/writing-your-own.md). A driving robot without one reaches its goal or reports what closes the "
        "way.",
    ),
    Example(
        "broken-plugin",
        "world: @warehouse\n",
        "world: office_corridor\n",
        advice="The name is known, but the package behind it cannot be imported here. Install it again, or "
        "ask whoever wrote it. `simgate doctor` tries every plugin.",
        plugins="worlds:warehouse=warehouse_worlds:WAREHOUSE",
    ),
    Example(
        "unknown-parameter",
        "parameters:\n  @door.distance_cm: {uniform: [300, 800]}\n",
        "parameters:\n  door.distance_m: {uniform: [3, 8]}\n",
        advice="The unit is part of the name. `simgate worlds WORLD` lists all parameters with unit, range "
        "and meaning.",
    ),
    Example(
        "parameter-range",
        "parameters:\n  door.distance_m: {uniform: [3, @80]}\n",
        "parameters:\n  door.distance_m: {uniform: [3, 8]}\n",
        advice="The world says what it can build; `simgate worlds WORLD` lists the ranges.",
    ),
    Example("unknown-region", _place(region="@corridor"), _place()),
    Example(
        "unknown-kind", _place(kinds="{choice: {box: 2, @crate: 1}}"), _place("{choice: {box: 2, bin: 1}}")
    ),
    Example("unknown-keep-clear", _place(keep_clear="@start"), _place(keep_clear="robot_start")),
)
