"""What every part of the suite has: an adapter to test, and what it may differ in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.conformance.scenes import TIMING


class ConformanceBase:
    """See :class:`simgate.sim_adapters.conformance.AdapterConformance`."""

    bit_reproducible = True
    """Whether the same scene gives the same frames bit for bit (false for ray-traced renderers)."""

    max_worlds: int | None = None
    """Most worlds that the adapter takes together; tests that need more are skipped."""

    def make_adapter(self, timing: Timing, options: Mapping[str, object] | None = None) -> SimAdapter:
        """A fresh adapter."""
        raise AssertionError("a conformance suite must say which adapter it tests: override make_adapter")

    @pytest.fixture
    def adapter(self) -> Iterator[SimAdapter]:
        """An adapter that is closed after the test."""
        made = self.make_adapter(TIMING)
        yield made
        made.close()

    def _need_worlds(self, count: int) -> None:
        if self.max_worlds is not None and self.max_worlds < count:
            pytest.skip(f"the adapter runs {self.max_worlds} world(s) at a time")
