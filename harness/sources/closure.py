"""The code behind a plugin: its module and every module of unreleased code that it imports, by content.

What was released under a version (numpy, a library from an index) counts by name and version. Everything else
counts by content: the plugin's own distribution, code on ``PYTHONPATH``, what is installed in place or from a
folder. Following the imports, and not taking a whole distribution, tells a changed policy from a changed
world of the same package. Only a module that imports by names which it computes brings its whole package.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Collection
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec

from simgate.harness.sources.kept_imports import KeptImports
from simgate.harness.sources.modules import find_module, modules_below, released_by
from simgate.sim_adapters.files.code_file import TOO_DEEP, BadReference, as_shown

HOUSE = "simgate"
"""Our own package; the core of it is hashed once for all plugins."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a plugin is made of.

    Attributes:
        files: File, named by its module (``acme/door.py``), -> SHA-256, hex; ``./helpers.py``
            for one beside a file that a pack names.
        releases: Distribution that it imports -> version.
        modules: Dotted names that were followed.
        functions: Names of the functions and methods in it, of our own only those of the module itself.
    """

    files: dict[str, str] = field(default_factory=dict)
    releases: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


def code_of(module: str, distribution: str = "", known: Collection[str] = ()) -> Code:
    """The code that a module brings along.

    Args:
        module: Dotted name of an entry point's module.
        distribution: The entry point's owner, whose content counts even where it was released.
        known: Modules that are accounted for elsewhere, and are not followed.

    Raises:
        BadReference: A module is nested too deeply to be read.
    """
    importlib.invalidate_caches()
    code, kept = Code(), KeptImports()
    queue, seen = [module], set(known)
    released: dict[str, dict[str, str] | None] = {}
    above: dict[str, ModuleSpec | None] = {}
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        code.modules.add(name)
        top = name.partition(".")[0]
        if top not in released:
            released[top] = released_by(top, distribution)
        if (versions := released[top]) is not None:
            code.releases.update(versions)
            continue
        queue += [name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)]
        found = find_module(name, above)
        if found is None:
            continue  # A name inside a module, a namespace, or an optional module that is not there.
        sha256 = code.files[as_shown(found.file)] = hashlib.sha256(found.content).hexdigest()
        if not found.is_source:
            continue
        try:
            imports = kept.of(found.content, sha256, found.package)
        except (RecursionError, MemoryError):
            raise BadReference(f"{as_shown(found.file)} {TOO_DEEP[0]}", TOO_DEEP[1]) from None
        queue += imports.names
        if top != HOUSE or name == module:
            code.functions.update(imports.functions)
        if imports.is_computed and top != HOUSE:
            queue += modules_below(top)
    kept.save()
    return code
