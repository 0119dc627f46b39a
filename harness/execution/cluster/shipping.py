"""Which files a run needs on another machine, what must be there already, and the pack as it reads there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from simgate.harness import registry
from simgate.harness.execution.cluster.tree import in_tree
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.execution.planning.moved_pack import with_paths
from simgate.harness.execution.planning.parts import files_of, model_files, native_files, node_files, uses_of
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import Pack
from simgate.harness.sources.own_files import paths_told
from simgate.policies.perception.files.package_files import decoder_files
from simgate.policies.perception.package import load_package
from simgate.policies.ros.model import RosModel
from simgate.sim_adapters.files.code_file import Reference, files_of_code, is_reference
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.worlds.declared.environment import EnvironmentSpec


def must_be_there(pack: Pack) -> tuple[str, ...]:
    """Interpreters and programs of environments, policies and models that have their own, absolute: of a
    virtual environment its folder. Nobody can send one; another machine has it at the same place.

    Args:
        pack: With all overrides applied.
    """
    folder = Path(pack.path).parent
    worlds = (scenario.native for scenario in pack.scenarios)
    found = [folder / one.python for one in worlds if isinstance(one, EnvironmentSpec) and one.python]
    found += _told(pack, "interpreters")
    for given in pack.nodes.values():
        found += paths_told(RosModel, "interpreters", located_options(RosModel, given, folder))
    return tuple(dict.fromkeys(str(_installed(absolute(path))) for path in found))


def _told(pack: Pack, question: str) -> list[Path]:
    folder = Path(pack.path).parent
    plugin = registry.load(POLICIES, pack.policy, folder)
    return paths_told(plugin, question, located_options(plugin, pack.policy_options, folder))


def _installed(python: Path) -> Path:
    virtual = python.parent.parent
    return virtual if (virtual / "pyvenv.cfg").is_file() else python


def files_to_ship(pack: Pack, runtime: str) -> dict[str, str]:
    """Every file that hosts read and no release brings, absolute path -> SHA-256.

    These are the files of the pack, of its models, native worlds and plugins, and the code of plugins that
    are files. A plugin that is installed must be installed on the other machine too, and so must be what
    :func:`must_be_there` names.

    Args:
        pack: With all overrides applied.
        runtime: Perception runtime, as resolved.

    Raises:
        BadFiles: A plugin's own list of its files cannot be used.
        PackageError: The model package is not in order.
        OSError: A file cannot be read.
    """
    folder = Path(pack.path).parent
    found = [folder / name for name in pack.sources]
    found += _told(pack, "code_elsewhere")
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
    there = must_be_there(pack)
    paths = sorted(
        path for path in {absolute(path) for path in found} if not any(map(path.is_relative_to, there))
    )
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def led_into(pack: Pack, tree: Path, files: Mapping[str, str]) -> Pack:
    """The pack with every absolute path that leads to shipped files leading to them in the tree."""
    places = {*files, *(str(parent) for path in files for parent in Path(path).parents)} - {"/"}

    def led(text: str) -> str:
        # Also a path with `..` in it, as some are written; any other text is left alone.
        known = text.startswith("/") and str(absolute(Path(text))) in places
        return str(in_tree(tree, str(absolute(Path(text))))) if known else text

    return with_paths(pack, led)
