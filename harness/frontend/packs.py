"""Packs as the front ends see them: found, checked against everything that is installed."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgate.harness.packs.model import Pack
    from simgate.policies.documents.diagnostics import Diagnostic


def load_checked(path: Path) -> Pack:
    """Loads a pack and checks it against the installed worlds, plugins and metrics.

    Args:
        path: The pack's file, or a folder that holds just one pack.

    Raises:
        UserError: The pack has problems (the text holds all of them), or the folder holds several.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.loader import load_pack
    from simgate.harness.scoring import metrics
    from simgate.policies.documents.diagnostics import PackError

    if path.is_dir():
        packs = packs_at([path])
        if len(packs) > 1:
            listed = "".join(f"\n  {pack}" for pack in packs)
            raise UserError(f"{path} holds {len(packs)} packs; name the one you mean:{listed}")
        path = packs[0]
    try:
        return load_pack(path, metrics)
    except PackError as error:
        raise UserError(str(error)) from None


def load_all_checked(paths: Iterable[Path]) -> list[Pack]:
    """Loads packs that are to be run together.

    Args:
        paths: Files, and folders of packs.

    Raises:
        UserError: A pack has problems, or the name of another one.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.source.pack_mark import same_name

    packs = [load_checked(path) for path in packs_at(paths)]
    named: dict[str, Pack] = {}
    for pack in packs:
        first = named.setdefault(pack.name, pack)
        if first is not pack:
            raise UserError(same_name(pack.name, Path(first.path), Path(pack.path)))
    return packs


def lint_checked(paths: Iterable[Path]) -> list[Diagnostic]:
    """Every problem of these packs, checked against all that is installed, and expanded on trial."""
    from simgate.harness.frontend.trial import trial
    from simgate.harness.packs.loader import lint
    from simgate.harness.scoring import metrics

    return lint(paths, metrics, trial=trial)


def packs_at(paths: Iterable[Path]) -> list[Path]:
    """The packs at or below these paths, each once.

    Raises:
        UserError: A path does not exist, or a folder holds no pack.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.loader import find_packs

    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_symlink() and not path.exists():
            raise UserError(f"{path} is a link to {path.readlink()}, and there is nothing")
        if not path.exists():
            raise UserError(f"{path} does not exist; {_instead_of(path)}")
        packs = find_packs(path)
        if not packs:
            raise UserError(f"{path} holds no pack: no .yaml file below it has the key 'simgate:'")
        for pack in packs:
            # A link and the file behind it are one pack.
            found.setdefault(Path(os.path.realpath(pack)), pack)
    return list(found.values())


def _instead_of(path: Path) -> str:
    """What was meant by a path that is not there."""
    beside = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    match = difflib.get_close_matches(path.name, beside, n=1)
    if match:
        return f"did you mean {path.with_name(match[0])}?"
    return "give a pack's YAML file, or a folder that holds packs"
