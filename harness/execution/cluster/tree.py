"""Files of another machine in a folder that stands for its root, each as it was sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


class Changed(Exception):  # noqa: N818 - the name says what happened
    """A file is not what it was when it was listed."""


def digest_of(files: Mapping[str, str]) -> str:
    """Names these files with their places; hex."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()[:32]


def place(tree: Path, path: str, content: bytes, sha256: str) -> None:
    """Writes a file to its place in a tree.

    Args:
        tree: Stands for the root of the machine that it comes from.
        path: Absolute path there.
        content: What has arrived.
        sha256: Of what was sent.

    Raises:
        Changed: That is not it.
        OSError: It cannot be written.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Changed(f"{path} has arrived as something else than was sent")
    target = in_tree(tree, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def link(tree: Path, path: str) -> None:
    """Leads a place in a tree to what this machine has there, so that paths relative to a file of the tree
    find it too.

    Raises:
        OSError: It cannot be made.
    """
    target = in_tree(tree, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(path)


def in_tree(tree: Path, path: str) -> Path:
    """Where a path of the machine that a tree comes from is in it."""
    return tree / path.lstrip("/")
