"""Only what was planned can be imported: from the bytes that were checked."""

from __future__ import annotations

import hashlib
import importlib
import os
import py_compile
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from simgate.harness.sources.closure import code_of
from simgate.harness.sources.import_guard import ImportGuard, NotAsPlanned
from tests.unit.sources.packages import direct_url, install, on_path, write


@contextmanager
def guarded(module: str, is_strict: bool = True) -> Iterator[ImportGuard]:
    guard = ImportGuard({"policy acme": code_of(module).files}, is_strict)
    guard.watch()
    guard.settle()
    try:
        yield guard
    finally:
        guard.close()


OnDisk = Callable[..., None]


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnDisk:
    """Writes modules, as :func:`write` has them, and puts their folder first on the search path."""

    def put(**files: str) -> None:
        write(tmp_path, **files)
        on_path(monkeypatch, tmp_path)

    return put


def test_what_is_as_planned_is_imported(on_disk: OnDisk) -> None:
    on_disk(acme__policy="from acme.gains import KP\n", acme__gains="KP = 3\n")
    with guarded("acme.policy"):
        assert importlib.import_module("acme.policy").KP == 3


def test_two_that_stand_before_one_process_both_look(on_disk: OnDisk, tmp_path: Path) -> None:
    on_disk(acme__policy="from acme.gains import KP\n", acme__gains="KP = 3\n")
    with guarded("acme.policy"), guarded("acme.policy"):
        assert importlib.import_module("acme.policy").KP == 3
        write(tmp_path, acme__late="")
        with pytest.raises(NotAsPlanned, match=r"acme/late\.py"):
            importlib.import_module("acme.late")


def test_a_module_that_was_edited_since_is_refused_by_name(on_disk: OnDisk, tmp_path: Path) -> None:
    on_disk(acme__policy="from acme.gains import KP\n", acme__gains="KP = 3\n")
    with guarded("acme.policy"):
        write(tmp_path, acme__gains="KP = 4\n")
        with pytest.raises(NotAsPlanned, match=r"policy acme: acme/gains\.py \(.*\) is not what the run was"):
            importlib.import_module("acme.policy")


def test_a_plugin_cannot_swallow_the_refusal_as_a_missing_module(on_disk: OnDisk, tmp_path: Path) -> None:
    optional = "try:\n    from acme import fast\nexcept ImportError:\n    fast = None\n"
    on_disk(acme__policy=optional, acme__fast="x = 1\n")
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
    on_disk: OnDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk(acme_policy="SPEED = 6\n")
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
    on_disk: OnDisk,
) -> None:
    on_disk(acme__policy="", acme__later="x = 1\n")
    with (
        guarded("acme.policy"),
        pytest.raises(NotAsPlanned, match=r"acme/later\.py .* list it in files\(options\)"),
    ):
        importlib.import_module("acme.later")
    with guarded("acme.policy", is_strict=False):
        assert importlib.import_module("acme.later").x == 1


def test_a_module_that_the_plugin_lists_as_its_file_is_let_in(on_disk: OnDisk, tmp_path: Path) -> None:
    on_disk(acme__policy="", acme__later="x = 1\n")
    with guarded("acme.policy") as guard:
        guard.allowed[tmp_path / "acme" / "later.py"] = hashlib.sha256(b"x = 1\n").hexdigest()
        assert importlib.import_module("acme.later").x == 1
        del sys.modules["acme.later"]
        write(tmp_path, acme__later="x = 2\n")
        with pytest.raises(NotAsPlanned, match=r"acme/later\.py .* its sha256 was"):
            importlib.import_module("acme.later")


def test_after_it_is_closed_everything_can_be_imported(on_disk: OnDisk, tmp_path: Path) -> None:
    on_disk(acme_policy="SPEED = 6\n")
    with guarded("acme_policy"):
        write(tmp_path, acme_policy="SPEED = 9\n")
    assert importlib.import_module("acme_policy").SPEED == 9


