from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.sim_adapters.gl import choose_backend, missing_gl


def libraries(*present: str):
    return lambda name: f"lib{name}.so.1" if name in present else None


@pytest.mark.parametrize(
    ("environ", "present", "backend", "missing"),
    [
        ({}, ("EGL", "OSMesa"), "egl", False),
        ({}, ("OSMesa",), "osmesa", False),
        ({}, (), None, True),
        ({"MUJOCO_GL": "osmesa"}, ("EGL",), "osmesa", False),
        ({"DISPLAY": ":0"}, ("EGL",), "egl", False),
        ({"DISPLAY": "unix:0.0"}, ("OSMesa",), "osmesa", False),
        ({"DISPLAY": ":0"}, (), None, True),
        ({"DISPLAY": ":7"}, ("EGL",), None, False),
        ({"DISPLAY": "unix:7.0"}, (), None, False),
        ({"DISPLAY": "elsewhere:0"}, ("EGL",), None, False),
        ({"DISPLAY": "none"}, ("EGL",), "egl", False),
        ({"DISPLAY": "localhost:99999"}, ("EGL",), "egl", False),
    ],
)
def test_the_backend_is_the_users_choice_or_the_best_library_that_is_there(
    environ: dict[str, str],
    present: tuple[str, ...],
    backend: str | None,
    missing: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the displays :0 and :7, only :7 has a server; the other is stale."""
    monkeypatch.setattr("simgate.sim_adapters.gl._X_SOCKETS", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "X7"))
        server.listen()
        _is_chosen(environ, present, backend, missing)


def _is_chosen(environ: dict[str, str], present: tuple[str, ...], backend: str | None, missing: bool) -> None:
    assert choose_backend(environ, libraries(*present)) == backend
    assert missing_gl(environ, libraries(*present)) is missing


def test_gpus_of_the_caller_are_dealt_out_in_turn() -> None:
    environ = {"CUDA_VISIBLE_DEVICES": "2, GPU-abc"}
    dealt = [host_environment(n, environ)["CUDA_VISIBLE_DEVICES"] for n in range(3)]
    assert dealt == ["2", "GPU-abc", "2"]


def test_without_the_variable_a_host_sees_what_the_caller_sees() -> None:
    assert "CUDA_VISIBLE_DEVICES" not in host_environment(0, {})


def test_a_host_uses_one_thread_unless_the_user_says_otherwise() -> None:
    child = host_environment(0, {"OMP_NUM_THREADS": "4"})
    assert (child["LP_NUM_THREADS"], child["OMP_NUM_THREADS"]) == ("0", "4")


def test_where_too_few_files_may_be_open_that_is_said_and_no_library_is_asked_for() -> None:
    code = """
import resource
from simgate.sim_adapters.gl import what_lacks
for most in (64, 63, 12):
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(what_lacks({"MUJOCO_GL": "egl"}))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    enough, few, fewest = said.split("\n")[:3]
    assert enough == ""
    assert few == "a process may open only 63 files here, and a simulator needs 64: `ulimit -n 1024`"
    assert "only 12 files" in fewest
