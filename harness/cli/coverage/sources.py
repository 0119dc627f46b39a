"""Where the variants of a coverage come from: a pack's expansion, or the records of runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simgate.harness.cli.coverage.axis import make_axis
from simgate.harness.cli.coverage.tally import ScenarioCoverage, tally
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.packs.model import Pack, Scalar, Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.harness.packs.worlds import is_installed
from simgate.harness.results.reading.stored_record import as_read, stored_records
from simgate.harness.results.record import VALID, Outcome
from simgate.harness.results.run_folder import RunFolder

DRAWS = 4_000
"""Random draws of a scenario that say which cells are reachable."""


@dataclass
class Collected:
    """The variants of one scenario, from one pack or from several runs.

    Attributes:
        scenario: As the last source has it.
        packs: Packs that it was found in, for random draws.
        rows: Parameters of each variant, by digest of what was simulated.
        failed: Digests of those that failed.
    """

    scenario: Scenario
    packs: list[Pack] = field(default_factory=list)
    rows: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


def from_pack(pack: Pack, scenarios: Sequence[Scenario]) -> dict[str, Collected]:
    """The variants that a pack expands to, pinned ones included.

    Raises:
        ExpansionError: Conditions or placement of a scenario leave nothing.
    """
    found = {}
    for scenario in scenarios:
        variants = expand_scenario(pack, scenario)
        rows = {variant.digest: dict(variant.parameters) for variant in variants}
        found[scenario.id] = Collected(scenario, [pack], rows)
    return found


def from_runs(folders: Iterable[Path]) -> dict[str, Collected]:
    """The variants that runs have judged, each once however often it ran.

    Raises:
        simgate.harness.results.run_folder.NotARun: A folder is no run.
    """
    found: dict[str, Collected] = {}
    runs = [RunFolder(path) for path in folders]
    for folder in runs:
        pack = kept_pack(folder.manifest())
        for scenario in pack.scenarios:
            found.setdefault(scenario.id, Collected(scenario)).packs.append(pack)
    axes = {
        name: frozenset(key for pack in into.packs for key in pack.scenario(name).parameters)
        for name, into in found.items()
    }
    for folder in runs:
        for scenario_id, digest, parameters, failed in _last_of_each(folder, axes):
            into = found[scenario_id]
            into.rows[digest] = parameters
            if failed:
                into.failed.add(digest)
    return found


_Judged = tuple[str, str, dict[str, Scalar], bool]


def _last_of_each(folder: RunFolder, axes: Mapping[str, Collection[str]]) -> Iterator[_Judged]:
    """Scenario, digest, parameters and whether it failed, of the last record of each variant.

    One record is in memory at a time, and of each what can be an axis.
    """
    last: dict[str, _Judged | None] = {}
    for record in map(as_read, stored_records(folder.journal_path)):
        # INVALID and ERROR have covered nothing.
        counts = record.outcome in VALID and record.scenario in axes
        last[record.variant] = (
            (
                record.scenario,
                record.variant_digest,
                {name: v for name, v in record.parameters.items() if name in axes[record.scenario]},
                record.outcome is not Outcome.PASS,
            )
            if counts
            else None
        )
    return filter(None, last.values())


def cover(collected: Collected, bins: int) -> ScenarioCoverage:
    """Counts the cells of a scenario."""
    rows = list(collected.rows.values())
    specs: dict[str, list[ValueSpec]] = {}
    for pack in collected.packs:
        for name, spec in pack.scenario(collected.scenario.id).parameters.items():
            specs.setdefault(name, []).append(spec)
    made = [make_axis(name, found, bins) for name, found in sorted(specs.items())]
    axes = [axis for axis in made if axis and all(axis.name in row for row in rows)]
    failed = [digest in collected.failed for digest in collected.rows]
    draws = _draws(collected)
    return tally(
        collected.scenario.id,
        axes,
        {axis.name: [row[axis.name] for row in rows] for axis in axes},
        failed,
        None if draws is None else {axis.name: [row[axis.name] for row in draws] for axis in axes},
    )


def _draws(collected: Collected) -> list[dict[str, Scalar]] | None:
    """Parameters of random variants under the scenario's conditions; None when its world is not installed."""
    rows = []
    for pack in collected.packs:
        scenario = pack.scenario(collected.scenario.id)
        if not is_installed(pack, scenario):
            return None
        plain = VariantsSpec(count=max(1, DRAWS // len(collected.packs)))
        free = scenario.model_copy(update={"variants": plain, "place": {}, "pinned": ()})
        rows += [dict(variant.parameters) for variant in expand_scenario(pack, free)]
    return rows
