"""The parts of a run, collected before it starts: what code and which files a pack makes a host load."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.harness import registry
from simgate.harness.execution.episode.models.perception_runtime import plugin_name
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.packs.checks.check_plugin import TASKS
from simgate.harness.packs.model import CodedTask, Pack, Scenario
from simgate.harness.packs.worlds import NATIVE, WORLDS
from simgate.harness.results.parts import Part, make_part
from simgate.harness.scoring.metrics import GROUP as METRICS
from simgate.harness.scoring.metrics import plugin_metrics
from simgate.harness.sources.closure import HOUSE, Code, code_of
from simgate.harness.sources.modules import owner_of
from simgate.harness.sources.own_files import own_files, own_words
from simgate.policies.perception.decoder_spec import DECODERS
from simgate.policies.perception.decoding.decoder import GROUP as DECODER_PLUGINS
from simgate.policies.perception.files.package_files import decoder_files, sha256_of
from simgate.policies.perception.package import ModelPackage
from simgate.policies.ros.model import RosModel
from simgate.sim_adapters.files.plain_file import absolute

WORKER = "simgate.harness.execution.worker"
"""The module that runs variants: all of simgate that can change a record is imported from here."""
DECLARED = "declared"
"""What the pack says of a model that is a ROS 2 node, beside what the node says of itself."""
_LOADED_ANYWAY = (WORLDS, METRICS, NATIVE, TASKS)
"""Groups whose plugins are loaded when a pack is checked; others only where they can tell of files."""


@dataclass(frozen=True, slots=True)
class Use:
    """A plugin that a run uses.

    Attributes:
        role: As in :class:`simgate.harness.results.parts.Part`.
        group: Its entry-point group.
        name: Its entry point's name.
        options: What the pack gives it.
    """

    role: str
    group: str
    name: str
    options: Mapping[str, object]


def uses_of(pack: Pack, runtime: str) -> list[Use]:
    """The plugins of a pack, each once: those that can change a record, so no reporters.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, as resolved; empty without a model.
    """
    found = [
        Use("policy", "simgate.policies", pack.policy, pack.policy_options),
        Use("simulator", "simgate.sim_adapters", pack.sim.adapter, pack.sim.options),
    ]
    if runtime:
        found.append(Use("runtime", "simgate.runtimes", plugin_name(runtime), {}))
    of_scenarios = {
        (use.role, use.name): use for scenario in pack.scenarios for use in _of_scenario(scenario)
    }
    return [*found, *of_scenarios.values()]


def _of_scenario(scenario: Scenario) -> Iterator[Use]:
    if scenario.native is None:
        yield Use("world", WORLDS, scenario.world, {})
    else:
        yield Use("reader", NATIVE, scenario.native.kind, {})
    if isinstance(scenario.task, CodedTask):
        yield Use("task", TASKS, scenario.task.code, {})
    for name in plugin_metrics((*scenario.accept, *scenario.hard)):
        yield Use("metric", METRICS, name, {})


def parts_of_scenario(parts: tuple[Part, ...], scenario: Scenario) -> dict[str, str]:
    """Role and name -> hash of the parts that can change a record of one scenario.

    The pack and native worlds are not among them: what they say is in variants and conditions already.
    """
    own = {(use.role, use.name) for use in _of_scenario(scenario)}
    of_any, elsewhere = {"world", "reader", "task", "metric"}, {"pack", "native world"}
    return {
        f"{part.role} {part.name if part.role in of_any else part.alias}".strip(): part.sha256
        for part in parts
        if (part.role not in of_any or (part.role, part.name) in own) and part.role not in elsewhere
    }


def collect_parts(pack: Pack, runtime: str, packages: Mapping[str, ModelPackage]) -> tuple[Part, ...]:
    """Every part of a run of a pack here and now, by content.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, as resolved; empty without a model.
        packages: Its models, as :attr:`.Pack.packages` names them.

    Raises:
        UnknownPlugin: A plugin is not installed.
        BadReference: One that is named by its file cannot be used.
        BadFiles: A plugin's own list of its files cannot be used.
    """
    core = code_of(WORKER, HOUSE)
    parts = [make_part("core", HOUSE, code=core.files, releases=core.releases)]
    parts += [_plugin(use, Path(pack.path).parent, core) for use in uses_of(pack, runtime)]
    for alias, package in packages.items():
        files = {name: sha256_of(path) for name, path in model_files(package).items()}
        decoder = _decoder_of(package)
        code = {} if decoder is None else _code(decoder, package.path.parent, core)[0]
        parts.append(
            make_part("model", f"{package.name} {package.version}", files=files, alias=alias, **code)
        )
    parts += [node_part(alias, given, Path(pack.path).parent) for alias, given in pack.nodes.items()]
    return (*parts, *source_parts(pack))


def node_part(alias: str, given: Mapping[str, object], folder: Path) -> Part:
    """A model that is a ROS 2 node: what it is told, its files, and what it says of itself."""
    options = located_options(RosModel, given, folder)
    files = {name: sha256_of(path) for name, path in node_files(given, folder).items()}
    said = own_words(RosModel, options)
    return make_part(
        "model", "ros", alias=alias, files=files, said={DECLARED: str(given["declared"]), **said}
    )


def node_files(given: Mapping[str, object], folder: Path) -> dict[str, Path]:
    """The files of a model that is a ROS 2 node, by name; arguments are its options and the pack's folder."""
    return own_files(RosModel, located_options(RosModel, given, folder), folder)


