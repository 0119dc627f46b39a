"""A file goes into a package from where it lies, as it was hashed or not at all."""

from __future__ import annotations

import hashlib
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest

from simgate.harness.evidence.blocks import block_checksums
from simgate.harness.evidence.canonical_zip import contents, read_zip, zip_pieces
from simgate.harness.evidence.hashed import hashed
from simgate.harness.results.atomic_write import write_atomic

MB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, MB - 1, MB, MB + 1, 2 * MB + 1500])
def test_a_file_read_in_pieces_has_the_hashes_of_its_whole_content(tmp_path: Path, size: int) -> None:
    content = random.Random(size).randbytes(size)
    path = tmp_path / "file"
    path.write_bytes(content)
    for found in (hashed(path), hashed(content)):
        assert (found.size, found.crc) == (size, zlib.crc32(content))
        assert found.sha256 == hashlib.sha256(content).hexdigest()
        assert found.checksums == block_checksums(content)
        assert b"".join(found.pieces()) == content


def test_a_package_larger_than_the_memory_it_takes_is_read_back(tmp_path: Path) -> None:
    big, size = tmp_path / "journal.ndjson", 24 * MB
    big.write_bytes(b"0123456789abcdef" * (size // 16))
    tracemalloc.start()
    write_atomic(tmp_path / "out.zip", zip_pieces({"a.txt": hashed(b"one"), "run/journal": hashed(big)}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    entries, damage = read_zip((tmp_path / "out.zip").read_bytes())
    assert damage is None
    assert contents(entries) == {"a.txt": b"one", "run/journal": big.read_bytes()}
    assert peak < size / 3


@pytest.mark.parametrize("now", [b"", b"onE", b"one and more"])
def test_a_file_that_changes_between_hashing_and_writing_ends_the_package(tmp_path: Path, now: bytes) -> None:
    path, out = tmp_path / "journal.ndjson", tmp_path / "out.zip"
    path.write_bytes(b"one")
    out.write_bytes(b"an earlier package")
    files = {"run/journal.ndjson": hashed(path)}
    path.write_bytes(now)
    with pytest.raises(OSError, match="has changed while the package was written") as raised:
        write_atomic(out, zip_pieces(files))
    assert raised.value.filename == str(path)
    assert out.read_bytes() == b"an earlier package"
    assert sorted(tmp_path.iterdir()) == [path, out]
