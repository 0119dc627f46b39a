"""Mistakes that a test puts into a sound pack, and where lint must see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics


def assert_reported(
    write: Callable[[str], Path], pack: str, code: str, right: str, wrong: str, hint: str
) -> None:
    """Replaces ``right`` by ``wrong``, in which ``@`` marks the place, and asks lint.

    Args:
        write: Writes a pack and what it needs.
        pack: The sound one.
        code: Of the one diagnostic of its kind.
        right: What stands in the pack.
        wrong: What stands there instead.
        hint: Part of the remedy.
    """
    assert right in pack
    text = pack.replace(right, wrong, 1)
    path = write(text.replace("@", ""))
    problems = lint([path], metrics)
    found = [problem for problem in problems if problem.code == code]
    assert len(found) == 1, problems
    assert hint in found[0].hint
    if "@" in text:
        before = text[: text.index("@")].split("\n")
        assert (found[0].line, found[0].column) == (len(before), len(before[-1]) + 1)
