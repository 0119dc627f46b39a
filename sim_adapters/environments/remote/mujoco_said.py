"""MuJoCo's warnings of an environment go to standard error.

It would else append them to MUJOCO_LOG.TXT where a user stands.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

_NAME = "mujoco"


class _OnImport:
    """Finds MuJoCo as all others would, and takes its warnings over once it is imported."""

    _asked = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != _NAME or self._asked:
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
                _listen(module)

            loader.exec_module = exec_module
        return spec


_ON_IMPORT = _OnImport()


def warnings_to_stderr() -> None:
    """Whether MuJoCo is imported by now or later: importing it here would cost those who have none."""
    if _NAME in sys.modules:
        _listen(sys.modules[_NAME])
    elif _ON_IMPORT not in sys.meta_path:
        sys.meta_path.insert(0, _ON_IMPORT)


def _listen(module: Any) -> None:
    take = getattr(module, "set_mju_user_warning", None)
    if take is not None:
        take(_say)


def _say(text: str) -> None:
    print(f"MuJoCo: {text.strip()}", file=sys.stderr, flush=True)
