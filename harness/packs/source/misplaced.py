"""Recognises a key that exists, but at another place: mostly a wrong indentation."""

from __future__ import annotations

from simgate.harness.packs.source import keys as tables

_PLACES: dict[str, tables.Keys] = {
    "the top of the pack": tables.PACK,
    "a scenario": tables.SCENARIO,
    "sim": tables.SIM,
    "latency": tables.LATENCY,
    "variants": tables.VARIANTS,
    "a native world": tables.NATIVE,
    "the robot of a native world": tables.NATIVE_ROBOT,
    "the camera of a native world": tables.NATIVE_CAMERA,
    "a group of place": tables.PLACE,
    "a criterion of accept": tables.CRITERION,
    "a known failure": tables.KNOWN_FAILURE,
    "a pinned variant": tables.PINNED,
    "an object of a pinned variant": tables.PINNED_OBJECT,
    "a gate rule": {**tables.GATE_SCOPE, **tables.GATE_KINDS},
}


def where_it_belongs(key: str) -> str:
    """A hint that says where a key belongs; empty when there is none, or no clear place.

    Args:
        key: As written at the wrong place.
    """
    name, colon, value = key.partition(":")
    if colon and value and any(name in keys for keys in _PLACES.values()):
        return f"a space is missing after ':': write {name}: {value}"
    found = [place for place, keys in _PLACES.items() if key in keys]
    if not found or len(found) > 2:
        return ""
    return f"'{key}' belongs into {' or '.join(found)}: check the indentation"