COMPUTED = {
    "import_module": "import importlib\ndef load(x): return importlib.import_module(f'{x}.gains')\n",
    "__import__": "def load(x): return __import__(f'{x}.gains', fromlist=['gains'])\n",
    "a library": "import pkgutil\ndef load(x): return pkgutil.resolve_name(f'{x}.gains')\n",
    "a late path": "import sys\ndef load(x):\n    sys.path.insert(0, OTHER)\n    import other.gains\n    return other.gains\n",
}


@pytest.mark.parametrize("how", COMPUTED)
def test_code_of_another_package_that_no_release_answers_for_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    write(tmp_path / "a", acme__policy=f"OTHER = {str(tmp_path / 'b')!r}\n" + COMPUTED[how])
    other = write(tmp_path / "b", other__gains="KP = 1\n")
    on_path(monkeypatch, tmp_path / "a", *([] if how == "a late path" else [other]))
    for name in ("other", "other.gains"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    said = r"policy acme: other/__init__\.py \(.*\) is not what .* import it by its name, or list it in files"
    with guarded("acme.policy"), pytest.raises(NotAsPlanned, match=said):
        importlib.import_module("acme.policy").load("other")


def test_what_a_release_or_python_answers_for_and_what_others_import_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a", acme__policy=COMPUTED["import_module"].replace(".gains", ""))
    released = write(tmp_path / "b", bought__gains="KP = 1\n")
    install(released, "bought", "1.0", "bought")
    own = write(tmp_path / "c", other__gains="KP = 1\n")
    on_path(monkeypatch, tmp_path / "a", released, own)
    for name in ("bought", "other", "wave"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with guarded("acme.policy"):
        load = importlib.import_module("acme.policy").load
        assert load("bought") and load("wave")
        assert importlib.import_module("other")


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [(direct_url(dir_info={}), True), (direct_url(archive_info={"hashes": {"sha256": "ab"}}), False)],
    ids=["from a folder", "from an archive with its hash"],
)
def test_what_was_installed_from_a_folder_is_no_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, is_refused: bool
) -> None:
    write(tmp_path / "a", acme__policy=COMPUTED["import_module"].replace(".gains", ""))
    other = write(tmp_path / "b", other__gains="KP = 1\n")
    install(other, "other", "1.0", "other", direct_url_json=url)
    on_path(monkeypatch, tmp_path / "a", other)
    monkeypatch.delitem(sys.modules, "other", raising=False)
    refused = pytest.raises(NotAsPlanned, match="other/__init__") if is_refused else nullcontext()
    with guarded("acme.policy"), refused:
        importlib.import_module("acme.policy").load("other")


def test_modules_of_a_simulator_that_belong_to_no_distribution_are_its_installations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a", acme__policy=COMPUTED["import_module"].replace(".gains", ""))
    extension = write(tmp_path / "isaac" / "exts" / "omni.things", omni_things__gains="KP = 1\n")
    on_path(monkeypatch, tmp_path / "a", extension)
    monkeypatch.delitem(sys.modules, "omni_things", raising=False)
    with guarded("acme.policy"):
        load = importlib.import_module("acme.policy").load
        with pytest.raises(NotAsPlanned):
            load("omni_things")
        monkeypatch.setenv("ISAAC_PATH", str(tmp_path / "isaac"))
        assert load("omni_things")


def test_a_listed_module_that_is_loaded_before_the_list_is_known_is_held_against_it(
    on_disk: OnDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = COMPUTED["import_module"] + "load('other')\n"
    on_disk(acme__policy=early, other__gains="KP = 1\n")
    for listed in (("__init__", "gains"), ("__init__",)):
        for name in ("acme.policy", "other", "other.gains"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        guard = ImportGuard({"policy acme": code_of("acme.policy").files}, True)
        guard.watch()
        try:
            importlib.import_module("acme.policy")
            for name in listed:
                path = tmp_path / "other" / f"{name}.py"
                guard.allowed[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            with nullcontext() if len(listed) == 2 else pytest.raises(NotAsPlanned, match=r"other/gains\.py"):
                guard.settle()
        finally:
            guard.close()
