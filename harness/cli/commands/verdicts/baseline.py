"""``simgate baseline``: names for runs that others are held against."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.cli.options.baseline_options import add_baseline_store
from simgate.harness.frontend.baselines import baseline_store
from simgate.harness.frontend.run_addresses import run_dir

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.baseline_store import BaselineStore, NamedBaseline
    from simgate.harness.gate.comparing.shared_baselines import SharedBaselines
    from simgate.harness.results.run_folder import RunFolder

HELP = "name a run as baseline (set NAME RUN), or show the named ones (list, show NAME)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    put = actions.add_parser("set", help="give a run a name, for its pack and class of machine")
    put.add_argument("name", metavar="NAME", help="for example main")
    put.add_argument("run_dir", type=run_dir, metavar="RUN", help="folder of a run")
    every = actions.add_parser("list", help="all baselines")
    one = actions.add_parser("show", help="what a name stands for")
    one.add_argument("name", metavar="NAME")
    for action in (put, every, one):
        action.add_argument(
            "--runs-dir", type=Path, metavar="DIR", help="folder of baselines.json (default: runs, or RUN's)"
        )
        add_baseline_store(action, "--store")


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns the exit code."""
    from simgate.harness.frontend.user_errors import as_user_errors

    with as_user_errors():
        return {"set": _set, "list": _list, "show": _show}[args.action](args)


def _set(args: argparse.Namespace) -> int:
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.gate.decide import write_verdict
    from simgate.harness.gate.kept_pack import kept_pack
    from simgate.harness.packs.model import AGAINST_BASELINE
    from simgate.harness.results.run_folder import RunFolder

    if not args.name.strip() or "/" in args.name or Path(args.name).is_dir():
        raise UserError(f"'{args.name}' cannot be a baseline's name: it is, or looks like, a folder")
    folder = RunFolder(args.run_dir)
    store = baseline_store(args.runs_dir or Path(os.path.realpath(folder.path)).parent, args.store)
    has_rule = any(rule.kind in AGAINST_BASELINE for rule in kept_pack(folder.manifest()).gate)
    waits = _without_baseline(store, folder, args.name) if has_rule else ""
    decision = write_verdict(folder).decision.value
    entry = store.put(args.name, folder, decision)
    print(f"baseline '{entry.name}' of {entry.pack} is {entry.run_id} ({entry.model}, {decision})")
    print(f"on      {entry.machine}\nkept in {store.path}")
    if waits:
        print(f"note: {waits}")
    if decision != "GO":
        print(f"note: that run is {decision}, not GO")
    return 0


def _without_baseline(store: BaselineStore | SharedBaselines, folder: RunFolder, name: str) -> str:
    """What is to say of a run whose pack has rules against a baseline; the first of a pack is declared so."""
    from simgate.harness.gate.comparing.baseline_copy import kept_baseline
    from simgate.harness.gate.comparing.first_baseline import declare_first, kept_first

    if kept_baseline(folder) is not None:
        return ""
    manifest = folder.manifest()
    others = [entry for entry in store.all() if entry.pack == manifest.pack_name]
    others = [entry for entry in others if entry.run_id != manifest.run_id]
    if others:
        return (
            f"it was held against none, so its rules against a baseline stay undecided: {manifest.pack_name} "
            f"had one before ('{others[0].name}': {others[0].run_id}); run again with --baseline"
        )
    if kept_first(folder) is None:
        declare_first(folder, name)
    return (
        f"it is the first baseline of {manifest.pack_name}: its rules against a baseline wait for the "
        f"next run (simgate report {folder.path} writes its reports again)"
    )


def _list(args: argparse.Namespace) -> int:
    store = baseline_store(args.runs_dir or Path("runs"), args.store)
    entries = store.all()
    if not entries:
        print(f"no baselines in {store.path}; name one with: simgate baseline set NAME RUN")
    for entry in entries:
        decision = _decision(store, entry)
        print(f"{entry.name:<12} {entry.pack:<20} {decision:<13} {entry.model:<24} {entry.run_id}")
    return 0


def _show(args: argparse.Namespace) -> int:
    from simgate.harness.frontend.user_errors import UserError

    store = baseline_store(args.runs_dir or Path("runs"), args.store)
    entries = [entry for entry in store.all() if entry.name == args.name]
    if not entries:
        known = ", ".join(sorted({entry.name for entry in store.all()})) or "none"
        raise UserError(f"{store.path} has no baseline '{args.name}' (known: {known})")
    print("\n\n".join(_facts(store, entry) for entry in entries))
    return 0


def _facts(store: BaselineStore | SharedBaselines, entry: NamedBaseline) -> str:
    facts = entry.model_dump() | {"decision": _decision(store, entry)}
    return "\n".join(f"{name:<12} {value}" for name, value in facts.items())


def _decision(store: BaselineStore | SharedBaselines, entry: NamedBaseline) -> str:
    """What the run's records give now; what was noted when it was named is not believed."""
    from simgate.harness.gate.comparing.baseline_store import NoBaseline
    from simgate.harness.gate.decide import UndecidableRun, decide_folder
    from simgate.harness.results.journal import JournalDamaged
    from simgate.harness.results.run_folder import NotARun

    try:
        return decide_folder(store.folder_of(entry)).decision.value
    except NoBaseline:
        return "run is gone"
    except (NotARun, JournalDamaged, UndecidableRun):
        return "unreadable"
