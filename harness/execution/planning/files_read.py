"""Which files a run reads that no release brings: another machine needs them, and they may change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simgate.harness import registry
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.execution.planning.parts import files_of, model_files, native_files, node_files, uses_of
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.sources.modules import find_module
from simgate.harness.sources.own_files import paths_told
from simgate.policies.perception.files.package_files import decoder_files
from simgate.policies.perception.package import load_package
from simgate.sim_adapters.files.code_file import Reference, files_of_code, is_reference
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.plugin_members import CODE_ELSEWHERE, PathsMember


def policy_paths(pack: Pack, question: PathsMember) -> list[Path]:
    """What a policy tells of itself, see :func:`.paths_told`."""
    folder = Path(pack.path).parent
    plugin = registry.load(POLICIES, pack.policy, folder)
    return paths_told(plugin, question, located_options(plugin, pack.policy_options, folder))


def files_read(pack: Pack, runtime: str) -> list[Path]:
    """The files of a pack, of its models, native worlds and plugins, and the code of plugins that are files;
    absolute, sorted, each once.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, as resolved.

    Raises:
        BadFiles: A plugin's own list of its files cannot be used.
        PackageError: The model package is not in order.
    """
    folder = Path(pack.path).parent
    found = [folder / name for name in pack.sources]
    found += policy_paths(pack, CODE_ELSEWHERE)
    for place, files in native_files(pack).values():
        found += [place / name for name in files]
    for use in uses_of(pack, runtime):
        found += files_of(use, folder).values()
        if is_reference(use.name):
            found += files_of_code(Reference.read(use.name, folder))
    for given in pack.nodes.values():
        found += node_files(given, folder).values()
    for path in pack.packages.values():
        package = load_package(path)
        found += [package.path, *(file.path for file in package.files), *model_files(package).values()]
        found += decoder_files(package.decoder.kind, package.path.parent)
    return sorted({absolute(path) for path in found})


def modules_read(fingerprint: Fingerprint) -> Iterator[Path]:
    """The files of all modules behind the parts of a run that are found by name; it reads each."""
    for part in fingerprint.parts or ():
        for file in part.code:
            name = file.partition(".")[0].removesuffix("/__init__").replace("/", ".")
            if not file.startswith("./") and (module := find_module(name)) is not None:
                yield module.path
