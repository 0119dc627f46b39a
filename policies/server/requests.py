"""A declaration held against a robot: what is sent to the server, and which entries its actions move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simgate.policies.documents.diagnostics import near
from simgate.policies.network.plan import place_of
from simgate.policies.server.declaration import Sent, ServerSpec
from simgate.sim_adapters.embodiment import IMAGES, ActionSpec, Channel
from simgate.sim_adapters.observation import Observation

At = tuple[str | int, ...]
Wrong = Callable[[At, str, str], None]
"""Told where in the declaration something does not fit, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the request, resolved.

    Attributes:
        sent: As declared.
        places: Of the only channel's numbers, int64, shape (K,); None for all of it as it is.
    """

    sent: Sent
    places: NDArray[np.int64] | None

    def value(self, observation: Observation, world: int) -> NDArray[Any]:
        """What a world's robot senses, as it is sent."""
        arrays = [observation.channels[name][world] for name in self.sent.channels]
        if len(arrays) > 1:
            row: NDArray[Any] = np.concatenate([array.reshape(-1) for array in arrays])
            return row
        array: NDArray[Any] = arrays[0]
        if self.places is not None:
            array = array.reshape(-1)[self.places]
        elif self.sent.size is not None:
            array = padded(array, *self.sent.size)
        return array.transpose(2, 0, 1).copy() if self.sent.layout == "chw" else array


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """What a declaration means for one robot.

    Attributes:
        entries: Of the request.
        order: For each column of a chunk its entry of the robot's action, int64, shape (A,).
        action: The robot's.
    """

    entries: tuple[Entry, ...]
    order: NDArray[np.int64]
    action: ActionSpec

    def request(self, observation: Observation, world: int, prompt: str) -> dict[str, Any]:
        """What is sent for one world."""
        whole: dict[str, Any] = {"prompt": prompt} if prompt else {}
        for entry in self.entries:
            place = whole
            for name in entry.sent.key[:-1]:
                place = place.setdefault(name, {})
            place[entry.sent.key[-1]] = entry.value(observation, world)
        return whole


def plan_requests(
    spec: ServerSpec, channels: Sequence[Channel], action: ActionSpec, who: str, wrong: Wrong
) -> RequestPlan:
    """Resolves a declaration.

    Args:
        spec: The declaration.
        channels: What the robot senses.
        action: What it is told.
        who: The robot, in words.
        wrong: Told each thing that does not fit; the plan is then of no use.
    """
    known = {channel.name: channel for channel in channels}
    entries = tuple(Entry(sent, _places(sent, known, who, wrong)) for sent in spec.observation)
    order = _order(spec, action, who, wrong)
    resting = spec.waits and spec.meanwhile is not None
    if resting and (problem := action.problem(np.zeros(action.size))):
        # Before the first chunk there is nothing else to tell.
        wrong(("meanwhile",), f"while it waits {who} is told zeros, but {problem}", "declare no latency")
    return RequestPlan(entries, order, action)


def _places(sent: Sent, known: dict[str, Channel], who: str, wrong: Wrong) -> NDArray[np.int64] | None:
    at: At = ("observation", *sent.key)
    for name in sent.channels:
        channel = known.get(name)
        if channel is None:
            wrong(at, f"{who} has no channel '{name}'", near(name, known))
            return None
        picture = channel.kind in IMAGES
        if channel.kind == "text" or (picture and (len(sent.channels) > 1 or sent.entries is not None)):
            wrong(at, f"'{name}' is {channel.kind}, no row of numbers", "send it under a key of its own")
            return None
        if (sent.size is not None or sent.layout == "chw") and channel.kind != "rgb":
            wrong(at, f"'{name}' is {channel.kind}, and size and layout are of colour pictures", "")
            return None
    if sent.entries is None:
        return None
    channel, found = known[sent.channels[0]], []
    for name_or_place in sent.entries:
        place = place_of(channel, name_or_place)
        if place is None:
            hint = near(str(name_or_place), channel.entries) if channel.entries else ""
            wrong(at, f"channel '{channel.name}' has no entry '{name_or_place}'", hint)
        else:
            found.append(place)
    return np.array(found, dtype=np.int64)


def _order(spec: ServerSpec, action: ActionSpec, who: str, wrong: Wrong) -> NDArray[np.int64]:
    names = action.names if spec.names is None else spec.names
    if sorted(names) != sorted(action.names):
        hint = f"name each once, in the order of the chunk's columns: {', '.join(action.names)}"
        wrong(("names",), f"{', '.join(names)} is not the action of {who}", hint)
    return np.array([action.names.index(name) for name in names if name in action.names], dtype=np.int64)


def padded(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """A picture in another size, undistorted, in the middle of black: openpi's ``resize_with_pad``."""
    height, width = picture.shape[:2]
    if (height, width) == (rows, columns):
        return picture
    ratio = max(width / columns, height / rows)
    inner = Image.fromarray(picture).resize(
        (max(1, int(width / ratio)), max(1, int(height / ratio))), Image.Resampling.BILINEAR
    )
    whole = Image.new(inner.mode, (columns, rows), 0)
    whole.paste(inner, (max(0, int((columns - inner.width) / 2)), max(0, int((rows - inner.height) / 2))))
    return np.asarray(whole)
