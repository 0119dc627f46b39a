"""Reads a manifest whose million variants would fill memory twice if all of its text became one tree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields

import msgspec

from simgate.harness.results.manifest import ExpectedVariant, Manifest

_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_VARIANT = msgspec.json.Decoder(
    msgspec.defstruct(
        "Variant",
        [
            (one.name, str) if one.default is MISSING else (one.name, str, one.default)
            for one in fields(ExpectedVariant)
        ],
        forbid_unknown_fields=True,
    )
)


def read_manifest(text: bytes) -> Manifest:
    """A manifest by its JSON; what is wrong with it is for the model to say.

    Raises:
        NewerSchema: It was written by a newer version.
        pydantic.ValidationError: It is none.
    """
    try:
        parts = _PARTS.decode(text)
        expected = tuple(_variants(parts["expected"]))
        rest = msgspec.json.encode(parts | {"expected": []})
        return Manifest.model_validate_json(rest).model_copy(update={"expected": expected})
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError):
        return Manifest.model_validate_json(text)


def _variants(array: msgspec.Raw) -> Iterator[ExpectedVariant]:
    for one in map(_VARIANT.decode, _LIST.decode(array)):
        name, scenario, severity, *rest = msgspec.structs.astuple(one)
        # Very many have the same scenario and severity.
        yield ExpectedVariant(name, sys.intern(scenario), sys.intern(severity), *rest)
