"""Type stubs from the description of the bindings, so that mypy can bind every use against them."""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import Any

HEADER = """\
from collections.abc import Buffer, Iterator, Sequence
from typing import Any, ClassVar, overload

__version__: str
float32: DataType
"""
PLAIN = {
    "int": "int",
    "typing.SupportsInt": "int",
    "float": "float",
    "typing.SupportsFloat": "float",
    "bool": "bool",
    "str": "str",
    "None": "None",
    "tuple": "Sequence[int]",
    "bytes": "bytes",
    "buffer": "Any",
    "typing_extensions.Buffer": "Any",
}
PARAMETER = re.compile(r"(?P<name>\w+)(?:: (?P<type>[^=]+?))?(?: = (?P<default>.+))?")


def stub_text(description: dict[str, Any]) -> str:
    """The content of ``tensorrt/__init__.pyi``."""
    writer = _Writer(set(description["classes"]))
    parts = [HEADER]
    for name, lines in description["functions"].items():
        parts.append(writer.functions(name, lines, indent="", method=False))
    for name, cls in description["classes"].items():
        if "." not in name:
            parts.append(writer.cls(name, cls, description["classes"]))
    return "\n".join(part for part in parts if part)


class _Writer:
    def __init__(self, classes: set[str]) -> None:
        self._classes = classes

    def cls(self, name: str, cls: dict[str, Any], every: dict[str, Any], indent: str = "") -> str:
        full = name
        short = name.rpartition(".")[2]
        bases = [base for base in cls["bases"][:1] if base in self._classes]
        inner = indent + "    "
        lines = [f"{indent}class {short}{f'({bases[0]})' if bases else ''}:"]
        lines += [f"{inner}{member}: ClassVar[{full}]" for member in cls["members"]]
        for nested in cls["nested"]:
            alias = every[f"{full}.{nested}"]
            lines.append(self.cls(f"{full}.{nested}", alias, every, inner))
        for prop, what in cls["properties"].items():
            kind = self.type(what["type"])
            lines.append(f"{inner}@property\n{inner}def {prop}(self) -> {kind}: ...")
            if what["settable"]:
                lines.append(f"{inner}@{prop}.setter\n{inner}def {prop}(self, value: {kind}) -> None: ...")
        for method, signatures in cls["methods"].items():
            lines.append(self.functions(method, signatures, inner, method=True))
        if short == "Dims":
            # Read by position until IndexError, which mypy does not take for iterable.
            lines.append(f"{inner}def __iter__(self) -> Iterator[int]: ...")
        if short == "IHostMemory":
            lines.append(f"{inner}def __buffer__(self, flags: int, /) -> memoryview: ...")
        lines.append(f"{inner}...")
        return "\n".join(lines)

    def functions(self, name: str, signatures: list[str], indent: str, method: bool) -> str:
        mark = f"{indent}@overload\n" if len(signatures) > 1 else ""
        return "\n".join(f"{mark}{indent}{self._one(name, line, method)}" for line in signatures)

    def _one(self, name: str, signature: str, method: bool) -> str:
        inside, _, returned = signature.partition("(")[2].rpartition(") -> ")
        written, optional = [], False
        for index, text in enumerate(split(inside)):
            if method and index == 0:
                written.append("self")
                continue
            found = PARAMETER.fullmatch(text.strip())
            if found is None or text.startswith("*"):
                written.append("*args: Any")
                continue
            optional = optional or found["default"] is not None
            kind = self.type(found["type"] or "")
            if found["default"] == "None":
                kind += " | None"
            # pybind11 calls unnamed parameters arg0, arg1; these and keywords cannot be given by name.
            hidden = re.fullmatch(r"arg\d+", found["name"]) or iskeyword(found["name"])
            label = f"__{found['name']}" if hidden else found["name"]
            written.append(f"{label}: {kind}{' = ...' if optional else ''}")
        return f"def {name}({', '.join(written)}) -> {self.type(returned, returned=True)}: ..."

    def type(self, text: str, returned: bool = False) -> str:
        text = text.strip().replace("tensorrt_bindings.tensorrt.", "").replace("tensorrt.tensorrt.", "")
        if text in PLAIN:
            return "None" if text == "None" else PLAIN[text]
        if text in self._classes:
            return text if returned or text != "Dims" else "Dims | Sequence[int]"
        listed = re.fullmatch(r"(?:List|list)\[(.+)\]", text)
        return f"list[{self.type(listed[1], returned)}]" if listed else "Any"


def split(parameters: str) -> list[str]:
    """Splits at the commas that are not within brackets."""
    parts, depth = [""], 0
    for character in parameters:
        depth += (character in "[(<{") - (character in "])>}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
