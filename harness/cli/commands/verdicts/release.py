"""``simgate release FILE``: one verdict over offline benchmark, simulation, field replay and canary."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.evidence.hashed import Hashed
    from simgate.harness.release.judge import Judgement

HELP = "judge a release over all layers of evidence, and write its package and its monitoring"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="release file (docs/releases.md)")
    text = "folder for all that is written (default: release/ beside the file)"
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=text)
    text = "run none of the file's commands: judge what is there"
    parser.add_argument("--no-commands", action="store_true", help=text)


def run(args: argparse.Namespace) -> int:
    """Prints the verdict and writes the package; returns the verdict's exit code."""
    from simgate.harness.evidence.build import NotEvidence
    from simgate.harness.evidence.canonical_zip import TooLarge
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.harness.release.commands import log_files, run_commands
    from simgate.harness.release.judge import judge_release
    from simgate.harness.release.monitoring import monitoring_files
    from simgate.harness.release.pages import as_data, model_card, release_notes, release_page
    from simgate.harness.release.plan import read_release
    from simgate.policies.perception.package import load_package

    folder = args.file.parent
    with as_user_errors():
        release = read_release(args.file)
        package = load_package(folder / release.model)
        out = args.out or folder / "release"
        ran = run_commands(release, folder, out, _say, may_run=not args.no_commands)
        judgement = judge_release(release, folder, package.sha256, ran)
        model = {"name": package.name, "version": package.version, "sha256": package.sha256}
        files = {
            "release.yaml": args.file.read_bytes(),
            "release.json": (json.dumps(as_data(release, judgement, model), indent=1) + "\n").encode(),
            "release.md": release_page(release, judgement),
            "model_card.md": model_card(release, judgement, model),
            "release_notes.md": release_notes(release, judgement, model),
            **log_files(out, ran),
            **monitoring_files(release, judgement),
        }
        try:
            package_path = _write(out, folder, files, judgement)
        except (NotEvidence, TooLarge) as error:
            raise UserError(str(error)) from None
    _print(judgement)
    print(f"\npackage {package_path}")
    return int(judgement.decision.exit_code)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _write(out: Path, folder: Path, files: dict[str, bytes], judgement: Judgement) -> Path:
    from simgate.harness.evidence.build import build_evidence
    from simgate.harness.evidence.canonical_zip import zip_pieces
    from simgate.harness.evidence.hashed import hashed
    from simgate.harness.results.atomic_write import write_atomic
    from simgate.harness.results.run_folder import RunFolder

    for name, content in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out / name, content.decode())
    packed: dict[str, Hashed] = {name: hashed(content) for name, content in files.items()}
    with tempfile.TemporaryDirectory(prefix="simgate-release-") as place:
        for one in judgement.layers:
            if one.verdict is not None:
                built = build_evidence(RunFolder(folder / one.run), Path(place) / f"{one.layer}.zip")
                packed[f"evidence/{one.layer}.zip"] = hashed(built.path.read_bytes())
    path = out / "release.zip"
    with path.open("wb") as file:
        for piece in zip_pieces(packed):
            file.write(piece)
    return path


def _print(judgement: Judgement) -> None:
    from simgate.harness.text import table
    from simgate.sim_adapters.printable import printable

    names = [one.layer for one in judgement.layers]
    rows = [[one.layer, one.counted.value, printable(one.run)] for one in judgement.layers]
    print(table(["layer", "counts as", "run"], rows))
    rows = [
        [
            one.requirement,
            *(f"{one.by_layer[n][0]}/{sum(one.by_layer[n])}" if n in one.by_layer else "-" for n in names),
        ]
        for one in judgement.coverage
    ]
    print("\n" + table(["requirement", *names], rows, right=range(1, len(names) + 1)))
    print(f"\n{judgement.decision.value}")
    for reason in judgement.reasons:
        print(f"  {printable(reason)}")
