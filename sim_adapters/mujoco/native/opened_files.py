"""The files that MuJoCo opens for one model: it asks for each, so exactly these are known, and kept as read.

Which file a name in MJCF means depends on folders of the file it stands in, of includes and of attached
models, and on what exists. MuJoCo alone knows its rules; its own ``mju_getXMLDependencies`` follows others.
So every file comes through a resource provider, MuJoCo's interface for files from elsewhere: names in a model
begin with ``simgate:NUMBER/``, and what MuJoCo asks for under them is answered here, from memory once the
model is complete.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from weakref import WeakValueDictionary

import mujoco

from simgate.sim_adapters.files.plain_file import NotPlain, read_plain
from simgate.sim_adapters.mujoco.native.bulk import Bulk
from simgate.sim_adapters.worlds.native_file import NativeError

_SCHEME = "simgate"
_OURS = re.compile(rf"{_SCHEME}:(\d+)(/.*)", re.DOTALL)
_XML = (".xml", ".mjcf")
_ABSOLUTE = re.compile(rb"""(\s(?:file\w*|dir|assetdir|meshdir|texturedir)\s*=\s*["'])(?=/)""")
"""A path in MJCF that would lead past the provider."""
_PACKAGE = re.compile(rb"""(\sfilename\s*=\s*["'])package:/+([^"'/]+)/([^"']+)""")
"""A file of a ROS package, as URDF names it: package and path in it."""
_MOST_BYTES = 1 << 30
"""Of one file of a model; a mesh or a picture that is larger helps no scene."""
_MOST_OPENED = 5_000
"""Files that MuJoCo may open for a model; models that attach each other it opens until its stack ends."""
_MOST_TIMES = 50
"""Of those the same XML file."""


class OpenedFiles:
    """The files of one model, read once.

    Args:
        path: The model's own file, absolute.
    """

    def __init__(self, path: Path) -> None:
        _register()
        self._number = next(_NUMBERS)
        self._there: dict[Path, bool] = {}
        self._served: dict[Path, bytes] = {}
        self._complete = False
        self._bulk = Bulk()
        self._times = Counter[Path]()
        self._fault: OSError | None = None
        self.uri = f"{_SCHEME}:{self._number}{path.as_posix()}"
        """What MuJoCo is to open; every file that this one names is then asked for here."""
        self.contents: dict[Path, bytes] = {}
        """Every file that was read, by its absolute path, the model's own first."""
        _MODELS[self._number] = self

    def complete(self) -> None:
        """From now on nothing more is read: a model that is built anew is built of the same bytes.

        Raises:
            NativeError: A file is there and could not be read.
        """
        self._complete = True
        if self._fault is not None:
            raise NativeError("file", f"{self._fault.filename} cannot be read: {self._fault.strerror}")

    @property
    def missing(self) -> list[Path]:
        """What MuJoCo asked for and is not there; for some files it has another place to look in then."""
        return [path for path, is_there in self._there.items() if not is_there]

    def is_there(self, path: Path) -> bool:
        """Answers whether a file exists, the same at every time."""
        if path not in self._there:
            self._there[path] = not self._complete and path.is_file()
        if self._there[path] and not self._complete:
            self._times[path] += 1
            again = path.suffix.lower() in _XML and self._times[path] > _MOST_TIMES
            if again or self._times.total() > _MOST_OPENED:
                self._fault = self._fault or NotPlain(
                    path, "it is opened again and again; does it attach itself?"
                )
                return False
        return self._there[path]

    def read(self, path: Path) -> bytes | None:
        """What MuJoCo gets of a file: its content, with absolute paths led here; None for none."""
        if path not in self._served and not self._complete:
            try:
                content = read_plain(path, _MOST_BYTES)
                self._bulk.take(path, content)
            except OSError as error:
                self._fault = self._fault or error
                return None
            # MuJoCo reads meshes in several threads and keeps where the bytes are: the first read stays.
            content = self.contents.setdefault(path, content)
            is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
            own = f"{_SCHEME}:{self._number}".encode()
            served = _ABSOLUTE.sub(rb"\1" + own, _in_packages(content, path)) if is_xml else content
            self._served.setdefault(path, served)
        return self._served.get(path)


def _in_packages(content: bytes, path: Path) -> bytes:
    """A URDF with files of ROS packages by their paths, where the package or a folder of its name is above.

    What is found nowhere stays as it is written.
    """

    def found(asked: re.Match[bytes]) -> bytes:
        package, rest = (os.fsdecode(part) for part in asked.groups()[1:])
        for there in (*(above / package / rest for above in path.parents), *(a / rest for a in path.parents)):
            if there.is_file():
                return asked[1] + os.fsencode(there.as_posix())
        return asked[0]

    return _PACKAGE.sub(found, content)


_MODELS: WeakValueDictionary[int, OpenedFiles] = WeakValueDictionary()
_NUMBERS = count(1)


def plain(text: str) -> str:
    """MuJoCo's words with paths as the user knows them."""
    return re.sub(rf"{_SCHEME}:\d+/", "/", text)


class _Resource(ctypes.Structure):
    """The head of MuJoCo's ``mjResource``."""

    _fields_ = (("name", ctypes.c_char_p), ("data", ctypes.c_void_p))


_Opened = ctypes.POINTER(_Resource)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, _Opened)
_Read = ctypes.CFUNCTYPE(ctypes.c_int, _Opened, ctypes.POINTER(ctypes.c_void_p))
_Close = ctypes.CFUNCTYPE(None, _Opened)
_Modified = ctypes.CFUNCTYPE(ctypes.c_int, _Opened, ctypes.c_char_p)


