"""Where MuJoCo's compiler is called: a process that waits for it can be ended."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# A sum is as deaf as a compiler: it runs for minutes, and no handler of Python's is called before it returns.
COMPILING = """
from simgate.harness.frontend.terminal.interruption import interruptible
from simgate.sim_adapters.mujoco.mujoco_log import rejections

with interruptible(), rejections():
    print("compiling", flush=True)
    sum(range(10**12))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_whose_file_is_being_compiled_ends_when_it_is_told_to(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", COMPILING], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "compiling\n"
        process.send_signal(number)
        assert process.wait(60) == -number
    finally:
        process.kill()
        process.communicate()


AFTER = """
import signal
from simgate.harness.frontend.terminal.interruption import Interrupted, interruptible
from simgate.sim_adapters.mujoco.mujoco_log import rejections

with interruptible():
    with rejections():
        pass
    try:
        signal.raise_signal(signal.SIGTERM)
    except Interrupted:
        print("in order")
"""


def test_afterwards_a_signal_ends_a_command_in_order_again() -> None:
    done = subprocess.run([sys.executable, "-c", AFTER], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "in order\n"), done.stderr
