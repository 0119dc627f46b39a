"""What all tests need of the process that runs them."""

import signal


def pytest_configure() -> None:
    """A shell makes what it runs in the background deaf to Ctrl-C, and tests press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
