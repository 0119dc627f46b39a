from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgate.reports.xml_text import xml_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_parseable_xml(text: str) -> None:
    element = ElementTree.Element("e", {"a": xml_text(text)})
    element.text = xml_text(text)
    parsed = ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8"))
    # A parser turns a carriage return in text into a line feed; in an attribute it is written as a reference.
    assert (parsed.text or "").replace("\r", "\n") == xml_text(text).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("\ufffe", "\\ufffe"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("\N{ROBOT FACE} ]]> <&", "\N{ROBOT FACE} ]]> <&"),
    ],
)
def test_forbidden_characters_are_shown_and_allowed_ones_kept(text: str, shown: str) -> None:
    assert xml_text(text) == shown
