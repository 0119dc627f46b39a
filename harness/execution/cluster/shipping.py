"""Which files a run needs on another machine, what must be there already, and the pack as it reads there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from simgate.harness.execution.cluster.tree import in_tree
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.execution.planning.files_read import files_read, policy_paths
from simgate.harness.execution.planning.moved_pack import with_paths
from simgate.harness.packs.model import Pack
from simgate.harness.sources.own_files import paths_told
from simgate.policies.ros.model import RosModel
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.plugin_members import INTERPRETERS
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
    found += policy_paths(pack, INTERPRETERS)
    for given in pack.nodes.values():
        found += paths_told(RosModel, INTERPRETERS, located_options(RosModel, given, folder))
    return tuple(dict.fromkeys(str(_installed(absolute(path))) for path in found))


def _installed(python: Path) -> Path:
    virtual = python.parent.parent
    return virtual if (virtual / "pyvenv.cfg").is_file() else python


def files_to_ship(pack: Pack, runtime: str) -> dict[str, str]:
    """Every file that hosts read and no release brings, absolute path -> SHA-256.

    A plugin that is installed must be installed on the other machine too, and so must be what
    :func:`must_be_there` names. Arguments and errors are those of :func:`files_read`.

    Raises:
        OSError: A file cannot be read.
    """
    there = must_be_there(pack)
    paths = (path for path in files_read(pack, runtime) if not any(map(path.is_relative_to, there)))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def led_into(pack: Pack, tree: Path, files: Mapping[str, str]) -> Pack:
    """The pack with every absolute path that leads to shipped files leading to them in the tree."""
    places = {*files, *(str(parent) for path in files for parent in Path(path).parents)} - {"/"}

    def led(text: str) -> str:
        # Also a path with `..` in it, as some are written; any other text is left alone.
        known = text.startswith("/") and str(absolute(Path(text))) in places
        return str(in_tree(tree, str(absolute(Path(text))))) if known else text

    return with_paths(pack, led)
