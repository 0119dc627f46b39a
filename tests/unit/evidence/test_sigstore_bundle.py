"""Sigstore bundles in a package, as far as that goes without Sigstore's services."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.canonical_zip import contents, read_zip
from simgate.harness.evidence.signing import BadEnvelope, KeyProblem
from simgate.harness.evidence.sigstore_bundle import (
    BUNDLE,
    Identity,
    check_bundle,
    sign_with_sigstore,
    signer_of,
)
from simgate.harness.evidence.statement import STATEMENT
from simgate.harness.evidence.verify import verify_evidence
from simgate.harness.results.run_folder import RunFolder
from tests.unit.evidence.runs import small_run, zipped

WHO = Identity("release@acme.example", "https://accounts.acme.example", offline=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> RunFolder:
    return small_run(tmp_path_factory.mktemp("sigstore"))


@pytest.fixture(scope="module")
def package(folder, tmp_path_factory) -> bytes:
    """A package whose bundle is made by a stand-in that keeps what it was given."""
    out = tmp_path_factory.mktemp("out") / "e.zip"
    built = build_evidence(folder, out, sigstore=lambda statement: b"bundle of " + statement)
    assert built.sigstore
    return built.path.read_bytes()


def files_of(data):
    return contents(read_zip(data)[0])


def test_what_is_signed_is_the_statement_and_the_checklist_says_how(package):
    files = files_of(package)
    assert files[BUNDLE] == b"bundle of " + files[STATEMENT]
    readiness = json.loads(files["readiness.json"])
    [signed] = [check for check in readiness["checks"] if check["question"] == "Is this package signed?"]
    assert (signed["answer"], signed["detail"]) == ("yes", "Sigstore bundle")


def test_without_an_identity_the_bundle_is_not_believed_and_not_looked_into(package):
    report = verify_evidence(package)
    assert report.is_sound
    assert not report.signature_checked


def test_a_flipped_byte_of_the_bundle_is_found_without_sigstore(package):
    entry = next(e for e in read_zip(package)[0] if e.name == BUNDLE)
    changed = bytearray(package)
    changed[entry.offset + 20] ^= 1
    assert BUNDLE in {finding.name for finding in verify_evidence(bytes(changed)).findings}


def test_a_package_without_a_bundle_fails_when_an_identity_is_asked_for(package):
    files = files_of(package)
    del files[BUNDLE]
    [finding] = verify_evidence(zipped(files), identity=WHO).findings
    assert (finding.name, finding.message) == (BUNDLE, f"is missing: the package is not signed by {WHO}")


@pytest.mark.parametrize("refusal", ["", "names somebody else"])
def test_what_the_check_says_of_the_bundle_is_what_verify_says(package, monkeypatch, refusal):
    seen = []

    def check(bundle, statement, identity):
        seen.append((bundle, statement, identity))
        if refusal:
            raise BadEnvelope(refusal)

    monkeypatch.setattr("simgate.harness.evidence.verify.check_bundle", check)
    report = verify_evidence(package, identity=WHO)
    files = files_of(package)
    assert seen == [(files[BUNDLE], files[STATEMENT], WHO)]
    assert report.signature_checked is not bool(refusal)
    assert [finding.message for finding in report.findings] == ([refusal] if refusal else [])


class TestWithoutSigstore:
    @pytest.fixture(autouse=True)
    def _absent(self, monkeypatch):
        monkeypatch.setattr("simgate.harness.evidence.sigstore_bundle.find_spec", lambda name: None)

    def test_the_message_names_the_extra(self, package, folder, tmp_path, capsys):
        with pytest.raises(KeyProblem, match=r"simgate\[sigstore\]"):
            verify_evidence(package, identity=WHO)
        out = tmp_path / "e.zip"
        assert main(["evidence", "build", str(folder.path), "--sigstore", "--out", str(out)]) == 2
        assert "simgate[sigstore]" in capsys.readouterr().err
        assert not out.exists()


class TestCommand:
    def test_identity_and_issuer_belong_together(self, package, tmp_path, capsys):
        path = tmp_path / "e.zip"
        path.write_bytes(package)
        assert main(["evidence", "verify", str(path), "--identity", "a@b.example"]) == 2
        assert "belong together" in capsys.readouterr().err

    def test_a_token_without_sigstore_is_wrong_use(self, folder, tmp_path, capsys):
        assert main(["evidence", "build", str(folder.path), "--identity-token", "t"]) == 2
        assert "give both" in capsys.readouterr().err


class TestWithSigstore:
    """Against the real library, without its services."""

    @pytest.fixture(autouse=True)
    def _there(self):
        pytest.importorskip("sigstore", reason="needs the extra sigstore")

    @pytest.mark.parametrize("bundle", [b"", b"{}", b"\xff\x00", b"[]"])
    def test_what_is_no_bundle_is_said_to_be_none(self, bundle):
        with pytest.raises(BadEnvelope, match="no Sigstore bundle"):
            signer_of(bundle)
        with pytest.raises(BadEnvelope, match="no Sigstore bundle"):
            check_bundle(bundle, b"{}", WHO)

    def test_our_statement_is_one_that_sigstore_signs(self, package):
        from sigstore.dsse import Statement

        statement = files_of(package)[STATEMENT]
        assert Statement(statement)._contents == statement

    def test_the_calls_are_there_with_the_arguments_that_are_given(self):
        from sigstore.models import Bundle, ClientTrustConfig
        from sigstore.sign import Signer, SigningContext
        from sigstore.verify import Verifier, policy

        for function, given, named in (
            (SigningContext.from_trust_config, ("config",), {}),
            (SigningContext.signer, ("context", "token"), {}),
            (Signer.sign_dsse, ("signer", "statement"), {}),
            (ClientTrustConfig.production, (), {}),
            (Bundle.to_json, ("bundle",), {}),
            (Verifier.production, (), {"offline": True}),
            (Verifier.verify_dsse, ("verifier", "bundle", "policy"), {}),
        ):
            bound = inspect.signature(function).bind(*given, **named)
            assert [*bound.arguments.values()] == [*given, *named.values()], function
        policy.Identity(identity=WHO.name, issuer=WHO.issuer)

    def test_a_token_that_is_none_or_cannot_be_read_is_a_users_error(self, tmp_path: Path):
        with pytest.raises(KeyProblem, match="Sigstore cannot sign"):
            sign_with_sigstore(b"{}", tmp_path / "absent")
