"""What a user asks of a cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_OF_RAY = {"cpu": "CPU", "gpu": "GPU", "memory": "memory"}


class NoCluster(Exception):  # noqa: N818 - the name says what happened
    """There is no cluster to run on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """A Ray cluster, and what each worker takes of it.

    Attributes:
        address: Of the cluster; empty for ``RAY_ADDRESS``, or a cluster of this machine alone.
        resources: Name, as Ray has it -> how much; one CPU where nothing is said of it.
        accepted: Names of differences between nodes that are looked past.
    """

    address: str = ""
    resources: Mapping[str, float] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()

    @property
    def needs(self) -> dict[str, float]:
        """What a node must have for one worker."""
        return {"CPU": 1.0} | dict(self.resources)


def worker_resources(text: str) -> dict[str, float]:
    """The value of ``--worker-resources``: ``gpu=0.5,isaac=1``.

    Raises:
        ValueError: It is no such list.
    """
    found: dict[str, float] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, _, amount = (part.strip() for part in item.partition("="))
        try:
            number = float(amount)
        except ValueError:
            number = math.nan
        if not name or not 0.0 < number < math.inf:
            raise ValueError(f"{item!r} is not NAME=AMOUNT with an amount above 0, for example gpu=0.5")
        key = _OF_RAY.get(name.lower(), name)
        if key in found:
            raise ValueError(f"{name} is named twice")
        if number > 1.0 and key != "memory" and number % 1.0:
            raise ValueError(f"{item!r}: Ray gives parts of one, or whole ones")
        found[key] = number
    if not found:
        raise ValueError("names nothing; for example gpu=0.5,isaac=1")
    return found


def fits(have: Mapping[str, float], needs: Mapping[str, float]) -> int:
    """How many workers a node has room for."""
    return int(min(have.get(name, 0.0) / amount + 1e-9 for name, amount in needs.items()))
