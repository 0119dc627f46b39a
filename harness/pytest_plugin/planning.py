"""Hands a selection of a pack's variants to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.collection import PINNED, SAMPLED, variant_names
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.selection import selection_words

if TYPE_CHECKING:
    from simgate.harness.execution.plan import Plan
    from simgate.harness.execution.record_mode import RecordMode
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.packs.model import Pack, Scenario


def plan_pack(config: pytest.Config, pack: Pack, variant_ids: Sequence[str], several: bool) -> Plan:
    """Makes the run's folder and manifest for the selected variants of a pack.

    Args:
        config: The session.
        pack: As loaded.
        variant_ids: What is selected of it.
        several: Whether the session runs other packs too.

    Raises:
        pytest.UsageError: The pack cannot be run as asked.
    """
    from simgate.harness.frontend.planning import plan_as_asked
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    # With --keep-duplicates pytest has items several times; a variant runs once.
    wanted = tuple(dict.fromkeys(variant_ids))
    whole = [
        f"{scenario.id}::{name}" for scenario in pack.scenarios for name in variant_names(scenario, None)
    ]
    try:
        with as_user_errors():
            return plan_as_asked(
                pack,
                expand_ids(pack, wanted),
                Settings.of(config).run.of_pack(pack, several),
                command=("pytest", *config.invocation_params.args),
                selection=selection_words(config, wanted, whole),
            )
    except UserError as error:
        raise pytest.UsageError(str(error)) from None


def open_plan(run_dir: Path, record: RecordMode) -> Plan:
    """The plan of a run that another process has made, for one host more."""
    from simgate.harness.execution.plan import Plan
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
        # Many variants are drawn together much faster than one by one.
        made = expand_scenario(pack, scenario, max(indices) + 1) if len(indices) > 1 else ()
        for variant in made or [expand_variant(pack, scenario, indices[0])]:
            found[variant.id] = variant
    return [found[variant_id] for variant_id in variant_ids]


def variant_index(scenario: Scenario, name: str) -> int:
    """Position of a variant in its scenario, by the name of its item (``v0007``, ``pin-low-tint``)."""
    if name.startswith(PINNED):
        pinned = [one.id for one in scenario.pinned]
        return scenario.variants.count + pinned.index(name.removeprefix(PINNED))
    return int(name.removeprefix(SAMPLED))
