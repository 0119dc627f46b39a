"""Where the code of an environment is, and which releases it comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .imports import named_by

_FILES = ("fullpath", "xml_file", "model_path", "xml_path")
"""Attributes under which environments keep the file of their model."""
_OF_SIMGATE = "simgate_beside_"
"""Begins the names of modules that simgate has loaded from files beside a pack: policies, metrics."""


def files_of(env: Any, factory: Any, named: str | None) -> list[str]:
    """Files of nobody's release that make an environment what it is: the one that was named, those of its
    factory, its classes and its wrappers, all that was imported from their folders, its model's, and what
    these name in turn (:func:`named_by`).
    """
    found: set[str] = {named} if named else set()
    made_by = [factory, *(cls for layer in layers_of(env) for cls in type(layer).__mro__)]
    # What is of simgate itself counts with its core.
    made_by = [one for one in made_by if not one.__module__.startswith(f"{__package__}.")]
    for one in made_by:
        found.add(getattr(sys.modules.get(one.__module__), "__file__", None) or "")
    found = {os.path.realpath(path) for path in found if path and is_nobodys(path)}
    folders = tuple({str(Path(path).parent) + os.sep for path in found})
    for name, module in list(sys.modules.items()):
        # A policy in the same folder is no part of the environment; whether it is loaded is chance.
        if name.startswith(_OF_SIMGATE):
            continue
        path = os.path.realpath(getattr(module, "__file__", None) or "")
        if folders and path.startswith(folders) and is_nobodys(path):
            found.add(path)
    for name in _FILES:
        model = getattr(env.unwrapped, name, None)
        if isinstance(model, str) and Path(model).is_file() and is_nobodys(model):
            found.add(os.path.realpath(model))
    for one in made_by:  # Its packages run before it: they register it, and set things.
        package = one.__module__.rpartition(".")[0]
        while package:
            found.add(getattr(sys.modules.get(package), "__file__", None) or "")
            package = package.rpartition(".")[0]
    return sorted(named_by(found, is_nobodys))


def layers_of(env: Any) -> Iterator[Any]:
    """An environment's wrappers, from the outermost on, and what is in them."""
    layer = env
    while layer is not None:
        yield layer
        layer = vars(layer).get("env") if hasattr(layer, "__dict__") else None


def is_nobodys(path: str) -> bool:
    """Whether a file comes neither with Python nor with a release, whose version says what is in it."""
    real = os.path.realpath(path)
    # Some modules that are none on disk say a name (torch's ``_classes.py``).
    if not Path(real).is_file():
        return False
    parts = Path(real).parts
    own = os.path.realpath(Path(os.__file__).parent) + os.sep
    return not ("site-packages" in parts or "dist-packages" in parts or real.startswith(own))


def versions_of(module: str, *others: str) -> dict[str, str]:
    """Releases of what an environment is made of, with the interpreter's."""
    from importlib import metadata

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    own = module.partition(".")[0].replace("_", "-")
    for name in ("gymnasium", "gym", "numpy", "mujoco", own, *(one.partition("<")[0] for one in others)):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
