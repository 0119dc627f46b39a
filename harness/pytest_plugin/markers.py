"""Severities, tags and requirements of scenarios as pytest markers."""

from __future__ import annotations

import re

import pytest

from simgate.harness.packs.severity import SEVERITIES

_VALID_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")
_NOT_FOR_TAGS = frozenset(("tryfirst", "trylast", "xdist_group"))


def register_severities(config: pytest.Config) -> None:
    """Makes ``-m critical`` known before anything is collected."""
    for severity in SEVERITIES:
        config.addinivalue_line("markers", f"{severity}: variants of scenarios of this severity (simgate)")


def register_marker(config: pytest.Config, word: str) -> bool:
    """Registers a word as a marker, so that ``--strict-markers`` accepts it.

    Returns:
        Whether it may be used. Words that ``-m`` cannot parse may not, nor may markers that take arguments
        (``skip``, ``xfail``, ``timeout``): such a tag would change what happens to the variant. They stay
        ``-k`` keywords.
    """
    if not _VALID_NAME.fullmatch(word) or word in _NOT_FOR_TAGS:
        return False
    for line in config.getini("markers"):
        declared = line.partition(":")[0].strip()
        if declared.partition("(")[0] == word:
            return "(" not in declared
    config.addinivalue_line("markers", f"{word}: tag or requirement of a scenario (simgate)")
    return True
