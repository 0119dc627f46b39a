from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simgate.harness.object_store import ObjectStore, StoreFailed

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    files = fsspec.filesystem("memory")
    files.pipe_file("/runs/one/journal.ndjson", b"abc")
    files.pipe_file("/runs/one/hosts/0.json", b"{}")
    files.pipe_file("/runs/one-more/manifest.json", b"of another run")
    yield ObjectStore("memory://runs/one/")
    files.store.clear()


def test_what_lies_below_an_address_is_listed_and_nothing_beside_it(store: ObjectStore) -> None:
    assert store.sizes() == {"journal.ndjson": 3, "hosts/0.json": 2}


def test_a_file_that_has_not_come_whole_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    store.fetch(store.sizes(), tmp_path)
    assert (tmp_path / "hosts" / "0.json").read_bytes() == b"{}"
    with pytest.raises(StoreFailed, match=r"journal\.ndjson has not come whole: 3 bytes of 5"):
        store.fetch({"journal.ndjson": 5}, tmp_path)


def test_a_name_that_leads_out_of_the_folder_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="is no name of a file in a folder"):
        store.fetch({"../two/manifest.json": 1}, tmp_path)


def test_an_address_that_nothing_opens_says_what_to_install() -> None:
    with pytest.raises(
        StoreFailed, match=r"nobody://x cannot be used: .*install what fsspec needs for nobody://"
    ):
        ObjectStore("nobody://x")
