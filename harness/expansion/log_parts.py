"""Parts of field logs that overlap: two of them show the same drive, so they are one unit of proof."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from simgate.harness.expansion.scene_key import SceneKeys
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack
from simgate.sim_adapters.worlds.declared.log import FROM, LOG, TO, LogSpec


def overlapping_parts(pack: Pack, variants: Iterable[Variant]) -> dict[str, str]:
    """Variant id -> its scene, of variants that show a part of a field log.

    Parts of one log that overlap, also through others and in several scenarios, have one scene. Parts of
    which one begins where the other ends have two.

    Args:
        pack: A checked pack.
        variants: Of this pack; not looked at where it replays no log.
    """
    logs = {s.id: s.native for s in pack.scenarios if isinstance(s.native, LogSpec)}
    if not logs:
        return {}
    parts: dict[str, list[tuple[float, float, Variant]]] = defaultdict(list)
    for one in variants:
        if (spec := logs.get(one.scenario)) is not None:
            log = _content(spec, one)
            begin, end = one.parameters.get(FROM, 0.0), one.parameters.get(TO, math.inf)
            parts[log].append((float(begin), float(end), one))
    keys, scenes = SceneKeys(pack), dict[str, str]()
    for shown in parts.values():
        scene, covered = "", -math.inf
        for begin, end, one in sorted(shown, key=lambda part: part[:2]):
            if begin >= covered:
                scene = keys.key(one)
            covered = max(covered, end)
            scenes[one.id] = scene
    return scenes


def _content(spec: LogSpec, variant: Variant) -> str:
    """Which log a variant shows: copies of one are one."""
    if not spec.logs:  # A run of an older version.
        return spec.name
    names = list(spec.logs)
    return spec.logs[str(variant.parameters.get(LOG, names[0]))].sha256
