"""``simgate lint``: every problem of every pack, before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.text import plural

if TYPE_CHECKING:
    from simgate.policies.documents.diagnostics import Diagnostic

HELP = "report every problem of packs, with file, line, column and remedy"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "packs", nargs="*", type=Path, metavar="PACK", help="pack, folder that holds packs, or a model.yaml"
    )
    parser.add_argument(
        "--format",
        choices=tuple(_WRITERS),
        default="text",
        help="text (default), json, sarif (code scanning), github (Actions annotations)",
    )
    parser.add_argument(
        "--explain", metavar="CODE", help="say what a diagnostic means, with a wrong and a right example"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the problems; 0 without errors, 1 with some."""
    from simgate.harness.frontend.packs import lint_checked, packs_at
    from simgate.harness.frontend.user_errors import UserError, as_user_errors

    if args.explain is not None:
        return _explain(args.explain)
    if not args.packs:
        raise UserError("give at least one pack or folder, for example: simgate lint scenarios")
    with as_user_errors():
        packs = packs_at(args.packs)
        found = lint_checked(packs)
    _WRITERS[args.format](packs, found)
    return 1 if any(diagnostic.severity == "error" for diagnostic in found) else 0


def _explain(code: str) -> int:
    from simgate.harness.frontend.trial import trial
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.diagnostics.codes import CODES
    from simgate.harness.packs.diagnostics.explain import as_text, explain
    from simgate.harness.scoring import metrics
    from simgate.policies.documents.diagnostics import near

    if code not in CODES:
        raise UserError(f"no diagnostic has the code '{code}'; {near(code, sorted(CODES))}")
    print(as_text(explain(code, metrics, trial)))
    return 0


def _write_text(packs: Sequence[Path], found: Sequence[Diagnostic]) -> None:
    from simgate.policies.documents.diagnostics import render_all

    if found:
        print(render_all(found))
    print(_summary(packs, found))
    if found:
        print(f"more about one: simgate lint --explain {found[0].code}")


def _write_json(packs: Sequence[Path], found: Sequence[Diagnostic]) -> None:
    import json
    from dataclasses import asdict

    from simgate.policies.documents.diagnostics import limited

    shown, more = limited(found)
    content = {"checked": [str(path) for path in packs], "diagnostics": [asdict(d) for d in shown]}
    print(json.dumps(content | ({"not_shown": more} if more else {}), indent=2))


def _write_sarif(packs: Sequence[Path], found: Sequence[Diagnostic]) -> None:
    import json
    from importlib.metadata import version

    from simgate.harness.packs.diagnostics.sarif import to_sarif

    print(json.dumps(to_sarif(found, version("simgate")), indent=2))


def _write_github(packs: Sequence[Path], found: Sequence[Diagnostic]) -> None:
    from simgate.harness.frontend.terminal.streams import output_for_programs
    from simgate.harness.packs.diagnostics.github_commands import to_github
    from simgate.policies.documents.diagnostics import limited, not_shown

    shown, more = limited(found)
    with output_for_programs() as out:
        for diagnostic in shown:
            print(to_github(diagnostic), file=out)
    for path, count in more.items():
        print(not_shown(path, count))
    print(_summary(packs, found))


def _summary(packs: Sequence[Path], found: Sequence[Diagnostic]) -> str:
    from simgate.harness.packs.source.pack_mark import is_model

    models = sum(map(is_model, packs))
    checked = [plural(len(packs) - models, "pack")] if len(packs) > models else []
    checked += [plural(models, "model package")] if models else []
    files = len({diagnostic.path for diagnostic in found})
    warnings = sum(diagnostic.severity == "warning" for diagnostic in found)
    counts = [plural(len(found) - warnings, "problem")] if len(found) > warnings else []
    counts += [plural(warnings, "warning")] if warnings else []
    said = f"{' and '.join(counts)} in {plural(files, 'file')}" if counts else "no problems"
    return f"{' and '.join(checked)} checked: {said}"


_WRITERS: dict[str, Callable[[Sequence[Path], Sequence[Diagnostic]], None]] = {
    "text": _write_text,
    "json": _write_json,
    "sarif": _write_sarif,
    "github": _write_github,
}
