"""A file that a document names by a path."""

from __future__ import annotations

from pathlib import Path

from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.files.unfetched import unfetched


def absence(path: Path) -> str:
    """What to say of a path at which there is no file and no folder."""
    return "is no plain file" if path.exists() else "does not exist"


def named_file(
    problems: Problems, node: Node, name: str, what: str = "file", folder_hint: str = ""
) -> Path | None:
    """Absolute path of a file that exists; what is not there is reported and gives None.

    Args:
        problems: Takes the diagnostics.
        node: Where it is named; the path counts from the folder of the file that holds it.
        name: The path as written.
        what: What it is, in words.
        folder_hint: What to do when it is a folder.
    """
    path = node.source.path.parent / name
    try:
        path.resolve().stat()
    except (OSError, ValueError, RuntimeError) as error:  # a zero byte is a ValueError, a loop a RuntimeError
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            why = getattr(error, "strerror", None) or "no file can have this name"
            problems.at(node, "missing-file", f"{what} cannot be looked at: {why}")
            return None
    lacking = unfetched(path)
    if lacking is not None:
        problems.at(node, "not-fetched", f"{what} '{name}' {lacking.message}", lacking.remedy)
        return None
    path = path.resolve()
    if path.is_file():
        return path
    state, hint = ("is a folder", folder_hint) if path.is_dir() else (absence(path), "")
    problems.at(node, "missing-file", f"{what} '{name}' {state}", hint or f"looked for {path}")
    return None
