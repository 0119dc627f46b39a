"""An OpenUSD file and everything that it reads: opened once, refused when it is not what was promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pxr import Ar, Tf, Usd, UsdGeom, UsdPhysics, UsdShade, UsdUtils

from simgate.sim_adapters.files.plain_file import absolute, require_plain
from simgate.sim_adapters.usd.native.units import check_units
from simgate.sim_adapters.worlds.file_digest import digest, require_fetched
from simgate.sim_adapters.worlds.kept_source import KeptSources
from simgate.sim_adapters.worlds.native_file import NativeError

_ON_THE_SIMULATOR = (".mdl",)
"""Files that a simulator brings along: Omniverse finds its materials on a search path of its own."""
_READ = (UsdGeom.Imageable, UsdGeom.Subset, UsdShade.NodeGraph, UsdShade.Shader, UsdPhysics.Joint)
"""Prims of which something is read; an animation of a skeleton, say, is none."""
_MDL_FILE = re.compile(r'"([^"\n]+\.\w+)"')
_MDL_IMPORT = re.compile(r"^\s*(?:using|import)\s+([.:\w]+)", re.MULTILINE)
_LAYERS = (".usd", ".usda", ".usdc", ".usdz")
_MOST_FILES = 5_000
_MOST_BYTES = 1 << 32
_NO_VALUE = (Usd.ResolveInfoSourceFallback, Usd.ResolveInfoSourceNone)


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
        NativeError: It cannot be read, a file that it reads is missing, it is not in metres and kilograms
            with Z up, or it has values at times alone.
    """
    require_fetched(path)
    if not path.is_file():
        raise NativeError("file", f"{path.name} does not exist", f"looked for {path}")
    try:
        _require_plain_files(path)
        stage = Usd.Stage.Open(str(path))
        stage.Reload()
    except Tf.ErrorException as error:
        raise _unreadable(error, path) from None
    files = _files(path)
    check_units(stage)
    _check_times(stage)
    return UsdSource(path, stage, files, digest(files))


_KEPT = KeptSources(open_source)
promised_source = _KEPT.promised
"""The file that a pack was checked with; see :meth:`KeptSources.promised`."""


def _require_plain_files(path: Path) -> None:
    """Looks at every layer and asset before OpenUSD opens it: a pipe it would wait for without an end.

    Raises:
        NativeError: One is no file, or too large.
        Tf.ErrorException: OpenUSD cannot read a layer.
    """
    found = [path]
    for file in found:
        try:
            require_plain(file, _MOST_BYTES)
        except FileNotFoundError:
            continue  # Said later, with all that are missing.
        except OSError as error:
            raise NativeError("file", f"{file} cannot be read: {error.strerror}") from None
        if len(found) > _MOST_FILES:
            raise NativeError(
                "file", f"it reads more than {_MOST_FILES:,} files", "flatten it: usdcat --flatten"
            )
        if file.suffix.lower() not in _LAYERS:
            continue
        for names in UsdUtils.ExtractExternalReferences(str(file)):
            named = (_file_of(name) for name in names)
            found += [one for name in named if (one := absolute(file.parent / name)) not in found]


def _files(path: Path) -> tuple[Path, ...]:
    try:
        layers, assets, missing = UsdUtils.ComputeAllDependencies(str(path))
    except Tf.ErrorException as error:
        raise _unreadable(error, path) from None
    lost = sorted(name for name in missing if not name.endswith(_ON_THE_SIMULATOR))
    for name in lost:
        require_fetched(path.parent / name)
    if lost:
        raise NativeError("file", f"it reads what does not exist: {', '.join(lost)}", "copy it next to it")
    found = [path, *(_file_of(layer.realPath) for layer in layers), *map(_file_of, assets)]
    for file in found:
        require_fetched(file)
        found += [read for read in _read_by_module(file) if read not in found]
    return tuple(dict.fromkeys(absolute(file) for file in found if file.is_file()))


def _file_of(asset: str) -> Path:
    """The file that an asset is, or the package that it is in."""
    return Path(Ar.SplitPackageRelativePathOuter(str(asset))[0])


def _read_by_module(file: Path) -> list[Path]:
    """What a material in MDL names and what stands beside it: pictures, and modules that it imports.

    OpenUSD does not look into such files; what is on a simulator's search path belongs to the simulator.
    """
    if file.suffix not in _ON_THE_SIMULATOR or not file.is_file():
        return []
    text = file.read_text(encoding="utf-8", errors="replace")
    named = _MDL_FILE.findall(text)
    for module in _MDL_IMPORT.findall(text):
        steps = [step for step in module.split("::") if step not in ("", ".")]
        named += [f"{'/'.join(steps[:count])}.mdl" for count in range(1, len(steps) + 1)]
    return [absolute(file.parent / name) for name in named if (file.parent / name).is_file()]


def _check_times(stage: Usd.Stage) -> None:
    """Asks for a value without a time wherever there are values over time: nothing is played here."""
    timed = [
        str(attribute.GetPath())
        for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies())
        if any(prim.IsA(schema) for schema in _READ)
        for attribute in prim.GetAuthoredAttributes()
        if has_times(attribute) and attribute.GetResolveInfo(Usd.TimeCode.Default()).GetSource() in _NO_VALUE
    ]
    if timed:
        more = f" (and {len(timed) - 1} more)" if len(timed) > 1 else ""
        raise NativeError(
            "file",
            f"'{timed[0]}'{more} has values over time and none without a time, which is what is read",
            "write the value that holds as its default: attribute.Set(attribute.Get(time))",
        )


def has_times(attribute: Usd.Attribute) -> bool:
    """Whether an attribute has values over time: samples, clips or a spline."""
    return bool(attribute.GetNumTimeSamples()) or bool(attribute.HasSpline())


def _unreadable(error: Tf.ErrorException, path: Path) -> NativeError:
    for named in re.findall("[@<]([^@<>]+)[@>]", str(error)):
        require_fetched(Path(named))
    return NativeError("file", f"OpenUSD cannot read it: {_said(error, path)}")


def _said(error: Tf.ErrorException, path: Path) -> str:
    """The first and most precise of OpenUSD's messages, with the file's name for its path."""
    first = str(error.args[0].commentary if error.args else error)
    return " ".join(first.replace(f"@{path}@", path.name).replace(str(path), path.name).split())
