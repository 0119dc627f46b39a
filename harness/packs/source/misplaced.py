"""Recognises a key that exists, but at another place: mostly a wrong indentation."""

from __future__ import annotations

from simgate.harness.packs import model
from simgate.harness.packs.language import criteria, gate, native, pack, scenario
from simgate.harness.packs.language.definition import keys_of

_PLACES = {
    "the top of the pack": keys_of(pack.PackKeys),
    "a scenario": keys_of(scenario.ScenarioKeys),
    "sim": keys_of(model.SimSpec),
    "latency": keys_of(model.LatencySpec),
    "variants": keys_of(scenario.VariantsKeys),
    "a native world": keys_of(native.NativeKeys),
    "the robot of a native world": keys_of(native.RobotKeys),
    "the camera of a native world": keys_of(native.CameraKeys),
    "a group of place": keys_of(scenario.PlaceKeys),
    "a criterion of accept": keys_of(criteria.CriterionKeys),
    "a known failure": keys_of(model.KnownFailure),
    "a pinned variant": keys_of(model.PinnedVariant),
    "an object of a pinned variant": keys_of(model.PinnedObject),
    "a gate rule": keys_of(gate.KindKeys),
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
