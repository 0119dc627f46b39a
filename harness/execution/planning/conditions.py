"""Under which conditions a pack's variants run: what their identity and the run's fingerprint say."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simgate.harness.execution.episode.models.perception_runtime import one_runtime
from simgate.harness.execution.planning.parts import collect_parts, parts_of_scenario
from simgate.harness.packs.model import Criterion, Pack, Scenario
from simgate.harness.results.fingerprint import git_state, gpu_driver, gpu_names, machine, package_versions
from simgate.harness.results.manifest import Fingerprint
from simgate.policies.perception.package import load_package

_POSITION_FIELDS = frozenset({"line", "column"})


def scenario_conditions(pack: Pack, scenario: Scenario, fingerprint: Fingerprint) -> dict[str, object]:
    """Everything beside the variant itself that can change its record.

    Args:
        pack: With all overrides applied.
        scenario: One of the pack's.
        fingerprint: Of the run; what differs between machines (CPU, renderer) stays out.
    """
    return {
        "simgate": fingerprint.packages.get("simgate", ""),
        "adapter": fingerprint.adapter,
        "sim": pack.sim.model_dump(mode="json"),
        "policy": pack.policy,
        "policy_options": dict(pack.policy_options),
        "runtime": fingerprint.runtime,
        "parts": parts_of_scenario(fingerprint.parts or (), scenario),
        "latency": pack.latency.model_dump(mode="json"),
        "accept": _written(scenario.accept),
        "known_failures": [k.model_dump(mode="json") for k in scenario.known_failures],
        **({"hard": _written(scenario.hard)} if scenario.hard else {}),
        **({"setup": scenario.model_dump(mode="json", include={"native", "task"})} if scenario.task else {}),
    }


def _before(name: str, what: str) -> str:
    return f"{name}{what}" if name else ""


def _over(sha256: Mapping[str, str]) -> str:
    """A hash over those of several models; empty without any."""
    canonical = json.dumps(dict(sorted(sha256.items())), separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest() if sha256 else ""


def _written(criteria: Sequence[Criterion]) -> list[dict[str, Any]]:
    return [criterion.model_dump(mode="json", exclude=set(_POSITION_FIELDS)) for criterion in criteria]


def collect_fingerprint(pack: Pack, runtime: str) -> Fingerprint:
    """With what a pack would run here and now, as far as can be known without starting a simulator.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, or ``auto``.

    Raises:
        UnknownPlugin: A plugin is not installed.
        BadFiles: A plugin's own list of its files cannot be used.
        simgate.policies.perception.package.PackageError: The model package is not in order.
    """
    commit, dirty = git_state(Path(pack.path).parent)
    packages = {name: load_package(path) for name, path in pack.packages.items()}
    resolved = one_runtime(runtime, packages)
    parts = collect_parts(pack, resolved, packages)
    sha256 = {name: package.sha256 for name, package in packages.items()}
    sha256 |= {part.alias: part.sha256 for part in parts if part.role == "model" and part.alias in pack.nodes}
    names = {name: f"{one.name} {one.version}" for name, one in packages.items()} | dict.fromkeys(
        pack.nodes, "ros"
    )
    return Fingerprint(
        git_commit=commit,
        git_dirty=dirty,
        packages=package_versions(),
        python=platform.python_version(),
        machine=machine(),
        gpus=gpu_names(),
        driver=gpu_driver(),
        adapter=pack.sim.adapter,
        batch=pack.sim.batch,
        policy=pack.policy,
        model=", ".join(f"{_before(name, ': ')}{words}" for name, words in names.items()),
        model_sha256=sha256.get("", _over(sha256)),
        models={} if "" in sha256 else sha256,
        model_lineage={
            _before(name, ".") + key: value
            for name, package in packages.items()
            for key, value in package.lineage.items()
        },
        runtime=resolved,
        pack_sha256=pack.source_sha256,
        parts=parts,
    )
