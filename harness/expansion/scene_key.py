"""Names the scene of a variant, so that variants of one scene can be told from independent ones."""

from __future__ import annotations

import hashlib
import json

from simgate.harness.expansion.variant import Variant

LOOKED_AT_THROUGH = ("camera.", "lighting.")
"""Parameters of how a scene is seen; the same doors and boxes in another light are the same scene."""


def scene_key(variant: Variant) -> str:
    """16 hex digits over the scenario, its objects and all parameters but those of light and camera."""
    content = {
        "scenario": variant.scenario,
        "parameters": {
            name: value
            for name, value in sorted(variant.parameters.items())
            if not name.startswith(LOOKED_AT_THROUGH)
        },
        "placed": [item.model_dump() for item in variant.placed],
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
