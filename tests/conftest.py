"""What all tests need of the process that runs them."""

import os
import signal


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and tests press it; runs of tests are not
    the job's runs, of which GitHub Actions is told."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        os.environ.pop(name, None)
