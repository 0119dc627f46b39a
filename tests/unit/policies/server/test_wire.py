"""openpi's messages, byte for byte, and what no message can do."""

from __future__ import annotations

import numpy as np
import pytest

from simgate.policies.server.wire import NotAMessage, packed, unpacked

# Written by openpi_client.msgpack_numpy.packb({"state": np.array([1, -2], np.float32), "prompt": "go"})
OPENPI = (
    b"\x82\xa5state\x84\xc4\x0b__ndarray__\xc3\xc4\x04data\xc4\x08\x00\x00\x80?\x00\x00\x00\xc0"
    b"\xc4\x05dtype\xa3<f4\xc4\x05shape\x91\x02\xa6prompt\xa2go"
)


def test_a_request_is_what_openpis_own_client_sends() -> None:
    assert packed({"state": np.array([1, -2], np.float32), "prompt": "go"}) == OPENPI


def test_an_answer_of_openpis_is_read_with_its_types_and_shapes() -> None:
    read = unpacked(OPENPI)
    assert read["state"].dtype == np.float32
    assert read["state"].tolist() == [1.0, -2.0]
    # packb(np.float32(0.5))
    number = b"\x83\xc4\r__npgeneric__\xc3\xc4\x04data\xcb?\xe0\x00\x00\x00\x00\x00\x00\xc4\x05dtype\xa3<f4"
    assert unpacked(number) == 0.5


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "truncated"),
        (b"\xc1" * 9, "malformed"),
        (b"\x91" * 100_000, "recursion"),
        (OPENPI.replace(b"<f4", b"|O8"), "no type of numbers"),
        (OPENPI.replace(b"<f4", b"|V4"), "no type of numbers"),
        (OPENPI.replace(b"<f4", b"<f2"), "in 8 bytes"),
        (OPENPI.replace(b"\x91\x02", b"\x91\x03"), r"shape \(3,\)"),
        (OPENPI.replace(b"\x91\x02", b"\x92\xff\x01"), "without its shape"),
        (OPENPI.replace(b"\x91\x02", b"\x91\xce\xff\xff\xff\xff"), "in 8 bytes"),
    ],
)
def test_what_is_no_message_is_said_in_a_sentence(message: bytes, said: str) -> None:
    with pytest.raises(NotAMessage, match=f"(?i){said}"):
        unpacked(message)
