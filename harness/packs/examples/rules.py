"""Examples about values that come from other parameters or from files."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example, sound_pack

_CSV = "lux,temperature_k\n80,2900\n450,4100\n"
_DATA = (
    "parameters:\n  lighting.lux: {from_file: {csv: light.csv, column: lux}}\n"
    "  door.distance_m: {uniform: [3, 8]}\n"
)
_PACK = sound_pack().replace("{log_uniform: [80, 1200]}", "{from_file: {csv: light.csv, column: lux}}")

RULE_EXAMPLES = (
    Example(
        "cyclic-expr",
        "parameters:\n"
        '  door.distance_m: {expr: @"person.cross_at_m + 1"}\n'
        '  person.cross_at_m: {expr: "door.distance_m - 1"}\n',
        "parameters:\n"
        "  door.distance_m: {uniform: [3, 8]}\n"
        '  person.cross_at_m: {expr: "door.distance_m - 1"}\n',
    ),
    Example(
        "missing-column",
        "parameters:\n  lighting.lux: {from_file: {csv: light.csv, column: @luks}}\n",
        _DATA,
        files={"light.csv": _CSV},
        advice="The first line of the CSV file names the columns. Parameters that take their values from the "
        "same file take them from the same row.",
    ),
    Example(
        "empty-cell",
        "lux,temperature_k\n80,2900\n@,4100\n",
        _CSV,
        level="file",
        file="light.csv",
        files={"pack.yaml": _PACK},
    ),
    Example(
        "bad-csv",
        "lux,temperature_k\n80,2900\n@450\n",
        _CSV,
        level="file",
        file="light.csv",
        files={"pack.yaml": _PACK},
        advice="Commas separate cells, points are decimal, every row has as many cells as the header, and "
        "there are at most 10,000 rows.",
    ),
    Example(
        "no-scene",
        "@world: office_corridor\n"
        "parameters:\n"
        "  door.distance_m: {uniform: [3, 8]}\n"
        "  person.present: true\n"
        "  person.cross_at_m: {uniform: [2, 8]}\n",
        "world: office_corridor\n"
        "parameters:\n"
        "  door.distance_m: {uniform: [3, 8]}\n"
        "  person.present: true\n"
        "  person.cross_at_m: {uniform: [2, 8]}\n"
        "where: [person.cross_at_m < door.distance_m - 0.5]\n",
        advice="The scenes of the first variants are built, though nothing is simulated. A variant without a "
        "scene would be an ERROR.",
    ),
    Example(
        "undefined-metric",
        "parameters: {door.kind: glass, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  @time_to_goal_s: {at_most: 20}\n",
        "parameters: {door.kind: none, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  time_to_goal_s: {at_most: 20}\n",
        advice="`simgate metrics` says when a metric is undefined. What holds for some of the first variants "
        "only is a warning.",
    ),
    Example(
        "metric-needs",
        "parameters: {door.kind: none, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  @motion.x_m.falls: {at_most: 0}\n",
        "parameters: {door.kind: none, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  motion.x_m.jerk_rms: {at_most: 40}\n",
        advice="Metrics say which signals, outputs of the model and truth they need; `simgate metrics` and "
        "docs/metrics.md have what each is computed from.",
    ),
    Example(
        "time-limit",
        "parameters: {door.kind: none, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  @time_to_goal_s: {at_most: 3}\n",
        "parameters: {door.kind: none, door.width_m: {uniform: [1, 1.2]}}\n"
        "accept:\n  time_to_goal_s: {at_most: 15}\n",
        advice="The straight way is held against the robot's top speed; no policy can be quicker. What holds "
        "for some of the first variants only is a warning.",
    ),
    Example(
        "fixed-size",
        "place:\n"
        "  clutter:\n"
        "    count: 2\n"
        "    kinds: box\n"
        "    region: corridor_floor\n"
        "    length_m: @{uniform: [0.3, 0.6]}\n",
        "place:\n  clutter:\n    count: 2\n    kinds: box\n    region: corridor_floor\n",
        advice="`simgate worlds` says which kinds of objects a world has, and which of them can be sized.",
    ),
)
