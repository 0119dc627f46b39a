"""Where an item gets its record from: this process' own loop, or the host of an xdist worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from simgate.harness.pytest_plugin.case import VariantCase
    from simgate.harness.results.record import RunRecord


class RecordSource(Protocol):
    """Has, or makes, the records of variants."""

    def records(self, item: VariantCase) -> list[RunRecord]:
        """The records that an item tells of.

        Raises:
            simgate.harness.pytest_plugin.outcomes.NoEvidence: One is lacking.
        """
        ...

    def run_dir(self, item: VariantCase) -> Path:
        """Folder of the run that the variant belongs to."""
        ...


SOURCE: pytest.StashKey[RecordSource] = pytest.StashKey()


def source_of(config: pytest.Config) -> RecordSource:
    """The source of records of this process."""
    return config.stash[SOURCE]
