"""Evidence packages: what is inside, and that nothing inside can be changed unseen."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import random
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.evidence.build import NotEvidence, build_evidence
from simgate.harness.evidence.canonical_zip import contents, read_zip
from simgate.harness.evidence.signing import key_id, make_key_pair, read_private_key, read_public_key
from simgate.harness.evidence.statement import ENVELOPE, STATEMENT, make_statement
from simgate.harness.evidence.verify import verify_evidence
from simgate.harness.gate.verdict import Decision, Verdict
from simgate.harness.packs.loader import pack_files
from simgate.harness.packs.model import GateRule
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from tests.unit.evidence.runs import PACK, hashed_all, small_run, zipped
from tests.unit.reports.factory import PARTS

pytest.importorskip("cryptography", reason="needs the extra evidence")

GATE = (GateRule(kind="pass_rate", at_least=0.5, confidence=0.9),)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture(scope="module")
def folder(place) -> RunFolder:
    return small_run(place, gate=GATE)


@pytest.fixture(scope="module")
def keys(place):
    private, public = make_key_pair(place / "signer")
    return read_private_key(private), read_public_key(public)


@pytest.fixture(scope="module")
def signed(place, folder, keys) -> bytes:
    return build_evidence(folder, place / "signed.zip", keys[0]).path.read_bytes()


def files_of(data):
    return contents(read_zip(data)[0])


def flipped(data, position):
    changed = bytearray(data)
    changed[position] ^= 1 << (position % 8)
    return bytes(changed)


class TestWhatIsInside:
    def test_everything_that_the_decision_rests_on(self, signed):
        assert set(files_of(signed)) == {
            "run/manifest.json",
            "run/journal.ndjson",
            "run/verdict.json",
            "run/junit.xml",
            "run/report.html",
            "packs/pack.yaml",
            "packs/common/base.yaml",
            "model/model.yaml",
            "model/weights.onnx",
            "model/card.md",
            "environment.json",
            "readiness.json",
            "traceability.csv",
            "traceability.json",
            "index.html",
            STATEMENT,
            ENVELOPE,
        }

    def test_the_statement_names_every_file_with_its_hash(self, signed):
        files = files_of(signed)
        statement = json.loads(files[STATEMENT])
        assert statement["_type"] == "https://in-toto.io/Statement/v1"
        hashes = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
        assert hashes == {
            name: hashlib.sha256(content).hexdigest()
            for name, content in files.items()
            if name not in (STATEMENT, ENVELOPE)
        }
        assert statement["predicate"]["result"] == "PASSED"
        assert statement["predicate"]["simgate"]["decision"] == "GO"

    def test_the_same_run_and_key_give_the_same_bytes(self, place, folder, keys, signed):
        assert build_evidence(folder, place / "again.zip", keys[0]).path.read_bytes() == signed

    def test_what_was_replayed_since_changes_no_byte_unless_recordings_are_asked_for(self, tmp_path, keys):
        folder = small_run(tmp_path, gate=GATE)
        before = build_evidence(folder, tmp_path / "e.zip", keys[0]).path.read_bytes()
        replayed = folder.path / "replays" / "v0000-1" / "frames" / "end.png"
        replayed.parent.mkdir(parents=True)
        replayed.write_bytes(b"a picture")
        assert build_evidence(folder, tmp_path / "e.zip", keys[0]).path.read_bytes() == before
        built = build_evidence(folder, tmp_path / "e.zip", recordings=True)
        assert "run/replays/v0000-1/frames/end.png" in files_of(built.path.read_bytes())

    def test_the_matrix_leads_from_requirements_to_variants(self, signed):
        files = files_of(signed)
        rows = list(csv.DictReader(io.StringIO(files["traceability.csv"].decode())))
        assert [r["variant"] for r in rows if r["requirement"] == "NAV-002"] == [
            f"open_doorway::v{k:04d}" for k in range(3)
        ]
        assert {r["requirement"] for r in rows} == {"NAV-002", "NAV-012", "PER-003", "(none)"}
        assert {r["outcome"] for r in rows} == {"PASS"}
        matrix = json.loads(files["traceability.json"])
        assert [(one["requirement"], one["standing"]) for one in matrix] == [
            ("NAV-002", "all passed"),
            ("NAV-012", "all passed"),
            ("PER-003", "all passed"),
            ("(none)", "all passed"),
        ]

    def test_the_checklist_answers_from_the_run(self, signed):
        readiness = json.loads(files_of(signed)["readiness.json"])
        answers = {check["question"]: check["answer"] for check in readiness["checks"]}
        assert readiness["ready"] is True
        assert answers["Is the gate's decision GO?"] == "yes"
        assert answers["Is the pack as it ran in here?"] == "yes"
        assert answers["Is the model as it ran in here?"] == "yes"
        assert answers["Is the code that ran known by its hashes?"] == "yes"
        assert answers["Does every scenario name a requirement?"] == "no"
        assert answers["Was it compared with a baseline?"] == "no"
        assert answers["Is this package signed?"] == "yes"

    def test_the_statement_names_the_code_that_ran_by_its_hash(self, signed):
        configuration = json.loads(files_of(signed)[STATEMENT])["predicate"]["configuration"]
        named = {one["name"]: one["digest"]["sha256"] for one in configuration}
        assert set(named) == {"pack", "model.yaml", "simgate", "policy door_navigator"}
        assert named["policy door_navigator"] == PARTS[1].sha256

    def test_a_run_whose_code_is_not_known_is_not_ready(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE)
        manifest = json.loads(folder.manifest_path.read_text())
        del manifest["fingerprint"]["parts"]
        folder.manifest_path.write_text(json.dumps(manifest))
        readiness = json.loads(
            files_of(build_evidence(folder, tmp_path / "e.zip").path.read_bytes())["readiness.json"]
        )
        check = next(c for c in readiness["checks"] if c["question"].startswith("Is the code that ran"))
        assert (readiness["ready"], check["answer"]) == (False, "not known")
        assert "kept no hashes" in check["detail"]

    def test_a_run_with_gaps_is_not_ready_and_its_requirement_is_open(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE, skip=frozenset({5}), invalid=frozenset({1}))
        built = build_evidence(folder, tmp_path / "e.zip")
        files = files_of(built.path.read_bytes())
        matrix = {one["requirement"]: one for one in json.loads(files["traceability.json"])}
        assert matrix["NAV-002"]["standing"] == "open"
        assert matrix["NAV-002"]["summary"] == "2 passed, 1 missing of 3 variants"
        assert matrix["NAV-012"]["standing"] == "open"
        assert json.loads(files["readiness.json"])["ready"] is False
        assert json.loads(files[STATEMENT])["predicate"]["result"] == "FAILED"

    def test_a_pack_that_has_changed_since_is_left_out_and_said(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE)
        (tmp_path / "packs" / "common" / "base.yaml").write_text("policy: door_navigator\n# later\n")
        (tmp_path / "model" / "weights.onnx").write_bytes(b"others")
        built = build_evidence(folder, tmp_path / "e.zip")
        assert "has changed since the run" in built.remarks[0]
        assert "model package can no longer be read" in built.remarks[1]
        assert not [
            name for name in files_of(built.path.read_bytes()) if name.startswith(("packs/", "model/"))
        ]

    def test_external_weights_and_sidecars_of_plans_are_in(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE)
        model = tmp_path / "model" / "model.yaml"
        (model.parent / "weights.onnx.data").write_bytes(b"most of the weights")
        (model.parent / "gpu.plan").write_bytes(b"a plan")
        (model.parent / "gpu.plan.json").write_text("{}")
        data, plan = (hashlib.sha256(content).hexdigest() for content in (b"most of the weights", b"a plan"))
        before = hashlib.sha256(model.read_bytes()).hexdigest()
        told = f", external_data: [{{file: weights.onnx.data, sha256: {data}}}]}}"
        told += f"\n  - {{kind: tensorrt, file: gpu.plan, sha256: {plan}}}\nlatency:"
        model.write_text(model.read_text().replace("}\nlatency:", told))
        after = hashlib.sha256(model.read_bytes()).hexdigest()
        folder.manifest_path.write_text(folder.manifest_path.read_text().replace(before, after))
        built = build_evidence(folder, tmp_path / "e.zip")
        inside = {name for name in files_of(built.path.read_bytes()) if name.startswith("model/")}
        names = ("model.yaml", "weights.onnx", "weights.onnx.data", "gpu.plan", "gpu.plan.json", "card.md")
        assert inside == {f"model/{name}" for name in names}
        assert built.remarks == []

    def test_a_model_card_that_is_gone_is_said_and_costs_nothing_else(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE)
        (tmp_path / "model" / "card.md").unlink()
        built = build_evidence(folder, tmp_path / "e.zip")
        assert built.remarks == ["the model card card.md, which model.yaml names, is not there"]
        assert "model/weights.onnx" in files_of(built.path.read_bytes())

    def test_a_verdict_that_was_edited_is_not_packed(self, tmp_path):
        folder = small_run(tmp_path, gate=(GateRule(kind="pass_rate", at_least=0.99),))
        build_evidence(folder, tmp_path / "e.zip")
        text = folder.verdict_path.read_text().replace('"INCONCLUSIVE"', '"GO"')
        folder.verdict_path.write_text(text)
        with pytest.raises(NotEvidence, match="simgate gate"):
            build_evidence(folder, tmp_path / "e.zip")
        assert folder.verdict_path.read_text() == text

    def test_a_spreadsheet_is_given_no_formula(self, tmp_path):
        change = {"glass_door::v0000": {"outcome": Outcome.FAIL, "reason": "=cmd()"}}
        built = build_evidence(small_run(tmp_path, gate=GATE, changes=change), tmp_path / "e.zip")
        assert ",'=cmd()," in files_of(built.path.read_bytes())["traceability.csv"].decode()


class TestVerify:
    def test_an_untouched_package_is_sound_and_its_signature_holds(self, signed, keys):
        report = verify_evidence(signed, keys[1])
        assert report.findings == ()
        assert report.signature_checked
        assert report.signers == (key_id(keys[1]),)

    def test_outcomes_that_contradict_their_criteria_prove_nothing_in_a_package_either(self, tmp_path):
        folder = small_run(tmp_path, gate=GATE)
        records = [json.loads(line) for line in folder.journal_path.read_text().splitlines()]
        for record in records:
            for criterion in record["criteria"]:
                criterion["outcome"] = "FAIL"
        folder.journal_path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        built = build_evidence(folder, tmp_path / "e.zip").path.read_bytes()
        report = verify_evidence(built, None)
        assert report.findings == ()
        assert report.verdict.decision is Decision.INCONCLUSIVE
        assert report.verdict.rules[0].invalid == len(records)

    def test_every_flipped_byte_is_found_and_its_place_named(self, signed, keys):
        """A sample of headers, directory, end, the ends of every file, and every 997th byte of the rest."""
        entries, _ = read_zip(signed)
        owner = {}
        for entry in entries:
            inside = range(entry.offset, entry.offset + len(entry.content))
            owner |= dict.fromkeys(inside, entry.name)
        ends = {p for e in entries if e.content for p in (e.offset, e.offset + len(e.content) - 1)}
        positions = {p for p in range(len(signed)) if p not in owner or p in ends or p % 997 == 0}
        for position in random.Random(1).sample(sorted(positions), 120):
            report = verify_evidence(flipped(signed, position), keys[1])
            assert not report.is_sound, position
            if position in owner:
                named = {finding.name for finding in report.findings}
                assert owner[position] in named, (position, report.findings)
            else:
                assert position in {finding.offset for finding in report.findings}, position

    def test_a_flipped_byte_of_a_file_is_named_with_its_former_value(self, signed, keys):
        entry = next(e for e in read_zip(signed)[0] if e.name == "run/journal.ndjson")
        report = verify_evidence(flipped(signed, entry.offset + 4321), keys[1])
        [finding] = report.findings
        assert finding.offset == entry.offset + 4321
        assert finding.message.startswith("byte 4321 is ")

    def test_without_a_key_a_flipped_byte_is_found_as_well(self, signed):
        for entry in read_zip(signed)[0]:
            report = verify_evidence(flipped(signed, entry.offset + len(entry.content) // 2))
            assert entry.name in {finding.name for finding in report.findings}

    def test_an_added_file_is_found(self, signed, keys):
        report = verify_evidence(zipped(files_of(signed) | {"run/extra.txt": b"hello"}), keys[1])
        assert [finding.name for finding in report.findings] == ["run/extra.txt"]
        assert "was added" in report.findings[0].message

    @pytest.mark.parametrize(
        "name", ["run/journal.ndjson", "run/verdict.json", "model/model.yaml", "index.html"]
    )
    def test_a_removed_file_is_found(self, signed, keys, name):
        files = files_of(signed)
        del files[name]
        report = verify_evidence(zipped(files), keys[1])
        assert f"{name}: was removed" in map(str, report.findings)

    def test_a_removed_statement_or_signature_is_found(self, signed, keys):
        for name in (STATEMENT, ENVELOPE):
            files = files_of(signed)
            del files[name]
            assert name in {finding.name for finding in verify_evidence(zipped(files), keys[1]).findings}

    def test_a_swapped_verdict_is_found_even_when_everything_else_was_made_to_fit(self, signed, folder):
        files = files_of(signed)
        verdict = Verdict.model_validate_json(files["run/verdict.json"])
        swapped = verdict.model_copy(update={"decision": Decision.NO_GO})
        files["run/verdict.json"] = swapped.model_dump_json(indent=2).encode()
        del files[STATEMENT], files[ENVELOPE]
        files[STATEMENT] = make_statement(hashed_all(files), swapped, folder.fingerprint())
        report = verify_evidence(zipped(files))
        assert [finding.name for finding in report.findings] == ["run/verdict.json", STATEMENT]
        assert "says NO-GO, but manifest and journal say GO" in report.findings[0].message

    def test_a_verdict_with_better_numbers_is_found(self, signed, folder):
        files = files_of(signed)
        verdict = Verdict.model_validate_json(files["run/verdict.json"])
        better = verdict.model_copy(update={"headline": "GO: perfect", "notes": ()})
        files["run/verdict.json"] = better.model_dump_json().encode()
        del files[STATEMENT], files[ENVELOPE]
        files[STATEMENT] = make_statement(hashed_all(files), better, folder.fingerprint())
        assert "they differ in headline" in verify_evidence(zipped(files)).findings[0].message

    def test_a_package_made_anew_with_another_key_is_not_believed(
        self, place, tmp_path, folder, keys, signed
    ):
        private, public = make_key_pair(tmp_path / "forger")
        forged = build_evidence(folder, tmp_path / "forged.zip", read_private_key(private)).path.read_bytes()
        report = verify_evidence(forged, keys[1])
        assert "not by the key given" in report.findings[0].message
        assert not report.signature_checked
        assert verify_evidence(forged, read_public_key(public)).is_sound

    def test_a_key_id_that_was_borrowed_does_not_help(self, signed, tmp_path, keys):
        """The forger puts the real key's id beside a signature of his own."""
        private, _ = make_key_pair(tmp_path / "forger")
        files = files_of(signed)
        envelope = json.loads(files[ENVELOPE])
        signature = read_private_key(private).sign(b"anything")
        envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
        files[ENVELOPE] = json.dumps(envelope).encode()
        [finding] = verify_evidence(zipped(files), keys[1]).findings
        assert "does not hold" in finding.message

    def test_a_statement_that_is_not_the_signed_one_is_found_at_its_byte(self, signed, keys):
        files = files_of(signed)
        files[STATEMENT] = files[STATEMENT].replace(b'"PASSED"', b'"passed"')
        findings = verify_evidence(zipped(files), keys[1]).findings
        assert "is not as in the signed copy" in findings[0].message

    def test_an_unsigned_package_fails_when_a_key_is_asked_for(self, place, folder, keys):
        unsigned = build_evidence(folder, place / "unsigned.zip").path.read_bytes()
        assert verify_evidence(unsigned).is_sound
        [finding] = verify_evidence(unsigned, keys[1]).findings
        assert "not signed by key" in finding.message

    @pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 100])
    def test_what_is_no_package_is_said_to_be_none(self, data):
        assert "no zip file" in verify_evidence(data).findings[0].message


