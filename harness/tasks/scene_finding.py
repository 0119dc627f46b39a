"""What can be wrong with scenes before anything runs, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simgate.sim_adapters.scene.scene import Scene

Scenes = Sequence[Scene | str]
"""One for each of the first variants; a text where the world cannot build it, and says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with some or all of the scenes.

    Attributes:
        words: Where it stands in the scenario.
        severity: ``error`` when it holds for all scenes.
        code: Of the diagnostic.
        message: What is wrong.
        hint: What to do.
    """

    words: str
    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str


def unbuilt(scenes: Scenes) -> list[Finding]:
    """The scenes that the world cannot build, with the first reason."""
    reasons = [scene for scene in scenes if isinstance(scene, str)]
    if not reasons:
        return []
    message = f"the world cannot build {share_of(len(reasons), len(scenes))}: {reasons[0]}"
    # Such a variant is an ERROR, which holds up a release: one is too many.
    return [
        Finding(
            "world:", "error", "no-scene", message, "narrow the parameters, or add a condition to 'where'"
        )
    ]


def severity_of(count: int, total: int) -> Literal["error", "warning"]:
    """An error where it is so in all scenes."""
    return "error" if count == total else "warning"


def share_of(count: int, total: int) -> str:
    """So many of the first variants, in words."""
    if count == total:
        return f"all of the first {total} variants"
    return f"{count} of the first {total} variants"
