"""What tests of evidence packages share: the gate of their runs, a package's files, a changed bit."""

from __future__ import annotations

from simgate.harness.evidence.canonical_zip import contents, read_zip
from simgate.harness.packs.model import GateRule

GATE = (GateRule(kind="pass_rate", at_least=0.5, confidence=0.9),)


def files_of(data):
    return contents(read_zip(data)[0])


def flipped(data, position):
    changed = bytearray(data)
    changed[position] ^= 1 << (position % 8)
    return bytes(changed)
