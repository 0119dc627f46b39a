"""Where everything is printed: no text breaks a terminal, and no terminal breaks a run.

What a pack, a model or a file is called reaches the screen only as characters that are shown. A stream that
is closed, full, or cannot write a letter costs what is printed, never the run and its verdict.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from simgate.sim_adapters.printable import printable_lines

if TYPE_CHECKING:
    from rich.console import Console

_STREAMS = (0, 1, 2)


class SafeStream:
    """A text stream that survives its reader, its disk and its encoding.

    Args:
        raw: What is written to.
        escapes: Whether control characters are shown as escapes; not for a writer that draws with them.
    """

    def __init__(self, raw: TextIO, escapes: bool = True) -> None:
        self.raw = raw
        self.lost: OSError | None = None
        """The first thing that went wrong with the stream; from then on nothing is written."""
        self._escapes = escapes

    def write(self, text: str) -> int:
        """Writes what can be written; letters that the encoding lacks become escapes."""
        shown = printable_lines(text) if self._escapes else text
        encoding = getattr(self.raw, "encoding", None) or "utf-8"
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
        self._try(lambda: self.raw.write(shown))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hands on what was written."""
        self._try(self.raw.flush)

    @contextmanager
    def for_programs(self) -> Iterator[None]:
        """Lets data (CSV, JSON lines) through as it is, in UTF-8, unless a terminal shows it."""
        if self.raw.isatty():
            yield
            return
        reconfigure = getattr(self.raw, "reconfigure", None)
        if reconfigure is not None:
            self._try(lambda: reconfigure(encoding="utf-8"))
        self._escapes = False
        try:
            yield
        finally:
            self._escapes = True

    def _try(self, action: Any) -> None:
        if self.lost is not None:
            return
        try:
            action()
        except OSError as error:
            self.lost = error
            _to_nowhere(self.raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


@contextmanager
def safe_streams() -> Iterator[SafeStream]:
    """Guards standard output and error as long as a command runs; gives that of the output."""
    open_closed_streams()
    before = sys.stdout, sys.stderr
    out, err = SafeStream(sys.stdout), SafeStream(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


@contextmanager
def output_for_programs() -> Iterator[TextIO]:
    """Standard output, for data that programs read."""
    with for_programs(sys.stdout) as out:
        yield out


@contextmanager
def for_programs(stream: TextIO) -> Iterator[TextIO]:
    """A standard stream, for what programs read from it."""
    if isinstance(stream, SafeStream):
        with stream.for_programs():
            yield cast("TextIO", stream)
    else:
        yield stream


def lost_text(error: OSError) -> str:
    """What a user must know when the output could not be written; empty when the reader had enough."""
    if error.errno in (errno.EPIPE, errno.EIO):
        return ""
    return f"not all of the output could be written: {error.strerror or error}"


def console_on(stream: TextIO, **options: Any) -> Console:
    """A rich console on a stream: its own colours and moves pass, those in the text are shown as escapes."""

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class _SafeConsole(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                if segment.control:
                    yield segment
                else:
                    yield Segment(printable_lines(segment.text), segment.style)

    raw = stream.raw if isinstance(stream, SafeStream) else stream
    return _SafeConsole(file=cast("TextIO", SafeStream(raw, escapes=False)), **options)


def open_closed_streams() -> None:
    """Opens what the caller has closed (``>&-``), lest the next file be taken for the screen."""
    for number in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given first, so it is this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _to_nowhere(raw: TextIO) -> None:
    """Lets what is still in the buffer go, so that Python's own flush at its end does not fail again."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, raw.fileno())
        finally:
            os.close(nowhere)
