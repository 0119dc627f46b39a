"""Selection of scenarios by id, tag, severity and requirement."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.cli.options.selection import add_selection, select, selected_options
from simgate.harness.frontend.user_errors import UserError
from simgate.harness.packs.model import Pack, Scenario
from tests.unit.expansion.packs import pack, scenario


def made(name: str, severity: str, tags: tuple[str, ...], requirements: tuple[str, ...]) -> Scenario:
    update = {"severity": severity, "tags": tags, "requirements": requirements}
    return scenario(id=name).model_copy(update=update)


PACK: Pack = pack(
    made("glass_closed", "critical", ("glass", "nightly"), ("NAV-012", "PER-003")),
    made("glass_ajar", "major", ("glass",), ("NAV-013",)),
    made("open_door", "major", (), ("NAV-010",)),
)


def chosen(*arguments: str) -> list[str]:
    parser = argparse.ArgumentParser()
    add_selection(parser)
    (scenarios,) = select([PACK], parser.parse_args(arguments))
    return [one.id for one in scenarios]


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ([], ["glass_closed", "glass_ajar", "open_door"]),
        (["--scenario", "glass_*"], ["glass_closed", "glass_ajar"]),
        (["--tag", "nightly"], ["glass_closed"]),
        (["--severity", "major"], ["glass_ajar", "open_door"]),
        (["--requirement", "NAV-01[03]"], ["glass_ajar", "open_door"]),
        (["--tag", "glass", "--severity", "major"], ["glass_ajar"]),
        (["--scenario", "open*", "--scenario", "*ajar"], ["glass_ajar", "open_door"]),
        (["--severity", "major", "--severity", "critical"], ["glass_closed", "glass_ajar", "open_door"]),
    ],
)
def test_one_option_widens_and_several_narrow(arguments: list[str], ids: list[str]) -> None:
    assert chosen(*arguments) == ids


def test_a_selection_of_nothing_lists_what_there_is() -> None:
    with pytest.raises(UserError) as caught:
        chosen("--tag", "wood", "--severity", "minor")
    text = str(caught.value)
    assert "--tag wood --severity minor" in text
    assert "tag: glass, nightly" in text and "severity: critical, major" in text


def test_a_manifest_can_say_what_was_chosen() -> None:
    parser = argparse.ArgumentParser()
    add_selection(parser)
    args = parser.parse_args(["--tag", "glass", "--tag", "wood", "--severity", "major"])
    assert selected_options(args) == [("tag", "glass"), ("tag", "wood"), ("severity", "major")]


def test_run_and_expand_take_the_same_options(capsys: pytest.CaptureFixture[str]) -> None:
    shipped = str(Path(__file__).parents[3] / "scenarios" / "office_doors" / "pack.yaml")
    for command in ("run", "expand"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        text = capsys.readouterr().out
        assert all(f"--{name}" in text for name in ("scenario", "tag", "severity", "requirement"))
    assert main(["run", shipped, "--tag", "no_such_tag"]) == 2
    assert "--tag no_such_tag: no scenario is meant by that" in capsys.readouterr().err


def test_a_path_that_is_nearly_right_is_answered_with_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "office_doors").mkdir()
    assert main(["lint", str(tmp_path / "office_door")]) == 2
    assert f"did you mean {tmp_path / 'office_doors'}?" in capsys.readouterr().err
