"""A folder that was renamed or moved with its runs in it: where the pack of a run is now."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.policies.documents.diagnostics import PackError


def pack_where_it_is(pack: Pack, run_dir: Path) -> Pack:
    """The pack of a run with the paths that its files have now.

    Looked for is the same pack, by its hash, at the same place within one of the folders that the run is in.

    Args:
        pack: As the run's manifest has it.
        run_dir: Folder of the run.

    Returns:
        The pack itself when its file is where it was, or is found nowhere.
    """
    old = Path(pack.path)
    if old.exists():
        return pack
    for ancestor in run_dir.resolve().parents:
        for depth in range(2, len(old.parts)):
            candidate = ancestor.joinpath(*old.parts[depth:])
            if candidate.is_file() and _is_same(candidate, pack):
                return _moved(pack, Path(*old.parts[:depth]), ancestor)
    return pack


def _is_same(candidate: Path, pack: Pack) -> bool:
    try:
        return load_pack(candidate).source_sha256 == pack.source_sha256
    except (PackError, OSError):
        return False


def _moved(pack: Pack, before: Path, now: Path) -> Pack:
    """With every path below one folder led to another."""

    def led(text: str) -> str:
        return f"{now}{text.removeprefix(str(before))}" if text.startswith(f"{before}/") else text

    return with_paths(pack, led)


def with_paths(pack: Pack, lead: Callable[[str], str]) -> Pack:
    """The pack with every text in it, the paths of its files among them, as a function gives it back."""

    def led(value: object) -> object:
        if isinstance(value, dict):
            return {key: led(one) for key, one in value.items()}
        if isinstance(value, list):
            return [led(one) for one in value]
        return lead(value) if isinstance(value, str) else value

    return Pack.model_validate(led(json.loads(pack.model_dump_json())))
