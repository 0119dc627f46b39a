"""Sigstore: the statement signed by who somebody is (OIDC) instead of by a key that somebody keeps.

Needs ``sigstore`` (extra ``sigstore``), which is imported only when something is signed or checked. Signing
talks to Sigstore's public services: Fulcio gives a certificate for ten minutes, Rekor keeps a public record
that names the signer. Checking needs no network beyond a refresh of the trusted root, which may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from simgate.harness.evidence.signing import PAYLOAD_TYPE, BadEnvelope, KeyProblem

BUNDLE = "statement.sigstore.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who must have signed.

    Attributes:
        name: E-mail address, or the address of a workflow, as the certificate has it.
        issuer: Address of the OIDC provider that vouched for it.
        offline: Whether the trusted root is taken as it lies on this machine.
    """

    name: str
    issuer: str
    offline: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.issuer})"


def require_sigstore() -> None:
    """Raises :class:`KeyProblem` when the package is missing."""
    if find_spec("sigstore") is None:
        raise KeyProblem("Sigstore needs the package sigstore: pip install 'simgate[sigstore]'")


def sign_with_sigstore(statement: bytes, token_file: Path | None = None) -> bytes:
    """A statement as a Sigstore bundle.

    Args:
        statement: An in-toto statement.
        token_file: Holds an OIDC token; the CI's own (GitHub, GitLab, Google, Buildkite) when None.

    Raises:
        KeyProblem: No token, no network, or the services refuse it; the message says which.
    """
    require_sigstore()
    from sigstore.dsse import Statement
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import ExpiredIdentity, IdentityToken, detect_credential
    from sigstore.sign import SigningContext

    try:
        raw = detect_credential() if token_file is None else token_file.read_text().strip()
        if not raw:
            raise KeyProblem(
                "Sigstore needs an OIDC token and this is no CI that gives one; write it to a file and give "
                "the file with --identity-token"
            )
        context = SigningContext.from_trust_config(ClientTrustConfig.production())
        with context.signer(IdentityToken(raw)) as signer:
            bundle: str = signer.sign_dsse(Statement(statement)).to_json()
            return bundle.encode() + b"\n"
    except ExpiredIdentity:
        raise KeyProblem("the OIDC token for Sigstore has expired; get a new one") from None
    except (Error, OSError) as error:
        raise KeyProblem(f"Sigstore cannot sign: {_in_one_line(error)}") from None


def signer_of(bundle: bytes) -> str:
    """Who the certificate in a bundle names; nothing is checked.

    Raises:
        BadEnvelope: The bundle cannot be read.
        KeyProblem: ``sigstore`` is not installed.
    """
    require_sigstore()
    from cryptography.x509 import ExtensionNotFound, RFC822Name, SubjectAlternativeName
    from cryptography.x509 import UniformResourceIdentifier as Address
    from sigstore.errors import Error
    from sigstore.models import Bundle

    try:
        certificate = Bundle.from_json(bundle).signing_certificate
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (Error, ExtensionNotFound, ValueError):
        raise BadEnvelope("is no Sigstore bundle") from None
    found = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(Address)]
    return ", ".join(map(str, found)) or "nobody"


def check_bundle(bundle: bytes, statement: bytes, identity: Identity) -> None:
    """Checks that an identity has signed exactly this statement.

    Raises:
        BadEnvelope: It has not, or the bundle cannot be read.
        KeyProblem: ``sigstore`` is not installed, or there is no trusted root.
    """
    signer = signer_of(bundle)
    from sigstore.errors import Error, TUFError
    from sigstore.models import Bundle
    from sigstore.verify import Verifier, policy

    try:
        verifier = Verifier.production(offline=identity.offline)
    except (Error, TUFError, OSError) as error:
        raise KeyProblem(f"Sigstore's trusted root cannot be had: {_in_one_line(error)}") from None
    try:
        kind, payload = verifier.verify_dsse(
            Bundle.from_json(bundle), policy.Identity(identity=identity.name, issuer=identity.issuer)
        )
    except (Error, ValueError) as error:
        raise BadEnvelope(f"names {signer}; {identity} has not signed it: {_in_one_line(error)}") from None
    if kind != PAYLOAD_TYPE or payload != statement:
        raise BadEnvelope(f"{signer} has signed another statement than the one in this package")


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
