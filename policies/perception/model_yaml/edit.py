"""Adds an artifact to a ``model.yaml`` without touching the rest of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def artifact_line(kind: str, file: str, sha256: str, device: str = "") -> str:
    """An artifact as one line of YAML, without its dash."""
    entry = {"kind": kind, "file": file, "sha256": sha256} | ({"device": device} if device else {})
    return yaml.safe_dump(entry, sort_keys=False, default_flow_style=True, width=10_000).strip()


def add_artifact(path: Path, line: str) -> bool:
    """Appends an artifact to the list; one of the same kind and file is replaced.

    Args:
        path: The ``model.yaml``.
        line: From :func:`artifact_line`.

    Returns:
        Whether it was done; a list in one line (``artifacts: [...]``) is left to its owner.
    """
    text = path.read_text(encoding="utf-8")
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    found = [value for key, value in root.value if key.value == "artifacts"]
    if not found or found[0].flow_style or not found[0].value:
        return False
    items, new = found[0].value, yaml.safe_load(line)
    for item in items:
        old = {key.value: value.value for key, value in item.value}
        if (old.get("kind"), old.get("file")) == (new["kind"], new["file"]):
            end = _end(text, item)
            path.write_text(text[: item.start_mark.index] + line + text[end:], encoding="utf-8")
            return True
    end = _end(text, items[-1])
    dash = " " * found[0].start_mark.column + "- "
    path.write_text(f"{text[:end]}\n{dash}{line}{text[end:]}", encoding="utf-8")
    return True


def _end(text: str, item: Any) -> int:
    """Where an item ends, without the white space behind it (a block ends where the next one begins)."""
    end: int = item.end_mark.index
    return len(text[:end].rstrip())
