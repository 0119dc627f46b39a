"""What somebody has marked in a picture, as the bodies that a camera sees."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.sim_adapters.datasets.dataset import Labelled
from simgate.sim_adapters.observation import VisibleEntity


def entities_of(objects: Sequence[Labelled], distance_m: float) -> tuple[VisibleEntity, ...]:
    """The bodies of a picture; what is not judged lets no light through.

    Args:
        objects: What is marked.
        distance_m: Of each, metres; nobody has measured it.
    """
    found = []
    for k, one in enumerate(objects):
        x0, y0, x1, y1 = one.box
        hidden = one.ignore or one.crowd
        found.append(
            VisibleEntity(
                name=f"{one.label or 'unknown'}-{k}",
                label=one.label,
                box=(round(x0), round(y0), round(x1), round(y1)),
                pixels=round((x1 - x0) * (y1 - y0)),
                occlusion=0.0,
                distance_m=distance_m,
                truncated=False,
                transmittance=0.0 if hidden else 1.0,
            )
        )
    return tuple(found)
