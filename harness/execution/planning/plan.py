"""The plan of a run: which variants, under which conditions, into which folder. Written before it runs."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from pathlib import Path

from simgate.harness import registry
from simgate.harness.execution.cluster.options import ClusterOptions
from simgate.harness.execution.episode.models.perception_runtime import AUTO, plugin_name
from simgate.harness.execution.hosts.assignment import Assignment, HostSetup, file_stem
from simgate.harness.execution.hosts.pool.host_limits import HostLimits, limits_of
from simgate.harness.execution.planning.conditions import collect_fingerprint, scenario_conditions
from simgate.harness.execution.planning.counting_order import counting_order, running_order
from simgate.harness.execution.planning.declared_waits import declared_waits_s
from simgate.harness.execution.planning.other_policy import other_policy
from simgate.harness.execution.planning.plan_guard import versions_of
from simgate.harness.execution.planning.record_mode import RecordMode
from simgate.harness.execution.planning.robot_fit import unfit, unfit_nodes, unsensed
from simgate.harness.expansion.expand import Expansion
from simgate.harness.expansion.log_parts import overlapping_parts
from simgate.harness.expansion.scene_key import SceneKeys
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.checks.check_plugin import TASKS
from simgate.harness.packs.checks.latency_percentile import parse_latency_percentile
from simgate.harness.packs.model import CodedTask, Pack
from simgate.harness.packs.worlds import WORLDS, require_fit, require_options
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.file_lock import FileLock
from simgate.harness.results.identity import identities
from simgate.harness.results.manifest import ExpectedVariant, Fingerprint, Manifest
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.files.trust import RUNS_CODE, require_trust
from simgate.policies.perception.inference.choice import RUNTIME_OF
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.package_source import is_remote, local_package


@dataclass(frozen=True)
class Plan:
    """What is to be run now.

    Attributes:
        manifest: All that is expected of the run, also what an earlier part of it has done.
        pack: With all overrides applied.
        folder: The run's folder.
        variants: Those without a valid record, in the order in which they are handed out.
        hosts: Host processes; 0 runs in the calling process.
        record: Which variants leave pictures and a recording.
        already_done: Expected variants that have a valid record.
        limits: When a host is given up.
        interpreter: Command that runs Python for the hosts.
        retries: How often what the machine has failed at is tried again.
        cluster: Where the hosts run; None for this machine.
        lock: Keeps other processes from running it too, until the engine has ended; None in a process that
            works for one that holds it.
    """

    manifest: Manifest
    pack: Pack
    folder: RunFolder
    variants: Sequence[Variant]
    hosts: int
    record: RecordMode = "failed"
    already_done: int = 0
    limits: HostLimits = field(default_factory=HostLimits)
    interpreter: tuple[str, ...] = (sys.executable,)
    retries: int = 0
    cluster: ClusterOptions | None = None
    lock: FileLock | None = field(default=None, compare=False, repr=False)

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {expected.id: expected.identity for expected in self.manifest.expected}

    def assignments(self, variants: Iterable[Variant]) -> Iterator[Assignment]:
        """What hosts are told for these variants.

        Raises:
            KeyError: The manifest does not expect a variant.
        """
        return (Assignment(variant=v, identity=self._identities[v.id]) for v in variants)

    def setup(self, number: int) -> HostSetup:
        """What the host of a slot has to build."""
        return HostSetup(
            number=number,
            pack=self.pack,
            runtime=self.manifest.fingerprint.runtime,
            run_dir=str(self.folder.path.resolve()),
            record=self.record,
            parts=self.manifest.fingerprint.parts,
            versions=versions_of(self.folder.hosts()),
        )


def with_manifest(plan: Plan, **changes: object) -> Plan:
    """The plan with other words in its manifest, which is written again; nothing has run yet.

    Raises:
        OSError: It cannot be written.
    """
    manifest = plan.manifest.model_copy(update=changes)
    write_atomic(plan.folder.manifest_path, manifest.model_dump_json(indent=1) + "\n")
    return replace(plan, manifest=manifest)


def override_pack(
    pack: Pack,
    *,
    adapter: str | None = None,
    model: Path | str | None = None,
    policy: Path | str | None = None,
    latency_extra_ms: float = 0.0,
) -> Pack:
    """The pack as it will run: what the command line says goes before what the file says.

    Args:
        pack: As loaded.
        adapter: Another simulator.
        model: Another model package: ``model.yaml``, its folder, or a remote reference. What is remote is
            fetched. Of a pack with several models ``NAME=PACKAGE``, more of them after a comma.
        policy: Another trained network: ``policy.yaml``, or its folder. Of a policy in code ``OPTION=VALUE``
            in place of one of its options; a file counts from the current folder.
        latency_extra_ms: Added to the pack's own extra latency, milliseconds.

    Raises:
        PackageError: A package cannot be fetched, or the pack's policy has no such network or option.
    """
    update: dict[str, object] = {}
    if policy is not None:
        update["policy_options"] = other_policy(pack, policy)
    if adapter is not None:
        update["sim"] = pack.sim.model_copy(update={"adapter": adapter})
    if pack.models or (pack.nodes and "" not in pack.nodes):
        update["models"] = models = chosen_models(pack, model)
        update["nodes"] = {name: one for name, one in pack.nodes.items() if name not in models}
    else:
        wanted = pack.model if model is None and pack.model and is_remote(pack.model) else model
        if wanted is not None:
            update |= {"model": str(local_package(wanted).resolve()), "nodes": {}}
    if latency_extra_ms:
        extra = pack.latency.extra_ms + latency_extra_ms
        update["latency"] = pack.latency.model_copy(update={"extra_ms": extra})
    return pack.model_copy(update=update)


def chosen_models(pack: Pack, model: Path | str | None) -> dict[str, str]:
    """The several models of a pack, those that the command line names in place of its own.

    Raises:
        PackageError: It says not which model it means, or one that the pack does not have.
    """
    known = [*pack.models, *pack.nodes]
    names = "|".join(re.escape(name) for name in known)
    texts = [] if model is None else re.split(rf",(?=(?:{names})=)", str(model))
    asked = {name: path for name, is_named, path in (text.partition("=") for text in texts) if is_named}
    if len(asked) < len(texts) or not asked.keys() <= set(known):
        message = f"the pack has several models: {', '.join(known)}"
        hint = f"write --model {known[0]}=PACKAGE"
        raise PackageError([Diagnostic(f"--model {model}", 0, 0, 1, "error", "missing-model", message, hint)])
    return {
        name: str(local_package(path).resolve()) if name in asked or is_remote(path) else path
        for name, path in {**pack.models, **asked}.items()
    }


def plan_run(
    pack: Pack,
    *,
    variants: Sequence[Variant],
    runs_dir: Path,
    hosts: int,
    adapter: str | None = None,
    model: Path | str | None = None,
    policy: Path | str | None = None,
    runtime: str | None = None,
    record: RecordMode = "failed",
    command: Sequence[str] = (),
    selection: str = "",
    latency_extra_ms: float = 0.0,
    limits: HostLimits | None = None,
    interpreter: Sequence[str] = (sys.executable,),
    until_decided: bool = False,
    run_name: str | None = None,
    retries: int = 0,
) -> Plan:
    """Plans a new run and writes its manifest; nothing has run when this returns.

    Args:
        pack: As loaded.
        variants: What to run, of this pack.
        runs_dir: Folder of all runs.
        hosts: Host processes; 0 runs in the calling process.
        adapter: Another simulator than the pack's.
        model: Another model package than the pack's.
        policy: Another trained network than the pack's.
        runtime: Name of the perception runtime, also with its device (``torch:cpu``), or ``auto``.
        record: Which variants leave pictures and a recording.
        command: What the user typed.
        selection: Why it is not the whole pack.
        latency_extra_ms: Added to every perception latency.
        limits: When a host is given up; None for what suits the simulator.
        interpreter: Command that runs Python for the hosts.
        until_decided: A sequential test will end the run; fixes the order in which variants count.
        run_name: Name of the run's folder; None for one of time, pack and chance.
        retries: How often what the machine has failed at is tried again.

    Raises:
        DependentVariants: Variants share scenes, so that no sequential test is valid.
        UnknownPlugin, BadReference: A plugin is not installed; one that is named by its file cannot be used.
        UnfitAdapter: The simulator cannot open the file of a native world, or lacks an option.
        PackageError, BadFiles: The model package, or a plugin's own list of its files, is not in order.
        OSError: The folder cannot be written.
    """
    asked = override_pack(
        pack, adapter=adapter, model=model, policy=policy, latency_extra_ms=latency_extra_ms
    )
    effective, fingerprint = _settled(asked, runtime)
    counted, order = _orders(pack, variants, until_decided)
    expected = expected_variants(effective, counted, fingerprint)
    limits = limits or limits_of(effective.sim.adapter, declared_waits_s(effective))
    folder = new_folder(runs_dir, pack.name, run_name)
    lock = folder.lock()
    manifest = _write_manifest(folder, effective, expected, fingerprint, command, selection, until_decided)
    plan = Plan(manifest, effective, folder, order, hosts, record, retries=retries, lock=lock)
    return replace(plan, limits=limits, interpreter=tuple(interpreter))


def _orders(
    pack: Pack, variants: Sequence[Variant], until_decided: bool
) -> tuple[Sequence[Variant], Sequence[Variant]]:
    """The order in which variants count, and the one in which they are handed out."""
    if not until_decided:
        return variants, variants
    counted = counting_order(pack, variants)
    return counted, running_order(pack, counted)


def _settled(pack: Pack, runtime: str | None) -> tuple[Pack, Fingerprint]:
    """The pack with what its model package declares, and what runs it, once nothing is missing and the robots
    fit the models and the policy.
    """
    pack = _with_declared(pack)
    fingerprint = collect_fingerprint(pack, runtime or AUTO)
    _require_plugins(pack, fingerprint.runtime)
    if problems := [*unsensed(pack), *unfit(pack), *unfit_nodes(pack)]:
        raise PackageError(problems)
    return pack, fingerprint


def _with_declared(pack: Pack) -> Pack:
    """The pack, its rules on a latency over the declared one with what the model package declares."""
    asked = [parse_latency_percentile(rule.metric or "") for rule in pack.gate]
    # Of several models no rule speaks of what one declares; reading a pack refuses it.
    if not pack.model or not any(which is not None and which.over_declared for which in asked):
        return pack
    declared = load_package(pack.model).latency
    rules = [
        rule.model_copy(update={"declared_ms": declared.quantile_ms(which.share)})
        if which is not None and which.over_declared
        else rule
        for rule, which in zip(pack.gate, asked, strict=True)
    ]
    return pack.model_copy(update={"gate": tuple(rules)})


def _write_manifest(
    folder: RunFolder,
    pack: Pack,
    expected: tuple[ExpectedVariant, ...],
    fingerprint: Fingerprint,
    command: Sequence[str],
    selection: str,
    until_decided: bool,
) -> Manifest:
    manifest = Manifest(
        run_id=folder.path.name,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        command=tuple(command),
        pack_name=pack.name,
        pack_path=_readable(Path(pack.path)),
        pack=pack.model_dump(mode="json"),
        expected=expected,
        until_decided=until_decided,
        selection=selection,
        fingerprint=fingerprint,
    )
    write_atomic(folder.manifest_path, manifest.model_dump_json(indent=1) + "\n")
    return manifest


def expected_variants(
    pack: Pack, variants: Sequence[Variant], fingerprint: Fingerprint
) -> tuple[ExpectedVariant, ...]:
    """What the manifest lists: each variant with the identity that its record must carry."""
    identity = {s.id: identities(scenario_conditions(pack, s, fingerprint)) for s in pack.scenarios}
    severity = {s.id: s.severity for s in pack.scenarios}
    parts = overlapping_parts(pack, variants)
    return tuple(
        ExpectedVariant(
            name, scenario, severity[scenario], digest, identity[scenario](digest), parts.get(name, scene)
        )
        for name, scenario, digest, scene in _named(SceneKeys(pack), variants)
    )


def _named(scenes: SceneKeys, variants: Iterable[Variant]) -> Iterator[tuple[str, str, str, str]]:
    """Id, scenario, digest and scene of each variant; those that are columns yet are not made for it."""
    if isinstance(variants, Expansion):
        for block in variants.blocks:
            yield from zip(block.ids, repeat(block.scenario), block.digests, scenes.keys(block))
    else:
        for variant in variants:
            yield variant.id, variant.scenario, variant.digest, scenes.key(variant)


def _require_plugins(pack: Pack, runtime: str) -> None:
    """A wrong name, and code that nobody trusts, are the user's to know now, not from the log of a host."""
    wanted = [("simgate.sim_adapters", pack.sim.adapter), ("simgate.policies", pack.policy)]
    wanted += [(WORLDS, scenario.world) for scenario in pack.scenarios if scenario.native is None]
    wanted += [(TASKS, s.task.code) for s in pack.scenarios if isinstance(s.task, CodedTask)]
    if runtime:
        wanted.append(("simgate.runtimes", plugin_name(runtime)))
    for group, name in wanted:
        registry.require(group, name, Path(pack.path).parent)
    require_fit(pack.scenarios, pack.sim.adapter, Path(pack.path).parent)
    require_options(pack.sim)
    _require_trust(pack, runtime)


def _require_trust(pack: Pack, runtime: str) -> None:
    """Every worker asks for it; here the answer comes before a run has a folder."""
    kind = next((kind for kind in RUNS_CODE if RUNTIME_OF[kind] == plugin_name(runtime)), None)
    if kind is None:
        return
    for package in map(load_package, pack.packages.values()):
        require_trust(package, package.artifact(kind))


def new_folder(runs_dir: Path, pack_name: str, name: str | None = None) -> RunFolder:
    """Makes the folder of a run.

    Raises:
        OSError: It is there already, or cannot be written.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = RunFolder(runs_dir / (name or f"{stamp}-{file_stem(pack_name)}-{secrets.token_hex(3)}"))
    folder.create()
    return folder


def _readable(path: Path) -> str:
    """Relative to the working directory where that is possible."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
