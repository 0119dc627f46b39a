"""Keys of a policy behind a server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import TEXT, mapping
from simgate.harness.packs.language.values import numbers


class SentKeys(Keys):
    """An entry of what a policy server is sent."""

    channel: str = key("a channel of the robot")
    entries: Annotated[Any, ByHand(lambda: {"type": "array", "items": {"type": ["string", "integer"]}})] = (
        key("some of its numbers, by name or place, in this order; all when left out", None)
    )
    size: Annotated[Tree, ByHand(lambda: numbers(2, {"type": "integer"}))] = key(
        "[rows, columns] that a picture is made, undistorted, on black", None
    )
    layout: Annotated[Literal["hwc", "chw"], Word("layout")] = key(
        "order of a picture's rows, columns and colours", "hwc"
    )


def _observation() -> Schema:
    entry = {"anyOf": [TEXT, {"type": "array", "items": TEXT}, mapping(SentKeys), {"type": "object"}]}
    return {"type": "object", "additionalProperties": entry, "minProperties": 1}


def latency_schema() -> Schema:
    """Of a latency in simulated time."""
    return {"anyOf": [{"type": "number", "minimum": 0}, {"const": "measured"}, {"type": "object"}]}


class ServerKeys(Keys):
    """A policy behind a server."""

    server: Annotated[str, Wanted("ws://host:port", r"^wss?://")] = key("its address, ws://host:port")
    protocol: Annotated[Literal["openpi"], Word("protocol")] = key("what it speaks", "openpi")
    observation: Annotated[Tree, ByHand(_observation)] = key(
        "what it is sent, its key: a channel, a list of channels as one row, or {channel: ..., size: ...}"
    )
    prompt: str = key("the instruction; the task's own when left out", "")
    execute: int | None = key(
        "actions of a chunk after which the next one is asked for; all when left out", None, ge=1, le=10_000
    )
    latency: Annotated[Any, ByHand(latency_schema)] = key(
        "milliseconds of simulated time from an observation to its chunk, a distribution as in model.yaml, "
        "or measured; 0: the world waits for the server",
        0,
    )
    meanwhile: Annotated[Literal["zero", "last", "rest"] | None, Word("way to wait")] = key(
        "what the robot is told until a chunk comes: zero, last (action), rest (of the chunk before)",
        None,
    )
    late: Annotated[Literal["skip", "keep"], Word("way to be late")] = key(
        "actions whose moment has passed when their chunk comes: skip, or keep them", "skip"
    )
    timeout_s: float = key("longest wait for an answer, seconds of this machine", 30.0, gt=0, le=600)
    api_key_env: Annotated[
        str, Wanted("the name of an environment variable", r"^[A-Za-z_][A-Za-z0-9_]*$")
    ] = key(
        "environment variable that holds the key which the server asks for; the key itself stands nowhere", ""
    )
    checkpoint: str = key("what it runs, where it does not say so itself; another name is another policy", "")
    names: Annotated[tuple[str, ...], Wanted("a list of entries of the action")] = key(
        "entries of the robot's action in the order of the chunk's columns; the robot's order when left out",
        (),
    )
    bounds: Annotated[Literal["refuse", "cut"], Word("way with bounds")] = key(
        "what becomes of an action beyond the robot's range", "refuse"
    )
