"""What ``simgate worlds`` says about files of a team's own, and about packs that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgate.sim_adapters.environments.opened import OpenedEnvironment
    from simgate.sim_adapters.worlds.native_file import NativeFile
    from simgate.sim_adapters.worlds.world import World

_SUFFIXES = {".xml": "mjcf", ".mjcf": "mjcf", ".usd": "usd", ".usda": "usd", ".usdc": "usd"}


def is_native_file(text: str) -> bool:
    """Whether the argument names a file that could be a world."""
    return Path(text).suffix.lower() in _SUFFIXES


def key_of(text: str) -> str:
    """Key under which a pack names such a file: ``mjcf`` or ``usd``."""
    return _SUFFIXES[Path(text).suffix.lower()]


def is_pack(text: str) -> bool:
    """Whether the argument names a pack or a folder of one, and not an installed world."""
    path = Path(text)
    return path.suffix.lower() in (".yaml", ".yml") or path.is_dir()


def worlds_of_pack(text: str) -> list[World]:
    """The different worlds of a pack's scenarios.

    Raises:
        UserError: The pack has problems.
    """
    from simgate.harness.frontend.packs import load_checked
    from simgate.harness.packs.worlds import world_of

    pack = load_checked(Path(text))
    found: list[World] = []
    seen: list[object] = []
    for scenario in pack.scenarios:
        key = (scenario.world, scenario.native)
        if key not in seen:
            seen.append(key)
            found.append(world_of(pack, scenario))
    return found


def file_text(text: str) -> str:
    """Every target of a file, as plain text.

    Raises:
        UserError: The file cannot be read.
    """
    from simgate.harness.text import table

    rows = [list(row) for row in open_native(text).listing()]
    listed = table(("target", "takes", "in the file"), rows, widths=(None, 30, None))
    return f"{text}: what a pack can set with 'set: {{NAME: TARGET}}'\n\n{listed}"


def file_data(text: str) -> list[dict[str, Any]]:
    """The same for machines."""
    return [dict(zip(("target", "takes", "value"), row, strict=True)) for row in open_native(text).listing()]


def environment_text(opened: OpenedEnvironment) -> str:
    """What an environment observes, is told and lets a pack set, as plain text."""
    from simgate.harness.text import table

    body = opened.embodiment(1, False)
    seen = [[c.name, " x ".join(map(str, c.shape)), f"{c.low:g} to {c.high:g}"] for c in body.channels]
    spec = body.action
    told = [[n, f"{low:g} to {high:g}"] for n, low, high in zip(spec.names, spec.low, spec.high, strict=True)]
    listed = table(
        ("target", "takes", "is"), [list(row) for row in opened.listing()], widths=(None, 30, None)
    )
    return "\n\n".join(
        (
            _episode(opened.said),
            f"{opened.name} observes\n\n{table(('channel', 'shape', 'values'), seen)}",
            f"is told\n\n{table(('action', 'values'), told)}",
            f"and lets a pack set, with 'set: {{NAME: TARGET}}'\n\n{listed}",
            *(f"{title}\n\n{_lines(names)}" for title, names in _said(opened)),
        )
    )


def _episode(said: Mapping[str, Any]) -> str:
    """What an environment says of its episodes, in one line."""
    rate = f"{1 / said['step_s']:g} steps a second" if said["step_s"] else "says no step time"
    steps = f"{said['max_steps']} steps an episode" if said["max_steps"] else "says no length of an episode"
    success = (
        f"success is {said['success']}" if said.get("success") else "tells no success that is known here"
    )
    return f"{rate}; {steps}; {success}"


def _said(opened: OpenedEnvironment) -> list[tuple[str, tuple[str, ...]]]:
    told = tuple(opened.said.get("told", ()))
    return [*([("tells, as info.NAME", told)] if told else []), *opened.remarks()]


def _lines(names: Sequence[str]) -> str:
    return "\n".join(f"  {name}" for name in names) or "  nothing"


def environment_data(opened: OpenedEnvironment) -> dict[str, Any]:
    """The same for machines."""
    rows = [dict(zip(("target", "takes", "value"), row, strict=True)) for row in opened.listing()]
    said = {
        key: opened.said.get(key)
        for key in ("observations", "action", "step_s", "max_steps", "success", "versions")
    }
    return {"env": opened.name, **said, "settable": rows, **dict(_said(opened))}


def open_environment(text: str, python: str | None, assets: str = "") -> OpenedEnvironment:
    """Makes an environment once, to see what it is.

    Args:
        text: ``env:NAME`` or ``isaaclab:TASK``.
        python: Interpreter in which it is installed.
        assets: What stands for the remote files of Isaac Lab.

    Raises:
        UserError: It cannot be made.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.policies.documents.diagnostics import near
    from simgate.sim_adapters.environments.opened import OpenedEnvironment, OpenedTask
    from simgate.sim_adapters.worlds.native_file import NativeError

    kind, _, name = text.partition(":")
    try:
        if kind == "env":
            return OpenedEnvironment(name, Path.cwd(), {}, python, False)
        if python is None:
            raise UserError(f"{text}: add --python FILE, the interpreter in which Isaac Lab is installed")
        return OpenedTask(name, Path.cwd(), {"assets": assets}, str(Path(python).absolute()), False)
    except NativeError as error:
        hint = near(error.unknown, error.known) if error.unknown else ""
        raise UserError("; ".join(filter(None, (f"{text}: {error}", hint)))) from None


def files_of_task(task: str, python: str, assets: str) -> Mapping[str, Any]:
    """Remote files of a task of Isaac Lab, and whether they are there.

    Raises:
        UserError: There is no such task, or no Isaac Lab.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.policies.documents.diagnostics import near
    from simgate.sim_adapters.environments.opened import needed_files
    from simgate.sim_adapters.worlds.native_file import NativeError

    try:
        return needed_files(task, str(Path(python).absolute()), assets)
    except NativeError as error:
        hint = near(error.unknown, error.known) if error.unknown else ""
        raise UserError("; ".join(filter(None, (f"isaaclab:{task}: {error}", hint)))) from None


def open_native(text: str) -> NativeFile:
    """Opens a file.

    Raises:
        UserError: It cannot be read.
    """
    from simgate.harness.frontend.user_errors import UserError
    from simgate.harness.packs.worlds import native_reader
    from simgate.harness.registry import UnknownPlugin
    from simgate.sim_adapters.worlds.native_file import NativeError

    path = Path(text)
    kind = key_of(text)
    if not path.is_file():
        raise UserError(f"{text} does not exist")
    try:
        file: NativeFile = native_reader(kind)(path=path)
    except NativeError as error:
        raise UserError(f"{text}: {error}") from None
    except ImportError as error:
        raise UserError(f"{text}: {kind.upper()} files cannot be read: {error}") from None
    except UnknownPlugin:
        raise UserError(f"{text}: this simgate does not read {kind.upper()} files as worlds") from None
    return file
