from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.evidence.canonical_zip import contents, read_zip
from tests.unit.evidence.runs import zipped

FILES = {"a.txt": b"one", "b/c.json": b"{}\n" * 40, "empty": b"", "ä.txt": b"x"}


def test_any_zip_program_reads_it():
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_files_give_the_same_bytes_in_any_order():
    assert zipped(FILES) == zipped(dict(reversed(FILES.items())))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(st.text("abc/._ä", min_size=1, max_size=8), st.binary(max_size=60), min_size=1))
def test_what_is_written_is_read_back(files):
    entries, damage = read_zip(zipped(files))
    assert damage is None
    assert contents(entries) == files
    assert all(entry.is_whole for entry in entries)


def test_every_flipped_byte_is_damage_at_its_place_or_breaks_the_checksum_of_its_file():
    data = zipped(FILES)
    names = {entry.offset + k: entry.name for entry in read_zip(data)[0] for k in range(len(entry.content))}
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 0x41
        entries, damage = read_zip(bytes(flipped))
        if position in names:
            assert [entry.name for entry in entries if not entry.is_whole] == [names[position]]
        else:
            assert damage is not None, position
            assert damage.offset == position or "name" in damage.message or _is_name_byte(data, position)


def _is_name_byte(data, position):
    """Names stand twice; without a statement nobody can say which of the two was changed."""
    return any(name.encode() in data[max(0, position - 12) : position + 12] for name in FILES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data + b"more", "4 bytes follow the end"),
        (lambda data: data[:-3], ""),
        (lambda data: b"", "no zip file"),
        (lambda data: b"hello", "no zip file"),
        (lambda data: b"X" + data, ""),
    ],
)
def test_longer_shorter_and_foreign_files_are_damaged(change, message):
    damage = read_zip(change(zipped(FILES)))[1]
    assert damage is not None
    assert message in damage.message


def test_an_archive_of_another_program_is_damaged_even_when_its_files_are_the_same():
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    assert read_zip(other.getvalue())[1] is not None
