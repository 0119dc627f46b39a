"""Baselines in a store that machines share: a folder, and an object store through fsspec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.gate.comparing.baseline_copy import keep_baseline
from simgate.harness.gate.comparing.baseline_store import NoBaseline
from simgate.harness.gate.comparing.comparability import machine_class, pack_digest
from simgate.harness.gate.comparing.first_baseline import declare_first
from simgate.harness.gate.comparing.shared_baselines import SharedBaselines
from simgate.harness.gate.decide import decide_folder
from simgate.harness.results.journal import append_record
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.pairs import REGRESSION, run_of


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(params=["folder", "memory"])
def address(request, tmp_path):
    if request.param == "folder":
        yield str(tmp_path / "share" / "baselines")
        return
    fsspec = pytest.importorskip("fsspec", reason="reads object stores")
    yield "memory://bucket/baselines"
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


def a_run(runs: Path, name: str, letters: str, **made: object) -> RunFolder:
    manifest, records = run_of(letters, REGRESSION, made=made)
    folder = RunFolder(runs / name)
    folder.create()
    folder.manifest_path.write_text(manifest.model_copy(update={"run_id": name}).model_dump_json())
    for record in records:
        append_record(folder.journal_path, record)
    folder.keep_host(0, {"adapter": {"version": "4.0.0", "renderer": "EGL"}, "runtime": None})
    return folder


def key(folder: RunFolder) -> tuple[str, str]:
    manifest = folder.manifest()
    return pack_digest(manifest.pack), machine_class(manifest.fingerprint)


def test_a_run_is_found_again_on_another_machine_with_all_of_its_evidence(address, tmp_path) -> None:
    folder = a_run(tmp_path / "here", "night-1", "PFP")
    SharedBaselines(address).put("main", folder, "GO")
    wanted = key(folder)
    there = SharedBaselines(address)
    found = there.folder_of(there.find("main", *wanted))
    assert found.manifest() == folder.manifest()
    assert found.records() == folder.records()
    assert found.fingerprint() == folder.fingerprint()
    assert not found.path.is_relative_to(tmp_path / "here")
    assert there.folder_of(there.find("main", *wanted)).path == found.path, "fetched once"


def test_what_a_run_was_held_against_and_that_it_is_the_first_come_along(address, tmp_path) -> None:
    first, later = (a_run(tmp_path / "here", name, "P" * 200) for name in ("first", "later"))
    declare_first(first, "main")
    keep_baseline(later, first, None)
    for folder in (first, later):
        store = SharedBaselines(address)
        there = store.folder_of(store.put("main", folder, "GO"))
        assert decide_folder(there).rules == decide_folder(folder).rules
        assert "needs --baseline" not in decide_folder(there).rules[0].statement


def test_a_baseline_without_a_model_is_that_of_its_policy(address, tmp_path) -> None:
    folder = a_run(tmp_path / "here", "night-1", "PP", model="")
    assert SharedBaselines(address).put("main", folder, "GO").model.startswith("policy ")


def test_a_name_stands_for_its_last_run_and_is_kept_per_machine(address, tmp_path) -> None:
    store = SharedBaselines(address)
    for name in ("night-1", "night-2"):
        store.put("main", a_run(tmp_path / "runs", name, "PPP"), "GO")
    other = a_run(tmp_path / "runs", "elsewhere", "PPP", machine="Linux arm64")
    store.put("main", other, "GO")
    assert [entry.run_id for entry in store.all()] == ["elsewhere", "night-2"]
    assert store.find("main", *key(other)).run_id == "elsewhere"


def test_the_commands_take_the_store(address, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    a_run(tmp_path / "a", "old", "PPP")
    new = a_run(tmp_path / "b", "new", "PPP", model="door_detector 2.0")
    assert main(["baseline", "set", "main", "a/old", "--store", address]) == 0
    assert main(["baseline", "list", "--store", address]) == 0
    assert main(["baseline", "show", "main", "--store", address]) == 0
    assert "old" in capsys.readouterr().out
    assert main(["compare", "main", str(new.path), "--baseline-store", address, "--replay", "0"]) in (0, 20)
    assert main(["compare", "other", str(new.path), "--baseline-store", address]) == 2
    assert f"baselines in {address}: main" in capsys.readouterr().err


def test_what_was_changed_in_the_store_is_not_used(tmp_path) -> None:
    share = tmp_path / "share"
    folder = a_run(tmp_path / "runs", "night-1", "PPP")
    store = SharedBaselines(str(share))
    entry = store.put("main", folder, "GO")
    path = share / entry.run
    whole = path.read_bytes()
    for content in (whole[:-1], b"", b"PK"):
        path.write_bytes(content)
        with pytest.raises(NoBaseline, match="is not what was put there"):
            store.folder_of(entry)
    path.unlink()
    with pytest.raises(NoBaseline, match="cannot be read"):
        store.folder_of(entry)
    assert not list((tmp_path / "cache").rglob("manifest.json"))


@pytest.mark.parametrize(
    "change",
    [
        {"run": "../../etc/passwd"},
        {"run": "runs/../secret.zip"},
        {"sha256": "../../../home"},
        {"run_id": "../../up"},
        {"sha256": ""},
    ],
)
def test_an_entry_leads_nobody_out_of_store_or_cache(tmp_path, change) -> None:
    share = tmp_path / "share"
    store = SharedBaselines(str(share))
    store.put("main", a_run(tmp_path / "runs", "night-1", "PPP"), "GO")
    (path,) = share.glob("main/*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (entry,) = store.all()
    with pytest.raises(NoBaseline, match="is damaged"):
        store.folder_of(entry)


@pytest.mark.parametrize("name", ["runs", "..", ".hidden", "a b", "x\ny", ""])
def test_names_that_are_no_place_in_a_store_are_refused(tmp_path, name) -> None:
    with pytest.raises(NoBaseline, match="cannot be a name"):
        SharedBaselines(str(tmp_path)).put(name, a_run(tmp_path / "r", "n", "PPP"), "GO")


def test_a_store_that_cannot_be_reached_is_one_sentence(monkeypatch) -> None:
    with pytest.raises(NoBaseline, match="nosuchscheme://x cannot be used"):
        SharedBaselines("nosuchscheme://x")


def test_damaged_entries_are_named(tmp_path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "x.json").write_text("{")
    with pytest.raises(
        NoBaseline, match=r"main/x\.json cannot be read: [iI]nvalid JSON: .*; mend or delete it"
    ):
        SharedBaselines(str(tmp_path)).all()
