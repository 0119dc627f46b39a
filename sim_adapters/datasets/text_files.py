"""Files of labels as text, lines and XML; what is no such file is told with its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from simgate.sim_adapters.datasets.dataset import MOST_BYTES, MOST_OBJECTS, bad
from simgate.sim_adapters.files.plain_file import read_plain


def text_of(path: Path) -> str:
    """A file of labels as text.

    Raises:
        NativeError: It is no plain file, too large, or no UTF-8.
    """
    try:
        return read_plain(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad(str(path), "it is no UTF-8 text") from None
    except OSError as error:
        raise bad(str(path), error.strerror or str(error)) from None


def json_of(where: str, text: str) -> Any:
    """What a JSON text says.

    Raises:
        NativeError: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad(where, f"it is no JSON: {str(error)[:200]}") from None


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a picture's file of labels that hold something; of one that is not there none.

    Raises:
        NativeError: It cannot be read, or has more lines than a picture objects.
    """
    if path.exists() or path.is_symlink():
        for number, line in enumerate(text_of(path).splitlines(), start=1):
            if number > MOST_OBJECTS:
                raise bad(str(path), f"more than {MOST_OBJECTS:,} lines")
            if line.strip():
                yield number, line


def xml_of(path: Path) -> ElementTree.Element:
    """The top of a file of labels in XML.

    Raises:
        NativeError: It cannot be read, is no XML, or defines entities, which may grow without end.
    """
    text = text_of(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise bad(str(path), "labels that define entities are not read")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise bad(str(path), f"it is no XML: {error}") from None
