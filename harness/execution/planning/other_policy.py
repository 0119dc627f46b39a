"""``--policy``: another trained network than the pack's, or another value of one of its policy's options."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simgate.harness import registry
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.packs.checks.check_policy import NETWORK, policy_file
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import Pack, Scalar
from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.package import PackageError
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.files.yaml_scalars import is_sane, resolve
from simgate.sim_adapters.options import OPTIONS
from simgate.sim_adapters.printable import printable


def other_policy(pack: Pack, policy: Path | str) -> dict[str, Scalar]:
    """Options of the pack's policy with another declaration or value; paths count from the pack's folder.

    Args:
        pack: The pack.
        policy: As it is written: a ``policy.yaml`` or its folder, or ``OPTION=VALUE``.

    Raises:
        PackageError: There is no such network or option, or the option cannot have that value.
    """
    folder = absolute(Path(pack.path).parent)
    if pack.policy == NETWORK:
        return {**pack.policy_options, NETWORK: _from(folder, policy_file(policy))}
    name, given, text = str(policy).partition("=")
    if not given or name not in pack.policy_options:
        kind = "no trained network that another one could replace"
        message = f"the pack's policy is '{printable(pack.policy)}', {kind}"
        if pack.policy_options:
            hint = f"write --policy OPTION=VALUE for another of its options: {', '.join(pack.policy_options)}"
        else:
            hint = "write policy: {network: FILE}"
        raise _refused(policy, message, hint)
    # A number stays one, also where a file happens to be called so.
    is_path = isinstance(pack.policy_options[name], str) and text != "" and _is(text, Path.exists)
    value = _from(folder, text) if is_path else resolve(text)
    options = {**pack.policy_options, name: text if value is None else value}
    if problem := _problem(pack, name, options):
        raise _refused(policy, f"{name} {problem}", "write --policy OPTION=VALUE with another value")
    return options


def _problem(pack: Pack, name: str, options: dict[str, Scalar]) -> str | None:
    """Why an option cannot have its value, in words."""
    value, folder = options[name], Path(pack.path).parent
    if not isinstance(value, str) and not is_sane(value):
        return f"must be finite, not {value}"
    try:
        factory: Any = registry.load(POLICIES, pack.policy, folder)
    except (registry.UnknownPlugin, ImportError):
        return None  # Said when the run is planned.
    option = (OPTIONS.of(factory) or {}).get(name)
    if option is None:
        return None
    if problem := option.problem(value):
        return str(problem)
    is_path = option.kind == "file" and ":" not in str(value)  # Else of code: FILE.py:NAME.
    if is_path and not _is(located_options(factory, options, folder)[name], Path.is_file):
        return f"names no file: {value}"
    return None


def _from(folder: Path, path: Path | str) -> str:
    return Path(os.path.relpath(absolute(Path(path)), folder)).as_posix()


def _is(path: str, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(Path(path))
    except (OSError, ValueError):
        return False  # Too long for a name, or with a zero byte: text that is no path.


def _refused(policy: Path | str, message: str, hint: str) -> PackageError:
    return PackageError([Diagnostic(f"--policy {policy}", 0, 0, 1, "error", "policy-package", message, hint)])
