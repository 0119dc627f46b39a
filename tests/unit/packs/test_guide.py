"""Every YAML block of the guide is run: right ones are clean and expand, wrong ones get their code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.expansion.expand import expand_pack
from simgate.harness.frontend.trial import trial
from simgate.harness.packs.examples import EXAMPLES, Example
from simgate.harness.packs.examples.example import Placement
from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.schema.pack_schema import pack_schema
from simgate.harness.scoring import metrics
from tests.unit.packs.plain_data import data_of

GUIDE = Path(__file__).parents[3] / "docs" / "scenario-guide.md"
_BLOCK = re.compile(
    r"^```(?P<language>yaml|csv)(?P<marks>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A block of the guide.

    Attributes:
        line: Where it starts in the guide.
        level: Where it stands in a pack: ``file``, ``pack`` or ``scenario``.
        name: File that it is, for files that others need.
        wrong: Codes that it must get; empty for a right block.
        text: Its text.
    """

    line: int
    level: str
    name: str
    wrong: frozenset[str]
    text: str


def blocks() -> Iterator[Block]:
    guide = GUIDE.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(guide):
        marks = dict(mark.partition("=")[::2] for mark in found["marks"].split())
        levels = [mark for mark in marks if mark in ("file", "pack", "scenario")]
        assert len(levels) == 1, f"say file, pack or scenario after ```yaml: {found[0][:80]}"
        line = guide[: found.start()].count("\n") + 1
        wrong = frozenset(filter(None, marks.get("wrong", "").split(",")))
        yield Block(line, levels[0], marks.get("file", ""), wrong, found["text"])


ALL = list(blocks())
PACKS = [block for block in ALL if not block.name]
FILES = {block.name: block.text for block in ALL if block.name}


def written(block: Block, folder: Path) -> Placement:
    example = Example("", "", block.text, block.level, files=FILES)  # type: ignore[arg-type]
    return example.write(folder, wrong=False)


def test_the_guide_holds_right_and_wrong_blocks_and_files() -> None:
    assert len(PACKS) > 15
    assert sum(bool(block.wrong) for block in PACKS) >= 6
    assert set(FILES) == {"site.csv", "common.yaml"}


@pytest.mark.parametrize("block", [b for b in PACKS if not b.wrong], ids=lambda block: f"line {block.line}")
def test_a_right_block_is_clean_fits_the_schema_and_expands(tmp_path: Path, block: Block) -> None:
    path = written(block, tmp_path).pack
    assert lint([path], metrics, trial=trial) == []
    assert list(Draft202012Validator(pack_schema(metrics)).iter_errors(data_of(path))) == []
    pack = load_pack(path, metrics)
    variants = expand_pack(pack, 5)
    assert {variant.scenario for variant in variants} == {scenario.id for scenario in pack.scenarios}


@pytest.mark.parametrize("block", [b for b in PACKS if b.wrong], ids=lambda block: f"line {block.line}")
def test_a_wrong_block_gets_its_code_in_its_own_lines(tmp_path: Path, block: Block) -> None:
    placement = written(block, tmp_path)
    found = lint([placement.pack], metrics, trial=trial)
    assert {diagnostic.code for diagnostic in found} == block.wrong
    own = range(placement.line, placement.line + block.text.count("\n"))
    assert any(diagnostic.line in own for diagnostic in found)


def test_codes_and_commands_that_the_guide_names_exist() -> None:
    from simgate.harness.cli.main import COMMANDS

    guide = GUIDE.read_text(encoding="utf-8")
    assert set(re.findall(r"`?simgate ([a-z]+)", guide)) - {"run"} <= {*COMMANDS, "lint"}
    assert all(code in EXAMPLES for block in ALL for code in block.wrong)


def test_the_guide_says_the_numbers_of_variants_that_the_linter_asks_for() -> None:
    from simgate.harness.packs.checks.clean_runs import clean_runs_needed

    row = (
        "| variants | " + " | ".join(str(clean_runs_needed(p, 0.95)) for p in (0.9, 0.95, 0.98, 0.99)) + " |"
    )
    assert row in GUIDE.read_text(encoding="utf-8")
