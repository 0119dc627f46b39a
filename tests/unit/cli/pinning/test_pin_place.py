"""A pin is put into a file, and all else of the file stays: comments, order, line ends, layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.commands.runs.pin import describe
from simgate.harness.cli.pinning.pin_place import CannotPin
from simgate.harness.cli.pinning.pin_variant import pin_variant
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked

HEAD = """\
simgate: 1
pack: yard_gates   # of the yard
policy: door_navigator
parameters: {light.lux: {log_uniform: [50, 500]}}
scenarios:
"""
SCENARIO = """\
  gate_closed:
    title: "A closed: gate"   # quoted
    severity: critical
    world: yard
    parameters: {gate.distance_m: {uniform: [3, 8]}}
    place:
      clutter: {count: {integers: [1, 3]}, kinds: [box], region: floor}
    variants: {count: 20}
    accept:
      collisions: {at_most: 0}
""".replace("[box]", "{choice: [box, bin]}")
OTHER = """
  # the next one
  gate_open:
    title: An open gate
    severity: major
    world: yard
    variants: {count: 3}
    accept: {success: {equals: true}}
"""
GATE = """
# rules
gate:
  - {severity: critical, pass_rate: {at_least: 0.5, confidence: 0.8}}
"""
OLD = "parameters: {light.lux: 70, gate.distance_m: 4}, placed: []"
BLOCK = f"""\
    pinned:
      # why this one
      - id: old   # seen in the field
        parameters:
          light.lux: 70
          gate.distance_m: 4
        placed: []
      - {{id: older, {OLD}}}   # the last one
      # nothing below
