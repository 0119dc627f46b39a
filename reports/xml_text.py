"""Makes any text fit for XML 1.0: nothing is dropped, what XML cannot carry is shown as an escape."""

from __future__ import annotations

import re

# https://www.w3.org/TR/xml/#charsets: everything but tab, line feed, carriage return and these ranges.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Text with characters that XML 1.0 forbids written as ``\\x1b``, ``\\ud800`` or ``\\ufffe``."""
    return _NOT_XML.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
