"""The option `--workers`, and the name that it had."""

from __future__ import annotations

import pytest

from simgate.harness.cli.main import main


@pytest.mark.parametrize(
    "command", [["run", "p"], ["aa", "p"], ["plan", "p"], ["preview", "p"], ["replay", "r", "v"]]
)
def test_the_old_name_is_answered_with_the_new_one(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--hosts", "1"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("error: --hosts has another name now: --workers\n")


@pytest.mark.parametrize("command", [["run", "p"], ["aa", "p"], ["plan", "p"], ["preview", "p"]])
def test_fewer_than_none_are_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--workers", "-1"])
    assert ended.value.code == 2
    assert "must be 0 or more, not -1" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "p"], ["aa", "p"], ["plan", "p"], ["preview", "p"]])
def test_more_than_can_be_held_are_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--workers", "999999999"])
    assert ended.value.code == 2
    assert "--workers: must be at most 100,000, not 999999999" in capsys.readouterr().err
