from __future__ import annotations

import hashlib

import pytest

from simgate.harness.evidence.blocks import BLOCK, block_checksums, locate

CONTENT = bytes(range(256)) * 12


def found(changed):
    return locate(changed, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), block_checksums(CONTENT))


@pytest.mark.parametrize("position", [0, 1, BLOCK - 1, BLOCK, 2500, len(CONTENT) - 1])
def test_one_changed_byte_is_named_with_both_values(position):
    changed = bytearray(CONTENT)
    changed[position] ^= 0x10
    change = found(bytes(changed))
    assert (change.begin, change.end) == (position, position + 1)
    assert change.message == f"byte {position} is {changed[position]:#04x}, was {CONTENT[position]:#04x}"


def test_several_changed_bytes_are_narrowed_to_a_block():
    changed = bytearray(CONTENT)
    changed[1100:1110] = b"0123456789"
    assert (found(bytes(changed)).begin, found(bytes(changed)).end) == (BLOCK, 2 * BLOCK)


def test_an_inserted_byte_is_told_by_the_length():
    change = found(CONTENT[:1500] + b"!" + CONTENT[1500:])
    assert change.begin == BLOCK
    assert "1 byte too many" in change.message


def test_a_cut_end_is_told_by_the_length():
    assert "72 bytes are missing" in found(CONTENT[:3000]).message
    assert found(b"").begin == 0
