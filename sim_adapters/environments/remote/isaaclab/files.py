"""Which remote files a task is made of, and which of them are there."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Iterable

from .runtime import ASSET_ROOT


def needs(paths: Iterable[str], root: str) -> dict[str, Any]:
    """Files of a task below a root, with those that they name in turn as far as they are there.

    Args:
        paths: As the task's configuration names them.
        root: The folder or address under which Isaac Lab looks for them now.

    Returns:
        ``files``: each by its path below the root, and whether it is there; ``from``: Isaac Lab's address.
    """
    found: dict[str, bool] = {}
    waiting = sorted({path for path in paths if path.startswith(root)})
    while waiting:
        path = waiting.pop()
        name = os.path.relpath(path, root) if not _is_remote(root) else path[len(root) :].lstrip("/")
        if name in found:
            continue
        found[name] = Path(path).is_file()
        if found[name]:
            waiting += [other for other in _named_by(path) if other.startswith(root + os.sep)]
    return {"files": sorted(found.items()), "from": _own_address()}


def _named_by(path: str) -> list[str]:
    """Files that a stage is composed of, also those that are not there."""
    if not path.lower().endswith((".usd", ".usda", ".usdc")):
        return []
    usd: Any = importlib.import_module("pxr.UsdUtils")
    layers, assets, lost = usd.ComputeAllDependencies(path)
    named = [layer.realPath for layer in layers] + list(assets) + list(lost)
    return [os.path.normpath(Path(path).parent / one) for one in named if one]


def _is_remote(root: str) -> bool:
    return "://" in root


def _own_address() -> str:
    """Where Isaac Lab has its files when nobody says where."""
    assets: Any = importlib.import_module("isaaclab.utils.assets")
    kept = os.environ.pop(ASSET_ROOT, None)
    try:
        address: str = assets._resolve_asset_root()
    finally:
        if kept is not None:
            os.environ[ASSET_ROOT] = kept
    return address
