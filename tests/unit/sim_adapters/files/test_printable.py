from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.sim_adapters.printable import printable_lines

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_parseable_xml(text: str) -> None:
    element = ElementTree.Element("e", {"a": printable_lines(text)})
    element.text = printable_lines(text)
    parsed = ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8"))
    assert (parsed.text or "") == printable_lines(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("\ufffe", "\\ufffe"),
        ("\x00\x85\u2028\u202e\r", "\\x00\\x85\\u2028\\u202e\\r"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("\N{ROBOT FACE} ]]> <&", "\N{ROBOT FACE} ]]> <&"),
    ],
)
def test_forbidden_characters_are_shown_and_allowed_ones_kept(text: str, shown: str) -> None:
    assert printable_lines(text) == shown


def test_no_line_of_a_text_is_a_command_to_ci_wherever_the_text_is_shown():
    assert printable_lines("why\n  ::error file=a::b\nd::v1") == "why\n  \\x3a:error file=a::b\nd::v1"
    assert printable_lines("::set-output name=a::b") == "\\x3a:set-output name=a::b"
