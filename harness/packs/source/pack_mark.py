"""Which YAML files are packs or model packages, asked of many files: nothing is imported that reads them."""

from __future__ import annotations

import re
from pathlib import Path

_KEY = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:simgate|"simgate"|'simgate')[ \t]*:""", re.MULTILINE)
_OF_A_MODEL = re.compile(rb"^(?:\xef\xbb\xbf)?(?:artifacts|decoder)[ \t]*:", re.MULTILINE)
_WITHIN = 1 << 20
"""Bytes at the start of a file in which the key ``simgate:`` is looked for."""


def is_marked(file: Path) -> bool:
    """Whether a file has the top-level key ``simgate:``, even when the rest of it is broken."""
    return _KEY.search(_start(file)) is not None


def is_model(file: Path) -> bool:
    """Whether a file is a model package, not a pack: it has a key that only those have, or their name."""
    if not file.is_file() or is_marked(file):
        return False
    return file.name == "model.yaml" or _OF_A_MODEL.search(_start(file)) is not None


def _start(file: Path) -> bytes:
    """Of what is no plain file (a pipe would be waited for) there is none."""
    if not file.is_file():
        return b""
    with file.open("rb") as stream:
        return stream.read(_WITHIN)


def same_name(name: str, first: Path, second: Path) -> str:
    """What to say of two packs of one name, whose results nobody could tell apart."""
    return (
        f"{second}: the pack has the name of {first}, '{name}', and their results would be taken for each "
        "other (junit.xml, baselines); give every pack a name of its own, or run one at a time"
    )
