"""Which scenarios a command speaks of: the options, what they choose, and how a run's manifest says it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from simgate.harness.packs.severity import SEVERITIES

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack, Scenario

_OPTIONS = ("scenario", "tag", "severity", "requirement")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Adds the options; each may be given several times, and then any of its values will do."""
    texts = {
        "scenario": ("GLOB", "only scenarios whose id matches"),
        "tag": ("GLOB", "only scenarios with a tag that matches"),
        "severity": ("WORD", "only scenarios of this severity"),
        "requirement": ("GLOB", "only scenarios for a requirement that matches, for example 'NAV-*'"),
    }
    for name in _OPTIONS:
        metavar, text = texts[name]
        choices = SEVERITIES if name == "severity" else None
        parser.add_argument(f"--{name}", action="append", metavar=metavar, choices=choices, help=text)


def select(packs: Sequence[Pack], args: argparse.Namespace) -> list[list[Scenario]]:
    """The chosen scenarios of each pack, in the pack's order; all options that are given must agree.

    Raises:
        UserError: No scenario of any pack is chosen; the text lists what there is.
    """
    from simgate.harness.frontend.user_errors import UserError

    chosen = [[scenario for scenario in pack.scenarios if _is_chosen(scenario, args)] for pack in packs]
    if not any(chosen):
        scenarios = [scenario for pack in packs for scenario in pack.scenarios]
        given = selected_options(args)
        lines = [
            f"  {name}: {', '.join(known)}"
            for name, _ in given
            if (known := sorted({word for scenario in scenarios for word in _words(scenario, name)}))
        ]
        asked = " ".join(f"--{name} {value}" for name, value in given)
        raise UserError("\n".join([f"{asked}: no scenario is meant by that; there are", *lines]))
    return chosen


def selected_options(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Name and value of every option that was given."""
    return [(name, value) for name in _OPTIONS for value in getattr(args, name, None) or ()]


def _is_chosen(scenario: Scenario, args: argparse.Namespace) -> bool:
    for name in _OPTIONS:
        globs = getattr(args, name, None)
        if globs and not any(fnmatchcase(word, glob) for word in _words(scenario, name) for glob in globs):
            return False
    return True


def _words(scenario: Scenario, name: str) -> tuple[str, ...]:
    if name == "tag":
        return scenario.tags
    if name == "requirement":
        return scenario.requirements
    return (scenario.severity,) if name == "severity" else (scenario.id,)
