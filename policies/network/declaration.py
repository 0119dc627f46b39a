"""What a ``policy.yaml`` may say: the network's file, its input entry by entry, its state, its outputs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from simgate.policies.perception.decoder_spec import Strict

Number = Annotated[float, Field(allow_inf_nan=False)]
Each = Number | tuple[Number, ...]
"""One number for all, or one for each."""


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] >= bounds[1]:
        raise ValueError("the lower bound comes first, and is below the upper one")
    return bounds


Bounds = Annotated[tuple[Number, Number], AfterValidator(_ascending)]
Size = Annotated[int, Field(gt=0, le=1_000_000)]


class Entry(Strict):
    """A part of the network's input: ``clip((clip_reading(reading) - offset) * scale)``."""

    channel: str | None = None
    """A channel of the robot; its numbers row by row."""
    entries: Annotated[tuple[str | int, ...], Field(min_length=1)] | None = None
    """Some numbers of the channel, by their names or places, in this order; all when left out."""
    fact: str | None = None
    """A number that the task tells, for example a goal."""
    last_action: Literal["output", "told"] | None = None
    """The action before, zero at first: the network's ``output`` after squash and clip, or what the robot was
    ``told``."""
    term: str | None = None
    """mjlab's term that it is, from which scale, clip and history are taken (:mod:`.metadata`)."""
    clip_reading: Bounds | None = None
    offset: Each = 0.0
    """Taken off the reading, for example the default pose."""
    scale: Each = 1.0
    clip: Bounds | None = None
    history: Annotated[int, Field(gt=0, le=1000)] = 1
    """Readings of so many control ticks, this one included."""
    newest: Literal["last", "first"] = "last"
    before_first: Literal["repeat", "zero"] = "repeat"
    """What stands for readings before the episode: the first one, or zeros."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(one is not None for one in (self.channel, self.fact, self.last_action)) != 1:
            raise ValueError("an entry has one of channel, fact and last_action")
        if self.entries is not None and self.channel is None:
            raise ValueError("entries are of a channel")
        return self


class Normalise(Strict):
    """``clip((input - mean) / sqrt(variance + epsilon))`` over the whole input."""

    mean: Each = 0.0
    variance: Each = 1.0
    epsilon: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-8
    epsilon_on: Literal["variance", "deviation"] = "variance"
    """``deviation``: divides by ``sqrt(variance) + epsilon``, as rsl_rl does."""
    clip: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Largest size of a number after it."""

    @model_validator(mode="after")
    def _divides(self) -> Self:
        given = self.variance if isinstance(self.variance, tuple) else (self.variance,)
        if any(one < 0 or one + self.epsilon <= 0 for one in given):
            raise ValueError("variance must be positive, or 0 with an epsilon")
        return self


class State(Strict):
    """A tensor that the network hands to itself, zero when an episode begins."""

    input: str
    output: str
    shape: tuple[Size | Literal["batch"], ...]
    """With the word ``batch`` where the worlds are, for example ``[1, batch, 256]``."""

    @model_validator(mode="after")
    def _one_batch(self) -> Self:
        if self.shape.count("batch") != 1:
            raise ValueError("shape has the word batch once, where the worlds are")
        return self


class Action(Strict):
    """What an output means: ``offset + scale * clip(squash(output))``, or the largest of several logits."""

    output: str | None = None
    """Name of the tensor; the only one when left out."""
    kind: Literal["continuous", "argmax"] = "continuous"
    names: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Entries of the robot's action in the order of the outputs; the robot's own order when left out."""
    squash: Literal["tanh"] | None = None
    clip: Bounds | None = None
    scale: Each = 1.0
    offset: Each = 0.0
    """Added, for example the default pose."""
    bounds: Literal["refuse", "cut"] = "refuse"
    """What becomes of an action beyond the robot's range."""
    values: Annotated[tuple[Each, ...], Field(min_length=2)] | None = None
    """``argmax``: the action that each logit stands for, a number or a list; its place when left out."""

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        if self.kind == "continuous" and self.values is not None:
            raise ValueError("values are of kind argmax")
        given = self.model_fields_set & {"squash", "clip", "scale", "offset"}
        if self.kind == "argmax" and given:
            raise ValueError(f"kind argmax chooses a value, so {', '.join(sorted(given))} cannot act")
        return self


class PolicySpec(Strict):
    """The content of a ``policy.yaml``."""

    network: Annotated[str, Field(min_length=1)]
    """An ONNX file, a program of torch's (TorchScript, ``torch.export``), or a plan of TensorRT's (``.plan``,
    ``.engine``), relative to ``policy.yaml``."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the network's file; of one that keeps weights in further files over all of them, as lint says it."""
    control_hz: Size | None = None
    """Decisions a second that it was trained at; another rate is refused."""
    input: str | None = None
    """Name of the tensor of the observation; the only one that is no state when left out."""
    observation: Annotated[tuple[Entry, ...], Field(min_length=1)]
    normalise: Normalise | None = None
    recurrent: tuple[State, ...] = ()
    action: Action = Action()
    together: bool = False
    """Whether all worlds of a batch are one inference. Quicker, but the last bits of a result then depend on
    how many worlds there are."""

    @model_validator(mode="after")
    def _together_without_state(self) -> Self:
        if self.together and self.recurrent:
            raise ValueError("together is of networks without a state; leave it out")
        return self
