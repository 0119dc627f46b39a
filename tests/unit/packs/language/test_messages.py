"""Messages name what a person did, not what a parser met, and say what to write instead."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint
from simgate.harness.packs.source.misplaced import where_it_belongs
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.packs.sound_pack import SOUND

SYNTAX = [
    ("a:\n  b: 60\n    c: 1\n", 3, 5, "'c' is indented deeper than 'b' in line 2", "indent it like line 2"),
    (
        "a:\n    b: 60\nc: 1\n    d: 2\n",
        3,
        1,
        "'c' stands further left than the lines",
        "indent it like line 4",
    ),
    ("where:\n  - *x > 2\n", 2, 10, "not YAML", "put quotes around text that starts with * or &"),
    ("title: Door: open\n", 1, 12, "a text that holds ': ' needs quotes", "put quotes around the whole text"),
    ("a:\n    b: 1\n   c: 2\n", 3, 4, "the indentation of 3 spaces fits no line above", "use 0 or 4 spaces"),
    ("a:\n\tb: 1\n", 2, 1, "a tab", "indent with spaces"),
    ("a: [\n", 1, 4, "the '[' that starts here is never closed", "add the ']'"),
    ("a: 1\nb: {c: [1,", 2, 8, "the '[' that starts here is never closed", "add the ']'"),
    ("a: {b: 1\nc: 2\n", 1, 4, "the '{' that starts here is never closed", "add the '}'"),
    ("a: {b: [1, 2}\n", 1, 13, "'}' where '[' of column 8 must be closed first", "add the ']' before it"),
    ("a: {b: 1 c: 2}\n", 1, 11, "a comma or a bracket is missing", "separate entries with ', '"),
    ("a:\n  b 1\n  c: 2\n", 2, 3, "'b 1' is no key with a value", "write 'key: value'"),
    ("a:\n  c: 2\n  b 1\n", 3, 3, "'b 1' is no key with a value", "write 'key: value'"),
    ("a:1\nb: 2\n", 1, 1, "a space is missing after ':'", "write 'a: 1'"),
    ("a: 1\nb:2\n", 2, 1, "a space is missing after ':'", "write 'b: 2'"),
    ('a: "x\nb: 1\n', 1, 4, "the quote that starts here is never closed", "in line 1"),
    ("title: 'it's'\n", 1, 12, "text after the end of a quoted text", "'it''s'"),
    ("a:\n  b: 1\n  - c\n", 3, 3, "a list item ('- ') and a key stand side by side", "a list or keys"),
    ("a: %x\n", 1, 4, "a text cannot start with %", "put quotes around it"),
    ("a:\n  b: 1\n\tc: 2\n", 3, 1, "a tab", "indent with spaces"),
    ("a:\n  b:\u00a01\n  c: 2\n", 2, 5, "an invisible character (U+00A0)", "type an ordinary space"),
    ("where:\n  - > 3\n", 2, 7, "not YAML", "put quotes around text that starts with | or >"),
]
SLIPS = [
    ("{count: 30}", "30", "write {count: 30}"),
    ("success: {equals: true}", "success: true", "write {equals: true}"),
    ("{at_most: 0}", "0", "write {at_most: 0}"),
    ("success: {equals: true}", "success: {at_least: 1}", "write {equals: true} or {equals: false}"),
    ("between: [0.3, 1.5]", "at_least: 30cm", "write the number alone, in m"),
    ("{bool: 0.9}", "yes", "'yes' is a word in YAML 1.2: write true"),
    ("{bool: 0.9}", "off", "'off' is a word in YAML 1.2: write false"),
    ("{uniform: [3, 8]}", "3..8", "for a range write {uniform: [3, 8]}"),
    ("gate.distance_m: {", "gate.distance_cm: {", "did you mean 'gate.distance_m'? (1 to 20 m)"),
    ("      - gate.distance_m > 2 * abs(tilt_deg)", "      - true", "put quotes around it"),
    ("      - gate.distance_m > 2", "      - collisions < 2", "it belongs under accept"),
    ("      - gate.distance_m > 2", "      - clutter.count > 2", "it is a group of objects"),
    ("    tags: [gate]", "    tags: gate", "write it as a list: [gate], or one '- ' line for each"),
    ("variants: {count: 30}", "variants: {count: 30, seed: 3}", "'seed' belongs into the top of the pack"),
    ("{uniform: [3, 8]}", "{uniform: ['3', 8]}", "write it without quotes: 3"),
    ("{uniform: [3, 8]}", "{uniform: [30cm, 8]}", "write the number alone, in m: 0.3"),
    ("{uniform: [3, 8]}", "{uniform: [3, 8 ft]}", "write the number alone, in m: 2.4384"),
    ("{log_uniform: [50, 500]}", "{log_uniform: [50lx, 500]}", "write the number alone, in lux: 50"),
    ("{bool: 0.9}", "{bool: 90%}", "a share from 0 to 1, not percent: 0.9"),
    ("clearance_m: 0.2", "clearance_m: 20 cm", "write the number alone, in m: 0.2"),
    ("clearance_m: 0.2", "yaw_deg: 5deg", "write the number alone, in deg: 5"),
    ("between: [0.3, 1.5]", "at_least: 30cm", "write the number alone, in m: 0.3"),
    (
        "between: [0.3, 1.5]",
        "at_least: '1,200'",
        "numbers have a point and no separators: write 1200 or 1.200",
    ),
    ("time_limit_s: 20", "time_limit_s: 1:30", "write the time in s: 90"),
    ("extra_ms: 5", "extra_ms: 0.5 s", "write the number alone, in ms: 500"),
    ("seed: 7", "seed: abc", "write one of at least 0"),
    ("seed: 7", "seed: 1e3", "write 1000"),
    ("{integers: [0, 3]}", "{integers: [0, 3.0]}", "write 3"),
    ("count: 30", "count: 30.0", "write 30"),
    ("{uniform: [3, 8]}", "{uniform: [0,3, 0,8]}", "numbers have a point: 0.2, not 0,2"),
    ("{uniform: [3, 8]}", "{uniform: [3, 5, 8]}", "use triangular"),
    ("{uniform: [3, 8]}", "{uniform: {min: 3, max: 8}}", "write [3, 8]"),
    ("{uniform: [3, 8]}", "{uniform: 3, 8}", "write {uniform: [3, 8]}"),
    ("{uniform: [3, 8]}", "{min: 3, max: 8}", "for a range write {uniform: [3, 8]}"),
    ("{uniform: [3, 8]}", "{range: [3, 8]}", "did you mean 'uniform'?"),
    ("{uniform: [3, 8]}", "[3, 8]", "for a range write {uniform: [3, 8]}"),
    ("{uniform: [3, 8]}", "{normal: [3, 8]}", "write {mean: 3, std: 8, between: ...}"),
    ("{uniform: [3, 8]}", "{bool: 0.5}", "use {uniform: [lo, hi]} or {choice: [...]}"),
    ("{uniform: [3, 8]}", "tilt_deg + 3", 'to compute it write {expr: "tilt_deg + 3"}'),
    ("gate.kind: steel", "gate.kind: {choice: steel, glass}", "write {choice: [steel, glass]}"),
    ("gate.kind: steel", "gate.kind: [steel, glass]", "to draw one of them write {choice: [steel, glass]}"),
    ("gate.kind: steel", "gate.kind: {choice: [steel: 3, glass: 1]}", "write {choice: {steel: 3, glass: 1}}"),
    ("gate.kind: steel", "gate: {kind: steel}", "for example gate.distance_m:"),
    ("count: {integers: [0, 3]}", "count: [0, 4]", "for a range write {integers: [0, 4]}"),
    ("gate.distance_m > 2", "gate.distance_m > 2m", "units are part of the parameters' names"),
    ("gate.distance_m > 2", "gate.kind == steel and gate.distance_m > 2", "words need quotes: 'steel'"),
    ("gate.distance_m > 2", "gate.kind is 'steel' and gate.distance_m > 2", "compare with =="),
    ("gate.distance_m > 2", "gate.distance_m \u2265 2", "write >="),
    ("gate.distance_m > 2", "gate.kind == \u2018steel\u2019 and gate.distance_m > 2", "type straight quotes"),
    ("{at_most: 0}", "{max: 0}", "did you mean 'at_most'?"),
    ("{at_most: 0}", "{'<=': 0}", "did you mean 'at_most'?"),
    ("between: [0.3, 1.5]", "at_least: 0,4", "numbers have a point: write 0.4"),
    ("title: ", "name: ", "did you mean 'title'?"),
    ("title: ", "\u200btitle: ", "it holds the invisible character U+200B"),
    ("at_least: 0.9,", "at_least: 90,", "a share from 0 to 1, not percent: 0.9"),
    ("at_least: 0.9,", "at_least: 90%,", "a share from 0 to 1, not percent: 0.9"),
    ("severity: major", "severity: major# now", "a comment needs a space before the '#'"),
    ("variants: {count: 30}", "variants: {count: 1_000}", "write it without separators: 1000"),
    ("variants: {count: 30}", "variants: {count: 1,000}", "write 1000 or 1.000"),
    ("variants: {count: 30}", "variants:", "indent what belongs to it below it, or delete the key"),
    ("gate.distance_m > 2 ", "gate.distance_m in 5 and 1 > ", "write in [5]"),
    ("gate.distance_m > 2 ", "gate.distance_m > '2' ", "write it without quotes: 2"),
    (
        "gate.distance_m > 2 * abs(tilt_deg)",
        "gate.distance_m > 50%",
        "write the number alone: % is the remainder",
    ),
    ("gate.distance_m > 2 * abs(tilt_deg)", "gate.open == 'true'", "write true or false, without quotes"),
    ("gate.distance_m > 2 * abs(tilt_deg)", "gate.open > 0", "write the name alone, or not before it"),
    ("gate.distance_m > 2 ", "lux > 2 ", "did you mean 'light.lux'?"),
    ("[steel, glass]", "[steel, glass, steel]", "to take it more often write {choice: {steel: 2, ...}}"),
    ("variants: {count: 30}", "variants: {count:30}", "a space is missing after ':': write count: 30"),
]


def problems(folder: Path, text: str) -> list[Diagnostic]:
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    return lint([path], metrics, date(2026, 11, 20))


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), SYNTAX)
def test_what_is_no_yaml_is_explained_where_it_begins(
    tmp_path: Path, text: str, line: int, column: int, message: str, hint: str
) -> None:
    found = [d for d in problems(tmp_path, text) if d.code == "yaml-syntax"]
    assert [(d.line, d.column) for d in found] == [(line, column)], found
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize(("right", "wrong", "hint"), SLIPS)
def test_a_slip_is_answered_with_what_was_meant(tmp_path: Path, right: str, wrong: str, hint: str) -> None:
    assert right in SOUND
    found = problems(tmp_path, SOUND.replace(right, wrong, 1))
    assert any(hint in diagnostic.hint for diagnostic in found), found


def test_a_key_that_belongs_nowhere_or_everywhere_gets_no_place() -> None:
    assert where_it_belongs("colour") == ""
    assert where_it_belongs("parameters") == ""
    assert where_it_belongs("accept") == "'accept' belongs into a scenario: check the indentation"
