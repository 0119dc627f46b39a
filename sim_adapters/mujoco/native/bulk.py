"""How much MuJoCo would make of a file, counted first: its parser takes hours, and hears no signal.

A few letters can ask for a billion copies (``replicate``), and n elements can take MuJoCo n squared steps.
Nothing stops it in the middle.
"""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path

from simgate.sim_adapters.files.plain_file import NotPlain

MOST_ELEMENTS = 20_000
"""Of all files of a model together, copies included."""
MOST_COPIES = 5_000
"""Of ``replicate``, one within the other multiplied."""
_MOST_BYTES = 1 << 26
_MOST_OF = {
    "flexcomp": (("count",), 10_000, "points"),
    "hfield": (("nrow", "ncol"), 1 << 24, "points"),
    "texture": (("width", "height"), 1 << 26, "pixels"),
    "numeric": (("size",), 100_000, "numbers"),
    "contact": (("num",), 10_000, "contacts"),
}
"""Element -> attributes whose numbers multiply, the most that they may make, and of what."""
_MOST_RESERVED = 10_000
_NOT_TAKEN = ("nstack", "nconmax", "njmax")
"""Sizes that MuJoCo finds itself here, whatever the file says (:mod:`.source`)."""
_TAG = re.compile(rb"""<(/?)([A-Za-z_][\w.:-]*+)((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(rb"""([A-Za-z_]\w*)\s*=\s*["']\s*([0-9][^"']*)["']""")
_PNG = b"\x89PNG\r\n\x1a\n"


class Bulk:
    """Counts through the files of one model, in the order in which MuJoCo asks for them."""

    def __init__(self) -> None:
        self._elements = 0
        self._copies = 1
        """Of what is included from within a ``replicate``."""

    def take(self, path: Path, content: bytes) -> None:
        """Adds a file.

        Raises:
            NotPlain: MuJoCo is not to get it; the message says what there is too much of.
        """
        if content.startswith(_PNG) and len(content) > 24:
            width, height = struct.unpack(">II", content[16:24])
            _require(path, width * height, _MOST_OF["texture"][1], "pixels")
        elif content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            _require(path, len(content), _MOST_BYTES, "bytes of XML")
            self._count(path, _COMMENT.sub(b"", content))

    def _count(self, path: Path, text: bytes) -> None:
        copies = [self._copies]
        for match in _TAG.finditer(text):
            name = match[2].decode()
            if match[1]:
                if name == "replicate" and len(copies) > 1:
                    copies.pop()
                continue
            self._elements += copies[-1]
            _require(path, self._elements, MOST_ELEMENTS, "elements")
            numbers = {key.decode(): value for key, value in _NUMBER.findall(match[3])}
            if name == "replicate" and not match[3].endswith(b"/"):
                copies.append(copies[-1] * _product(numbers, ("count",)))
                _require(path, copies[-1], MOST_COPIES, "copies by replicate")
            elif name == "include":
                self._copies = max(self._copies, copies[-1])
            elif name == "size":
                for key in numbers:
                    if key.startswith("n") and key not in _NOT_TAKEN:
                        _require(path, _product(numbers, (key,)), _MOST_RESERVED, f"places by {key}")
            elif name in _MOST_OF:
                keys, most, what = _MOST_OF[name]
                _require(path, _product(numbers, keys), most, f"{what} of a {name}")


def _product(numbers: dict[str, bytes], keys: tuple[str, ...]) -> int:
    factors = [word for key in keys for word in numbers.get(key, b"").split()]
    return math.prod(max(1, _whole(word)) for word in factors)


def _whole(word: bytes) -> int:
    try:
        return int(min(float(word), 1e18))
    except ValueError:
        return 1  # MuJoCo says what is wrong with it.


def _require(path: Path, count: int, most: int, what: str) -> None:
    if count > most:
        raise NotPlain(path, f"it asks for {count:,} {what}, and at most {most:,} are read")
