"""What a QA engineer reads when a variant did not pass: what, by how much, and how to see it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.frontend.nominal import farthest
from simgate.harness.pytest_plugin.options import Settings
from simgate.harness.pytest_plugin.sources import source_of
from simgate.harness.text import number
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from simgate.harness.pytest_plugin.case import VariantCase
    from simgate.harness.results.record import CriterionResult, RunRecord

LABEL_WIDTH = 11


def headline(record: RunRecord) -> str:
    """One line: the outcome and the first thing to read."""
    return printable(f"{record.outcome}: {one_line(record.reason) or 'no reason was recorded'}")


def one_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def failure_text(item: VariantCase) -> str:
    """The whole text of a variant that is FAIL, INVALID or ERROR."""
    record, scenario = item.record, item.scenario
    run_dir = source_of(item.config).run_dir(item)
    needs = f" ({', '.join(scenario.requirements)})" if scenario.requirements else ""
    lines = [f"{record.outcome}  {item.variant_id}  [{scenario.severity}]", f"{scenario.title}{needs}", ""]
    lines += _why(record, item.config.invocation_params.dir, run_dir)
    lines += _parameters(item)
    lines += _pictures(record, item.config.invocation_params.dir, run_dir)
    lines += ["reproduce with either of", *(f"  {line}" for line in reproduce_lines(item, run_dir))]
    return "\n".join(map(printable, lines))


def _why(record: RunRecord, cwd: Path, run_dir: Path) -> Iterator[str]:
    from simgate.harness.results.record import Outcome

    if record.outcome in (Outcome.ERROR, Outcome.INVALID):
        yield from _labelled("reason", record.reason)
        if record.outcome is Outcome.ERROR:
            yield from _labelled("attempts", str(record.attempts))
            yield from _labelled("host log", shown_path(cwd, run_dir / "hosts" / f"{record.host}.log"))
        yield ""
        return
    for result in record.criteria:
        if result.outcome is not Outcome.PASS:
            yield from _criterion(result)
            yield ""


def _criterion(result: CriterionResult) -> Iterator[str]:
    unit = f" {result.unit}" if result.unit else ""
    observed = "nothing: it could not be computed"
    if result.observed is not None:
        observed = number(result.observed) + unit
    yield from _labelled("criterion", result.statement)
    yield from _labelled("observed", observed)
    if result.margin is not None:
        yield from _labelled("margin", f"{result.margin:+.4g}{unit}")
    if result.lost_at_s is not None:
        yield from _labelled("lost at", f"{result.lost_at_s:.2f} s of simulated time")
    if result.reason and result.observed is None:
        yield from _labelled("because", result.reason)


def _labelled(label: str, text: str) -> Iterator[str]:
    first, *others = text.splitlines() or [""]
    yield f"  {label:<{LABEL_WIDTH}}{first}"
    for line in others:
        yield f"  {'':<{LABEL_WIDTH}}{line}"


def _parameters(item: VariantCase) -> Iterator[str]:
    far = farthest(item.scenario, item.record.parameters)
    if not far:
        return
    yield "parameters, farthest from nominal first"
    names = max(len(entry.parameter) for entry in far)
    values = max(len(number(entry.value)) for entry in far)
    for entry in far:
        yield f"  {entry.parameter:<{names}}  {number(entry.value):>{values}}  {entry.where}"
    yield ""


def _pictures(record: RunRecord, cwd: Path, run_dir: Path) -> Iterator[str]:
    if not record.artifacts and not record.notes:
        return
    yield "look at"
    for name, path in record.artifacts.items():
        yield f"  {name.replace('_', ' ')}: {shown_path(cwd, run_dir / path)}"
    for note in record.notes:
        yield f"  {note}"
    yield ""


def reproduce_lines(item: VariantCase, run_dir: Path) -> list[str]:
    """Two command lines that run the variant again, from the folder that pytest was called in."""
    cwd = item.config.invocation_params.dir
    replay = ["simgate", "replay", shown_path(cwd, run_dir), item.variant_id]
    again = ["pytest", f"{shown_path(cwd, item.path)}::{item.variant_id}"]
    asked = Settings.of(item.config).run
    if asked.adapter:
        again += ["--sim-adapter", asked.adapter]
    if asked.model:
        again += ["--sim-model", shown_path(cwd, asked.model)]
    if asked.runtime:
        again += ["--sim-runtime", asked.runtime]
    return [shlex.join(replay), " ".join([again[0], f'"{again[1]}"', *map(shlex.quote, again[2:])])]


def shown_path(cwd: Path, path: Path | str) -> str:
    """A path as seen from ``cwd`` when it lies below, else as it is; an address as it is."""
    if isinstance(path, str):
        return path
    return os.path.relpath(path, cwd) if path.is_relative_to(cwd) else str(path)