class TestCommand:
    def test_keys_are_made_once_and_the_private_one_is_private(self, tmp_path, capsys):
        assert main(["evidence", "keygen", "--out", str(tmp_path / "k")]) == 0
        assert (tmp_path / "k.key").stat().st_mode & 0o077 == 0
        assert main(["evidence", "keygen", "--out", str(tmp_path / "k")]) == 2
        assert "never overwritten" in capsys.readouterr().err

    def test_build_and_verify(self, tmp_path, folder, place, capsys):
        out = tmp_path / "e.zip"
        assert main(["evidence", "build", str(folder.path), "--out", str(out)]) == 0
        assert "ready for release" in capsys.readouterr().out
        assert main(["evidence", "verify", str(out)]) == 0
        assert "NOT SIGNED" in capsys.readouterr().out
        assert main(["evidence", "verify", str(out), "--key", str(place / "signer.pub")]) == 1
        out.write_bytes(flipped(out.read_bytes(), 5000))
        assert main(["evidence", "verify", str(out)]) == 1
        assert "byte 5000 of the zip" in capsys.readouterr().out

    def test_what_cannot_be_read_is_a_users_error(self, tmp_path, folder, capsys):
        assert main(["evidence", "verify", str(tmp_path / "none.zip")]) == 2
        assert main(["evidence", "build", str(tmp_path)]) == 2
        assert main(["evidence", "build", str(folder.path), "--key", str(folder.manifest_path)]) == 2
        assert "Traceback" not in capsys.readouterr().err

    def test_without_cryptography_signing_names_the_extra(self, tmp_path, folder, monkeypatch, capsys):
        monkeypatch.setattr("simgate.harness.evidence.signing.find_spec", lambda name: None)
        assert (
            main(["evidence", "build", str(folder.path), "--key", "k", "--out", str(tmp_path / "e.zip")]) == 2
        )
        assert "simgate[evidence]" in capsys.readouterr().err
        assert main(["evidence", "build", str(folder.path), "--out", str(tmp_path / "e.zip")]) == 0
        assert main(["evidence", "verify", str(tmp_path / "e.zip")]) == 0


