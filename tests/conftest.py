"""What all tests need of the process that runs them."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and tests press it; runs of tests are not
    the job's runs, of which GitHub Actions is told."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def no_module_of_a_test_stays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test imported from its own folder: a later run would find it loaded, and count it as its code."""
    before = set(sys.modules)
    yield
    folder = str(tmp_path_factory.getbasetemp()) + os.sep
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
            del sys.modules[name]