class _Provider(ctypes.Structure):
    """MuJoCo's ``mjpResourceProvider``."""

    _fields_ = (
        ("prefix", ctypes.c_char_p), ("open", _Open), ("read", _Read), ("close", _Close),
        ("mount", ctypes.c_void_p), ("unmount", ctypes.c_void_p), ("modified", _Modified),
        ("write", ctypes.c_void_p), ("data", ctypes.c_void_p),
    )  # fmt: skip


def _asked(name: bytes) -> tuple[OpenedFiles | None, Path]:
    match = _OURS.fullmatch(os.fsdecode(name))
    return (_MODELS.get(int(match[1])), Path(match[2])) if match else (None, Path())


def _open(resource: ctypes._Pointer[_Resource]) -> int:
    model, path = _asked(resource.contents.name)
    return int(model is not None and model.is_there(path))


def _read(resource: ctypes._Pointer[_Resource], buffer: ctypes._Pointer[ctypes.c_void_p]) -> int:
    model, path = _asked(resource.contents.name)
    content = model.read(path) if model is not None else None
    if content is None:
        return -1
    buffer[0] = ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p)
    return len(content)


def _close(resource: ctypes._Pointer[_Resource]) -> None:
    """Nothing to free: the model keeps what was read."""


def _modified(resource: ctypes._Pointer[_Resource], timestamp: bytes) -> int:
    """Never: a number is given once and its files are read once, so MuJoCo's cache of meshes may be used."""
    return 0


_PROVIDER = _Provider(
    prefix=_SCHEME.encode(),
    open=_Open(_open),
    read=_Read(_read),
    close=_Close(_close),
    modified=_Modified(_modified),
)


@cache
def _register() -> None:
    try:
        register = ctypes.CDLL(mujoco._functions.__file__).mjp_registerProvider
    except AttributeError:
        message = f"MuJoCo {mujoco.__version__} does not tell which files it reads"
        raise NativeError("file", message, "install mujoco 4.0, with which this was tried") from None
    if register(ctypes.byref(_PROVIDER)) < 0:
        raise NativeError("file", f"MuJoCo {mujoco.__version__} refuses simgate's way to files")
