"""Criteria on signals and temporal-logic formulas, as a pack writes them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simgate.harness.packs.loader import lint, load_pack
from simgate.harness.packs.model import Pack, SignalSpec
from simgate.harness.scoring import metrics
from tests.unit.packs.sound_pack import SOUND

TODAY = date(2026, 11, 20)
ANCHOR = "      collisions: {at_most: 0}\n"


@pytest.fixture
def written(tmp_path: Path):
    def write(line: str) -> Path:
        path = tmp_path / "pack.yaml"
        path.write_text(SOUND.replace(ANCHOR, f"{ANCHOR}      {line}\n", 1))
        return path

    return write


def criterion_of(pack: Pack, name: str):
    return next(c for c in pack.scenarios[0].accept if c.metric == name)


def test_a_formula_is_held_against_a_robustness_of_zero(written):
    text = "always (speed_mps < 1)"
    pack = load_pack(written(f'calm: {{stl: "{text}", if_undefined: invalid}}'), metrics, TODAY)
    criterion = criterion_of(pack, "calm")
    assert (criterion.stl, criterion.op, criterion.bound) == (text, "at_least", 0.0)
    assert criterion.if_undefined == "invalid"
    assert Pack.model_validate_json(pack.model_dump_json()) == pack


def test_a_signal_has_a_threshold_of_its_own(written):
    pack = load_pack(
        written("pace: {signal: {name: speed_mps, reduce: p95}, between: [0.2, 1]}"), metrics, TODAY
    )
    criterion = criterion_of(pack, "pace")
    assert criterion.signal == SignalSpec(name="speed_mps", reduce="p95")
    assert criterion.bound == (0.2, 1)


@pytest.mark.parametrize(
    ("line", "code", "marked"),
    [
        ('calm: {stl: "always (sped_mps < 1)"}', "expression", "sped_mps"),
        ('calm: {stl: "always[0:0.25] (speed_mps < 1)"}', "expression", "[0:0.25]"),
        ('calm: {stl: "always (speed_mps < 1)", at_most: 1}', "unknown-key", "at_most"),
        ("calm: {stl: 5}", "wrong-type", "5"),
        ('collisions_: {stl: "always (speed_mps < 1)", at_least: -1}', "wrong-value", "-1"),
        ("pace: {signal: {name: sped_mps, reduce: max}, at_most: 1}", "unknown-metric", "sped_mps"),
        ("pace: {signal: {name: speed_mps, reduce: median}, at_most: 1}", "wrong-value", "median"),
        ("pace: {signal: {name: speed_mps}, at_most: 1}", "missing-key", "{name"),
        ("pace: {signal: {name: speed_mps, reduce: max}}", "missing-key", "pace"),
        ("pace: {signal: {name: speed_mps, reduce: max}, equals: fast}", "wrong-type", "fast"),
        ("success: {signal: {name: speed_mps, reduce: max}, at_most: 1}", "bad-name", "success"),
    ],
)
def test_a_mistake_is_reported_where_it_stands(written, line, code, marked):
    path = written(line)
    found = lint([path], metrics, TODAY)
    assert [problem.code for problem in found] == [code]
    source = path.read_text().splitlines()[found[0].line - 1]
    assert source[found[0].column - 1 :].startswith(marked)