def test_a_link_in_a_run_takes_no_other_file_into_the_package(tmp_path, capsys):
    run = small_run(tmp_path, gate=GATE)
    (tmp_path / "id_ed25519").write_text("secret of the user")
    (run.path / "notes.txt").symlink_to(tmp_path / "id_ed25519")
    assert main(["evidence", "build", str(run.path), "--out", str(tmp_path / "e.zip")]) == 2
    assert "notes.txt: it leads out of" in capsys.readouterr().err
    assert not (tmp_path / "e.zip").exists()


def test_a_pipe_or_a_device_is_no_package_and_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "e.zip")
    for path, words in ((tmp_path / "e.zip", "a pipe"), (Path("/dev/zero"), "a device")):
        assert main(["evidence", "verify", str(path)]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("is_repository", [True, False])
def test_a_file_that_a_pack_reads_from_elsewhere_comes_along_only_out_of_the_packs_own_repository(
    tmp_path, monkeypatch, is_repository
):
    """``extends: ../common.yaml`` is everyday; a stranger's pack may name any file of whoever packs it."""
    folder = small_run(tmp_path, gate=GATE)
    packs = tmp_path / "packs"
    (packs / "common" / "base.yaml").rename(tmp_path / "common.yaml")
    (packs / "pack.yaml").write_text(PACK.replace("common/base.yaml", "../common.yaml"))
    manifest = folder.manifest()
    digest = pack_files(packs / "pack.yaml")[1]
    pack = {**manifest.pack, "source_sha256": digest}
    write_atomic(folder.manifest_path, manifest.model_copy(update={"pack": pack}).model_dump_json(indent=1))
    monkeypatch.chdir(packs)
    if is_repository:
        (tmp_path / ".git").mkdir()
    built = build_evidence(folder, tmp_path / "e.zip")
    names = [name for name in files_of(built.path.read_bytes()) if name.startswith("packs/")]
    if is_repository:
        assert names == ["packs/common.yaml", "packs/packs/pack.yaml"]
    else:
        assert names == []
        assert f"the pack reads {tmp_path / 'common.yaml'}, outside of {packs}" in built.remarks[0]
