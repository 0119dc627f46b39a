"""Which decoders there are: ours, and those of plugins (entry points ``simgate.decoders``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from simgate.policies.perception.decoder_spec import DecoderSpec
from simgate.policies.perception.decoding import (
    center_heatmap,
    depth,
    detr,
    final,
    keypoints,
    masks,
    poses,
    tensors,
    yolo,
)
from simgate.policies.perception.decoding.decoder import GROUP, Decoder

_BUILT_IN: dict[str, Decoder] = {
    "center_heatmap": center_heatmap.DECODER,
    "yolo": yolo.DECODER,
    "detr": detr.DECODER,
    "detections": final.DECODER,
    "masks": masks.DECODER,
    "depth": depth.DECODER,
    "poses": poses.DECODER,
    "keypoints": keypoints.DECODER,
    "tensors": tensors.DECODER,
}


def decoder_kinds() -> list[str]:
    """Names of all kinds."""
    return [*_BUILT_IN, *sorted(_plugins().keys() - _BUILT_IN.keys())]


@lru_cache(maxsize=64)
def find_decoder(kind: str) -> Decoder | None:
    """The decoder of a kind, None when there is none.

    Raises:
        TypeError: A plugin registers something else.
    """
    if kind in _BUILT_IN:
        return _BUILT_IN[kind]
    if kind not in _plugins():
        return None
    found = _plugins()[kind].load()
    if not isinstance(found, Decoder):
        raise TypeError(f"entry point '{kind}' of group {GROUP} is no {Decoder.__module__}.Decoder")
    return found


def decoder_of(spec: DecoderSpec) -> Decoder:
    """The decoder of what a package declares."""
    found = find_decoder(spec.kind)
    assert found is not None  # The package could not have been read.
    return found


def names_of(spec: Any) -> dict[str, str]:
    """Key -> name of the output tensor, of those that a package declares."""
    outputs = spec.outputs
    named = outputs if isinstance(outputs, dict) else outputs.model_dump()
    return {key: name for key, name in named.items() if name is not None}


def _plugins() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
