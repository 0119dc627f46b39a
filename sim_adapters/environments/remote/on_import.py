"""What is done with a library once somebody imports it; importing it here would cost who never uses it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any


class _OnImport:
    """Finds a library as all others would, and hands it on once it is imported."""

    def __init__(self, name: str) -> None:
        self._name, self._asked = name, False
        self.then: Callable[[Any], None] = lambda module: None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._name or self._asked:
            return None
        self._asked = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._asked = False
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            load = loader.exec_module

            def exec_module(module: Any) -> None:
                load(module)
                self.then(module)

            loader.exec_module = exec_module
        return spec


_WAITING: dict[str, _OnImport] = {}


def once_imported(name: str, then: Callable[[Any], None]) -> None:
    """Hands a library on, now or as soon as it is imported.

    Args:
        name: Of the module.
        then: Is given it; takes the place of what still waits for the same one.
    """
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        then(module)
        return
    waiting = _WAITING.setdefault(name, _OnImport(name))
    waiting.then = then
    if waiting not in sys.meta_path:
        sys.meta_path.insert(0, waiting)
