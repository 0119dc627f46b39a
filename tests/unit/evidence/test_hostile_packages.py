"""Whoever makes a package can put anything into it: `verify` answers, and never says that it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.canonical_zip import contents, read_zip
from simgate.harness.evidence.signing import make_key_pair, read_private_key, read_public_key, sign
from simgate.harness.evidence.statement import ENVELOPE, STATEMENT, make_statement
from simgate.harness.evidence.verify import Report, verify_evidence
from simgate.harness.gate.verdict import Verdict
from simgate.harness.packs.model import GateRule
from simgate.harness.results.run_folder import RunFolder
from tests.unit.evidence.runs import hashed_all, small_run, zipped

pytest.importorskip("cryptography", reason="needs the extra evidence")

GATE = (GateRule(kind="pass_rate", at_least=0.5, confidence=0.9),)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> RunFolder:
    return small_run(tmp_path_factory.mktemp("hostile"), gate=GATE)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    private, public = make_key_pair(tmp_path_factory.mktemp("keys") / "signer")
    return read_private_key(private), read_public_key(public)


@pytest.fixture(scope="module")
def whole(folder, keys, tmp_path_factory) -> bytes:
    return build_evidence(folder, tmp_path_factory.mktemp("out") / "e.zip", keys[0]).path.read_bytes()


def signed_anew(whole: bytes, keys, folder: RunFolder, statement=None, **files: bytes | None) -> Report:
    """The package with other files, hashed and signed as if it were right."""
    held = contents(read_zip(whole)[0])
    verdict = Verdict.model_validate_json(held["run/verdict.json"])
    held |= {name: content for name, content in files.items() if content is not None}
    held = {
        name: content
        for name, content in held.items()
        if name not in (STATEMENT, ENVELOPE) and files.get(name, b"") is not None
    }
    if statement is None:
        statement = make_statement(hashed_all(held), verdict, folder.fingerprint())
    return verify_evidence(
        zipped({**held, STATEMENT: statement, ENVELOPE: sign(statement, keys[0])}), keys[1]
    )


def statement_of(whole: bytes) -> dict:
    return json.loads(contents(read_zip(whole)[0])[STATEMENT])


def test_the_package_itself_is_whole(whole, keys, folder):
    assert verify_evidence(whole, keys[1]).is_sound
    assert signed_anew(whole, keys, folder).is_sound


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"subject": []}, "names no files"),
        ({"subject": "twice"}, "names a file twice"),
        ({"subject": [{"name": "a", "digest": {"sha256": "z"}, "annotations": {}}]}, "cannot be read"),
        ({"predicate": {"simgate": []}}, "cannot be read"),
        ({"predicate": {"simgate": {"schemaVersion": 99}}}, "99"),
    ],
)
def test_a_signed_statement_that_says_nothing_of_the_files_is_not_whole(whole, keys, folder, changed, words):
    statement = statement_of(whole)
    if changed.get("subject") == "twice":
        changed = {"subject": statement["subject"] + statement["subject"][:1]}
    report = signed_anew(whole, keys, folder, json.dumps(statement | changed).encode())
    assert not report.is_sound
    assert any(words in finding.message for finding in report.findings if finding.name == STATEMENT)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("result", "FAILED"),
        ("passedTests", ["everything"]),
        ("failedTests", ["nothing"]),
        ("configuration", []),
        ("simgate", {"schemaVersion": 1, "decision": "GO", "model": "another 9.9"}),
        ("more", "of it"),
    ],
)
def test_a_predicate_must_follow_from_the_records_whoever_signed_it(whole, keys, folder, key, value):
    statement = statement_of(whole)
    statement["predicate"][key] = value
    report = signed_anew(whole, keys, folder, json.dumps(statement).encode())
    (finding,) = report.findings
    assert finding.name == STATEMENT
    assert f"differ in {key}" in finding.message


NAMES = ("", "a\0b", "x" * 300, "manifest.json/x", "../../escaped", "journal.ndjson/deep", "hosts")


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_in_a_signed_package_are_answered(whole, keys, folder, name, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    signed_anew(whole, keys, folder, **{f"run/{name}": b"content"})
    assert not Path(tmp_path.parent, "escaped").exists()


@pytest.mark.parametrize("name", [STATEMENT, ENVELOPE])
@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"1e999", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b'{"payload":[]}'],
)
def test_odd_statements_and_envelopes_are_findings(whole, keys, name, content):
    files = contents(read_zip(whole)[0]) | {name: content}
    assert not verify_evidence(zipped(files), keys[1]).is_sound


@FEW
@given(st.sampled_from(["run/manifest.json", "run/journal.ndjson", "run/verdict.json"]), JSON, st.data())
def test_records_of_any_kind_that_are_signed_are_answered(whole, keys, folder, name, value, data):
    held = contents(read_zip(whole)[0])[name].split(b"\n", 1)[0] if name.endswith("ndjson") else None
    record = json.loads(held or contents(read_zip(whole)[0])[name])
    key = data.draw(st.sampled_from([None, *sorted(record)]))
    crafted = value if key is None else record | {key: value}
    content = json.dumps(crafted).encode("utf-8", "replace")
    report = signed_anew(whole, keys, folder, **{name: content})
    assert report.signers, "the signer answers for what no verdict depends on; there is an answer in any case"


@FEW
@given(st.data())
def test_any_change_of_the_bytes_is_found(whole, keys, data):
    at = data.draw(st.integers(0, len(whole) - 1))
    until = at + data.draw(st.integers(0, 40))
    changed = whole[:at] + data.draw(st.binary(max_size=60)) + whole[until:]
    assert verify_evidence(changed, keys[1]).is_sound is (changed == whole)


@FEW
@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer(keys, data):
    assert not verify_evidence(data, keys[1]).is_sound