"""
NOT_INDENTED = "\n".join(line if "pinned:" in line else line[2:] for line in BLOCK.split("\n"))
LAYOUTS = {
    "no list": HEAD + SCENARIO + OTHER + GATE,
    "no list, last scenario": HEAD + SCENARIO + GATE,
    "no list, end of the file": HEAD + SCENARIO,
    "no list, an alias last": HEAD + OTHER.replace("accept: ", "accept: &all ") + SCENARIO.partition("    accept:")[0] + "    accept: *all\n",
    "block": HEAD + SCENARIO + BLOCK + OTHER + GATE,
    "block, last": HEAD + SCENARIO + BLOCK,
    "block, before another key": HEAD + SCENARIO.replace("    variants:", BLOCK + "\n    variants:") + GATE,
    "block, not indented": HEAD + SCENARIO + NOT_INDENTED + GATE,
    "block, anchored": HEAD + SCENARIO + BLOCK.replace("pinned:", "pinned: &pins  # named") + GATE,
    "one flow item": HEAD + SCENARIO + f"    pinned: [{{id: old, {OLD}}}]  # all of them\n" + OTHER,
    "flow over lines": HEAD + SCENARIO + f"    pinned: [   # field\n      {{id: old, {OLD}}},\n      {{id: older, {OLD}}},  # last\n    ]\n" + GATE,
    "flow, anchored": HEAD + SCENARIO + f"    pinned: &pins [{{id: old, {OLD}}}]\n" + GATE,
    "empty": HEAD + SCENARIO + "    pinned: []\n" + OTHER,
    "empty with a comment": HEAD + SCENARIO.replace("    variants:", "    pinned: [ ]   # none yet\n    variants:") + GATE,
    "empty over lines": HEAD + SCENARIO + "    pinned: [\n    ]\n" + GATE,
    "empty, anchored": HEAD + SCENARIO + "    pinned: &pins []\n" + GATE,
    "flow scenario": HEAD + "  gate_closed: {title: x, severity: minor, world: yard, variants: {count: 9}, accept: {success: {equals: true}}}\n",
    "flow scenario with pins": HEAD + f"  gate_closed: {{title: x, severity: minor, world: yard, parameters: {{gate.distance_m: {{uniform: [3, 8]}}}}, variants: {{count: 9}}, pinned: [{{id: old, {OLD}}}], accept: {{success: {{equals: true}}}}}}\n",
    "deep indents": HEAD + SCENARIO.replace("    ", "         ") + "\n",
    "document marks": "---\n" + HEAD + SCENARIO + "...\n",
    "tabs behind values": HEAD + SCENARIO.replace("severity: critical", "severity: critical\t# tab") + BLOCK.replace("# the last one", "\t# tab") + GATE,
    "json": '{"simgate": 1, "pack": "y", "policy": "door_navigator", "scenarios": {"gate_closed": {"title": "x", "severity": "minor", "world": "yard", "variants": {"count": 9}, "accept": {"success": {"equals": true}}, "pinned": []}}}',
}  # fmt: skip
FORMS = {
    "as it is": lambda text: text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "no line end": lambda text: text.rstrip("\n").encode(),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "blank lines at the end": lambda text: text.encode() + b"\n\n# end\n\n",
}


def pins(path: Path) -> list[str]:
    return [pin.id for pin in load_checked(path).scenario("gate_closed").pinned]


def only_added(before: bytes, after: bytes) -> bool:
    """Whether one piece was put in and nothing else changed."""
    start = next((k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    return len(after) > len(before) and (before[start:] == b"" or after.endswith(before[start:]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_variant_is_pinned_exactly_and_the_rest_of_the_file_stays(layout, form, tmp_path, planned):
    if layout in ("document marks", "json") and form == "blank lines at the end":
        pytest.skip("nothing may follow the end of the document, or of the braces")
    path = tmp_path / "pack.yaml"
    path.write_bytes(FORMS[form](LAYOUTS[layout]))
    before, had = path.read_bytes(), pins(path)
    run = planned(path)
    done = pin_variant(run, "gate_closed::v0005", pin_id="crash")
    after = path.read_bytes()
    assert set(pins(path)) == {*had, "crash"}
    pack = load_checked(path)
    variants = {v.id: v for v in expand_scenario(pack, pack.scenario("gate_closed"))}
    assert variants["gate_closed::pin-crash"].digest == variants["gate_closed::v0005"].digest
    kept = before
    if layout in ("empty", "empty with a comment"):
        kept = before.replace(b" [ ]", b"").replace(b" []", b"")
    assert only_added(kept, after)
    if b"\r" in before:
        assert b"\n" not in after.replace(b"\r\n", b"")
    assert after.endswith(b"\n") == before.endswith(b"\n")
    assert "crash" in after.decode("utf-8-sig").splitlines()[done.edit.line - 1] or "pinned" in "".join(
        after.decode("utf-8-sig").splitlines()[done.edit.line - 1 : done.edit.line + 2]
    )


def test_a_new_pin_comes_last_in_a_list_of_lines_and_comments_stay_with_their_pins(tmp_path, planned):
    path = tmp_path / "pack.yaml"
    path.write_text(LAYOUTS["block"])
    pin_variant(planned(path), "gate_closed::v0005", pin_id="crash")
    assert pins(path) == ["old", "older", "crash"]
    lines = path.read_text().splitlines()
    at = next(k for k, line in enumerate(lines) if "id: crash" in line)
    assert lines[at - 1].endswith("# the last one")
    assert lines[at].startswith("      - id: crash  # gate_closed::v0005 of ")
    rest = lines[at:]
    assert rest.index("      # nothing below") < rest.index("  # the next one")


def test_what_was_written_is_printed_with_its_place(tmp_path, planned):
    path = tmp_path / "pack.yaml"
    path.write_text(LAYOUTS["block"])
    printed = describe(pin_variant(planned(path), "gate_closed::v0005", pin_id="crash"))
    lines = path.read_text().splitlines()
    place, _, line = printed[0].rpartition(":")
    assert place.startswith("gate_closed::v0005 is pinned as 'crash' in ") and place.endswith("pack.yaml")
    assert printed[1:-1] == lines[int(line) - 1 : int(line) - 1 + len(printed) - 2]
    assert "id: crash" in printed[1] and "placed" in "".join(printed)
    assert printed[-1].endswith("gate_closed::pin-crash")


BASE = "policy: door_navigator\nparameters: {light.lux: {log_uniform: [50, 500]}}\n"
OWN = "simgate: 1\npack: own\nextends: base.yaml\n"


def extended(folder: Path, base: str, own: str) -> Path:
    (folder / "base.yaml").write_text(base)
    path = folder / "pack.yaml"
    path.write_text(own)
    return path


@pytest.mark.parametrize(
    ("base", "own", "written_to"),
    [
        (BASE, OWN + "scenarios:\n" + SCENARIO, "pack.yaml"),
        (BASE + "scenarios:\n" + SCENARIO, OWN, "pack.yaml"),
        (BASE + "scenarios:\n" + SCENARIO, OWN + "scenarios:" + OTHER, "pack.yaml"),
        (BASE + "scenarios:\n" + SCENARIO, OWN + "scenarios:\n  gate_closed:\n    tags: [a]\n", "pack.yaml"),
        (BASE + "scenarios:\n" + SCENARIO + BLOCK, OWN + "scenarios:\n  gate_closed: {tags: [a]}\n", "base.yaml"),
        (BASE + "scenarios:\n" + SCENARIO + BLOCK, OWN + "scenarios:\n  gate_closed:\n    pinned: []\n", "pack.yaml"),
    ],
)  # fmt: skip
def test_a_pack_that_extends_gets_the_pin_where_its_list_is_or_else_itself(
    base, own, written_to, tmp_path, planned
):
    path = extended(tmp_path, base, own)
    before = pins(path)
    done = pin_variant(planned(path), "gate_closed::v0005", pin_id="crash")
    assert done.edit.path.name == written_to
    assert pins(path) == [*before, "crash"]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + SCENARIO + BLOCK.replace("pinned:", "pinned: &pins") + OTHER.replace("variants:", "pinned: *pins\n    variants:"),
        HEAD + SCENARIO.replace("gate_closed:", "gate_open: &all") + "  gate_closed: *all\n",
        HEAD + SCENARIO.replace("gate_closed:", "gate_closed: &all") + BLOCK + "  gate_open: *all\n",
    ],
)  # fmt: skip
def test_what_another_scenario_shares_is_refused(text, tmp_path, planned):
    path = tmp_path / "pack.yaml"
    path.write_text(text)
    run = planned(path)
    with pytest.raises(CannotPin, match=r"pack\.yaml:\d+: .* is shared with another place through an anchor"):
        pin_variant(run, "gate_closed::v0005")
    assert path.read_text() == text
