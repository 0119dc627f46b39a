"""``--accept-difference``: hosted runners change CPUs; what is looked past is named, and stays in the verdict."""

from __future__ import annotations

import pytest

from simgate.harness.cli.main import main
from simgate.harness.gate.comparing.baseline_copy import keep_baseline, read_evidence
from simgate.harness.gate.comparing.baseline_store import BaselineStore, NoBaseline
from simgate.harness.gate.comparing.comparability import (
    ACCEPTABLE,
    NotComparable,
    accepted_names,
    accepted_notes,
    differences,
    machine_class,
    pack_digest,
)
from simgate.harness.gate.decide import write_verdict
from simgate.harness.results.journal import append_record
from simgate.harness.results.run_folder import RunFolder
from tests.unit.gate.pairs import MADE_WITH, REGRESSION, run_of

CHANGES = {
    "machine": {"machine": "Linux x86_64 Another CPU"},
    "driver": {"driver": "560.35.03"},
    "renderer": {"renderer": "llvmpipe, 512 bits"},
    "simulator-version": {"adapter_version": "9.0"},
    "runtime": {"runtime": "tensorrt"},
    "onnxruntime": {"packages": {**MADE_WITH.packages, "onnxruntime": "9.9"}},
}
BEFORE = MADE_WITH.model_copy(update={"driver": "535.129.03"})


@pytest.mark.parametrize("name", CHANGES)
def test_only_the_named_difference_is_looked_past_and_the_notes_say_it(name: str) -> None:
    manifest = run_of("PPP")[0]
    now = BEFORE.model_copy(update=CHANGES[name])
    (found,) = differences(manifest, manifest, BEFORE, now)
    assert differences(manifest, manifest, BEFORE, now, [name]) == []
    others = [other for other in ACCEPTABLE if other != name]
    assert differences(manifest, manifest, BEFORE, now, others) == [found]
    (note,) = accepted_notes(BEFORE, now, [name])
    assert found in note and f"accepted by name: {name}" in note
    assert accepted_notes(BEFORE, now, others) == []
    assert f"--accept-difference {name}" in str(NotComparable("a", "b", [found]))


def test_what_was_run_is_never_accepted_and_no_way_out_is_offered() -> None:
    manifest = run_of("PPP")[0]
    changed = manifest.model_copy(update={"pack": {**manifest.pack, "seed": 7}})
    now = BEFORE.model_copy(update=CHANGES["machine"] | {"batch": 8})
    found = differences(manifest, changed, BEFORE, now, ACCEPTABLE)
    assert found == ["in the pack, seed was 0, is 7", "the batch size was 1, is 8"]
    assert "--accept-difference" not in str(NotComparable("a", "b", found))


@pytest.mark.parametrize("text", ["", "pack", "machine,seed", "model", "policy", "*", "all"])
def test_names_that_cannot_be_accepted_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is none of machine, simulator-version, renderer"):
        accepted_names(text)


@pytest.fixture
def two_machines(tmp_path):
    """A baseline of one machine, and a run of another that is held against it."""
    folders = []
    for name, made in (
        ("old", {}),
        ("new", {"machine": "Linux x86_64 Another CPU", "model": "door_detector 2.0"}),
    ):
        manifest, records = run_of("PPP", REGRESSION, made=made)
        folder = RunFolder(tmp_path / "runs" / name)
        folder.create()
        folder.manifest_path.write_text(manifest.model_copy(update={"run_id": name}).model_dump_json())
        for record in records:
            append_record(folder.journal_path, record)
        folders.append(folder)
    return folders


def test_a_named_baseline_of_another_machine_is_found_when_that_is_accepted(two_machines, tmp_path) -> None:
    old, new = two_machines
    store = BaselineStore(tmp_path / "runs")
    store.put("main", old, "GO")
    manifest = new.manifest()
    wanted = "main", pack_digest(manifest.pack), machine_class(manifest.fingerprint)
    with pytest.raises(NoBaseline, match="--accept-difference machine"):
        store.find(*wanted)
    assert store.find(*wanted, any_machine=True).run_id == "old"


def test_the_verdict_of_a_run_says_what_it_looked_past(two_machines) -> None:
    old, new = two_machines
    keep_baseline(new, old, None)
    (rule,) = write_verdict(new).rules
    assert "cannot be compared" in rule.reason
    accepted = new.manifest().model_copy(update={"accepted": ("machine",)})
    new.manifest_path.write_text(accepted.model_dump_json())
    verdict = write_verdict(new)
    assert "cannot be compared" not in verdict.rules[0].reason
    assert any("compared although the machine was" in note for note in verdict.notes)
    assert read_evidence(new).manifest.accepted == ("machine",)


def test_compare_takes_the_option_and_says_it(two_machines, capsys) -> None:
    old, new = two_machines
    words = ["compare", str(old.path), str(new.path), "--replay", "0"]
    assert main(words) == 2
    assert "--accept-difference machine" in capsys.readouterr().err
    assert main([*words, "--accept-difference", "machine"]) in (0, 20)
    assert "compared although the machine was" in capsys.readouterr().out
