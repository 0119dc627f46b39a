"""How much a scenario matters: the words, most severe first. Imported where every millisecond counts."""

from __future__ import annotations

from typing import Literal, get_args

Severity = Literal["critical", "major", "minor"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Most severe first."""


def severity_rank(word: str) -> int:
    """Place in the order, for sorting; what is no severity comes last."""
    return SEVERITIES.index(word) if word in SEVERITIES else len(SEVERITIES)
