"""The checks of ``simgate doctor``: does this machine have what a run needs?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from simgate.harness.execution.hosts.host_environment import host_environment, usable_cores
from simgate.harness.registry import names
from simgate.sim_adapters.gl import BACKEND, REMEDY, choose_backend, has_display, too_few_files

_PROBE_S = 120.0
_SOME_BYTES = 1 << 20
"""That a disk must have room for, lest the first record find none."""
_REINSTALL = "install the project again: `make setup`, or `pip install -e .`"
_ADAPTER_NAMES_GL = ("egl", "osmesa")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checkup.

    Attributes:
        subject: What was looked at.
        state: ``bad`` means that runs will not work.
        detail: What was found.
        remedy: What to do; empty when all is well.
    """

    subject: str
    state: Literal["ok", "note", "bad"]
    detail: str
    remedy: str = ""


def check_python() -> Finding:
    """Which interpreter runs, and so which one the hosts run in."""
    return Finding("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})")


def check_packages() -> Iterator[Finding]:
    """Every distribution that simgate requires is installed in a version that it accepts."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(text) for text in requires("simgate") or ()]
    except PackageNotFoundError:
        yield Finding("packages", "bad", "simgate itself is not installed", _REINSTALL)
        return
    wrong = []
    for requirement in needed:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} is {found}, needed {requirement.specifier}")
    if wrong:
        yield Finding("packages", "bad", "; ".join(wrong), _REINSTALL)
    else:
        yield Finding("packages", "ok", f"simgate {version('simgate')} and all it requires")


def check_plugins() -> Iterator[Finding]:
    """Every installed plugin can be imported, tried in a child process."""
    answer, error = probe(["plugins"], host_environment(0, os.environ))
    if answer is None:
        yield Finding("plugins", "bad", error, _REINSTALL)
        return
    for name, problem in answer["problems"].items():
        yield Finding("plugins", "bad", f"{name}: {problem}", "install what it needs, or remove its package")
    if not answer["problems"]:
        yield Finding("plugins", "ok", f"{answer['loaded']} loaded")


def check_simulators(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Each installed simulator draws a frame, in a child process, with EGL first and OSMesa second."""
    for name in names("simgate.sim_adapters"):
        yield _check_simulator(name, environ)


def _check_simulator(name: str, environ: Mapping[str, str]) -> Finding:
    subject = f"simulator {name}"
    tried = []
    for backend in _backends(environ):
        child = host_environment(0, environ) | ({BACKEND: backend} if backend else {})
        answer, error = probe(["adapter", name], child)
        if answer is not None and answer.get("unavailable"):
            return Finding(subject, "note", answer["unavailable"])
        if answer is not None and not answer["problem"]:
            how = f", {BACKEND}={backend}" if backend else ""
            detail = f"{answer['version']} draws with {answer['renderer']} on {answer['device']}{how}"
            return Finding(subject, "ok", detail)
        tried.append(f"{backend or 'default'}: {error if answer is None else answer['problem']}")
    return Finding(subject, "bad", "; ".join(tried), too_few_files() or REMEDY)


def _backends(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What to try: the user's choice, that of a display that answers, or each way to draw without one."""
    if environ.get(BACKEND):
        return (environ[BACKEND],)
    if has_display(environ):
        return ("",)
    first = choose_backend(environ)
    return tuple(sorted(_ADAPTER_NAMES_GL, key=lambda backend: backend != first))


def check_packs(folder: Path) -> Iterator[Finding]:
    """The packs below a folder can be read, and their models are complete."""
    from simgate.harness.packs.loader import find_packs, load_pack
    from simgate.policies.documents.diagnostics import PackError

    paths = find_packs(folder) if folder.is_dir() else []
    if not paths:
        yield Finding("packs", "note", f"none below {folder}", "run it where your scenarios are")
    for path in paths:
        try:
            pack = load_pack(path)
        except PackError as error:
            yield Finding("pack", "bad", str(error), f"`simgate lint {path}` explains it")
            continue
        yield Finding("pack", "ok", f"{path}: {len(pack.scenarios)} scenarios")
        for model in pack.packages.values():
            yield _check_model(model)


def _check_model(path: str) -> Finding:
    from simgate.policies.perception.package import PackageError, load_package
    from simgate.policies.perception.package_source import local_package

    try:
        package = load_package(local_package(path))
    except PackageError as error:
        return Finding("model", "bad", str(error), "restore the files, or `make train`")
    return Finding("model", "ok", f"{package.name} {package.version} ({path})")


def check_cores() -> Finding:
    """How many hosts run by default."""
    cores = usable_cores()
    return Finding("cores", "ok", f"{cores}: `--workers {cores}` is the default")


def check_runs_dir(runs_dir: Path) -> Finding:
    """A run's folder can be made."""
    existing = next((path for path in (runs_dir, *runs_dir.resolve().parents) if path.exists()), Path("/"))
    try:
        with tempfile.TemporaryDirectory(dir=existing) as folder:
            Path(folder, "some.log").write_bytes(bytes(_SOME_BYTES))
    except OSError as error:
        return Finding(
            "runs folder", "bad", f"{existing}: {error.strerror}", "choose another: --runs-dir DIR"
        )
    return Finding("runs folder", "ok", f"{runs_dir} can be written")


def probe(arguments: list[str], environ: Mapping[str, str]) -> tuple[dict[str, Any] | None, str]:
    """Runs a probe; its answer, or None and the last line of what went wrong."""
    command = [sys.executable, "-P", "-m", "simgate.harness.doctor.probe", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PROBE_S, env=dict(environ)
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_PROBE_S:.0f} s"
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return None, lines[-1].strip() if lines else how
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer, ""
