"""Reading YAML: values by YAML 1.2, positions that fit, and limits that hold."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.loader import lint
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import MAX_BYTES, read_yaml
from tests.unit.packs.sound_pack import SOUND


def read(tmp_path: Path, content: str | bytes) -> tuple[Node | None, Problems]:
    path = tmp_path / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems = Problems()
    return read_yaml(path, problems)[1], problems


def value_of(tmp_path: Path, text: str) -> object:
    root, problems = read(tmp_path, f"key: {text}\n")
    assert not len(problems), problems.diagnostics
    assert isinstance(root, MappingNode)
    node = root.entries[0][1]
    assert isinstance(node, ScalarNode)
    return node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("no", "no"), ("on", "on"), ("off", "off"), ("yes", "yes"), ("y", "y"),
        ("12", 12), ("-7", -7), ("+3", 3), ("0o17", 15), ("0x1F", 31), ("010", 10), ("1_000", "1_000"),
        ("1e-3", 1e-3), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1E6", 1e6), ("12:30", "12:30"),
        ("2027-03-01", "2027-03-01"), ("2026-10-low-tint", "2026-10-low-tint"), ("1.2.3", "1.2.3"),
        ("'12'", "12"), ('"true"', "true"), ("~", None), ("null", None), ("", None), ("'null'", "null"),
    ],
)  # fmt: skip
def test_plain_values_follow_the_core_schema_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    found = value_of(tmp_path, text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "needle"),
    [
        ("a: door < 3 and mark > 2\n", "mark"),
        ("a: 'door < 3 and mark > 2'\n", "mark"),
        ("a: 'it''s < 3 and mark > 2'\n", "mark"),
        ('a: "door < 3 and mark > 2"\n', "mark"),
        ("a: door < 3\n  and mark > 2\n", "mark"),
        ("a: >-\n  door < 3\n  and mark > 2\n", "mark"),
        ("a: |\n  door < 3\n\n  and mark > 2\n", "mark"),
        ("a: 'door < 3\n\n    and mark > 2'\n", "mark"),
    ],
)
def test_a_place_in_a_text_is_found_in_every_style(tmp_path: Path, written: str, needle: str) -> None:
    root, _ = read(tmp_path, written)
    assert isinstance(root, MappingNode)
    node = root.entries[0][1]
    assert isinstance(node, ScalarNode)
    before = written[: written.index(needle)].split("\n")
    assert node.position(node.text.index(needle)) == (len(before), len(before[-1]) + 1)


def test_a_byte_that_is_not_utf8_is_reported_at_its_place(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "a: 1\nb: café ".encode() + b"\xff\n")
    (found,) = problems.diagnostics
    assert (found.code, found.line, found.column) == ("not-utf8", 2, 9)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    root, problems = read(tmp_path, b"\xef\xbb\xbfa: 1\n")
    assert not len(problems) and isinstance(root, MappingNode) and root.entries[0][0].text == "a"


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    _, problems = read(tmp_path, b"a: 1\n" + b"#" * MAX_BYTES)
    assert [d.code for d in problems.diagnostics] == ["too-large"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_before_it_is_read(tmp_path: Path, opening: str) -> None:
    """What reads on would not end: each level is looked at again for every one below it."""
    _, problems = read(tmp_path, opening * 200_000)
    assert [d.code for d in problems.diagnostics] == ["too-deep"]


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    _, problems = read(tmp_path, "\n".join(lines))
    assert [d.code for d in problems.diagnostics] == ["alias-bomb"]


def test_an_honest_alias_is_its_anchors_value(tmp_path: Path) -> None:
    root, problems = read(tmp_path, "a: &x {b: 1}\nc: *x\n")
    assert not len(problems) and isinstance(root, MappingNode)
    assert root.entries[1][1] is root.entries[0][1]


def test_a_second_document_is_refused(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "a: 1\n---\nb: 2\n")
    assert [(d.code, d.line) for d in problems.diagnostics] == [("yaml-syntax", 2)]


def test_a_file_that_calls_itself_yaml_1_1_is_refused_and_not_read_as_another(tmp_path: Path) -> None:
    root, problems = read(tmp_path, "# 0160 is 112 there\n%YAML 1.1\n---\na: 0160\n")
    assert root is None
    assert [(d.code, d.line, d.column) for d in problems.diagnostics] == [("yaml-syntax", 2, 1)]
    root, problems = read(tmp_path, "%YAML 1.2\n---\na: 0160\n")
    assert root is not None and not len(problems)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_mutation_of_a_pack_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(SOUND.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        action = data.draw(st.sampled_from(["replace", "insert", "delete"]))
        piece = data.draw(
            st.binary(min_size=1, max_size=4) | st.sampled_from([c.encode() for c in string.punctuation])
        )
        raw[at : at + (0 if action == "insert" else len(piece))] = b"" if action == "delete" else piece
    path = tmp_path_factory.mktemp("mutation") / "pack.yaml"
    path.write_bytes(bytes(raw))
    for diagnostic in lint([path]):
        assert diagnostic.line >= 1 and diagnostic.column >= 1 and diagnostic.message


_VALUES = st.recursive(
    st.sampled_from(["1", "-3.5", "true", "glass", "'x'", "", "~", ".inf", "1e9", "[3, 8]", "{uniform: [3, 8]}"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(["count", "uniform", "choice", "at_most", "when", "id", "x"]), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{k}: {v}" for k, v in items.items()) + "}"
        ),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(st.integers(0, SOUND.count("\n") - 1), min_size=1, max_size=3), value=_VALUES)
def test_any_value_at_any_key_is_read_or_reported(
    tmp_path_factory: pytest.TempPathFactory, lines: list[int], value: str
) -> None:
    source = SOUND.split("\n")
    for number in lines:
        key, colon, _ = source[number].partition(": ")
        if colon:
            source[number] = f"{key}: {value}"
    path = tmp_path_factory.mktemp("value") / "pack.yaml"
    path.write_text("\n".join(source), encoding="utf-8")
    assert {d.code for d in lint([path])} <= set(CODES)
