"""Writes JUnit suites case by case: totals stand before the cases, so that the cases wait in a file.

The junit-xml package makes the elements; what Jenkins' junit-10.xsd refuses is removed afterwards:
``disabled``, times with more than three decimals, and characters that XML cannot carry.
"""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO

from junit_xml import TestCase, TestSuite

from simgate.sim_adapters.printable import printable_lines

Suites = Iterable[tuple[TestSuite, Iterable[TestCase]]]

_TOGETHER = 1_000
"""Cases that are elements at one time."""
_AROUND = "cases"
"""Stands around them while they are written."""
_IN_MEMORY = 16_000_000
"""Bytes from which the cases wait on disk."""
_PIECE = 1 << 20
_COUNTS = ("tests", "failures", "errors", "skipped")


def document(name: str, suites: Suites) -> Iterator[bytes]:
    """Pieces of the file with these suites, valid against junit-10.xsd whatever the texts hold.

    Args:
        name: Of the whole.
        suites: Suites without cases, and the cases of each.
    """
    total, seconds = dict.fromkeys(_COUNTS, 0), 0.0
    with SpooledTemporaryFile(_IN_MEMORY) as body:
        for suite, cases in suites:
            counts, took = _write_suite(body, suite, cases)
            total = {key: total[key] + counts[key] for key in _COUNTS}
            seconds += took
        shown = {key: str(total[key]) for key in ("tests", "failures", "errors")}
        root = ET.Element("testsuites", {"name": name, **shown, "time": f"{seconds:.3f}"})
        _make_valid(root)
        yield b"<?xml version='1.0' encoding='utf-8'?>\n"
        yield _opened(root)
        body.seek(0)
        while piece := body.read(_PIECE):
            yield piece
        yield b"</testsuites>"


def _write_suite(out: IO[bytes], suite: TestSuite, cases: Iterable[TestCase]) -> tuple[dict[str, int], float]:
    """Writes a suite; returns its counts and seconds."""
    counts, seconds = dict.fromkeys(_COUNTS, 0), 0.0
    waiting = iter(cases)
    with SpooledTemporaryFile(_IN_MEMORY) as body:
        while some := list(islice(waiting, _TOGETHER)):
            element = TestSuite("", some).build_xml_doc()
            counts = {key: counts[key] + int(element.get(key, "0")) for key in _COUNTS}
            seconds += float(element.get("time", "0"))
            together = ET.Element(_AROUND)
            together[:] = element
            _make_valid(together)
            written: bytes = ET.tostring(together, encoding="utf-8")
            body.write(written[len(_AROUND) + 2 : -len(_AROUND) - 3])
        head = suite.build_xml_doc()
        head.attrib |= {"time": str(seconds)} | {key: str(count) for key, count in counts.items()}
        _make_valid(head)
        out.write(_opened(head))
        body.seek(0)
        shutil.copyfileobj(body, out, _PIECE)
    out.write(b"</testsuite>")
    return counts, seconds


def _opened(element: ET.Element) -> bytes:
    """An element without its end, so that more can follow within it."""
    written: bytes = ET.tostring(element, encoding="utf-8")
    if not len(element):
        return written.removesuffix(b" />") + b">"
    return written.removesuffix(f"</{element.tag}>".encode())


def _make_valid(root: ET.Element) -> None:
    """Removes what junit-10.xsd refuses, in place."""
    for element in root.iter():
        element.attrib.pop("disabled", None)
        if element.tag in ("testsuite", "testcase"):
            element.set("time", f"{float(element.get('time', '0')):.3f}")
        for name, value in element.attrib.items():
            element.set(name, printable_lines(value))
        if element.text:
            element.text = printable_lines(element.text)
