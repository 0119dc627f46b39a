"""The trace that is attached to an MCAP recording; of all else in the file only the index is read."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

from simgate.sim_adapters.files.plain_file import require_plain

TRACE = "trace.npz"
"""Name of the attachment."""
ENDING = ".mcap"
_NEEDS = ("mcap", "mcap_protobuf", "foxglove_schemas_protobuf")
_DAMAGE = (OSError, ValueError, EOFError, RuntimeError, StopIteration, struct.error)
"""What a reader meets in a damaged file, beside its own errors."""
_MOST_BYTES = 1 << 34
"""Of a recording; no more than its index and its trace are read."""


def can_write() -> bool:
    """Whether what MCAP needs is installed (``simgate[recordings]``)."""
    return all(find_spec(name) is not None for name in _NEEDS)


def attached_trace(path: Path, most: int) -> bytes:
    """The attachment.

    Args:
        path: The recording.
        most: Bytes that it may have.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is cut off, damaged, or no recording of simgate; the message says which.
    """
    require_plain(path, _MOST_BYTES)
    try:
        from mcap.exceptions import McapError
        from mcap.reader import SeekingReader
    except ImportError:
        raise ValueError(f"{path} needs MCAP to be read: pip install 'simgate[recordings]'") from None
    with path.open("rb") as file:
        try:
            reader = SeekingReader(file, record_size_limit=most)
            summary = reader.get_summary()
            found = [one for one in summary.attachment_indexes if one.name == TRACE] if summary else []
            attachments = reader.iter_attachments() if found else ()
            data: bytes | None = next((one.data for one in attachments if one.name == TRACE), None)
        except (*_DAMAGE, McapError) as error:
            raise ValueError(f"{path} is cut off or damaged: {str(error) or type(error).__name__}") from None
    if data is None:
        raise ValueError(f"{path} is not a recording of simgate: it has no {TRACE} attached")
    return data
