"""Results that any tool can write: JUnit XML, and CSV with a map of its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from simgate.harness.importing.episode import CannotImport, Episode, Told
from simgate.policies.documents.diagnostics import near
from simgate.sim_adapters.printable import printable

_TRUE = frozenset(("true", "1", "1.0", "yes", "pass", "passed", "success", "succeeded"))
_FALSE = frozenset(("false", "0", "0.0", "no", "fail", "failed", "failure"))
_NOTHING = frozenset(("", "nan", "null", "none", "na", "n/a"))
_SUITES = ("testsuite", "testsuites")
_NOT_RUN = frozenset(("notrun", "disabled", "skipped", "suppressed"))
"""Of googletest and CTest, which say as an attribute that a test was left out."""
_RERUN = "passed when it was run again: "
_NOT_PASSED = {
    "error": "",
    "failure": "",
    "skipped": "skipped: ",
    "flakyError": _RERUN,
    "flakyFailure": _RERUN,
}
"""What stands in a case that has not passed, the worst first, and the words before its reason. Maven's
Surefire writes flaky ones: passes only because failures were run again."""
COLUMNS = ("success", "scenario", "seed", "name", "error", "reason")
"""What a column of a CSV file can be, besides a parameter or a metric."""
_ABOUT = "#{"
"""Begins the line that Monitor of stable-baselines3 writes before the header."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a CSV file is what.

    Attributes:
        named: One of :data:`COLUMNS` -> column.
        parameters: Columns of what varied.
        metrics: Columns of what was measured.
    """

    named: Mapping[str, str]
    parameters: Sequence[str] = ()
    metrics: Sequence[str] = ()


def junit(content: bytes, file: str) -> Told:
    """JUnit XML: a case is an episode, its class the scenario. A skipped one is evidence of nothing."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise CannotImport(f"{file} declares a document type, which no JUnit file needs; it is not read")
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise CannotImport(f"{file} is no whole XML: {printable(error)}") from None
    if root.tag not in _SUITES:
        raise CannotImport(f"{file} is XML of '{printable(root.tag)[:60]}', not of JUnit's testsuites")
    episodes = []
    for suite in (one for one in root.iter() if one.tag in _SUITES):
        cases = suite.findall("testcase")
        said = suite.get("tests")
        own = sum(1 for _ in suite.iter("testcase"))
        if said is not None and said.strip() != str(own):
            raise CannotImport(
                f"{file}: a suite says {printable(said)[:20]} tests, and {own} are listed: not whole"
            )
        _require_failures(suite, file)
        name = suite.get("name") or "tests"
        episodes += [_case(case, name, number) for number, case in enumerate(cases)]
    return Told("JUnit", tuple(episodes))


def _require_failures(suite: Element, file: str) -> None:
    """Refuses a suite that says more failures and errors than its cases show: those would count as passes."""
    said = [text for key in ("failures", "errors") if (text := (suite.get(key) or "").strip()).isdecimal()]
    # A case may have several: what its test has broken, and what tidying up has.
    shown = sum(one.tag in ("failure", "error") for case in suite.iter("testcase") for one in case)
    if (total := sum(map(int, said))) > shown:
        raise CannotImport(
            f"{file}: a suite says {total} failures and errors, and {shown} are listed: not whole"
        )


def _case(case: Element, suite: str, number: int) -> Episode:
    scenario, name = case.get("classname") or suite, case.get("name") or f"case{number}"
    seeds = [one.get("value") or "" for one in case.iter("property") if one.get("name") == "seed"]
    found = {one.tag: one for one in reversed(case) if one.tag in _NOT_PASSED}
    won: bool | None = True
    said, failed = "", False
    if (tag := next((one for one in _NOT_PASSED if one in found), None)) is not None:
        reason = found[tag].get("message") or (found[tag].text or "").strip() or tag
        won, failed = False if tag.endswith("ailure") else None, tag.endswith("rror")
        said = _NOT_PASSED[tag] + reason
    elif {case.get("status"), case.get("result")} & _NOT_RUN:
        won, said = None, "skipped: it was not run"
    return Episode(scenario, name, won, said, failed, pair="".join(seeds[:1]), within=name)


def csv_rows(text: str, file: str, columns: ColumnMap) -> Told:
    """CSV with a header; a row is an episode."""
    lines = io.StringIO(text, newline="")
    above = 1 if text.startswith(_ABOUT) and lines.readline() else 0
    reader = csv.reader(lines, strict=True)
    try:
        rows = [(above + reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise CannotImport(f"{file}:{above + reader.line_num}: it is no CSV: {printable(error)}") from None
    if not rows:
        raise CannotImport(f"{file} is empty; its first line must name the columns")
    first, header = rows[0]
    if len(set(header)) < len(header):
        raise CannotImport(f"{file}:{first}: two columns have one name")
    if "success" not in columns.named:
        raise CannotImport(
            f"{file}: which column says whether an episode succeeded? write --column success=NAME"
        )
    for column in (*columns.named.values(), *columns.parameters, *columns.metrics):
        if column not in header:
            lacks = f"there is no column '{printable(column)}'; {near(column, header)}"
            raise CannotImport(f"{file}:{first}: {lacks}")
    episodes = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise CannotImport(f"{file}:{line}: {len(row)} cells under {len(header)} columns")
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        episodes.append(_row(cells, columns, f"{file}:{line}", line))
    return Told("CSV", tuple(episodes))


def _row(cells: Mapping[str, str], columns: ColumnMap, place: str, line: int) -> Episode:
    def cell(key: str) -> str:
        return cells[columns.named[key]] if key in columns.named else ""

    error, word = cell("error"), cell("success").lower()
    if word not in _TRUE | _FALSE | _NOTHING:
        shown = printable(cell("success"))[:60]
        raise CannotImport(f"{place}: '{columns.named['success']}' must be true or false, not '{shown}'")
    failed = error.lower() not in _NOTHING | _FALSE
    unknown = word in _NOTHING
    reason = error if failed else "the file does not say whether it succeeded" if unknown else cell("reason")
    return Episode(
        cell("scenario") or "episodes",
        cell("name") or f"line{line}",
        None if failed or unknown else word in _TRUE,
        reason,
        failed_to_run=failed,
        pair=cell("seed"),
        parameters={name: _scalar(cells[name]) for name in columns.parameters if cells[name]},
        metrics={name: _number(cells[name], place, name) for name in columns.metrics},
    )


def _scalar(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if abs(value) < 2**63:
            return value
    return text


def _number(text: str, place: str, name: str) -> float | None:
    if text.lower() in _NOTHING:
        return None
    try:
        value = float(text)
    except ValueError:
        message = f"{place}: '{printable(name)}' must be a number, not '{printable(text)[:60]}'"
        raise CannotImport(message) from None
    return value if abs(value) < float("inf") else None
