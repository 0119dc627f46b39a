"""Reads distributions that need nothing but their own numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgate.harness.packs.language.values import Beta, GridSteps, LogNormal, Normal
from simgate.harness.packs.model import Scalar
from simgate.harness.packs.reading.values.read_value import Extremes, ReadFunction, ReadValue, made
from simgate.harness.packs.source.fields import Reader, plain
from simgate.harness.packs.source.other_words import ends_of
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode

LARGEST_INTEGER = 2**53
MAX_GRID = 10_000
"""Values of one swept parameter."""
_SMALLEST_MASS = 1e-9
"""Below this share of a normal distribution, truncation leaves nothing to draw from."""


@dataclass(frozen=True, slots=True)
class _Interval:
    low: float
    high: float
    low_node: Node
    high_node: Node

    @property
    def numbers(self) -> dict[str, float]:
        return {"low": self.low, "high": self.high}

    @property
    def extremes(self) -> Extremes:
        return ((self.low, self.low_node), (self.high, self.high_node))


def _interval(reader: Reader, node: Node, above: float | None = None) -> _Interval | None:
    """``[low, high]`` with low <= high."""
    if not isinstance(node, SequenceNode) or len(node.items) != 2:
        found = f"a list of {len(node.items)}" if isinstance(node, SequenceNode) else node.described
        message = f"{node.label} must be two numbers [low, high], not {found}"
        reader.problems.at(node, "wrong-type", message, _interval_hint(node))
        return None
    low, high = (reader.number(item, above=above) for item in node.items)
    if low is None or high is None:
        return None
    if low > high:
        reader.problems.at(
            node, "empty-range", f"empty range: {low:g} is greater than {high:g}", "write [low, high]"
        )
        return None
    return _Interval(low, high, *node.items)


def _interval_hint(node: Node) -> str:
    ends = ends_of(node)
    if ends:
        return f"write [{ends[0]}, {ends[1]}]"
    if isinstance(node, SequenceNode) and len(node.items) == 3:
        return "for lowest, most likely and highest use triangular"
    if isinstance(node, SequenceNode) and len(node.items) == 4:
        return "numbers have a point: 0.2, not 0,2"
    return "write [low, high]"


def _uniform(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    interval = _interval(reader, arguments)
    return made(node, "uniform", interval.extremes, interval.numbers) if interval else None


def _log_uniform(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    interval = _interval(reader, arguments, above=0)
    return made(node, "log_uniform", interval.extremes, interval.numbers) if interval else None


def _integers(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    interval = _interval(reader, arguments)
    if interval is None:
        return None
    for value, end in interval.extremes:
        if not isinstance(value, int) or abs(value) > LARGEST_INTEGER:
            reader.wrong(end, "a whole number", reader.whole_hint(end))
            return None
    return made(node, "integers", interval.extremes, interval.numbers)


def _normal(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    read = read_keys(reader, arguments, Normal, "normal", owner=arguments)
    interval = _interval(reader, read.keys.between) if read and read.keys.between else None
    if read is None or interval is None or not read.is_whole:
        return None
    mean, std = read.keys.mean, read.keys.std
    if not _has_mass(reader, read.keys.between, interval, "mean", *_standard(interval, mean, std)):
        return None
    return made(node, "normal", interval.extremes, {"mean": mean, "std": std, **interval.numbers})


def _log_normal(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    read = read_keys(reader, arguments, LogNormal, "log_normal", owner=arguments)
    interval = _interval(reader, read.keys.between, above=0) if read and read.keys.between else None
    if read is None or interval is None or not read.is_whole:
        return None
    median, sigma = read.keys.median, read.keys.sigma
    low, high = (math.log(end / median) / sigma for end in (interval.low, interval.high))
    if not _has_mass(reader, read.keys.between, interval, "median", low, high):
        return None
    return made(node, "log_normal", interval.extremes, {"median": median, "sigma": sigma, **interval.numbers})


def _standard(interval: _Interval, mean: float, std: float) -> tuple[float, float]:
    return (interval.low - mean) / std, (interval.high - mean) / std


def _has_mass(reader: Reader, node: Node, interval: _Interval, middle: str, low: float, high: float) -> bool:
    """Whether a standard normal holds enough between two ends; reported when not."""
    low, high = (-high, -low) if low > 0 else (low, high)
    if 0.5 * (math.erfc(-high / math.sqrt(2)) - math.erfc(-low / math.sqrt(2))) >= _SMALLEST_MASS:
        return True
    message = f"the distribution has practically nothing between {interval.low:g} and {interval.high:g}"
    reader.problems.at(node, "empty-range", message, f"move {middle}, widen the spread or use uniform")
    return False


def _triangular(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    if not isinstance(arguments, SequenceNode) or len(arguments.items) != 3:
        found = f"a list of {len(arguments.items)}" if isinstance(arguments, SequenceNode) else ""
        message = (
            f"triangular must be three numbers [low, most likely, high], not {found or arguments.described}"
        )
        reader.problems.at(arguments, "wrong-type", message)
        return None
    low, mode, high = (reader.number(item) for item in arguments.items)
    if low is None or mode is None or high is None:
        return None
    if not low <= mode <= high:
        message = f"empty range: {low:g}, {mode:g}, {high:g} do not rise"
        reader.problems.at(arguments, "empty-range", message, "write [low, most likely, high]")
        return None
    extremes = ((low, arguments.items[0]), (high, arguments.items[2]))
    return made(node, "triangular", extremes, {"low": low, "mode": mode, "high": high})


def _beta(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    read = read_keys(reader, arguments, Beta, "beta", owner=arguments)
    if read is None:
        return None
    ends = read.keys.between
    interval = _interval(reader, ends) if ends is not None else _Interval(0.0, 1.0, node, node)
    if interval is None or not read.is_whole:
        return None
    shapes = {"alpha": read.keys.alpha, "beta": read.keys.beta}
    return made(node, "beta", interval.extremes, {**shapes, **interval.numbers})


def _choice(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    weights: list[float | None]
    if isinstance(arguments, MappingNode):
        options: list[Node] = [key for key, _ in arguments]
        weights = [reader.number(value, above=0) for _, value in arguments]
    elif _are_weights(arguments):
        reader.problems.at(
            arguments, "wrong-type", "weights stand in a mapping, not in a list", _weights_hint(arguments)
        )
        return None
    else:
        options = reader.items(arguments, "a list of values, or a mapping of values to weights")
        weights = [1.0] * len(options)
        if not isinstance(arguments, SequenceNode):
            return None
    if not options:
        reader.problems.at(arguments, "empty-range", "a choice of nothing", "list at least one value")
        return None
    values = [reader.scalar(option) for option in options]
    good_values = tuple(value for value in values if value is not None)
    good_weights = [weight for weight in weights if weight is not None]
    if len(good_values) != len(options) or len(good_weights) != len(options):
        return None
    if _repeats(reader, options, good_values, "choice"):
        return None
    try:
        total = math.fsum(good_weights)
    except OverflowError:
        hint = "write smaller ones: only how they compare counts"
        reader.problems.at(arguments, "wrong-value", "the weights together are too large a number", hint)
        return None
    extremes = tuple(zip(good_values, options, strict=True))
    return made(node, "choice", extremes, choices=good_values, weights=tuple(w / total for w in good_weights))


def _are_weights(node: Node) -> bool:
    """Whether it is ``[navy: 3, khaki: 1]``, which YAML reads as a list of mappings."""
    items = node.items if isinstance(node, SequenceNode) else []
    return bool(items) and all(isinstance(item, MappingNode) and len(item.entries) == 1 for item in items)


def _weights_hint(node: Node) -> str:
    entries = (
        [item.entries[0] for item in node.items if isinstance(item, MappingNode)]
        if isinstance(node, SequenceNode)
        else []
    )
    texts = ", ".join(
        f"{key.text}: {value.text if isinstance(value, ScalarNode) else '...'}" for key, value in entries
    )
    return f"write {{choice: {{{texts}}}}}"


def _bool(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    probability = reader.number(arguments, 0, 1)
    if probability is None:
        return None
    return made(node, "bool", ((True, node), (False, node)), {"probability": probability})


def _grid(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    if isinstance(arguments, MappingNode):
        return _steps(reader, node, arguments)
    items = reader.items(arguments, "a list of values, or {from, to, step}")
    if not isinstance(arguments, SequenceNode):
        return None
    if not 1 <= len(items) <= MAX_GRID:
        message = f"a grid of {len(items)} values" if items else "a grid of nothing"
        reader.problems.at(arguments, "empty-range", message, f"list 1 to {MAX_GRID:,} values")
        return None
    values = [reader.scalar(item) for item in items]
    good = tuple(value for value in values if value is not None)
    if len(good) < len(items):
        return None
    if _repeats(reader, items, good, "grid"):
        return None
    return made(node, "grid", tuple(zip(good, items, strict=True)), choices=good)


def _repeats(reader: Reader, items: Sequence[Node], values: Sequence[Scalar], where: str) -> bool:
    """Reports a value that is listed twice."""
    seen: set[tuple[bool, Scalar]] = set()
    for value, item in zip(values, items, strict=True):
        if (isinstance(value, bool), value) in seen:
            hint = "delete one of them"
            if where == "choice":
                hint += f"; to take it more often write {{choice: {{{value}: 2, ...}}}}"
            reader.problems.at(item, "wrong-value", f"this value is in the {where} twice", hint)
            return True
        seen.add((isinstance(value, bool), value))
    return False


def _steps(reader: Reader, node: Node, arguments: Node) -> ReadValue | None:
    read = read_keys(reader, arguments, GridSteps, "grid", owner=arguments)
    if read is None or not read.is_whole:
        return None
    fields, first, last, step = read.nodes, read.keys.from_, read.keys.to, read.keys.step
    if first > last:
        message = f"empty range: from {plain(first)} to {plain(last)}"
        reader.problems.at(arguments, "empty-range", message, "write the smaller number first")
        return None
    count = (last - first) / step
    if not count < MAX_GRID:
        message = f"more than {MAX_GRID:,} values from {plain(first)} to {plain(last)}"
        reader.problems.at(fields["step"], "wrong-value", message, "take a larger step, or uniform")
        return None
    # A step such as 0.1 adds up to 0.30000000000000004; people mean 0.3.
    whole = all(isinstance(number, int) for number in (first, last, step))
    values = [first + i * step for i in range(math.floor(count + 1e-9) + 1)]
    choices = tuple(values if whole else (float(f"{value:.12g}") for value in values))
    nodes = {0: fields["from"], len(choices) - 1: fields["to"]}
    extremes = tuple((value, nodes.get(i, fields["step"])) for i, value in enumerate(choices))
    return made(node, "grid", extremes, choices=choices)


SIMPLE: dict[str, ReadFunction] = {
    "uniform": _uniform,
    "log_uniform": _log_uniform,
    "normal": _normal,
    "log_normal": _log_normal,
    "beta": _beta,
    "triangular": _triangular,
    "integers": _integers,
    "choice": _choice,
    "bool": _bool,
}
"""Distribution's key -> function that reads its arguments."""

read_grid: ReadFunction = _grid
