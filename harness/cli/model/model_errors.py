"""What a model refuses while it runs (a batch, the frames' size), as a text without traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def model_errors() -> Iterator[None]:
    """Lets a refused inference end the command with its cause and exit code 2.

    Raises:
        UserError: In place of the RuntimeError that runtimes raise.
    """
    from simgate.harness.frontend.user_errors import UserError

    try:
        yield
    except RuntimeError as error:
        raise UserError(str(error)) from error
