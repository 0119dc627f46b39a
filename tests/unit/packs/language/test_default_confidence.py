"""At what confidence a rule is decided that does not say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.packs.loader import load_pack
from simgate.harness.scoring import metrics
from tests.unit.packs.sound_pack import SOUND


@pytest.mark.parametrize(
    ("kind", "confidence"), [("metric", 0.99), ("pass_rate", 0.95), ("regression", 0.95)]
)
def test_a_latency_percentile_is_decided_as_loadgen_does_and_everything_else_at_95_percent(
    tmp_path: Path, kind: str, confidence: float
):
    path = tmp_path / "pack.yaml"
    assert SOUND.count(", confidence: 0.95") == 3
    path.write_text(SOUND.replace(", confidence: 0.95", ""))
    rules = {rule.kind: rule for rule in load_pack(path, metrics).gate}
    assert rules[kind].confidence == confidence
