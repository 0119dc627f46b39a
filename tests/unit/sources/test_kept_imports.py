"""What modules import is kept from run to run, and never believed where it may not be what was written."""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from simgate.harness.sources import imports, kept_imports, modules
from simgate.harness.sources.imports import Imports, imports_of
from simgate.harness.sources.kept_imports import KeptImports

TEXT = b"from . import near\nimport far\n\ndef files():\n    pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "simgate" / "imports"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packages of the modules that were really read."""
    found = []

    def read(text: bytes, package: str) -> Imports:
        found.append(package)
        return imports_of(text, package)

    monkeypatch.setattr(kept_imports, "imports_of", read)
    return found


def ask(package: str = "acme") -> Imports:
    kept = KeptImports()
    found = kept.of(TEXT, hashlib.sha256(TEXT).hexdigest(), package)
    kept.save()
    return found


def test_a_module_is_read_once_for_each_package_that_it_lies_in(folder: Path, reads: list[str]) -> None:
    asked = [ask(), ask(), ask("other"), ask("other")]
    assert asked == [imports_of(TEXT, "acme")] * 2 + [imports_of(TEXT, "other")] * 2
    assert asked[0].functions == frozenset({"files"})
    assert reads == ["acme", "other"]


def test_what_is_damaged_or_what_others_may_write_is_read_anew(folder: Path, reads: list[str]) -> None:
    ask()
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    whole = file.read_bytes()
    for content in (whole.replace(b"far", b"bar"), whole[:-1], b"", b"\xff"):
        file.write_bytes(content)
        assert ask() == imports_of(TEXT, "acme")
    assert file.read_bytes() == whole
    file.chmod(0o666)
    ask()
    assert reads == ["acme"] * 6


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [ask(), ask()] == [imports_of(TEXT, "acme")] * 2
    assert reads == ["acme"] * 2


def test_nothing_is_kept_of_a_simgate_that_lies_in_an_archive(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    monkeypatch.setattr(imports, "__file__", str(folder / "simgate.zip" / "imports.py"))
    assert [ask(), ask()] == [imports_of(TEXT, "acme")] * 2
    assert reads == ["acme"] * 2 and not folder.exists()


def test_a_cache_that_is_full_keeps_what_the_run_has_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    monkeypatch.setattr(kept_imports, "_MOST", 2)
    for package in ("a", "b", "c", "c", "b"):
        ask(package)
    assert reads == ["a", "b", "c", "b"]


def test_owners_of_modules_are_those_that_python_says() -> None:
    ours, pythons = modules._owners(tuple(sys.path)), packages_distributions()
    importable = {top for top in {*ours, *pythons} if top.isidentifier()}
    assert {"numpy", "yaml", "simgate"} <= importable
    assert {top: sorted(ours.get(top, ())) for top in importable} == {
        top: sorted(pythons.get(top, ())) for top in importable
    }
