"""Examples about keys and the shape of the file."""

from __future__ import annotations

from simgate.harness.packs.examples.example import Example


def _pins(first: str, second: str) -> str:
    """Two pinned variants of these ids."""
    values = "door.distance_m: 4.7, lighting.lux: 90"
    return (
        "pinned:\n"
        f"  - {{id: {first}, parameters: {{{values}, door.tint: 0.06}}}}\n"
        f"  - {{id: {second}, parameters: {{{values}, door.tint: 0.05}}}}\n"
    )


KEY_EXAMPLES = (
    Example(
        "unknown-key",
        "@severty: critical\nseverity: critical\n",
        "severity: critical\n",
        advice="Mostly a slip of the pen, or a key that stands one level too deep or too high: check the "
        "indentation.",
    ),
    Example(
        "missing-key",
        "scenarios:\n"
        "  @closed_door:\n"
        "    title: A closed glass door blocks the corridor\n"
        "    world: office_corridor\n"
        "    parameters: {door.distance_m: {uniform: [3, 8]}}\n"
        "    variants: {count: 150}\n"
        "    accept: {collisions: {at_most: 0}}\n",
        "scenarios:\n"
        "  closed_door:\n"
        "    title: A closed glass door blocks the corridor\n"
        "    severity: critical\n"
        "    world: office_corridor\n"
        "    parameters: {door.distance_m: {uniform: [3, 8]}}\n"
        "    variants: {count: 150}\n"
        "    accept: {collisions: {at_most: 0}}\n",
        level="pack",
        leave_out=("gate",),
    ),
    Example(
        "duplicate-key",
        "parameters:\n  door.kind: glass\n  @door.kind: wood\n",
        "parameters:\n  door.kind: {choice: [glass, wood]}\n  door.distance_m: {uniform: [3, 8]}\n",
        advice="YAML itself would silently keep one of the two. For several values, draw from a `choice`.",
    ),
    Example(
        "bad-name",
        "pack: @glass doors\n",
        "pack: glass_doors\n",
        level="pack",
        advice="Names of packs, scenarios, groups and pinned variants become parts of ids and of folder "
        "names.",
    ),
    Example(
        "duplicate-id",
        _pins("low-tint", "@low-tint"),
        _pins("low-tint", "lowest-tint"),
    ),
    Example(
        "pin-incomplete",
        "pinned:\n  - {id: @dark, parameters: {lighting.lux: 90}}\n",
        "pinned:\n  - {id: dark, parameters: {lighting.lux: 90, door.distance_m: 4.7}}\n",
        advice="A pin is one exact variant, whatever becomes of the distributions: it holds every value that "
        "the scenario draws, and where the scenario has `place` also its objects (`placed`, maybe empty). "
        "`simgate pin RUN VARIANT` writes all of a variant that ran.",
    ),
    Example(
        "unsupported-version",
        "simgate: @2\n",
        "simgate: 1\n",
        level="pack",
    ),
    Example(
        "wrong-type",
        "parameters:\n  door.distance_m: @[3, 8]\n",
        "parameters:\n  door.distance_m: {uniform: [3, 8]}\n",
        advice="The message says what is asked for. Words that YAML would read as a number or as true/false "
        'need quotes: `title: "12"`. In simgate only `true` and `false` are booleans; `yes`, `no`, `on` and '
        "`off` are words.",
    ),
    Example(
        "wrong-value",
        "severity: @high\n",
        "severity: critical\n",
    ),
    Example(
        "rates",
        "sim: {physics_hz: 200, control_hz: @30, camera_hz: 10}\n",
        "sim: {physics_hz: 200, control_hz: 20, camera_hz: 10}\n",
        level="pack",
        advice="Time is counted in whole physics steps, so `control_hz` and `camera_hz` must "
        "divide `physics_hz`; one may be above the other.",
    ),
    Example(
        "unknown-policy",
        "policy: @door_navigater\n",
        "policy: door_navigator\n",
        level="pack",
    ),
    Example(
        "unknown-adapter",
        "sim: {adapter: @mujoko}\n",
        "sim: {adapter: mujoco}\n",
        level="pack",
    ),
    Example(
        "expired-known-failure",
        "known_failures:\n  - {when: lighting.lux < 70, issue: PER-311, until: @2020-03-01}\n",
        "known_failures:\n  - {when: lighting.lux < 70, issue: PER-311, until: 2099-03-01}\n",
        advice="A quarantine that has run out counts as failures again. Mend the failure and delete the "
        "entry, or agree on a new date with whoever releases.",
    ),
)
