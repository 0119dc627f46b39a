"""Says in plain words what the YAML parser could not read, and where the cause stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_KEY = re.compile(
    r"^(?P<indent>[ ]*)(?:- +)*(?P<key>[^\s#:{\[\"'-][^:#]*|\"[^\"]*\"|'[^']*'):"
    r"(?:\s+(?P<value>[^#\s].*))?\s*(?:#.*)?$"
)
_GLUED = re.compile(r"^[ ]*(?:- +)?(?P<key>[\w.]+):(?P<value>[^\s:]+)\s*$")
_ODD_SPACE = re.compile("(?:^ *|[:-] ?)(?P<odd>[\u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff])")
"""Where it passes for the space that YAML needs; within a text it is nobody's business."""
_OPENERS = {"flow mapping": ("{", "}"), "flow sequence": ("[", "]")}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A place in a file that is no YAML.

    Attributes:
        line: From 1.
        column: From 1.
        length: Characters to underline.
        message: What is wrong.
        hint: What to do.
    """

    line: int
    column: int
    length: int
    message: str
    hint: str


def explained(error: Any, lines: Sequence[str]) -> Mistake:
    """What a parser's error means.

    Args:
        error: A ``yaml.MarkedYAMLError``.
        lines: The file.
    """
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem, context = str(error.problem or ""), str(error.context or "")
    start = error.context_mark.line + 1 if error.context_mark else line
    start_column = error.context_mark.column + 1 if error.context_mark else column
    for number in (start, line, line - 1):
        odd = _ODD_SPACE.search(_text(lines, number))
        if odd:
            code = f"U+{ord(odd['odd']):04X}"
            message = f"an invisible character ({code}), as word processors and web pages hold"
            return Mistake(number, odd.start("odd") + 1, 1, message, "delete it, or type an ordinary space")
    if "values are not allowed" in problem:
        return _unexpected_colon(lines, line, column)
    if "could not find expected ':'" in problem:
        return _missing_colon(lines, start, start_column)
    if problem.startswith("did not find expected ',' or") or "node content" in problem:
        return _unclosed(lines, context, start, start_column, line, column)
    if "end of stream" in problem:
        hint = f"close it, or put it away, in line {start}"
        return Mistake(start, start_column, 1, "the quote that starts here is never closed", hint)
    if "tab character" in problem:
        at = _text(lines, line).find("\t") + 1
        return Mistake(line, max(1, at), 1, "a tab", "indent with spaces")
    if "cannot start any token" in problem:
        return _bad_start(lines, line, column)
    if "did not find expected key" in problem or "expected '-'" in problem:
        return _bad_indent(lines, line, column)
    if "undefined alias" in problem or "alphabetic or numeric" in problem:
        message = "'*' and '&' at the start of a text name YAML's aliases"
        return Mistake(line, column, 1, message, "put quotes around text that starts with * or &")
    hint = ""
    if "block scalar" in context:
        hint = "put quotes around text that starts with | or >"
        if re.match(r"\s*(?:- +)?(?:[\w.]+: +)?[*&]", _text(lines, line)):
            hint = "put quotes around text that starts with * or &"
    return Mistake(line, column, 1, f"not YAML: {problem or context or 'cannot be read'}", hint)


def _text(lines: Sequence[str], line: int) -> str:
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _indent(lines: Sequence[str], line: int) -> int:
    text = _text(lines, line)
    return len(text) - len(text.lstrip())


def _unexpected_colon(lines: Sequence[str], line: int, column: int) -> Mistake:
    text = _text(lines, line)
    first = re.match(r"\s*(?:- +)?[\w.\"'-]+:", text)
    above = line - 1
    while above and not _text(lines, above).split("#")[0].strip():
        above -= 1
    before = _text(lines, above)
    is_first = first is not None and first.end() == column
    key = _KEY.match(before)
    if is_first and key and key["value"] and len(text) - len(text.lstrip()) > len(key["indent"]):
        word = text.strip().partition(":")[0]
        at = len(text) - len(text.lstrip()) + 1
        first_above = above - 1
        while first_above and not _text(lines, first_above).split("#")[0].strip():
            first_above -= 1
        indent = len(text) - len(text.lstrip())
        if len(key["indent"]) < _indent(lines, first_above) == indent:
            at, length = len(key["indent"]) + 1, len(key["key"])
            message = f"'{key['key']}' stands further left than the lines around it"
            return Mistake(above, at, length, message, f"indent it like line {line}")
        message = (
            f"'{word}' is indented deeper than '{key['key']}' in line {above}, which has its value already"
        )
        return Mistake(line, at, len(word), message, f"indent it like line {above}")
    if is_first and before.strip() and ":" not in before:
        at = len(before) - len(before.lstrip()) + 1
        glued = before.strip()
        message = f"'{glued}' is no key with a value"
        return Mistake(above, at, len(glued), message, "write 'key: value', with a colon and a space")
    if is_first and (joined := _GLUED.match(before)):
        at = before.index(joined["key"]) + 1
        hint = f"write '{joined['key']}: {joined['value']}'"
        length = len(before.strip())
        return Mistake(above, at, length, "a space is missing after ':'", hint)
    hint = "put quotes around the whole text, or check the indentation"
    return Mistake(line, column, 1, "a text that holds ': ' needs quotes", hint)


def _missing_colon(lines: Sequence[str], line: int, column: int) -> Mistake:
    text = _text(lines, line)
    word = text[column - 1 :].split("#")[0].strip()
    joined = _GLUED.match(text)
    if joined:
        hint = f"write '{joined['key']}: {joined['value']}'"
        return Mistake(line, column, len(word), "a space is missing after ':'", hint)
    message = f"'{word}' is no key with a value"
    return Mistake(line, column, max(1, len(word)), message, "write 'key: value', with a colon and a space")


def _unclosed(
    lines: Sequence[str], context: str, start: int, start_column: int, line: int, column: int
) -> Mistake:
    kind = next((kind for kind in _OPENERS if kind in context), None)
    if kind is None:
        # Nothing but a bracket is before what should be its first entry, or the next one.
        kind, start, start_column = _last_opener(lines, line, column)
    opener, closer = _OPENERS[kind]
    if line != start or column > len(_text(lines, line)):
        message = f"the '{opener}' that starts here is never closed"
        return Mistake(start, start_column, 1, message, f"add the '{closer}'")
    found = _text(lines, line)[column - 1 : column]
    if found in "}]" and found != closer:
        message = f"'{found}' where '{opener}' of column {start_column} must be closed first"
        return Mistake(line, column, 1, message, f"add the '{closer}' before it")
    hint = f"separate entries with ', ', and close with '{closer}'"
    return Mistake(line, column, 1, "a comma or a bracket is missing here or before", hint)


def _last_opener(lines: Sequence[str], line: int, column: int) -> tuple[str, int, int]:
    before = [*lines[: line - 1], _text(lines, line)[: column - 1]]
    at = [
        (row, text.rfind(opener) + 1, kind)
        for row, text in enumerate(before, start=1)
        for kind, (opener, _) in _OPENERS.items()
        if opener in text
    ]
    row, start, kind = max(at, default=(line, column, "flow mapping"))
    return kind, row, start


def _bad_start(lines: Sequence[str], line: int, column: int) -> Mistake:
    found = _text(lines, line)[column - 1 : column]
    if found == "\t":
        return Mistake(line, column, 1, "a tab", "indent with spaces")
    message = f"a text cannot start with {found}"
    return Mistake(line, column, 1, message, "put quotes around it")


def _bad_indent(lines: Sequence[str], line: int, column: int) -> Mistake:
    text = _text(lines, line)
    if text[: column - 1].strip():
        message = "text after the end of a quoted text"
        hint = "put quotes around the whole text; write a quote inside of it twice: 'it''s'"
        return Mistake(line, column, 1, message, hint)
    word = text.strip().split(" ")[0]
    used = []
    for above in range(line - 1, 0, -1):
        before = _text(lines, above)
        indent = len(before) - len(before.lstrip(" "))
        if before.strip() and not before.lstrip().startswith("#") and indent not in used:
            used.append(indent)
        if indent == 0 and before.strip():
            break
    nearest = sorted(used, key=lambda indent: abs(indent - (column - 1)))[:2]
    if column - 1 in used:
        message = "a list item ('- ') and a key stand side by side"
        return Mistake(
            line, column, len(word), message, "what belongs to one key is a list or keys, not both"
        )
    where = " or ".join(str(indent) for indent in sorted(nearest))
    message = f"the indentation of {column - 1} spaces fits no line above"
    return Mistake(line, column, len(word), message, f"use {where} spaces")
