"""Every key of the scenario language, with its meaning; linter messages are made from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping.

    Attributes:
        meaning: What to write, for a QA engineer.
        required: Whether it must be there.
    """

    meaning: str
    required: bool = False


Keys = dict[str, Key]

PACK: Keys = {
    "simgate": Key("version of the language; write simgate: 1", required=True),
    "pack": Key("name of the pack, for example office_doors", required=True),
    "description": Key("what the pack is about"),
    "owner": Key("team that answers for the pack"),
    "extends": Key("path of a YAML file with shared defaults"),
    "model": Key("path of the model package's model.yaml"),
    "policy": Key("name of the policy that drives the robot, for example door_navigator", required=True),
    "policy_options": Key("options of the policy, name: value"),
    "sim": Key("simulator and rates"),
    "latency": Key("how perception latency acts"),
    "seed": Key("whole number that fixes everything random"),
    "parameters": Key("parameters of every scenario, name: value or distribution"),
    "scenarios": Key("the scenarios, id: scenario", required=True),
    "gate": Key("list of the rules of the release gate"),
}
SIM: Keys = {
    "adapter": Key("name of the simulator adapter, for example mujoco"),
    "physics_hz": Key("physics steps a second"),
    "control_hz": Key("commands a second; divides physics_hz"),
    "camera_hz": Key("frames a second; divides control_hz"),
    "time_limit_s": Key("simulated seconds after which an episode ends, at the next control tick"),
    "batch": Key("worlds that advance together in one host"),
    "options": Key("options of the adapter, name: value"),
}
LATENCY: Keys = {
    "mode": Key("simulated or measured"),
    "extra_ms": Key("milliseconds added to every latency"),
}
SCENARIO: Keys = {
    "title": Key("one line that says what happens", required=True),
    "severity": Key("critical, major or minor", required=True),
    "requirements": Key("list of requirement ids"),
    "tags": Key("list of words to select by"),
    "world": Key(
        "name of the world, for example office_corridor; or {mjcf: FILE, ...}, {usd: FILE, ...}",
        required=True,
    ),
    "parameters": Key("parameters of the world, name: value or distribution"),
    "place": Key("groups of objects put down at random, name: group"),
    "where": Key("list of conditions that every variant meets"),
    "variants": Key("how many variants, for example {count: 40, method: sobol}", required=True),
    "accept": Key("acceptance criteria, metric: threshold", required=True),
    "known_failures": Key("list of quarantines"),
    "pinned": Key("list of exact variants that always run"),
}
NATIVE: Keys = {
    "mjcf": Key("path of an MJCF file with robot and site"),
    "usd": Key("path of an OpenUSD file with robot and site"),
    "robot": Key("{body: NAME, camera: NAME}: what of the file drives and sees", required=True),
    "goal": Key("[x, y] in metres, or the name of a point of the file", required=True),
    "goal_radius_m": Key("the goal counts as reached within this distance, metres"),
    "labels": Key("what a detector is expected to see, body, shape or prim: class of the model"),
    "barrier": Key("what can close the way, body, shape or prim: word that the robot is expected to report"),
    "open_from": Key("parameter: value from which on the way is open"),
    "set": Key("parameters that set something in the file, name: target"),
}
NATIVE_ROBOT: Keys = {
    "body": Key("name of the body, or path of the prim, that drives, X ahead, Z up", required=True),
    "camera": Key(
        "camera on it that the model sees through: its name, or {position: [x, y, z]}", required=True
    ),
    "pose": Key("name of a stored pose, in which the robot's own joints are locked"),
    "radius_m": Key("radius of the hull as the policy is told it; measured in the file when left out"),
    "max_speed_mps": Key("top speed"),
    "max_yaw_rate_rps": Key("top turn rate, rad/s"),
    "max_accel_mps2": Key("limit of the drive's acceleration, m/s^2"),
    "max_yaw_accel_rps2": Key("limit of the turn's acceleration, rad/s^2"),
    "lidar": Key("{height_m: 0.25, range_m: 10}: the scanner on the robot's axis"),
}
NATIVE_CAMERA: Keys = {
    "position": Key("[ahead, left, above the floor] of the body's origin, metres", required=True),
    "pitch_deg": Key("degrees that it looks up"),
    "fovy_deg": Key("vertical field of view, degrees; 60 when left out"),
    "width": Key("pixels; 160 when left out"),
    "height": Key("pixels; 120 when left out"),
}
NATIVE_LIDAR: Keys = {
    "height_m": Key("height of the scan plane above the floor"),
    "range_m": Key("largest range"),
    "beams": Key("number of beams"),
    "fov_deg": Key("angle between the first and the last beam"),
}
NATIVE_SET: Keys = {
    "target": Key("what to set, for example geom/box_1.pos.x, or a list of such", required=True),
    "between": Key("[smallest, largest] allowed value"),
    "choices": Key("word: value, for a parameter whose values have names"),
    "unit": Key("unit of the value, for people"),
    "meaning": Key("one sentence about it, for people"),
    "appearance": Key("true for what only changes how the scene is lit and looked at: makes no other scene"),
}
PLACE: Keys = {
    "count": Key("how many objects: a whole number, {integers: [lo, hi]} or {choice: [...]}", required=True),
    "kinds": Key("which kinds: a word or {choice: [...]}", required=True),
    "region": Key("part of the floor, by the world's name for it", required=True),
    "length_m": Key("side of the footprint along the object's own X: a number or a distribution, metres"),
    "width_m": Key("side of the footprint along the object's own Y: a number or a distribution, metres"),
    "diameter_m": Key("diameter of a round object: a number or a distribution, metres"),
    "yaw_deg": Key("turn about the vertical: a number or a distribution, degrees; any turn when left out"),
    "clearance_m": Key("free space between objects, metres"),
    "keep_clear": Key("list of places that stay free, by the world's names for them"),
}
VARIANTS: Keys = {
    "count": Key("number of variants that meet all conditions", required=True),
    "method": Key("random, sobol, halton, lhs, grid, pairwise or {twise: {t: 3}}"),
}
TWISE: Keys = {
    "t": Key("how many parameters' values meet in every combination: 2 to 6", required=True),
}
OPERATORS: Keys = {
    "at_most": Key("largest allowed value"),
    "at_least": Key("smallest allowed value"),
    "equals": Key("the only allowed value"),
    "between": Key("[smallest, largest] allowed value"),
}
EVIDENCE: Keys = {
    "within_m": Key("count only what is nearer than this, metres"),
    "min_pixels": Key("count only what has at least so many pixels"),
    "max_occlusion": Key("count only what is hidden at most to this share"),
}
CRITERION: Keys = {
    **OPERATORS,
    **EVIDENCE,
    "if_undefined": Key("fail, pass or invalid: outcome when the metric cannot be computed"),
}
_UNDEFINED = CRITERION["if_undefined"]
STL_CRITERION: Keys = {
    "stl": Key("formula of signal temporal logic over signals of the trace", required=True),
    "at_least": Key("smallest allowed robustness; 0 when left out"),
    "if_undefined": _UNDEFINED,
}
SIGNAL_CRITERION: Keys = {
    "signal": Key("{name: signal of the trace, reduce: max, min, mean, p95 or final}", required=True),
    **OPERATORS,
    "if_undefined": _UNDEFINED,
}
SIGNAL: Keys = {
    "name": Key("name of the signal, for example speed_mps", required=True),
    "reduce": Key("max, min, mean, p95 or final", required=True),
}
KNOWN_FAILURE: Keys = {
    "when": Key("condition that says which variants it covers", required=True),
    "issue": Key("id of the issue", required=True),
    "until": Key("last day on which it holds, as 2027-03-01", required=True),
}
PINNED: Keys = {
    "id": Key("name of the variant, unique in the scenario", required=True),
    "parameters": Key("exact values, name: value; at least of all that the scenario draws", required=True),
    "placed": Key("list of objects, exactly where they stand; required where the scenario has place"),
    "seed": Key("whole number that fixes sensor noise and latency; follows from the id when left out"),
}
PINNED_OBJECT: Keys = {
    "group": Key("name of the group that it belongs to, as in place", required=True),
    "kind": Key("kind of object", required=True),
    "x_m": Key("where its middle stands, metres", required=True),
    "y_m": Key("where its middle stands, metres", required=True),
    "yaw_rad": Key("turn about the vertical, radians", required=True),
    "length_m": Key("side along its own X, or diameter; the world's when left out"),
    "width_m": Key("side along its own Y, or diameter; the world's when left out"),
}
GATE_SCOPE: Keys = {
    "severity": Key("the rule speaks of scenarios of this severity"),
    "scenario": Key("the rule speaks of scenarios whose id matches this, for example glass_*"),
}
GATE_KINDS: Keys = {
    "pass_rate": Key("{at_least: share, confidence: share}"),
    "metric": Key(
        "name of a latency percentile, with at_most and confidence; of any metric, with every_variant, mean, "
        "percentile, share or not_worse_by"
    ),
    "every_variant": Key(
        "threshold that each variant must meet on the rule's metric, for example {at_most: 0}"
    ),
    "mean": Key("threshold of the mean of the rule's metric, for example {at_least: 0.9}"),
    "percentile": Key("which percentile of the rule's metric is held within its threshold, for example 95"),
    "share": Key("share of variants in which the rule's metric is within its threshold, for example 0.95"),
    "not_worse_by": Key("how much the rule's metric may be worse than the baseline's, on average"),
    "regression": Key("{max_drop: share, confidence: share}"),
    "invalid_or_error": Key("{at_most: share}"),
    "attempts": Key("{at_most: how often a variant may be begun until it gives its result}"),
}
OF_A_METRIC = ("every_variant", "mean", "percentile", "share", "not_worse_by")
"""Kinds of gate rules that name their metric beside them."""
GATE_METRIC: Keys = {
    "at_most": Key("largest allowed value"),
    "at_least": Key("smallest allowed value"),
    "confidence": Key("how sure the gate must be, for example 0.95"),
    "within": Key("with percentile or share: the threshold, for example {at_most: 0.2}"),
    "clip": Key("with mean or not_worse_by: [lowest, highest]; values of the metric beyond count as these"),
    "runtime": Key("deployed or any: whose measured latency counts; deployed when left out"),
}
PASS_RATE: Keys = {
    "at_least": Key("share of variants that must pass, for example 0.98", required=True),
    "confidence": Key("how sure the gate must be, for example 0.95"),
}
REGRESSION: Keys = {
    "max_drop": Key("largest allowed drop of the pass rate against the baseline", required=True),
    "confidence": Key("how sure the gate must be, for example 0.95"),
}
INVALID_OR_ERROR: Keys = {
    "at_most": Key("largest allowed share of INVALID and ERROR variants", required=True),
}
ATTEMPTS: Keys = {
    "at_most": Key("most attempts at a variant; 1 lets nothing be run again", required=True),
}
NORMAL: Keys = {
    "mean": Key("mean before truncation", required=True),
    "std": Key("standard deviation before truncation", required=True),
    "between": Key("[low, high], where the distribution is cut", required=True),
}
LOG_NORMAL: Keys = {
    "median": Key("median before truncation", required=True),
    "sigma": Key("standard deviation of the natural logarithm; 0.7 spreads by a factor of 2", required=True),
    "between": Key("[low, high], where the distribution is cut", required=True),
}
GRID_STEPS: Keys = {
    "from": Key("first value", required=True),
    "to": Key("last value, included when the steps meet it", required=True),
    "step": Key("distance between neighbours", required=True),
}
FROM_FILE: Keys = {
    "csv": Key("path of a CSV file with a header line, from the folder of this file", required=True),
    "column": Key("name of the column that holds the values", required=True),
}
CASE: Keys = {
    "if": Key("condition over other parameters"),
    "then": Key("value or distribution where the condition holds"),
    "else": Key("value or distribution where no condition before it holds; the last entry"),
}
BETA: Keys = {
    "alpha": Key("first shape", required=True),
    "beta": Key("second shape", required=True),
    "between": Key("[low, high], where 0 and 1 of the distribution lie; [0, 1] when left out"),
}
