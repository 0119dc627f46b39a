"""Keys inside of distributions."""

from __future__ import annotations

from typing import Annotated

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, key

POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}


def numbers(count: int, item: Schema | None = None) -> Schema:
    """A list of exactly so many numbers."""
    return {"type": "array", "items": item or {"type": "number"}, "minItems": count, "maxItems": count}


_Interval = Annotated[Tree, ByHand(lambda: numbers(2))]
_Branch = Annotated[Tree, ByHand(lambda: {"$ref": "#/$defs/branch"})]


class Normal(Keys):
    """A bell curve, cut at both ends."""

    mean: float = key("mean before truncation")
    std: float = key("standard deviation before truncation", gt=0)
    between: _Interval = key("[low, high], where the distribution is cut")


class LogNormal(Keys):
    """A bell curve of the logarithm, cut at both ends."""

    median: float = key("median before truncation", gt=0)
    sigma: float = key("standard deviation of the natural logarithm; 0.7 spreads by a factor of 2", gt=0)
    between: Annotated[Tree, ByHand(lambda: numbers(2, POSITIVE))] = key(
        "[low, high], where the distribution is cut"
    )


class Beta(Keys):
    """A curve between two ends."""

    alpha: float = key("first shape", gt=0)
    beta: float = key("second shape", gt=0)
    between: _Interval | None = key(
        "[low, high], where 0 and 1 of the distribution lie; [0, 1] when left out", None
    )


class GridSteps(Keys):
    """Equally distant values; whole numbers stay whole."""

    from_: int | float = key("first value", alias="from")
    to: int | float = key("last value, included when the steps meet it")
    step: int | float = key("distance between neighbours", gt=0)


class FromFile(Keys):
    """A column of field data."""

    csv: Annotated[str, Wanted("the path of a CSV file")] = key(
        "path of a CSV file with a header line, from the folder of this file"
    )
    column: Annotated[str, Wanted("the name of a column")] = key("name of the column that holds the values")


class Case(Keys):
    """One case of ``when``."""

    if_: Annotated[str, Wanted("a condition such as door.distance_m > 2")] = key(
        "condition over other parameters", None, alias="if"
    )
    then: _Branch = key("value or distribution where the condition holds", None)
    else_: _Branch = key(
        "value or distribution where no condition before it holds; the last entry", None, alias="else"
    )
