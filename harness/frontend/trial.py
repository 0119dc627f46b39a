"""Expands the first variants of every scenario, so that the linter finds what leaves nothing to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.rules import Rules
from simgate.harness.packs.expressions import parse
from simgate.harness.packs.model import Pack, Scenario
from simgate.policies.documents.diagnostics import Diagnostic, shown_path

CODE = "no-variants"
TRIED = 4
"""Variants of each scenario; enough for conditions and methods, and for most arrangements of objects."""
_DESIGNS = ("grid", "pairwise", "twise")
_CURVES = ("normal", "log_normal", "beta")
_KEYS = (("place group", "place:"), ("count is", "variants:"), ("method", "variants:"), ("grid", "variants:"))
"""Words of a message, and the key that it speaks of."""


def trial(pack: Pack) -> list[Diagnostic]:
    """Scenarios of a pack that cannot be expanded, as diagnostics."""
    found = []
    lines = Path(pack.path).read_text(encoding="utf-8-sig").split("\n")
    for scenario in pack.scenarios:
        if not _can_fail(scenario):
            continue
        try:
            expand_scenario(pack, _reduced(scenario), TRIED)
        except ExpansionError as error:
            found.append(_diagnostic(pack, scenario, error, lines))
    return found


def _can_fail(scenario: Scenario) -> bool:
    """Whether anything in a scenario can leave nothing; plain draws cannot."""
    swept = any(spec.kind == "grid" for spec in scenario.parameters.values())
    return bool(scenario.where or scenario.place or swept or scenario.variants.method in _DESIGNS)


def _reduced(scenario: Scenario) -> Scenario:
    """The scenario without what cannot make it fail, because the linter must be quick.

    Curves that no condition speaks of are left at the world's default: drawing them needs scipy, which takes
    longer to load than a pack takes to check; and spreading points evenly changes nothing here.
    """
    used = frozenset().union(*(parse(condition).names for condition in scenario.where))
    needed = set(Rules(scenario.parameters).ordered(used))
    kept = {
        name: spec for name, spec in scenario.parameters.items() if name in needed or spec.kind not in _CURVES
    }
    variants = scenario.variants
    if variants.method not in _DESIGNS:
        variants = variants.model_copy(update={"method": "random"})
    return scenario.model_copy(update={"parameters": kept, "pinned": (), "variants": variants})


def _diagnostic(pack: Pack, scenario: Scenario, error: ExpansionError, lines: Sequence[str]) -> Diagnostic:
    words = next((text for text in scenario.where if f"'{text}'" in error.message), "")
    words = words or next((key for said, key in _KEYS if said in error.message), "")
    if " is computed, " in error.message:
        words = f"{error.message.partition(' ')[0]}:"
    line, column, length = _place(lines, scenario, words)
    path = shown_path(Path(pack.path))
    message = f"scenario '{scenario.id}' has no variants: {error.message}"
    return Diagnostic(path, line, column, length, "error", CODE, message, error.hint)


def _place(lines: Sequence[str], scenario: Scenario, words: str) -> tuple[int, int, int]:
    """Where words stand in a scenario; its own key when they stand nowhere, for example in a base file."""
    start = max(1, scenario.line)
    own = lines[start - 1] if start <= len(lines) else ""
    indent = len(own) - len(own.lstrip())
    for number, text in enumerate(lines[start:], start=start + 1):
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        if words and words in text:
            return number, text.index(words) + 1, len(words.rstrip(":"))
    return start, indent + 1, len(scenario.id)
