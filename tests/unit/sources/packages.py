"""Small packages and distributions on the search path, for tests of what counts as a plugin's code."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest


def write(folder: Path, **files: str) -> Path:
    """Files by name, ``__`` for a folder: ``acme__door='import math'`` is ``acme/door.py``."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        if path.parent != folder:
            (path.parent / "__init__.py").touch()
    return folder


def install(folder: Path, name: str, version: str, *modules: str, **metadata: str) -> None:
    """The metadata of an installed distribution beside its modules; further files of it by name."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "top_level.txt").write_text("\n".join(modules) + "\n")
    (info / "RECORD").write_text("")
    for file, text in metadata.items():
        (info / file.replace("_json", ".json").replace("_txt", ".txt")).write_text(text)


def direct_url(**what: object) -> str:
    return json.dumps({"url": "file:///somewhere", **what})


def on_path(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Puts folders first on the search path, and forgets modules that a test has imported from them."""
    for folder in folders:
        monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("acme")]:
        monkeypatch.delitem(sys.modules, name)
