"""One flipped bit anywhere in a signed package is found and named: all of its structure, a sample of its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.canonical_zip import read_zip
from simgate.harness.evidence.signing import make_key_pair, read_private_key, read_public_key
from simgate.harness.evidence.verify import verify_evidence
from simgate.harness.packs.model import GateRule
from tests.unit.evidence.runs import small_run

pytest.importorskip("cryptography", reason="needs the extra evidence")
pytestmark = pytest.mark.slow
STRIDE = int(os.environ.get("SIMGATE_TAMPERING_STRIDE", "97"))
"""Every so many bytes of the files; 1 tries each (ten minutes)."""
GATE = (GateRule(kind="pass_rate", at_least=0.5, confidence=0.9),)


def test_a_flipped_bit_is_named_wherever_it_is(tmp_path: Path):
    private, public = make_key_pair(tmp_path / "signer")
    folder = small_run(tmp_path / "run", gate=GATE)
    data = build_evidence(folder, tmp_path / "e.zip", read_private_key(private)).path.read_bytes()
    key = read_public_key(public)
    owner: dict[int, str] = {}
    for entry in read_zip(data)[0]:
        owner |= dict.fromkeys(range(entry.offset, entry.offset + len(entry.content)), entry.name)
    unnamed = []
    for place in (k for k in range(len(data)) if k not in owner or k % STRIDE == 0):
        changed = bytearray(data)
        changed[place] ^= 1 << (7 * place % 8)
        found = verify_evidence(bytes(changed), key).findings
        named = {finding.name for finding in found} | {finding.offset for finding in found}
        if owner.get(place, place) not in named:
            unnamed.append((place, owner.get(place), found))
    assert not unnamed