def source_parts(pack: Pack) -> list[Part]:
    """The files of a pack and those of its native worlds, as they were when it was loaded."""
    return [
        make_part("pack", pack.name, files=pack.sources),
        *(make_part("native world", name, files=files) for name, (_, files) in native_files(pack).items()),
    ]


def native_files(pack: Pack) -> dict[str, tuple[Path, dict[str, str]]]:
    """Native world, by its part's name -> folder in which its files begin, and their SHA-256 by path there.

    Scenarios may make one environment differently, and so of other files: its part has those of all.
    """
    found: dict[str, tuple[Path, dict[str, str]]] = {}
    for site in (scenario.native for scenario in pack.scenarios):
        if site is not None:
            folder = absolute(Path(pack.path).parent / site.file).parent
            found.setdefault(f"{site.kind}:{site.file}", (folder, {}))[1].update(site.files)
    return found


def _plugin(use: Use, folder: Path, core: Code) -> Part:
    said, code = _code(use, folder, core)
    files = {name: sha256_of(path) for name, path in files_of(use, folder, code).items()}
    words: dict[str, str] = {}
    if _is_asked(use, code):
        plugin: Any = registry.load(use.group, use.name, folder)
        words = own_words(plugin, located_options(plugin, use.options, folder))
    return make_part(use.role, use.name, files=files, **said, said=words)


def _is_asked(use: Use, code: Code) -> bool:
    """Whether a policy's code says what it is; it is then elsewhere, and loading it is no danger."""
    return use.role == "policy" and "says" in code.functions


def _code(use: Use, folder: Path, core: Code) -> tuple[dict[str, Any], Code]:
    """A plugin's code: what a part says of it, and what it is."""
    origin = registry.origin(use.group, use.name, folder)
    owner, version = origin.distribution, origin.version
    if not owner:  # Named by its module: it is no other code for that.
        owner, version = owner_of(origin.module)
    code = code_of(origin.module, owner, core.modules)
    said = {
        "code": code.files,
        "entry": origin.entry,
        "distribution": owner,
        "version": version,
        "releases": code.releases,
    }
    return said, code


def _decoder_of(package: ModelPackage) -> Use | None:
    """The decoder that a package brings along or names; None for one of ours."""
    kind = package.decoder.kind
    return None if kind in DECODERS else Use("model", DECODER_PLUGINS, kind, {})


def files_of(use: Use, folder: Path, code: Code | None = None) -> dict[str, Path]:
    """What a plugin reads besides its code, by name.

    Args:
        use: The plugin.
        folder: The pack's.
        code: Its code; with it the plugin is loaded only if something in there can tell of files.

    Raises:
        BadFiles: The plugin's own list cannot be used.
    """
    is_asked = code is None or use.group in _LOADED_ANYWAY or "files" in code.functions
    plugin: Any = registry.load(use.group, use.name, folder) if is_asked else None
    options = use.options
    if plugin is not None and use.role in ("simulator", "policy"):
        options = located_options(plugin, options, folder)
    return own_files(plugin, options, folder)


def model_files(package: ModelPackage) -> dict[str, Path]:
    """The files of a model package that decide what it does, by their paths in it: all but its card and what
    counts as code; and those that its decoder tells of."""
    folder, decoder = package.path.parent, _decoder_of(package)
    left_out = {package.spec.model_card}
    told = {}
    if decoder is not None:
        left_out |= {os.path.relpath(path, folder) for path in decoder_files(decoder.name, folder)}
        told = {f"decoder: {name}": path for name, path in files_of(decoder, folder).items()}
    return {file.name: file.path for file in package.files if file.name not in left_out} | told
