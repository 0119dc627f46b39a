"""Writes ``isaacsim_facts_6_2.json``: of what the adapter uses and the double has, what the wheels of 6.2 say themselves.

``pip download --no-deps --python-version 3.12 --only-binary :all: -d FOLDER isaacsim-core==6.2.0.0`` and the same of
``isaacsim-app``, ``-kernel``, ``-replicator``, ``-sensor``; then ``python -m tests.contracts.read_wheels FOLDER``.
Sources are read, never imported. What has no source in them (replicator's own code is in Kit's extensions) is listed.
"""

from __future__ import annotations

import ast
import contextlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.contracts.contract import FACTS_PATH, NEWER_PATH, parameters_of
from tests.contracts.test_isaacsim_contract import definitions

RELEASE = "6.2.0.0"
_EXTENSIONS = "isaacsim/exts/"
_SHORT = {"isaacsim.SimulationApp": "isaacsim.simulation_app.SimulationApp"}
"""Names under which something is imported from elsewhere than where its source is."""
_LAUNCH = ("isaacsim.simulation_app.simulation_app", "DEFAULT_LAUNCHER_CONFIG")
_ANNOTATORS = ("isaacsim.sensors.experimental.rtx.impl.camera_sensor", "ANNOTATOR")


class Sources:
    """Python files of extensions, by dotted module."""

    def __init__(self, folder: Path) -> None:
        self.modules: dict[str, ast.Module] = {}
        for wheel in sorted(folder.glob("isaacsim_*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if name.startswith(_EXTENSIONS) and name.endswith(".py") and "/tests/" not in name:
                        dotted = name.split("/", 3)[3].removesuffix(".py").replace("/", ".")
                        # Isaac Sim's Python is 3.12; what this one cannot read is listed as without source.
                        with contextlib.suppress(SyntaxError):
                            self.modules[dotted] = ast.parse(archive.read(name))

    def definition(self, name: str) -> ast.stmt | None:
        """The class or function of a public name, in whichever module of its package it is."""
        package, _, short = _SHORT.get(name, name).rpartition(".")
        # A public module is a file of the package's inner folder, as app.py of impl.
        near = (package, package.rpartition(".")[0])
        for number, start in enumerate(near):
            for module, tree in sorted(self.modules.items()):
                if not f"{module}.".startswith(f"{start}."):
                    continue
                if number and module.rpartition(".")[2] != package.rpartition(".")[2]:
                    continue
                for node in tree.body:
                    if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == short:
                        return node
        return None

    def member(self, owner: ast.ClassDef, name: str, package: str) -> ast.stmt | None:
        """A member of a class or of its bases in the same package."""
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        for base in owner.bases:
            found = self.definition(f"{package}.{ast.unparse(base).rpartition('.')[2]}")
            if isinstance(found, ast.ClassDef) and (inner := self.member(found, name, package)) is not None:
                return inner
        return None

    def strings(self, module: str, name: str) -> list[str]:
        """Texts in what a module gives to a name: keys of a mapping, members of a ``Literal``."""
        for node in ast.walk(self.modules[module]):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                value = node.value
                texts = value.keys if isinstance(value, ast.Dict) else list(ast.walk(value))
                return sorted(
                    {n.value for n in texts if isinstance(n, ast.Constant) and isinstance(n.value, str)}
                )
        return []

    def values(self, enum: str) -> list[str]:
        """Names of an enum's members."""
        found = self.definition(enum)
        body = found.body if isinstance(found, ast.ClassDef) else []
        return [ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)]


def entry_of(symbol: dict[str, Any], sources: Sources) -> dict[str, Any] | None:
    """What 6.2 has of a symbol, in the form of the facts; None where there is no source."""
    name: str = symbol["name"]
    owner_name, _, member = name.rpartition(".")
    found: ast.stmt | None
    if symbol["kind"] in ("class", "function"):
        found = sources.definition(name)
    else:
        owner = sources.definition(owner_name)
        package = owner_name.rpartition(".")[0]
        found = sources.member(owner, member, package) if isinstance(owner, ast.ClassDef) else None
    if found is None:
        return None
    entry = {key: value for key, value in symbol.items() if key != "params"}
    if isinstance(found, ast.FunctionDef):
        static = any(ast.unparse(one) == "staticmethod" for one in found.decorator_list)
        entry["params"] = [
            {"name": p.name, "kind": p.kind, "required": p.default is None and not p.kind.startswith("var_")}
            | ({} if p.default is None else {"default": p.default})
            for p in parameters_of(found, bound=symbol["kind"] != "function" and not static)
        ]
    return entry


def main(folder: str) -> int:
    """Writes the file."""
    facts, sources = json.loads(FACTS_PATH.read_text()), Sources(Path(folder))
    named = {symbol["name"]: symbol for symbol in facts["symbols"]}
    enums = {enum["name"] for enum in facts["enums"]}
    for name, kind, _ in definitions():
        if kind not in ("enum", "value") and name not in enums:
            named.setdefault(name, {"name": name, "kind": kind})
    entries = [(symbol, entry_of(symbol, sources)) for symbol in named.values()]
    content = {
        "what": "of what the adapter uses and the double has, what the wheels of this release say themselves",
        "release": RELEASE,
        "symbols": [entry for _, entry in entries if entry is not None],
        "launch_keys": sources.strings(*_LAUNCH),
        "camera_annotators": sources.strings(*_ANNOTATORS),
        "enums": [{"name": e["name"], "values": sources.values(e["name"])} for e in facts["enums"]],
        "without_source": sorted(symbol["name"] for symbol, entry in entries if entry is None),
    }
    lines = ",\n".join(f" {json.dumps(entry)}" for entry in content.pop("symbols"))
    rest = json.dumps(content, indent=1).removesuffix("\n}")
    NEWER_PATH.write_text(f'{rest},\n "symbols": [\n{lines}\n]\n}}\n')
    print(
        f"{NEWER_PATH.name}: {lines.count(chr(10)) + 1} symbols, without source {content['without_source']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
