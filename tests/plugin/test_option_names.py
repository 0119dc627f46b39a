"""A session starts whatever options other plugins and a team's conftest have."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.pytest_plugin.options import OPTIONS, _model
from tests.plugin.conftest import CLEAR_WAY, Bench
from tests.run_dirs import run_dirs

OTHER = """\
import pytest

def pytest_addoption(parser):
    group = parser.getgroup("another plugin")
    for name in {names!r}:
        group.addoption(f"--{{name}}", dest=f"other_{{name}}", action="store")

@pytest.fixture
def theirs(pytestconfig):
    return [pytestconfig.getoption(f"other_{{name}}") for name in {names!r}]
"""


def test_testinfra_registers_hosts_and_both_plugins_work_in_one_session(bench: Bench) -> None:
    pytest.importorskip("testinfra")
    bench.pack(CLEAR_WAY)
    bench.file("test_machine.py", "def test_machine(host):\n    assert host.backend.NAME == 'local'\n")
    bench.run("--hosts", "local://").assert_outcomes(passed=7)


@pytest.mark.parametrize("place", ["plugin", "conftest"])
def test_short_names_that_others_have_are_theirs_and_the_long_ones_stay_ours(
    bench: Bench, place: str
) -> None:
    names = [option.name for option in OPTIONS]
    bench.pack(CLEAR_WAY)
    bench.file("conftest.py" if place == "conftest" else "another.py", OTHER.format(names=names))
    bench.file("test_theirs.py", "def test_theirs(theirs):\n    assert 'robot-9' in theirs\n")
    loaded = [] if place == "conftest" else ["-p", "another"]
    result = bench.run(*loaded, "--model", "robot-9", "--sim-variants", "2", "--sim-record", "all")
    result.assert_outcomes(passed=3)
    assert len(list((bench.run_dirs()[0] / "recordings").iterdir())) == 2


def test_the_short_names_are_the_words_of_simgate_run(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    command = ["--workers", "0", "--variants", "2", "--runs-dir", "elsewhere", "--adapter", "tiny", "--gate"]
    result = bench.pytester.runpytest_subprocess(*command, timeout=60)
    result.assert_outcomes(passed=2)
    assert len(run_dirs(bench.path / "elsewhere")) == 1
    assert result.ret == 20, "two variants are too few to decide"


def test_the_value_of_a_short_name_is_no_folder_of_tests(bench: Bench) -> None:
    """`--runs-dir robots` must not load `robots/conftest.py`, nor keep `testpaths` from being read."""
    bench.file("robots/conftest.py", "raise RuntimeError('read although nobody asked for it')\n")
    bench.file("tests/conftest.py", "def pytest_addoption(parser):\n    parser.addoption('--robot')\n")
    bench.file(
        "tests/test_it.py", "def test_it(pytestconfig):\n    assert pytestconfig.getoption('robot') == 'r9'\n"
    )
    bench.pytester.makeini("[pytest]\ntestpaths = tests\naddopts = -p no:hypothesispytest\n")
    bench.run("--runs-dir", "robots", "--robot", "r9").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "ini", "text"),
    [
        (["--hosts", "2"], "", "--hosts has another name now: --workers, or --sim-workers"),
        ([], "simgate_hosts = 2", "simgate_hosts has another name now: simgate_workers"),
    ],
)
def test_the_old_name_is_answered_with_the_new_one(
    bench: Bench, arguments: list[str], ini: str, text: str
) -> None:
    bench.pack(CLEAR_WAY)
    Path(bench.path / "tox.ini").write_text(
        f"[pytest]\naddopts = -p no:hypothesispytest -p no:pytest11.testinfra\n{ini}\n"
    )
    result = bench.run(*arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{text}*"])
    result.stderr.no_fnmatch_line("*Traceback*")
    assert not bench.run_dirs()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("m", Path("/there/m")),
        ("s3://bucket/m", "s3://bucket/m"),
        ("doors=m", "doors=/there/m"),
        ("doors=/else/m,depth=s3://bucket/m", "doors=/else/m,depth=s3://bucket/m"),
        ("a,b/m", Path("/there/a,b/m")),
    ],
)
def test_the_path_of_a_model_counts_from_where_pytest_was_called_by_its_name_too(written, meant):
    assert _model(written, Path("/there")) == meant
