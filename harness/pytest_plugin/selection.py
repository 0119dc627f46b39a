"""Says in words why a session runs less than the whole pack; the manifest and the verdict carry it."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from simgate.harness.pytest_plugin.options import Settings


def selection_words(config: pytest.Config, selected: Collection[str], whole: Collection[str]) -> str:
    """Why fewer variants than the pack's are run, for example ``12 of 300 variants (-k glass)``.

    Args:
        config: The session.
        selected: Ids of the variants that will run.
        whole: Ids of all variants of the pack.

    Returns:
        The words; empty when it is the whole pack.
    """
    if set(selected) == set(whole):
        return ""
    reasons = "; ".join(_reasons(config)) or "chosen by pytest"
    return f"{len(selected)} of {len(whole)} variants ({reasons})"


def sharded_selection_words(config: pytest.Config, is_whole: bool) -> str:
    """The same for one shard of several: without counts, so that all of them say the same.

    Args:
        config: The session.
        is_whole: Whether it runs all of its part of the pack.
    """
    return "" if is_whole else "; ".join(_reasons(config)) or "chosen by pytest"


def _reasons(config: pytest.Config) -> list[str]:
    option = config.option
    reasons = []
    if limit := Settings.of(config).variants:
        reasons.append(f"--variants {limit}")
    if option.keyword:
        reasons.append(f"-k '{option.keyword}'")
    if option.markexpr:
        reasons.append(f"-m '{option.markexpr}'")
    if getattr(option, "lf", False):
        reasons.append("--last-failed")
    reasons.extend(f"--deselect {prefix}" for prefix in option.deselect or ())
    reasons.extend(arg for arg in config.invocation_params.args if "::" in arg and not arg.startswith("-"))
    return reasons
