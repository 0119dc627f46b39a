"""Nothing inside an evidence package can be changed unseen."""

from __future__ import annotations

import base64
import json
import random

import pytest

from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.canonical_zip import read_zip
from simgate.harness.evidence.signing import key_id, make_key_pair, read_private_key, read_public_key
from simgate.harness.evidence.statement import ENVELOPE, STATEMENT, make_statement
from simgate.harness.evidence.verify import verify_evidence
from simgate.harness.gate.verdict import Decision, Verdict
from tests.unit.evidence.packages import GATE, files_of, flipped
from tests.unit.evidence.runs import hashed_all, small_run, zipped

pytest.importorskip("cryptography", reason="needs the extra evidence")


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
