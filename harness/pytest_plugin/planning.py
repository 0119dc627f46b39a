"""Hands a selection of a pack's variants to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.selection import selection_words, sharded_selection_words
from simgate.harness.pytest_plugin.variant_names import PINNED, SAMPLED, ids_in, variant_names

if TYPE_CHECKING:
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.execution.planning.record_mode import RecordMode
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.packs.model import Pack, Scenario


_DRAWN_FASTER = 8
"""So many variants are drawn together in the time of one that is drawn alone, about."""


def plan_pack(config: pytest.Config, pack: Pack, variant_ids: Sequence[str], several: bool) -> Plan:
    """Makes the run's folder and manifest for the selected variants of a pack.

    Args:
        config: The session.
        pack: As loaded.
        variant_ids: What is selected of it; parts may be among them.
        several: Whether the session runs other packs too.

    Raises:
        pytest.UsageError: The pack cannot be run as asked.
    """
    from simgate.harness.frontend.planning import plan_as_asked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    # With --keep-duplicates pytest has items several times; a variant runs once.
    wanted = tuple(dict.fromkeys(ids_in(variant_ids)))
    settings, whole = Settings.of(config), all_ids(pack)
    options, limited = settings.run.of_pack(pack, several), None
    if options.shard is None:
        words = selection_words(config, wanted, whole)
    else:
        limited = all_ids(pack, settings.variants)
        is_whole = limited == whole and frozenset(wanted) == of_this_shard(config, pack)
        words = sharded_selection_words(config, is_whole)
    try:
        with as_user_errors():
            return plan_as_asked(
                pack,
                expand_ids(pack, wanted),
                options,
                whole=expand_ids(pack, limited) if limited else None,
                command=("pytest", *config.invocation_params.args),
                selection=words,
            )
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


def all_ids(pack: Pack, limit: int | None = None) -> list[str]:
    """Ids of a pack's variants, with at most ``limit`` sampled ones of each scenario: what shards share."""
    return [
        f"{scenario.id}::{name}" for scenario in pack.scenarios for name in variant_names(scenario, limit)
    ]


def of_this_shard(config: pytest.Config, pack: Pack) -> frozenset[str] | None:
    """Ids of the variants of a pack that this session runs; None without ``--shard``.

    Raises:
        pytest.UsageError: Options do not go together, or the run to balance by cannot be read.
    """
    from simgate.harness.frontend.options.shares import share_of
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    settings = Settings.of(config)
    try:
        with as_user_errors():
            share = share_of(settings.run, pack.name)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    return None if share is None else share.mine(all_ids(pack, settings.variants))


def open_plan(run_dir: Path, record: RecordMode, retries: int) -> Plan:
    """The plan of a run that another process has made, for one host more."""
    from simgate.harness.execution.planning.plan import Plan
    from simgate.harness.packs.model import Pack
    from simgate.harness.results.run_folder import RunFolder

    folder = RunFolder(run_dir)
    manifest = folder.manifest()
    return Plan(
        manifest=manifest,
        pack=Pack.model_validate(manifest.pack),
        folder=folder,
        variants=(),
        hosts=1,
        record=record,
        retries=retries,
    )


def expand_ids(pack: Pack, variant_ids: Sequence[str]) -> list[Variant]:
    """All values of these variants, in their order.

    Raises:
        simgate.harness.expansion.errors.ExpansionError: Conditions or placement of a scenario leave nothing.
    """
    from simgate.harness.expansion.expand import expand_scenario, expand_variant

    wanted: dict[str, list[str]] = {}
    for variant_id in variant_ids:
        scenario_id, _, name = variant_id.partition("::")
        wanted.setdefault(scenario_id, []).append(name)
    found: dict[str, Variant] = {}
    for scenario_id, names in wanted.items():
        scenario = pack.scenario(scenario_id)
        indices = [variant_index(scenario, name) for name in names]
        # Many variants are drawn together much faster than one by one, but from the first.
        is_dense = 1 < max(indices) + 1 <= _DRAWN_FASTER * len(indices)
        made = expand_scenario(pack, scenario, max(indices) + 1) if is_dense else ()
        for variant in made or (expand_variant(pack, scenario, index) for index in indices):
            found[variant.id] = variant
    return [found[variant_id] for variant_id in variant_ids]


def variant_index(scenario: Scenario, name: str) -> int:
    """Position of a variant in its scenario, by the name of its item (``v0007``, ``pin-low-tint``)."""
    if name.startswith(PINNED):
        pinned = [one.id for one in scenario.pinned]
        return scenario.variants.count + pinned.index(name.removeprefix(PINNED))
    return int(name.removeprefix(SAMPLED))
