"""Evidence packages: what is inside, and what is left out and said."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile

import pytest

from simgate.harness.evidence import build
from simgate.harness.evidence.build import NotEvidence, build_evidence
from simgate.harness.evidence.canonical_zip import zip_pieces
from simgate.harness.evidence.statement import ENVELOPE, STATEMENT
from simgate.harness.packs.loader import pack_files
from simgate.harness.packs.model import GateRule
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.record import Outcome
from tests.unit.evidence.packages import GATE, files_of
from tests.unit.evidence.runs import PACK, small_run
from tests.unit.reports.factory import PARTS

pytest.importorskip("cryptography", reason="needs the extra evidence")


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

    def test_tables_of_all_variants_wait_on_disk_and_are_gone_when_the_package_is_there(
        self, tmp_path, monkeypatch
    ):
        (scratch := tmp_path / "scratch").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        waiting = []

        def noted(files):
            waiting.extend(sorted(path.name for path in scratch.rglob("*.*")))
            yield from zip_pieces(files)

        monkeypatch.setattr(build, "zip_pieces", noted)
        build_evidence(small_run(tmp_path, gate=GATE), tmp_path / "e.zip")
        assert waiting == ["traceability.csv", "traceability.json"]
        assert not list(scratch.iterdir())

    def test_a_spreadsheet_is_given_no_formula(self, tmp_path):
        change = {"glass_door::v0000": {"outcome": Outcome.FAIL, "reason": "=cmd()"}}
        built = build_evidence(small_run(tmp_path, gate=GATE, changes=change), tmp_path / "e.zip")
        assert ",'=cmd()," in files_of(built.path.read_bytes())["traceability.csv"].decode()


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
