"""Recognises a key that exists, but at another place: mostly a wrong indentation."""

from __future__ import annotations

from simgate.harness.packs.language.definition import keys_of
from simgate.harness.packs.language.gate import KindKeys
from simgate.harness.packs.language.mappings import MAPPINGS

_LISTED = (
    "the top of the pack", "a scenario", "sim", "latency", "variants", "a native world",
    "the robot of a native world", "the camera of a native world", "a group of place",
    "a criterion of accept", "a known failure", "a pinned variant", "an object of a pinned variant",
)  # fmt: skip
"""Mappings with keys that say by themselves where they belong."""
_PLACES = {**{place: keys_of(MAPPINGS[place]) for place in _LISTED}, "a gate rule": keys_of(KindKeys)}


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
