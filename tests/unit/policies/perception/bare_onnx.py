"""The smallest ONNX files, written without the onnx library, for tests in which no model runs."""

from __future__ import annotations

from collections.abc import Iterable


def bare_onnx(inputs: Iterable[str], outputs: Iterable[str], note: bytes = b"") -> bytes:
    """A file that only names its inputs and outputs.

    Args:
        inputs: Names.
        outputs: Names.
        note: Bytes in it that mean nothing, at most 100.
    """
    infos = [_field(11, _field(1, name.encode())) for name in inputs]
    infos += [_field(12, _field(1, name.encode())) for name in outputs]
    return _field(7, b"".join(infos)) + _field(6, note)


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
