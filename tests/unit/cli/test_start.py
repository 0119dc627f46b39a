"""The first moment of the command: it is still importing when somebody presses Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

PRESSED = """
import sys
from importlib.abc import MetaPathFinder

class Pressed(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "simgate.harness.cli.commands.packs.lint":
            raise KeyboardInterrupt
        if name == "simgate.harness.cli.main" and sys.argv[1] == "main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
from simgate.harness.cli.start import start
before = {name for name in sys.modules if name.startswith("simgate.harness.")}
assert before == {"simgate.harness.cli", "simgate.harness.cli.start"}, before
sys.argv[1:] = ["lint"]
sys.exit(start())
"""


def test_ctrl_c_while_simgate_imports_is_a_word_and_130() -> None:
    for moment in ("main", "command"):
        done = subprocess.run(
            [sys.executable, "-c", PRESSED.replace('sys.argv[1] == "main"', str(moment == "main"))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (130, "interrupted (SIGINT)\n")


def test_the_installed_command_begins_there() -> None:
    from importlib.metadata import entry_points

    (command,) = entry_points(group="console_scripts", name="simgate")
    assert command.value == "simgate.harness.cli.start:start"
