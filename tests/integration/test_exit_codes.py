"""What a process ends with, as a shell or a CI sees it: real processes, pipes, streams and signals."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

SIMGATE = f"{shlex.quote(sys.executable)} -m simgate.harness.cli.main"
RUN = f"{SIMGATE} run pack.yaml --runtime memory_runtime --workers 1"
INFRASTRUCTURE, CRASH = 69, 70


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_pack(tmp_path, 4)


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash; a pipeline ends with the code of its first command."""
    line = f"{command}\nexit ${{PIPESTATUS[0]}}"
    return subprocess.run(
        ["bash", "-c", line],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def verdicts() -> int:
    return len([run for run in run_dirs(Path("runs")) if (run / "verdict.json").exists()])


@pytest.mark.parametrize(
    "streams",
    [">/dev/null 2>&-", ">/dev/null 2>/dev/full", ">/dev/full", ">&-", "<&- >&- 2>&-", "2>&1 | head -n 1"],
)
def test_no_stream_changes_the_code_of_a_verdict_or_keeps_it_from_being_written(
    pack: Path, streams: str
) -> None:
    assert shell(f"{RUN} {streams}").returncode == 0
    assert verdicts() == 1


def test_letters_that_a_terminal_lacks_are_shown_as_escapes(pack: Path) -> None:
    text = pack.read_text(encoding="utf-8").replace("door_ahead:", "door_ahead:\n    tags: [tür]")
    pack.write_text(text.replace("A door straight ahead", "Öffnung 🤖"), encoding="utf-8")
    ended = shell(RUN, PYTHONIOENCODING="ascii")
    assert ended.returncode == 0, ended.stderr
    assert verdicts() == 1
    wrong = pack.read_text(encoding="utf-8").replace("uniform", "unifürm")
    pack.write_text(wrong, encoding="utf-8")
    linted = shell(f"{SIMGATE} lint pack.yaml", PYTHONIOENCODING="ascii")
    assert linted.returncode == 1, "problems, and no crash"
    assert "unif\\xfcrm" in linted.stdout


def test_what_a_full_disk_has_swallowed_is_said_and_is_no_success(pack: Path) -> None:
    ended = shell(f"{SIMGATE} expand pack.yaml --format csv >/dev/full")
    assert ended.returncode == INFRASTRUCTURE
    assert "not all of the output could be written: No space left on device" in ended.stderr
    assert shell(f"{SIMGATE} expand pack.yaml --format csv | head -n 1").returncode == 0


NO_HOST = """
import os, sys
if "simgate.harness.execution.hosts.host" in sys.orig_argv:
    os._exit(3)
"""


def test_without_a_worker_the_code_is_that_of_the_machine_everywhere(pack: Path) -> None:
    Path("broken").mkdir()
    Path("broken", "sitecustomize.py").write_text(NO_HOST, encoding="utf-8")
    ended = shell(RUN, PYTHONPATH=f"broken:{os.environ['PYTHONPATH']}")
    assert ended.returncode == INFRASTRUCTURE, ended.stdout + ended.stderr
    assert "no worker could start" in ended.stderr
    assert shell(f"{SIMGATE} gate runs/latest").returncode == INFRASTRUCTURE
    assert shell(f"{SIMGATE} explain runs/latest").returncode == INFRASTRUCTURE


def test_a_run_of_nothing_but_errors_is_the_machines_fault_too(pack: Path) -> None:
    pack.write_text(pack.read_text(encoding="utf-8").replace("pace_s: 0.0", "pace_s: no number"))
    assert shell(RUN).returncode == INFRASTRUCTURE


def test_a_crash_has_a_code_of_its_own(pack: Path) -> None:
    program = (
        "import simgate.harness.frontend.packs as p, sys\n"
        "from simgate.harness.cli.main import main\n"
        "def broken(path): raise RuntimeError('a fault of simgate')\n"
        "p.packs_at = broken\n"
        "sys.exit(main(['lint', 'pack.yaml']))"
    )
    ended = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}")
    assert ended.returncode == CRASH
    assert "RuntimeError: a fault of simgate" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_in_order_and_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    write_pack(tmp_path, 8, pace_s=1.0)
    words = shlex.split(RUN)
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    assert "8 variants" in process.stderr.readline()
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait(60) == 128 + number
    assert "simgate run --resume runs/" in said
    assert "Traceback" not in said


def test_ctrl_c_while_commands_are_loaded_is_no_traceback(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "import simgate.harness.cli.main as m\n"
        "def slow(_): os.kill(os.getpid(), signal.SIGINT)\n"
        "m.build_parser = slow\n"
        "sys.exit(m.main(['lint']))"
    )
    ended = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}")
    assert ended.returncode == 130
    assert ended.stderr == "interrupted (SIGINT)\n"
