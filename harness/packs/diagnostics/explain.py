"""Explains a diagnostic: what it means, a mistake with the message it gets, and how to write it."""

from __future__ import annotations

import os
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from simgate.harness.packs.checks.metric_catalog import MetricCatalog
from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.examples import EXAMPLES
from simgate.harness.packs.examples.example import MARK, Example, sound_pack
from simgate.harness.packs.loader import lint
from simgate.harness.packs.model import Pack
from simgate.harness.registry import PLUGINS_VARIABLE
from simgate.policies.documents.diagnostics import Diagnostic, render

Trial = Callable[[Pack], Iterable[Diagnostic]]

_WIDTH = 96
_PAGE_WIDTH = 110
_PAGE_HEAD = """\
# Diagnostics

What `simgate lint` can say, by the code in brackets: its meaning, a mistake, the message that it gets, and
how to write it. `simgate lint --explain CODE` prints the same.

Each example is a piece of the pack below; lines and columns in the messages count in the piece, in a real
pack they are those of the file.

```yaml
{pack}```

This page is generated (`python -m simgate.harness.cli.pages`) from the table that the tests use: each wrong
example gets exactly the code that it stands under, at the place that the message names, and each right one is
clean. Do not edit it by hand.

"""
_TODAY = date(2026, 11, 20)
_LINE = re.compile(r"(\bline )(\d+)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code explained.

    Attributes:
        code: The code.
        meaning: What it means, one sentence.
        advice: What else to know; may be empty.
        wrong: A mistake.
        message: What the linter says about it; lines and columns count in ``wrong``.
        right: The remedy.
        language: Of the examples: ``yaml``, ``sh`` or ``text``.
    """

    code: str
    meaning: str
    advice: str
    wrong: str
    message: str
    right: str
    language: str


def explain(code: str, metrics: MetricCatalog, trial: Trial | None = None) -> Explanation:
    """Explains a code; its message is made by the linter itself.

    Args:
        code: A key of ``CODES``.
        metrics: Known metrics.
        trial: As for ``simgate.harness.packs.loader.lint``; some codes are found by it.

    Raises:
        KeyError: No such code.
    """
    example, meaning = EXAMPLES[code], CODES[code]
    message = "" if example.level == "command" else _message(example, metrics, trial)
    wrong = example.shown or example.wrong_text
    language = "sh" if example.level == "command" else "yaml" if example.file.endswith(".yaml") else "text"
    return Explanation(code, meaning, example.advice, wrong, message, example.right, language)


def problems_of(
    example: Example, folder: Path, metrics: MetricCatalog, trial: Trial | None = None, *, wrong: bool
) -> list[Diagnostic]:
    """What the linter finds in an example that it writes into an empty folder."""
    placement = example.write(folder, wrong=wrong)
    with _installed(example.plugins):
        packs = [*(folder / name for name in example.linted_before), placement.pack]
        return lint(packs, metrics, _TODAY, trial)


@contextmanager
def _installed(plugins: str) -> Iterator[None]:
    before = os.environ.get(PLUGINS_VARIABLE)
    os.environ[PLUGINS_VARIABLE] = ",".join(filter(None, (before, plugins)))
    try:
        yield
    finally:
        if before is None:
            del os.environ[PLUGINS_VARIABLE]
        else:
            os.environ[PLUGINS_VARIABLE] = before


def _message(example: Example, metrics: MetricCatalog, trial: Trial | None) -> str:
    """What the linter says; positions in the example's own file count in its text."""
    with tempfile.TemporaryDirectory(prefix="simgate-explain-") as temporary:
        folder = Path(temporary).resolve()
        placement = example.write(folder, wrong=True)
        found = [
            d for d in problems_of(example, folder, metrics, trial, wrong=True) if d.code == example.code
        ]
        marked = example.marked(placement) if MARK in example.wrong else None
        diagnostic = next((d for d in found if marked in (None, (d.line, d.column))), found[0])
        file = Path(diagnostic.path).resolve()
        is_own = file == placement.file
        above, left = (placement.line - 1, placement.column - 1) if is_own else (0, 0)
        text = example.wrong_text if is_own else file.read_text(encoding="utf-8")
    line = max(1, diagnostic.line - above)
    lines = [] if example.shown else text.split("\n")
    shown = replace(
        diagnostic,
        path=file.name,
        line=line,
        column=max(1, diagnostic.column - left),
        message=_in_example(diagnostic.message, folder, above),
        hint=_in_example(diagnostic.hint, folder, above),
    )
    return render(shown, lines[line - 1] if line <= len(lines) else "")


def _in_example(words: str, folder: Path, above: int) -> str:
    """Words without the temporary folder, and with lines that count in the example."""
    words = words.replace(f"{folder}{os.sep}", "").replace(str(folder), ".")
    return _LINE.sub(lambda match: f"{match[1]}{max(1, int(match[2]) - above)}", words)


def as_text(explanation: Explanation) -> str:
    """The explanation for a terminal."""
    parts = [f"{explanation.code}: {explanation.meaning}"]
    if explanation.advice:
        parts.append(explanation.advice)
    parts = [textwrap.fill(part, _WIDTH) for part in parts]
    parts.append("Wrong:\n\n" + textwrap.indent(explanation.wrong.rstrip("\n"), "    "))
    if explanation.message:
        parts.append("What lint says:\n\n" + textwrap.indent(explanation.message, "    "))
    parts.append("Right:\n\n" + textwrap.indent(explanation.right.rstrip("\n"), "    "))
    return "\n\n".join(parts)


def as_markdown(explanation: Explanation) -> str:
    """The explanation as a section of a page."""
    parts = [f"## {explanation.code}", explanation.meaning]
    if explanation.advice:
        parts.append(explanation.advice)
    parts = [textwrap.fill(part, _PAGE_WIDTH, break_on_hyphens=False) for part in parts]
    parts.append(f"Wrong:\n\n```{explanation.language}\n{explanation.wrong}```")
    if explanation.message:
        parts.append(f"```text\n{explanation.message}\n```")
    parts.append(f"Right:\n\n```{explanation.language}\n{explanation.right}```")
    return "\n\n".join(parts) + "\n"


def diagnostics_page(metrics: MetricCatalog, trial: Trial | None = None) -> str:
    """``docs/diagnostics.md``: every code with its example."""
    table = "| code | meaning |\n|---|---|\n" + "".join(
        f"| [{code}](#{code}) | {meaning} |\n" for code, meaning in sorted(CODES.items())
    )
    sections = [as_markdown(explain(code, metrics, trial)) for code in sorted(CODES)]
    return _PAGE_HEAD.format(pack=sound_pack()) + table + "\n" + "\n".join(sections)
