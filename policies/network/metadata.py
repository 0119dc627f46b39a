"""What mjlab writes into its ONNX files: joints in the order of the outputs, their pose, the action scale.

The word ``metadata`` in a ``policy.yaml`` stands for it, so that nobody copies numbers by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.model_yaml.text import PackageText

WORD = "metadata"
JOINTS, POSE, SCALE, TERMS = "joint_names", "default_joint_pos", "action_scale", "observation_names"
_ACTION = {"names": JOINTS, "offset": POSE, "scale": SCALE}
_ENTRY = {"entries": JOINTS, "offset": POSE}
_OF_TERM = {"scale": "observation_terms_scale", "history": "observation_terms_history_length"}
_CLIP = "observation_terms_clip"
_MOST = 1e30
"""Stands for a bound that is none."""
_Data = dict[str, Any]


def joints_of(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Joints in the order of the network's outputs; empty where the file names none."""
    return tuple(_listed(metadata[JOINTS])) if JOINTS in metadata else ()


def filled(text: PackageText, metadata: Mapping[str, str], code: str) -> tuple[_Data, list[Diagnostic]]:
    """A declaration with values in place of the word, and of the terms that it names.

    Args:
        text: The ``policy.yaml``, a mapping.
        metadata: Of the network's file.
        code: Of the problems.
    """
    filling = _Filling(text, metadata, code)
    data = dict(text.data)
    if "action" in data:
        data["action"] = filling.words(data["action"], _ACTION, ("action",))
    seen = data.get("observation")
    if isinstance(seen, list):
        made = [filling.words(entry, _ENTRY, ("observation", k)) for k, entry in enumerate(seen)]
        data["observation"] = filling.terms(made)
    return data, filling.problems


class _Filling:
    """Takes values from the file; what it does not have is a problem at its place."""

    def __init__(self, text: PackageText, metadata: Mapping[str, str], code: str) -> None:
        self._text, self._metadata, self._code = text, metadata, code
        self.problems: list[Diagnostic] = []

    def _wrong(self, at: tuple[str | int, ...], message: str, hint: str) -> None:
        self.problems.append(self._text.problem(at, self._code, message, hint))

    def words(self, holder: Any, keys: Mapping[str, str], at: tuple[str | int, ...]) -> Any:
        """A mapping with values in place of the word."""
        made = dict(holder) if isinstance(holder, dict) else {}
        for key, name in keys.items():
            if made.get(key) == WORD:
                made[key] = self._value(name, (*at, key))
        return made or holder

    def _value(self, name: str, at: tuple[str | int, ...]) -> Any:
        if name not in self._metadata:
            hint = f"write the values; it has {', '.join(self._metadata) or 'none'}"
            self._wrong(at, f"the network's file has no metadata '{name}'", hint)
            return None
        listed = _listed(self._metadata[name])
        try:
            return listed if name in (JOINTS, TERMS) else _one_or_all([float(part) for part in listed])
        except ValueError:
            written = self._metadata[name][:60]
            message = f"the metadata '{name}' of the network's file is '{written}', no numbers"
            self._wrong(at, message, "write the values")
            return None

    def terms(self, entries: list[Any]) -> list[Any]:
        """Entries with scale, clip and history of the terms that they name, all of which they must name."""
        named = [entry.get("term") if isinstance(entry, dict) else None for entry in entries]
        if not any(named):
            return entries
        known = self._value(TERMS, ("observation",))
        if known is None:
            return entries
        if [name for name, _ in groupby(named)] != known:
            message = f"the network was shown the terms {', '.join(known)}"
            told = ", ".join(str(name or "none") for name, _ in groupby(named))
            self._wrong(("observation",), f"{message}, declared are {told}", "name each in this order")
            return entries
        made = [self._of_term(k, dict(entry), known.index(entry["term"])) for k, entry in enumerate(entries)]
        for k, (name, entry) in enumerate(zip(named, made, strict=True)):
            if named.count(name) > 1 and entry.get("history", 1) > 1:
                message = f"the term '{name}' has a history, whose ticks hold all its numbers side by side"
                self._wrong(("observation", k, "term"), message, "show it by one entry")
        return made

    def _of_term(self, k: int, entry: _Data, place: int) -> _Data:
        name, at = entry.pop("term"), ("observation", k)
        for key in ("scale", "history", "clip", "clip_reading"):
            if key in entry:
                self._wrong((*at, key), f"{key} of the term '{name}' stands in the file", f"leave {key} out")
                return entry
        try:
            said = {
                key: _numbers(self._metadata[of], place)
                for key, of in _OF_TERM.items()
                if of in self._metadata
            }
            low, high = (
                _numbers(self._metadata[_CLIP], place) if _CLIP in self._metadata else (-math.inf, math.inf)
            )
        except (ValueError, IndexError):
            self._wrong(
                (*at, "term"), f"the file's metadata of the term '{name}' cannot be read", "write the values"
            )
            return entry
        scale = _one_or_all(said.get("scale", [1.0]))
        bounds = [max(low, -_MOST), min(high, _MOST)]
        entry |= {"scale": scale, "history": max(1, int(said.get("history", [0.0])[0]))}
        if bounds == [-_MOST, _MOST]:
            return entry
        if not entry.get("offset"):
            return entry | {"clip_reading": bounds}
        if isinstance(scale, list):
            message = f"the term '{name}' is clipped after its offset, and each number has a scale of its own"
            self._wrong((*at, "term"), message, "write scale and clip, one entry for each scale")
            return entry
        # It was clipped between offset and scale.
        return entry | {"clip": sorted(scale * bound for bound in bounds)}


def _numbers(written: str, place: int) -> list[float]:
    """Those of one term; several are parted by semicolons."""
    return [float(part) for part in _listed(written)[place].split(";")]


def _one_or_all(numbers: list[float]) -> Any:
    return numbers if len(numbers) > 1 else numbers[0]


def _listed(written: str) -> list[str]:
    return [part.strip() for part in written.split(",")]
