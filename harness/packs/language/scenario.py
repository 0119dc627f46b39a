"""Keys of a scenario, of its groups of objects and of its variants."""

from __future__ import annotations

from typing import Annotated, get_args

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import TEXT, mapping
from simgate.harness.packs.model import KnownFailure, PinnedVariant, TaskSpec
from simgate.harness.packs.severity import Severity
from simgate.harness.packs.variants import Method

METHODS: tuple[str, ...] = get_args(Method)
MAX_VARIANTS = 1_000_000
MAX_STRENGTH = 6


class TwiseKeys(Keys):
    """Settings of the method ``twise``."""

    t: int = key("how many parameters' values meet in every combination: 2 to 6", ge=2, le=MAX_STRENGTH)


def _method() -> Schema:
    twise: Schema = {
        "type": "object",
        "properties": {"twise": mapping(TwiseKeys)},
        "required": ["twise"],
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": [name for name in METHODS if name != "twise"]}, twise]}


class VariantsKeys(Keys):
    """How many variants, drawn how."""

    count: int = key("number of variants that meet all conditions", ge=1, le=MAX_VARIANTS)
    repeats: int = key(
        "how often each of them is run, with another seed of the policy alone; for policies that draw",
        1,
        ge=1,
        le=1000,
    )
    method: Annotated[Tree, ByHand(_method)] = key(
        "random, sobol, halton, lhs, grid, pairwise or {twise: {t: 3}}", None
    )


_Size = Annotated[Tree, ByHand(lambda: {"$ref": "#/$defs/simple_number"})]


class PlaceKeys(Keys):
    """A group of objects put down at random; what a world allows is added to its schema."""

    count: Tree = key("how many objects: a whole number, {integers: [lo, hi]} or {choice: [...]}")
    kinds: Tree = key("which kinds: a word or {choice: [...]}")
    region: Annotated[str, Wanted("the name of a region")] = key(
        "part of the floor, by the world's name for it"
    )
    length_m: _Size = key(
        "side of the footprint along the object's own X: a number or a distribution, metres", None
    )
    width_m: _Size = key(
        "side of the footprint along the object's own Y: a number or a distribution, metres", None
    )
    diameter_m: _Size = key("diameter of a round object: a number or a distribution, metres", None)
    yaw_deg: _Size = key(
        "turn about the vertical: a number or a distribution, degrees; any turn when left out", None
    )
    clearance_m: float = key("free space between objects, metres", 0.0, ge=0)
    keep_clear: Tree = key("list of places that stay free, by the world's names for them", None)


def _conditions() -> Schema:
    return {"type": "array", "items": {"type": "string", "minLength": 1}}


def task_schema() -> Schema:
    """A task by declaration, or where its code is."""
    return {"anyOf": [mapping(TaskSpec), TEXT]}


class ScenarioKeys(Keys):
    """A scenario."""

    title: str = key("one line that says what happens")
    severity: Annotated[Severity, Word("severity")] = key("critical, major or minor")
    requirements: Annotated[tuple[str, ...], Wanted("a list of requirement ids")] = key(
        "list of requirement ids", ()
    )
    tags: Annotated[tuple[str, ...], Wanted("a list of words")] = key("list of words to select by", ())
    world: Tree = key(
        "name of the world, for example office_corridor; or {mjcf: FILE, ...}, {usd: FILE, ...}, {env: ID, "
        "...}, {isaaclab: ID, ...}, {log: PATH, ...}, {dataset: PATH, ...}"
    )
    task: Annotated[TaskSpec | None, ByHand(task_schema)] = key(
        "what a robot on its own joints is asked to do: signals, success, failure; or, of any robot, "
        "my_task.py:NAME; the pack's when left out",
        None,
    )
    parameters: Annotated[Tree, ByHand(lambda: {"type": "object"})] = key(
        "parameters of the world, name: value or distribution", None
    )
    place: Tree = key("groups of objects put down at random, name: group", None)
    where: Annotated[Tree, ByHand(_conditions)] = key("list of conditions that every variant meets", None)
    variants: Annotated[VariantsKeys | None, ByHand()] = key(
        "how many variants, for example {count: 40, method: sobol}; of a data set none are drawn", None
    )
    accept: Annotated[Tree, ByHand(lambda: {"$ref": "#/$defs/accept"})] = key(
        "acceptance criteria, metric: threshold; or the word success, for success: {equals: true} alone"
    )
    known_failures: Annotated[tuple[KnownFailure, ...], ByHand()] = key("list of quarantines", ())
    pinned: Annotated[tuple[PinnedVariant, ...], ByHand()] = key("list of exact variants that always run", ())
