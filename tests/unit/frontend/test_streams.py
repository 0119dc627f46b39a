"""What texts of others can do to a screen: nothing."""

from __future__ import annotations

import io
from typing import cast

import pytest

from simgate.harness.frontend.terminal.streams import (
    SafeStream,
    console_on,
    output_for_programs,
    safe_streams,
)

HOSTILE = "a\x1b[31m\x00\x9b\u202eb\r\n::error file=x::owned"
SHOWN = "a\\x1b[31m\\x00\\x9b\\u202eb\\r\n\\x3a:error file=x::owned"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_moves_a_terminal_or_commands_a_ci_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with safe_streams():
        print(HOSTILE)
        print("door::v0007 \N{ROBOT FACE} tür\n::v0007")
    assert capsys.readouterr().out == f"{SHOWN}\ndoor::v0007 \N{ROBOT FACE} tür\n::v0007\n"


def test_data_for_programs_goes_through_as_it_is_unless_a_terminal_shows_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with safe_streams(), output_for_programs() as out:
        print("a\u202eb", file=out)
    assert capsys.readouterr().out == "a\u202eb\n"
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    with safe_streams(), output_for_programs() as out:
        print("a\u202eb", file=out)
    assert terminal.getvalue() == "a\\u202eb\n"


def test_a_coloured_table_has_its_own_colours_and_none_of_its_texts() -> None:
    terminal = Terminal()
    console_on(terminal, force_terminal=True, highlight=False).print(
        "\x1b[2Jx\u202e", style="red", markup=False
    )
    text = terminal.getvalue()
    assert "\\x1b[2Jx\\u202e" in text
    assert "\x1b[2J" not in text
    assert "\x1b[31m" in text


def test_a_stream_that_fails_once_is_left_alone() -> None:
    class Full(io.StringIO):
        tries = 0

        def write(self, text: str) -> int:
            self.tries += 1
            raise OSError(28, "No space left on device")

    full = Full()
    stream = SafeStream(full)
    for _ in range(3):
        print("lost", file=cast("io.StringIO", stream))
    assert full.tries == 1
    assert stream.lost is not None
