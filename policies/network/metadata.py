"""What mjlab writes into its ONNX files: joints in the order of the outputs, their pose, the action scale.

The word ``metadata`` in a ``policy.yaml`` stands for it, so that nobody copies numbers by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simgate.policies.documents.diagnostics import near
from simgate.policies.perception.package_text import PackageText
from simgate.policies.perception.problems import PackageProblem

WORD = "metadata"
JOINTS, POSE, SCALE = "joint_names", "default_joint_pos", "action_scale"
_ACTION = {"names": JOINTS, "offset": POSE, "scale": SCALE}
_ENTRY = {"entries": JOINTS, "offset": POSE}


def joints_of(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Joints in the order of the network's outputs; empty where the file names none."""
    return tuple(_listed(metadata[JOINTS])) if JOINTS in metadata else ()


def filled(
    text: PackageText, metadata: Mapping[str, str], code: str
) -> tuple[dict[str, Any], list[PackageProblem]]:
    """A declaration with values in place of the word, and where the file has none.

    Args:
        text: The ``policy.yaml``, a mapping.
        metadata: Of the network's file.
        code: Of the problems.
    """
    data, problems = dict(text.data), []

    def fill(holder: Any, keys: Mapping[str, str], at: tuple[str | int, ...]) -> Any:
        if not isinstance(holder, dict):
            return holder
        made = dict(holder)
        for key, entry in keys.items():
            if made.get(key) != WORD:
                continue
            try:
                made[key] = _value(metadata[entry], entry)
            except KeyError:
                known = ", ".join(metadata) or "none"
                message = f"the network's file has no metadata '{entry}'"
                hint = near(entry, metadata) if metadata else "write the values"
                problems.append(text.problem((*at, key), code, message, f"{hint}; it has {known}"))
            except ValueError:
                message = (
                    f"the metadata '{entry}' of the network's file is '{metadata[entry][:60]}', no numbers"
                )
                problems.append(text.problem((*at, key), code, message, "write the values"))
        return made

    if "action" in data:
        data["action"] = fill(data["action"], _ACTION, ("action",))
    if isinstance(seen := data.get("observation"), list):
        data["observation"] = [fill(entry, _ENTRY, ("observation", k)) for k, entry in enumerate(seen)]
    return data, problems


def _value(written: str, entry: str) -> Any:
    if entry == JOINTS:
        return _listed(written)
    numbers = [float(part) for part in _listed(written)]
    return numbers if len(numbers) > 1 else numbers[0]


def _listed(written: str) -> list[str]:
    return [part.strip() for part in written.split(",")]
