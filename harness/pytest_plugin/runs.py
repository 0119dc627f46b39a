"""The runs of a session: one folder a pack, and where the records of its variants are."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.failure_text import one_line
from simgate.harness.pytest_plugin.outcomes import NoEvidence

if TYPE_CHECKING:
    from simgate.harness.pytest_plugin.case import VariantCase
    from simgate.harness.results.record import RunRecord


@dataclass
class Runs:
    """Run folders by pack, and the records that have arrived.

    Attributes:
        folders: Pack's file -> run folder, in the order in which they were made.
        arrived: Pack's file -> variant id -> record.
        problems: Pack's file -> why the engine could not run all of it; empty when it did.
        not_needed: Pack's file -> why some of its variants did not have to run.
        lost_hosts: One line for each host process that died or had to be killed, and for each second try of
            what the machine had failed at.
        stopped: Why pytest wanted no more variants before all had run; empty otherwise.
    """

    folders: dict[Path, Path] = field(default_factory=dict)
    arrived: dict[Path, dict[str, RunRecord]] = field(default_factory=dict)
    problems: dict[Path, str] = field(default_factory=dict)
    not_needed: dict[Path, str] = field(default_factory=dict)
    lost_hosts: list[str] = field(default_factory=list)
    stopped: str = ""

    def add(self, pack: Path, record: RunRecord) -> None:
        """Keeps a record."""
        self.arrived.setdefault(pack, {})[record.variant] = record

    def lacking(self, item: VariantCase) -> list[str]:
        """Ids of the item's variants that have no record."""
        arrived = self.arrived.get(item.path, {})
        return [variant for variant in item.variant_ids if variant not in arrived]

    def records(self, item: VariantCase) -> list[RunRecord]:
        """The records that an item tells of; without those that were not needed.

        Raises:
            NoEvidence: One has not arrived.
            pytest.skip.Exception: None was needed.
        """
        lacking = self.lacking(item)
        reason = self.not_needed.get(item.path)
        if lacking and reason and len(lacking) == len(item.variant_ids):
            pytest.skip(f"not needed: {reason}")
        if lacking and not reason:
            why = self.problems.get(item.path) or "it left no record"
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise NoEvidence(
                f"ERROR: {one_line(why)}",
                f"ERROR  {lacking[0]}{more}  nothing is known about it: {why}\n"
                f"finish the run with: simgate run --resume {shlex.quote(str(self.run_dir(item)))}",
            )
        arrived = self.arrived.get(item.path, {})
        return [arrived[variant] for variant in item.variant_ids if variant in arrived]

    def run_dir(self, item: VariantCase) -> Path:
        """Folder of the run that the variant belongs to."""
        return self.folders[item.path]


RUNS: pytest.StashKey[Runs] = pytest.StashKey()


def by_pack(items: Iterable[VariantCase]) -> dict[Path, list[VariantCase]]:
    """Groups items by the file of their pack, both in order."""
    groups: dict[Path, list[VariantCase]] = {}
    for item in items:
        groups.setdefault(item.path, []).append(item)
    return groups
