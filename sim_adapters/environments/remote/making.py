"""Finds what makes an environment: an id, ``package.module:factory`` or ``file.py:factory``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .imports import beside
from .mujoco_said import warnings_to_stderr
from .presets import maker_by, preset_of
from .refused import Refused
from .sharing.vectors import is_vector

COUNT = "num_envs"
"""Keyword argument of what makes a vector environment: how many worlds it has."""
FOLDERS: set[Path] = set()
"""Folders whose files were environments of this process."""


def maker_of(name: str, folder: str) -> tuple[Callable[..., Any], str | None]:
    """What makes an environment, and the file that was named, if one was.

    Args:
        name: An id, ``package.module:factory``, ``file.py:factory`` or ``preset:SUITE/NAME``.
        folder: Where files begin.

    Raises:
        Refused: There is none of that name.
    """
    warnings_to_stderr()
    if (preset := preset_of(name)) is not None:
        return maker_by(*preset), None
    where, _, attribute = name.rpartition(":")
    if where.endswith(".py"):
        path = str(Path(folder, where))
        if not Path(path).is_file():
            raise Refused(f"there is no file {path}")
        return _attribute(_loaded(Path(path).resolve()), attribute, where), path
    if where and attribute.isidentifier():
        return _attribute(importlib.import_module(where), attribute, where), None
    make = _gymnasium().make

    def by_id(**kwargs: Any) -> Any:
        return make(name, **kwargs)

    return by_id, None


def one_world(env: Any) -> Any:
    """An environment as it was made.

    Raises:
        Refused: It holds several worlds, and nothing says how many it should.
    """
    if is_vector(env):
        kind, count = type(env).__name__, getattr(env, "num_envs", "several")
        env.close()
        raise Refused(
            f"it makes {count} worlds at once (a {kind}); give what makes it the parameter {COUNT}, and "
            "'sim: {batch: ...}' says how many, or name what makes a single one"
        )
    return env


def _loaded(path: Path) -> Any:
    """A file's module; what it imports beside it goes by plain names, of which a process has one each."""
    for name, file in beside(path).items():
        there = getattr(sys.modules.get(name), "__file__", None)
        others = [str(folder) for folder in FOLDERS - {path.parent} if _has(folder, name)]
        if there is not None and Path(there).resolve().parent not in (path.parent, path.parent / name):
            others.append(there)
        if others:
            raise Refused(
                f"{path.name} imports {file.name} beside it, and the name '{name}' is also that of "
                f"{others[0]}: rename one, or give the environment an interpreter of its own by 'python'"
            )
    known = hashlib.sha256(str(path.parent).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"simgate_environment_{known}_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    FOLDERS.add(path.parent)
    if sys.path[:1] != [str(path.parent)]:
        sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def _has(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _attribute(module: Any, name: str, where: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        known = tuple(n for n, value in vars(module).items() if callable(value) and not n.startswith("_"))
        raise Refused(f"{where} has no factory '{name}'", name, known)
    made: Callable[..., Any] = found
    return made


def _gymnasium() -> Any:
    for name in ("gymnasium", "gym"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise Refused(f"neither gymnasium nor gym is installed in {sys.executable}")


def factory_of(maker: Any, env: Any) -> Any:
    """What the keyword arguments go to."""
    spec = getattr(env, "spec", None)
    entry = getattr(spec, "entry_point", None)
    if spec is None or entry is None:
        return maker
    if callable(entry):
        return entry
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)


def takes_any(maker: Any, env: Any) -> bool:
    """Whether there are keyword arguments that nobody lists."""
    parameters = inspect.signature(factory_of(maker, env)).parameters.values()
    return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)


def open_keywords(maker: Any, env: Any) -> list[str]:
    """Keyword arguments that are None when nobody gives them, as seeds often are."""
    parameters = inspect.signature(factory_of(maker, env)).parameters.items()
    return [name for name, one in parameters if one.default is None and name != "render_mode"]


def keywords(maker: Any, env: Any, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keyword arguments with a plain default, or as they are given."""
    for name, parameter in inspect.signature(factory_of(maker, env)).parameters.items():
        default = given.get(name, parameter.default)
        if isinstance(default, (bool, int, float, str)) and name not in ("render_mode", COUNT):
            yield name, default
