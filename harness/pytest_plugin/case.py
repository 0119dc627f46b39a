"""A variant as a test case of pytest, for whoever has its record and whoever tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack, Scenario
    from simgate.harness.results.record import RunRecord


class VariantCase(pytest.Item):
    """One variant of a pack.

    Args:
        pack: Its pack.
        scenario: Its scenario.
    """

    record: RunRecord
    """Of its last setup."""
    wall_s: float | None = None
    """What it has taken, seconds; None before it has a record."""

    def __init__(self, *, pack: Pack, scenario: Scenario, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pack = pack
        self.scenario = scenario

    @property
    def variant_id(self) -> str:
        """Id of the variant in its pack, for example ``glass_door_closed::v0007``."""
        return f"{self.scenario.id}::{self.name}"

    @property
    def variant_ids(self) -> tuple[str, ...]:
        """Ids of the variants whose records it tells of."""
        return (self.variant_id,)
