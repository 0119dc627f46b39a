"""Runs at addresses (``s3://bucket/run``): a command sees a folder, and what it writes there is put back."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from simgate.harness.object_store import ObjectStore, StoreFailed

_ADDRESS = re.compile(r"[a-z][a-z0-9+]*://\S+")
_HEAVY = ("recordings/", "frames/")
LAST = "manifest.json"
"""Without it a folder is no run: of one that is put there it comes when all else has."""


class RunAddress(str):
    """Where a run lies that is not on this machine.

    Attributes:
        whole: Whether recordings and pictures are wanted too.
        named: Whether it stands where a name could, so that the folder is to be a text.
    """

    __slots__ = ("named", "whole")
    whole: bool
    named: bool


def run_dir(text: str) -> Path | RunAddress:
    """Argument type: the folder of a run, for a command that looks at its records alone."""
    return _read(text, whole=False) or Path(text)


def whole_run_dir(text: str) -> Path | RunAddress:
    """Argument type: the folder of a run, for a command that looks at its pictures or recordings too."""
    return _read(text, whole=True) or Path(text)


def run_or_name(text: str) -> str | RunAddress:
    """Argument type: a run's folder, or the name of a baseline."""
    return _read(text, whole=False, named=True) or text


def _read(text: str, whole: bool, named: bool = False) -> RunAddress | None:
    if not _ADDRESS.fullmatch(text):
        return None
    address = RunAddress(text)
    address.whole, address.named = whole, named
    return address


@contextmanager
def at_hand(args: argparse.Namespace) -> Iterator[None]:
    """Brings the runs at addresses among a command's arguments here, and puts back what was written.

    Nothing is put back when the command ends in an exception.

    Raises:
        StoreFailed: A run cannot be brought here, or what was written not be put back.
    """
    from simgate.harness.frontend.user_errors import as_user_errors

    if not any(isinstance(one, RunAddress) for value in vars(args).values() for one in _several(value)):
        yield
        return
    with as_user_errors(), ExitStack() as stack:
        back = []
        for name, value in list(vars(args).items()):
            here: list[Any] = []
            for one in _several(value):
                if isinstance(one, RunAddress):
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="simgate-run-")))
                    store, place = _fetched(one, folder)
                    back.append((store, place, _stamps(place)))
                    here.append(str(place) if one.named else place)
                else:
                    here.append(one)
            setattr(args, name, here if isinstance(value, list) else here[0])
        if getattr(args, "runs_dir", Path()) is None:
            # Beside a run that is brought here lies nothing that stays.
            args.runs_dir = Path("runs")
        yield
        for store, place, before in back:
            written = [file for file, stamp in _stamps(place).items() if before.get(file) != stamp]
            _put(store, place, written)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def put_run(folder: Path, address: str) -> str:
    """Puts a whole run to an address, or into a folder.

    Args:
        folder: Of the run.
        address: What the run's name is added to.

    Returns:
        Where it lies now.

    Raises:
        StoreFailed: It cannot be put there; what has been put is no run yet.
    """
    where = address if _ADDRESS.fullmatch(address) else f"file://{Path(address).resolve()}"
    store = ObjectStore(f"{where.rstrip('/')}/{folder.name}")
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    store.put(folder, sorted((name for name in names if name != ".lock"), key=lambda name: name == LAST))
    return store.address.removeprefix("file://")


def _fetched(address: RunAddress, folder: Path) -> tuple[ObjectStore, Path]:
    store = ObjectStore(address)
    sizes = store.sizes()
    if not sizes:
        raise StoreFailed(f"{address} is not there, or holds nothing")
    place = folder / (address.rstrip("/").rpartition("/")[2] or "run")
    store.fetch(
        {name: size for name, size in sizes.items() if address.whole or not name.startswith(_HEAVY)}, place
    )
    return store, place


def _put(store: ObjectStore, place: Path, names: list[str]) -> None:
    names = sorted((name for name in names if Path(name).name != ".lock"), key=lambda name: name == LAST)
    store.put(place, names)
    for name in names:
        print(f"put {store.address}/{name}", file=sys.stderr)


def _stamps(place: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(place).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }
