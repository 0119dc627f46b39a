"""The last moment of the command: what could not be written is said, whatever else ended it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import simgate
from simgate.harness.cli.main import build_parser, main

NO_MEMORY = """
import errno, sys
from simgate.harness.cli import main

def fails(argv):
    print("half of the answer", flush=True)
    raise OSError(errno.ENOMEM, "Cannot allocate memory")

main._run = fails
sys.exit(main.main(["lint"]))
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_machine_that_runs_out_of_memory_hides_no_lost_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", NO_MEMORY], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 69
    assert "has run out of memory" in done.stderr
    assert "not all of the output could be written" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--out", "json"],
        ["lint", "--form", "json"],
        ["evidence", "build", "RUN", "--k", "key"],
        ["--vers"],
    ],
)
def test_an_option_that_is_cut_short_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(words)
    assert ended.value.code == 2
    assert f"unrecognized arguments: {words[-2] if len(words) > 1 else words[-1]}" in capsys.readouterr().err


ONE_COMMAND = """
import sys
from simgate.harness.cli.main import COMMANDS, main

try:
    main(["gate", "--help"])
finally:
    rooms = {name: f"simgate.harness.cli.commands.{room}.{name}" for name, room in COMMANDS.items()}
    assert [name for name, module in rooms.items() if module in sys.modules] == ["gate"]
"""


def test_a_command_does_not_wait_for_the_others_to_be_imported() -> None:
    done = subprocess.run([sys.executable, "-c", ONE_COMMAND], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    whole = next(a for a in build_parser()._actions if a.dest == "command").choices
    assert isinstance(whole, dict)
    assert done.stdout.split("\n", 1)[1] == whole["gate"].format_help().split("\n", 1)[1]


@pytest.mark.parametrize("number", ["-1", "-1e6", "-.5", "-2.5E-3", "-1_000"])
def test_a_number_below_zero_is_the_value_of_the_option_before_it(number: str) -> None:
    line = ["eval", "E", "--policy", "p.py:P", "--return-at-least", number, "--quiet"]
    assert build_parser().parse_args(line).return_at_least == float(number)
    assert build_parser().parse_args(["drift", "RUN", "--against", "L", "--window-s", number]).window_s < 0


def test_pages_that_messages_name_are_where_the_help_says() -> None:
    folder = Path(build_parser().format_help().rstrip().rpartition("\n")[2].strip())
    assert folder.is_absolute()
    here, named = Path(simgate.__file__).parent, set()
    for room in ("harness", "policies", "sim_adapters"):
        for path in (here / room).resolve().rglob("*.py"):
            named |= set(re.findall(r"docs/([a-z0-9-]+\.md)", path.read_text()))
    assert len(named) > 10
    assert {name for name in named if not (folder / name).is_file()} == set()


@pytest.mark.parametrize("command", [["compare", "a", "b"], ["eval", "Env-v0"], ["import", "a.json"]])
@pytest.mark.parametrize("number", ["0", "0.05", "0.49", "1", "nan", "95"])
def test_what_no_confidence_is_proves_nothing(
    command: list[str], number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*command, "--confidence", number])
    assert ended.value.code == 2
    assert f"--confidence: must be at least 0.5 and below 1, not {number}" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["nan", "inf", "-1"])
def test_a_latency_that_is_no_time_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["run", "pack.yaml", f"--latency-extra-ms={number}"])
    assert ended.value.code == 2
    assert f"must be a number of 0 or more, not {number}" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["1", "101", "99999999999999999999"])
def test_cells_of_a_parameter_are_bounded(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "pack.yaml", "--bins", number]) == 2
    assert f"--bins must be from 2 to 100, not {number}" in capsys.readouterr().err
