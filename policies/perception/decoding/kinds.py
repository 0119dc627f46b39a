"""Which decoders there are: ours, those of plugins (entry points ``simgate.decoders``), those in files."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
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
from simgate.policies.perception.files.package_files import decoder_files, leads_outside
from simgate.policies.perception.files.trust import require_trusted_code
from simgate.sim_adapters.files.code_file import BadReference, Reference, is_reference, load_reference

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


def find_decoder(kind: str, folder: Path) -> Decoder | None:
    """The decoder of a kind, None when there is none.

    Args:
        kind: As the package says it; one that is named by its file is run.
        folder: Of the package, where the path of such a file begins.

    Raises:
        TypeError: A plugin registers something else.
        BadReference: A file or module cannot be used, or holds something else under that name.
    """
    if not is_reference(kind):
        return _installed(kind)
    reference = Reference.read(kind, folder)
    if reference.path is not None:
        if leads_outside(kind.rpartition(":")[0]):
            raise BadReference(f"{kind} leads out of the model package", "put the file into its folder")
        require_trusted_code(decoder_files(kind, folder))
    with redirect_stdout(sys.stderr):  # What the code prints is no part of what is found in a package.
        found = load_reference(reference, folder)
    if not (
        isinstance(found, Decoder) and isinstance(found.spec, type) and issubclass(found.spec, DecoderSpec)
    ):
        what = "an object, Decoder(spec, tensors, decode), whose spec is a class derived from DecoderSpec"
        raise BadReference(f"'{kind}' is no decoder", f"make it {what}; see docs/writing-your-own.md")
    return found


@lru_cache(maxsize=64)
def _installed(kind: str) -> Decoder | None:
    if kind in _BUILT_IN:
        return _BUILT_IN[kind]
    if kind not in _plugins():
        return None
    found = _plugins()[kind].load()
    if not isinstance(found, Decoder):
        raise TypeError(f"entry point '{kind}' of group {GROUP} is no {Decoder.__module__}.Decoder")
    return found


def decoder_of(spec: DecoderSpec, folder: Path) -> Decoder:
    """The decoder of what a package in a folder declares."""
    found = find_decoder(spec.kind, folder)
    assert found is not None  # The package could not have been read.
    return found


def names_of(spec: Any) -> dict[str, str]:
    """Key -> name of the output tensor, of those that a package declares."""
    outputs = spec.outputs
    named = outputs if isinstance(outputs, dict) else outputs.model_dump()
    return {key: name for key, name in named.items() if name is not None}


def _plugins() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
