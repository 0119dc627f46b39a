"""Golden trace digests of the shipped packs: one file a pack, and on what they were made.

A digest depends on the libraries that simulate, draw and infer, and on the kind of processor, whose vector
width decides how sums round. ``python -m tests.quality.golden.digests RUN FILE`` writes a run's digests down.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from simgate.harness.results.fingerprint import cpu_model, package_versions
from simgate.sim_adapters.gl import draw_on_one_core

FOLDER = Path(__file__).parent
KEPT_DIGITS = 16
"""Hex digits of a digest that are kept; no two of a few hundred share 64 bits by chance."""
_LIBRARIES = ("numpy", "mujoco", "onnxruntime", "scipy", "pillow", "PyOpenGL")


def made_on(renderer: str) -> dict[str, str]:
    """What digests on this machine depend on, besides simgate."""
    return {"cpu": cpu_model(), "system": platform.machine(), "renderer": renderer} | package_versions(
        _LIBRARIES
    )


def renderer_here() -> str:
    """What draws on this machine, in words, as MuJoCo's adapter says it."""
    draw_on_one_core(os.environ)
    from simgate.sim_adapters.adapter import Timing
    from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
    from simgate.sim_adapters.worlds.probes.small_room import room

    adapter = MujocoAdapter(Timing())
    try:
        adapter.reset([room()])
        return adapter.describe().renderer
    finally:
        adapter.close()


def golden(pack: str) -> dict[str, Any]:
    """``made_on`` and ``digests`` (scenario -> variant -> digest) of a shipped pack."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{pack}.json").read_text())
    return loaded


def digests_of(run: Path) -> dict[str, dict[str, str]]:
    """Scenario -> (variant's id without the scenario -> digest) of a run."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in (run / "journal.ndjson").read_text().splitlines():
        record = json.loads(line)
        scenario, _, variant = record["variant"].partition("::")
        found[scenario][variant] = record["trace_digest"][:KEPT_DIGITS]
    return {scenario: dict(sorted(found[scenario].items())) for scenario in sorted(found)}


if __name__ == "__main__":
    text = json.dumps(
        {"made_on": made_on(renderer_here()), "digests": digests_of(Path(sys.argv[1]))}, indent=1
    )
    Path(sys.argv[2]).write_text(text + "\n")
