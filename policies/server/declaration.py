"""What a pack says of a policy server: what it is sent, and what becomes of its chunks of actions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simgate.policies.perception.decoder_spec import Strict
from simgate.policies.perception.latency import Answering, LatencyDistribution


class Sent(Strict):
    """One entry of the request."""

    key: tuple[str, ...]
    """Its name; several lead into mappings, one within the other."""
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    """Of the robot. Several are one row of numbers."""
    entries: tuple[str | int, ...] | None = None
    """Some numbers of the only channel, by name or place."""
    size: tuple[int, int] | None = None
    """A picture's rows and columns: it is made smaller or larger, undistorted, on black."""
    layout: Literal["hwc", "chw"] = "hwc"
    """Order of a picture's rows, columns and colours."""


class ServerSpec(Answering):
    """A policy server as a pack declares it; the address is apart."""

    observation: Annotated[tuple[Sent, ...], Field(min_length=1)]
    prompt: str = ""
    """The instruction; the task's own when left out."""
    execute: int | None = None
    """Actions of a chunk after which the next chunk is asked for; all of them when left out."""
    meanwhile: Literal["zero", "last", "rest"] | None = None
    """What the robot is told until a chunk comes: zeros, its last action again, or the rest of the chunk
    before."""
    late: Literal["skip", "keep"] = "skip"
    """Actions of a chunk whose moment has passed when it comes: left out, or told all the same."""
    timeout_s: float = 30.0
    api_key_env: str = ""
    """Environment variable with the key that is sent as openpi's clients send it."""
    checkpoint: str = ""
    """What the server runs, where it does not say it."""
    names: tuple[str, ...] | None = None
    """Entries of the robot's action in the order of the chunk's columns."""
    bounds: Literal["refuse", "cut"] = "refuse"
    """What becomes of an action beyond the robot's range."""

    @property
    def waits(self) -> bool:
        """Whether a chunk can come later than at the moment that it was asked for."""
        return self.latency != LatencyDistribution(constant=0.0)
