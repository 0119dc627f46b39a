"""Ed25519 signatures in a DSSE envelope (Dead Simple Signing Envelope 1.0, secure-systems-lab).

Needs ``cryptography`` (extra ``evidence``), which is imported only when something is signed or checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PRIVATE_SUFFIX, PUBLIC_SUFFIX = ".key", ".pub"
_LARGEST_KEY = 1 << 16


class KeyProblem(Exception):  # noqa: N818 - the name says what happened
    """A key cannot be read or written, or ``cryptography`` is missing; the message says what to do."""


def _require_cryptography() -> None:
    if find_spec("cryptography") is None:
        raise KeyProblem("signatures need the package cryptography: pip install 'simgate[evidence]'")


def make_key_pair(stem: Path) -> tuple[Path, Path]:
    """Writes a new private key (readable by its owner alone) and its public key.

    Args:
        stem: Path without suffix; ``.key`` and ``.pub`` are added.

    Raises:
        KeyProblem: A file of that name exists, or cannot be written.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    paths = stem.with_name(stem.name + PRIVATE_SUFFIX), stem.with_name(stem.name + PUBLIC_SUFFIX)
    try:
        for path, content, mode in zip(paths, (private, public), (0o600, 0o644), strict=True):
            path.touch(mode=mode, exist_ok=False)
            path.write_bytes(content)
    except FileExistsError:
        raise KeyProblem(f"{path} exists already; keys are never overwritten, give another name") from None
    except OSError as error:
        raise KeyProblem(f"{path} cannot be written: {error.strerror}") from None
    return paths


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """A private key from a PEM file.

    Raises:
        KeyProblem: It cannot be read, or is no Ed25519 private key without a password.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError) as error:
        raise KeyProblem(f"{path} is no private key that can be used: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(f"{path} holds no Ed25519 key; make one with `simgate evidence keygen`")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A public key from a PEM file.

    Raises:
        KeyProblem: It cannot be read, or is no Ed25519 public key.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        raise KeyProblem(f"{path} is no public key; give the .pub file of the signer") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyProblem(f"{path} holds no Ed25519 key")
    return key


def _read(path: Path) -> bytes:
    try:
        # A pipe may bring a key from a vault; a device such as /dev/zero never ends.
        with path.open("rb") as file:
            return file.read(_LARGEST_KEY)
    except OSError as error:
        raise KeyProblem(f"{path} cannot be read: {error.strerror}") from None


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 over the key's DER form, hex: names a key, says nothing about whom it belongs to."""
    from cryptography.hazmat.primitives import serialization

    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _to_sign(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """A payload in a signed envelope, as JSON."""
    signature = key.sign(_to_sign(payload))
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()},
        ],
    }
    return json.dumps(envelope, indent=1, sort_keys=True).encode() + b"\n"


class BadEnvelope(ValueError):  # noqa: N818 - the name says what happened
    """The envelope cannot be read, or its signature does not hold; the message says which."""


def open_envelope(envelope: bytes) -> tuple[bytes, list[str]]:
    """Payload and key ids of an envelope; nothing is checked.

    Raises:
        BadEnvelope: It cannot be read.
    """
    try:
        found: dict[str, Any] = json.loads(envelope)
        payload = base64.b64decode(found["payload"], validate=True)
        ids = [str(signature["keyid"]) for signature in found["signatures"]]
        kind = found["payloadType"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadEnvelope("is no DSSE envelope") from None
    if kind != PAYLOAD_TYPE:
        raise BadEnvelope(f"carries {kind!r}, not {PAYLOAD_TYPE!r}")
    return payload, ids


def check_envelope(envelope: bytes, key: Ed25519PublicKey) -> None:
    """Checks that a key has signed the envelope.

    Raises:
        BadEnvelope: It has not, or the envelope cannot be read.
    """
    from cryptography.exceptions import InvalidSignature

    payload, ids = open_envelope(envelope)
    own = key_id(key)
    if own not in ids:
        signers = ", ".join(short[:16] for short in ids) or "nobody"
        raise BadEnvelope(f"is signed by key {signers}, not by the key given ({own[:16]})")
    try:
        signature = json.loads(envelope)["signatures"][ids.index(own)]["sig"]
        key.verify(base64.b64decode(signature, validate=True), _to_sign(payload))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        raise BadEnvelope(f"the signature of key {own[:16]} does not hold") from None
