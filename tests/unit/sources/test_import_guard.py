"""Only what was planned can be imported: from the bytes that were checked."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simgate.harness.sources.closure import code_of
from simgate.harness.sources.import_guard import ImportGuard, NotAsPlanned
from tests.unit.sources.packages import on_path, write


@contextmanager
def guarded(module: str, is_strict: bool = True) -> Iterator[ImportGuard]:
    guard = ImportGuard({"policy acme": code_of(module).files}, is_strict)
    guard.watch()
    try:
        yield guard
    finally:
        guard.close()


def test_what_is_as_planned_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, acme__policy="from acme.gains import KP\n", acme__gains="KP = 3\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme.policy"):
        assert importlib.import_module("acme.policy").KP == 3


def test_a_module_that_was_edited_since_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme__policy="from acme.gains import KP\n", acme__gains="KP = 3\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme.policy"):
        write(tmp_path, acme__gains="KP = 4\n")
        with pytest.raises(NotAsPlanned, match=r"policy acme: acme/gains\.py \(.*\) is not what the run was"):
            importlib.import_module("acme.policy")


def test_a_plugin_cannot_swallow_the_refusal_as_a_missing_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optional = "try:\n    from acme import fast\nexcept ImportError:\n    fast = None\n"
    write(tmp_path, acme__policy=optional, acme__fast="x = 1\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme.policy"):
        write(tmp_path, acme__fast="x = 2\n")
        with pytest.raises(NotAsPlanned, match=r"acme/fast\.py"):
            importlib.import_module("acme.policy")


def test_an_old_pyc_of_the_same_date_and_size_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="SPEED = 6\n")
    path = tmp_path / "acme_policy.py"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    py_compile.compile(str(path))
    path.write_text("SPEED = 9\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    on_path(monkeypatch, tmp_path)
    assert importlib.import_module("acme_policy").SPEED == 6, "Python itself is deceived"
    monkeypatch.delitem(sys.modules, "acme_policy")
    with guarded("acme_policy"):
        assert importlib.import_module("acme_policy").SPEED == 9


def test_a_module_that_was_loaded_before_is_held_against_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="SPEED = 6\n")
    on_path(monkeypatch, tmp_path)
    importlib.import_module("acme_policy")
    planned = code_of("acme_policy").files
    write(tmp_path, acme_policy="SPEED = 70\n")
    with pytest.raises(NotAsPlanned, match=r"acme_policy\.py"):
        ImportGuard({"policy acme": planned}, False).watch()
    (tmp_path / "acme_policy.py").unlink()
    importlib.invalidate_caches()
    monkeypatch.setattr(sys.modules["acme_policy"], "__spec__", None)
    with pytest.raises(NotAsPlanned, match="it is gone"):
        ImportGuard({"policy acme": planned}, False).watch()


def test_a_process_of_its_own_refuses_modules_of_the_package_that_the_plan_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme__policy="", acme__later="x = 1\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme.policy"), pytest.raises(NotAsPlanned, match=r"acme/later\.py .* list it in files\(\)"):
        importlib.import_module("acme.later")
    with guarded("acme.policy", is_strict=False):
        assert importlib.import_module("acme.later").x == 1


def test_a_module_that_the_plugin_lists_as_its_file_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme__policy="", acme__later="x = 1\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme.policy") as guard:
        guard.allowed.add(tmp_path / "acme" / "later.py")
        assert importlib.import_module("acme.later").x == 1


def test_after_it_is_closed_everything_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="SPEED = 6\n")
    on_path(monkeypatch, tmp_path)
    with guarded("acme_policy"):
        write(tmp_path, acme_policy="SPEED = 9\n")
    assert importlib.import_module("acme_policy").SPEED == 9
