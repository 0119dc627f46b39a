"""An OpenUSD file and everything that it reads: opened once, refused when it is not what was promised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from pxr import Tf, Usd, UsdGeom, UsdUtils

from simgate.sim_adapters.worlds.file_digest import digest
from simgate.sim_adapters.worlds.kept_source import KeptSources
from simgate.sim_adapters.worlds.native_file import NativeError

_ON_THE_SIMULATOR = (".mdl",)
"""Files that a simulator brings along: Omniverse finds its materials on a search path of its own."""


@dataclass(frozen=True, eq=False)
class UsdSource:
    """An opened stage.

    Attributes:
        path: Absolute path.
        stage: As the file composes; never edited.
        files: The file and everything that it reads, itself first.
        sha256: Digest over their contents, hex.
    """

    path: Path
    stage: Usd.Stage
    files: tuple[Path, ...]
    sha256: str


def open_source(path: Path) -> UsdSource:
    """Opens a file.

    Raises:
        NativeError: It cannot be read, a file that it reads is missing, or it is not in metres with Z up.
    """
    if not path.is_file():
        raise NativeError("file", f"{path.name} does not exist", f"looked for {path}")
    try:
        stage = Usd.Stage.Open(str(path))
        stage.Reload()
    except Tf.ErrorException as error:
        raise NativeError("file", f"OpenUSD cannot read it: {_said(error, path)}") from None
    files = _files(path)
    _check_units(stage)
    return UsdSource(path, stage, files, digest(files))


_KEPT = KeptSources(open_source)
promised_source = _KEPT.promised
"""The file that a pack was checked with; see :meth:`KeptSources.promised`."""


def _files(path: Path) -> tuple[Path, ...]:
    try:
        layers, assets, missing = UsdUtils.ComputeAllDependencies(str(path))
    except Tf.ErrorException as error:
        raise NativeError("file", f"OpenUSD cannot read it: {_said(error, path)}") from None
    lost = sorted(name for name in missing if not name.endswith(_ON_THE_SIMULATOR))
    if lost:
        raise NativeError("file", f"it reads what does not exist: {', '.join(lost)}", "copy it next to it")
    found = [path, *(Path(layer.realPath.partition("[")[0]) for layer in layers), *map(_file_of, assets)]
    return tuple(dict.fromkeys(file.resolve() for file in found if file.is_file()))


def _file_of(asset: str) -> Path:
    """The file that an asset is, or the package that it is in."""
    return Path(str(asset).partition("[")[0])


def _check_units(stage: Usd.Stage) -> None:
    unit, axis = UsdGeom.GetStageMetersPerUnit(stage), UsdGeom.GetStageUpAxis(stage)
    faults = []
    if not math.isclose(unit, 1.0, rel_tol=1e-6):
        faults.append(f"metersPerUnit is {unit:g}")
    if axis != UsdGeom.Tokens.z:
        faults.append(f"upAxis is {axis}")
    if faults:
        raise NativeError("file", f"{' and '.join(faults)}", "a world is in metres with Z up; save it so")


def _said(error: Tf.ErrorException, path: Path) -> str:
    """The first and most precise of OpenUSD's messages, with the file's name for its path."""
    first = str(error.args[0].commentary if error.args else error)
    return " ".join(first.replace(f"@{path}@", path.name).replace(str(path), path.name).split())
