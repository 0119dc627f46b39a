"""One example, and how it becomes a whole pack that the linter can read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MARK = "@"
"""Stands in a wrong example where the caret must stand; the text that people see is without it."""

PACK_FILE = "pack.yaml"

BASE_PACK: dict[str, str] = {
    "simgate": "simgate: 1\n",
    "pack": "pack: glass_doors\n",
    "policy": "policy: door_navigator\n",
    "sim": "sim: {adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10}\n",
    "parameters": "parameters:\n  lighting.lux: {log_uniform: [80, 1200]}\n",
    "scenarios": "",
    "gate": "gate:\n  - {severity: critical, pass_rate: {at_least: 0.98, confidence: 0.95}}\n",
}
"""What an example that stands at the level of the pack leaves out."""

BASE_SCENARIO: dict[str, str] = {
    "title": "title: A closed glass door blocks the corridor\n",
    "severity": "severity: critical\n",
    "world": "world: office_corridor\n",
    "parameters": "parameters:\n  door.kind: glass\n  door.distance_m: {uniform: [3, 8]}\n",
    "variants": "variants: {count: 150, method: sobol}\n",
    "accept": "accept:\n  collisions: {at_most: 0}\n",
}
"""What an example that stands at the level of a scenario leaves out."""

_SCENARIO_HEAD = "scenarios:\n  closed_door:\n"
_KEY = re.compile(rf"{MARK}?[\"']?([A-Za-z_][\w.:]*)[\"']?:(?:\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A mistake with its remedy.

    Attributes:
        code: Diagnostic that the wrong text causes, and no other.
        wrong: The mistake; ``@`` marks where the caret must stand.
        right: How to write it.
        level: Where both stand: among the keys of a ``pack`` or of a ``scenario``, in place of those of the
            same name; or they are a whole ``file``, or a ``command``.
        advice: What to know beyond the message; whole sentences, may be empty.
        file: File that the texts stand in.
        files: Further files, name -> content.
        leave_out: Keys of the surrounding pack or scenario that the example must do without.
        shown: Words in place of a wrong text that cannot be shown.
        also: Codes that the same mistake causes elsewhere.
        linted_before: Those of ``files`` that are packs and checked together with this one.
        plugins: Value of ``SIMGATE_PLUGINS`` that the mistake needs.
    """

    code: str
    wrong: str
    right: str
    level: Literal["pack", "scenario", "file", "command"] = "scenario"
    advice: str = ""
    file: str = PACK_FILE
    files: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    shown: str = ""
    also: tuple[str, ...] = ()
    linted_before: tuple[str, ...] = ()
    plugins: str = ""

    @property
    def wrong_text(self) -> str:
        """The mistake as people see it."""
        return self.wrong.replace(MARK, "", 1)

    def write(self, folder: Path, *, wrong: bool) -> Placement:
        """Writes everything that the linter needs.

        Args:
            folder: An empty folder.
            wrong: The mistake, or the right text.

        Returns:
            Where the pack is, and where in it the text starts.
        """
        text = self.wrong_text if wrong else self.right
        whole, line, column = self._assembled(text)
        for name, content in {**self.files, self.file: whole}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", errors="surrogateescape"))
        return Placement(folder / PACK_FILE, folder / self.file, line, column)

    def marked(self, placement: Placement) -> tuple[int, int]:
        """Line and column of the mark in the file that was written, from 1."""
        before = self.wrong[: self.wrong.index(MARK)].split("\n")
        return placement.line + len(before) - 1, placement.column + len(before[-1])

    def _assembled(self, text: str) -> tuple[str, int, int]:
        """Whole file, and line and column of the text's start in it."""
        if self.level == "file":
            return text, 1, 1
        own = "scenarios" if self.level == "scenario" else ""
        if self.level == "pack":
            before, after = self._around(text, {**BASE_PACK, "scenarios": _base_scenario()})
            return before + text + after, before.count("\n") + 1, 1
        before, after = self._around(text, BASE_SCENARIO)
        scenario = _SCENARIO_HEAD + _indented(before + text + after)
        head, tail = _split(BASE_PACK, own)
        line = (head + _SCENARIO_HEAD + before).count("\n") + 1
        return head + scenario + tail, line, 5

    def _around(self, text: str, base: Mapping[str, str]) -> tuple[str, str]:
        """The blocks of the base before and after the text, which replaces those with its keys."""
        own = {
            match[1] for match in _KEY.finditer(text) if match.start() == 0 or text[match.start() - 1] == "\n"
        }
        own |= set(self.leave_out)
        keys = list(base)
        first = next((k for k, key in enumerate(keys) if key in own), len(keys))
        before = "".join(base[key] for key in keys[:first])
        return before, "".join(base[key] for key in keys[first:] if key not in own)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an example was written.

    Attributes:
        pack: The pack's file.
        file: The file that holds the text.
        line: Line of the text's start, from 1.
        column: Column of the text's start, from 1.
    """

    pack: Path
    file: Path
    line: int
    column: int


def sound_pack() -> str:
    """The pack that every example changes."""
    return "".join({**BASE_PACK, "scenarios": _base_scenario()}.values())


def _base_scenario() -> str:
    return _SCENARIO_HEAD + _indented("".join(BASE_SCENARIO.values()))


def _indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _split(base: Mapping[str, str], key: str) -> tuple[str, str]:
    keys = list(base)
    at = keys.index(key)
    return "".join(base[k] for k in keys[:at]), "".join(base[k] for k in keys[at + 1 :])
