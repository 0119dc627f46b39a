"""``simgate evidence``: packs a run's evidence into one signed file, and checks such a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.frontend.run_addresses import whole_run_dir
from simgate.sim_adapters.printable import printable

if TYPE_CHECKING:
    from simgate.harness.evidence.build import Built
    from simgate.harness.evidence.verify import Report

HELP = "build, sign and verify the evidence package of a run"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write everything that a run's verdict rests on into one file")
    build.add_argument("run_dir", metavar="RUN", type=whole_run_dir, help="folder of a run")
    build.add_argument("--key", type=Path, metavar="KEY", help="sign with this private key (PEM, Ed25519)")
    build.add_argument(
        "--sigstore", action="store_true", help="sign with Sigstore, by the identity of this CI or of a token"
    )
    build.add_argument(
        "--identity-token",
        type=Path,
        metavar="FILE",
        help="OIDC token for --sigstore (default: the CI's own)",
    )
    build.add_argument("--out", type=Path, metavar="FILE", help="default: evidence.zip in the run's folder")
    build.add_argument("--recordings", action="store_true", help="put pictures and recordings in as well")
    verify = actions.add_parser(
        "verify", help="say what in a package is not as signed; exit code 1 if any is"
    )
    verify.add_argument("file", metavar="FILE", type=Path, help="an evidence package")
    verify.add_argument("--key", type=Path, metavar="PUB", help="public key of who must have signed it")
    verify.add_argument(
        "--identity", metavar="WHO", help="e-mail or workflow that must have signed it with Sigstore"
    )
    verify.add_argument("--issuer", metavar="URL", help="OIDC provider that must have vouched for WHO")
    verify.add_argument(
        "--offline", action="store_true", help="take Sigstore's trusted root as it lies on this machine"
    )
    keygen = actions.add_parser("keygen", help="make a pair of keys for signing")
    keygen.add_argument(
        "--out",
        type=Path,
        metavar="STEM",
        default=Path("simgate"),
        help="STEM.key and STEM.pub (default: simgate)",
    )


def run(args: argparse.Namespace) -> int:
    """Does what is asked; 1 when a package is not as signed."""
    from simgate.harness.evidence.build import NotEvidence
    from simgate.harness.evidence.canonical_zip import TooLarge
    from simgate.harness.evidence.signing import KeyProblem
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.gate.decide import UndecidableRun

    actions = {"build": _build, "verify": _verify, "keygen": _keygen}
    with as_user_errors():
        try:
            return actions[args.action](args)
        except (KeyProblem, NotEvidence, TooLarge, UndecidableRun) as error:
            raise UserError(str(error)) from None


def _build(args: argparse.Namespace) -> int:
    from functools import partial

    from simgate.harness.evidence.build import build_evidence
    from simgate.harness.evidence.signing import read_private_key
    from simgate.harness.evidence.sigstore_bundle import require_sigstore, sign_with_sigstore
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.results.run_folder import RunFolder

    key = read_private_key(args.key) if args.key else None
    if args.identity_token and not args.sigstore:
        raise UserError("--identity-token is for --sigstore; give both")
    if args.sigstore:
        require_sigstore()
    sigstore = partial(sign_with_sigstore, token_file=args.identity_token) if args.sigstore else None
    out = args.out or args.run_dir / "evidence.zip"
    built = build_evidence(RunFolder(args.run_dir), out, key, recordings=args.recordings, sigstore=sigstore)
    print(_summary(built))
    return 0


def _summary(built: Built) -> str:
    from simgate.harness.evidence.readiness import readiness
    from simgate.harness.evidence.sigstore_bundle import BUNDLE

    size = built.path.stat().st_size / 1e6
    lines = [f"{built.path}: {built.files} files, {size:.1f} MB", built.verdict.headline, ""]
    for check in built.checks:
        mark = {"yes": "yes", "no": "NO ", "not known": "?  "}[check.answer]
        needed = "" if check.needed else " (not required)"
        lines.append(f"  {mark}  {check.question}{needed}: {check.detail}")
    lines += ["", readiness(built.checks)]
    lines += [f"not inside: {remark}" for remark in built.remarks]
    if built.signer:
        lines.append(f"signed by key {built.signer[:16]}")
    if built.sigstore:
        lines.append(f"signed with Sigstore; check with --identity WHO --issuer URL ({BUNDLE})")
    if not built.signer and not built.sigstore:
        lines.append("not signed; sign with --key or --sigstore")
    return "\n".join(map(printable, lines))


def _verify(args: argparse.Namespace) -> int:
    from simgate.harness.evidence.canonical_zip import MOST_BYTES
    from simgate.harness.evidence.signing import read_public_key
    from simgate.harness.evidence.sigstore_bundle import Identity
    from simgate.harness.evidence.verify import verify_evidence
    from simgate.harness.frontend.user_errors import UserError
    from simgate.sim_adapters.files.plain_file import read_plain

    if bool(args.identity) != bool(args.issuer):
        raise UserError(
            "--identity and --issuer belong together: who signed, and which provider vouches for it"
        )
    key = read_public_key(args.key) if args.key else None
    identity = Identity(args.identity, args.issuer, args.offline) if args.identity else None
    report = verify_evidence(read_plain(args.file, MOST_BYTES), key, identity)
    print(_result(args.file, report))
    return 0 if report.is_sound else 1


def _result(path: Path, report: Report) -> str:
    if not report.is_sound:
        found = [f"  {finding}" for finding in report.findings]
        return "\n".join(map(printable, [f"{path} is NOT as it was signed or written:", *found]))
    lines = [f"{path}: all {report.files} files are as the statement has them"]
    if report.verdict is not None:
        lines.append(f"the verdict follows from manifest and journal: {report.verdict.headline}")
    if report.signature_checked:
        lines.append("the signature of whom you named holds")
    elif report.signers:
        short = ", ".join(signer[:16] for signer in report.signers)
        lines.append(f"signed by key {short}, NOT CHECKED: give the signer's public key with --key")
    else:
        lines.append(
            "NOT SIGNED: whoever has the file could have made it anew; sign with `evidence build --key`"
        )
    return "\n".join(map(printable, lines))


def _keygen(args: argparse.Namespace) -> int:
    from simgate.harness.evidence.signing import key_id, make_key_pair, read_public_key

    private, public = make_key_pair(args.out)
    print(f"{private}  keep it secret; `simgate evidence build RUN --key {private}`")
    print(f"{public}  give it away; `simgate evidence verify FILE --key {public}`")
    print(f"key {key_id(read_public_key(public))[:16]}")
    return 0
