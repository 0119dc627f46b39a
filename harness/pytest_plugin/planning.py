"""Hands a selection of a pack's variants to the engine."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simgate.harness.pytest_plugin.collection import PINNED, SAMPLED, variant_names
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.selection import selection_words

if TYPE_CHECKING:
    from simgate.harness.execution.plan import Plan
    from simgate.harness.expansion.variant import Variant
    from simgate.harness.packs.model import Pack, Scenario


def load_checked_pack(path: Path) -> Pack:
    """Loads a pack, its metrics checked too.

    Raises:
        simgate.policies.documents.diagnostics.PackError: The pack has problems.
    """
    from simgate.harness.packs.loader import load_pack
    from simgate.harness.scoring import metrics

    return load_pack(path, metrics)


def plan_pack(config: pytest.Config, pack: Pack, variant_ids: Sequence[str]) -> Plan:
    """Makes the run's folder and manifest for the selected variants of a pack.

    Raises:
        pytest.UsageError: The pack cannot be run as asked: unknown simulator, model not in order, folder
            that cannot be written.
    """
    from simgate.harness.execution.interpreter import NoInterpreter, default_hosts, host_interpreter
    from simgate.harness.execution.plan import plan_run
    from simgate.harness.expansion.errors import ExpansionError
    from simgate.harness.registry import UnknownPlugin
    from simgate.policies.perception.package import PackageError

    settings = Settings.of(config)
    adapter = settings.adapter or pack.sim.adapter
    whole = [
        f"{scenario.id}::{name}" for scenario in pack.scenarios for name in variant_names(scenario, None)
    ]
    try:
        return plan_run(
            pack,
            variants=expand_ids(pack, variant_ids),
            runs_dir=settings.runs_dir,
            hosts=default_hosts(adapter, os.environ) if settings.workers is None else settings.workers,
            interpreter=host_interpreter(adapter, None, os.environ),
            adapter=settings.adapter,
            model=settings.model,
            runtime=settings.runtime,
            record=settings.record,
            command=(Path(sys.argv[0]).name, *config.invocation_params.args),
            selection=selection_words(config, variant_ids, whole),
        )
    except (NoInterpreter, UnknownPlugin, PackageError, ExpansionError, OSError) as error:
        raise pytest.UsageError(str(error)) from None


def open_plan(run_dir: Path, settings: Settings) -> Plan:
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
        record=settings.record,
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
