"""Reads a latency in simulated time: a number, a distribution, or what is measured."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from simgate.harness.packs.source.fields import Reader
from simgate.policies.documents.nodes import Node, ScalarNode
from simgate.policies.perception.latency import LatencyDistribution
from simgate.policies.perception.model_yaml.text import plain

_LATENCY = "milliseconds, measured, or a distribution such as {uniform: [60, 120]}"


def read_latency(reader: Reader, node: Node | None) -> Any:
    """The latency as plain data; what is wrong is reported and gives 0."""
    if node is None:
        return 0.0
    written = plain(node)
    if written == "measured":
        return written
    if isinstance(node, ScalarNode) and (isinstance(written, bool) or not isinstance(written, int | float)):
        reader.wrong(node, _LATENCY)
        return 0.0
    try:
        TypeAdapter(LatencyDistribution).validate_json(json.dumps(written))
    except (ValidationError, TypeError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        reader.problems.at(node, "wrong-value", f"latency: {said}", f"write {_LATENCY}")
        return 0.0
    return written
