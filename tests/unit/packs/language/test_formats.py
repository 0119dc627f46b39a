"""What machines get from the linter: SARIF 2.1.0 and GitHub's workflow commands."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simgate.harness.cli.commands.packs import lint
from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.diagnostics.github_commands import to_github
from simgate.harness.packs.diagnostics.sarif import to_sarif
from simgate.policies.documents.diagnostics import WIDTH, Diagnostic, render
from tests.unit.packs.sound_pack import SOUND

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
SARIF_SHAPE = {
    "type": "object",
    "required": ["version", "$schema", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "originalUriBaseIds": {
                        "additionalProperties": {"properties": {"uri": {"pattern": "^file:///.*/$"}}}
                    },
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {"shortDescription": TEXT, "help": TEXT},
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {"uri": {"pattern": "^[!-~]+$"}},
                                                    },
                                                    "region": {
                                                        "required": ["startLine", "startColumn", "endColumn"],
                                                        "additionalProperties": {
                                                            "type": "integer",
                                                            "minimum": 1,
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""The parts of the SARIF 2.1.0 schema (OASIS, 2020, sections 3.13 to 3.30) that this log uses."""

WRONG = SOUND.replace("seed: 7", "sede: x").replace("severity: major", "severity: mayor")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    lint.configure(parser)
    code = lint.run(parser.parse_args(arguments))
    return code, capsys.readouterr().out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my packs").mkdir()
    (tmp_path / "my packs" / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    return tmp_path


def log_of(text: str) -> Any:
    log = json.loads(text)
    Draft202012Validator(SARIF_SHAPE).validate(log)
    return log


def test_sarif_has_the_shape_of_the_standard(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, ".", "--format", "sarif")
    assert code == 1
    (run,) = log_of(text)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["unknown-key", "wrong-value"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [rule["shortDescription"]["text"] for rule in rules] == [
        CODES["unknown-key"],
        CODES["wrong-value"],
    ]


def test_sarif_places_are_relative_escaped_and_exact(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = log_of(printed(capsys, ".", "--format", "sarif")[1])["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20packs/wrong.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 7, "startColumn": 1, "endColumn": 5}


def test_a_clean_pack_makes_an_empty_but_whole_log(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sound.yaml").write_text(SOUND, encoding="utf-8")
    code, text = printed(capsys, "sound.yaml", "--format", "sarif")
    assert code == 0
    assert log_of(text)["runs"][0]["results"] == []


def test_a_file_elsewhere_has_an_absolute_uri() -> None:
    log = to_sarif([Diagnostic("/elsewhere/p.yaml", 1, 1, 1, "error", "unknown-key", "m")], "1")
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///elsewhere/p.yaml"}


def test_the_same_problem_twice_has_two_fingerprints_that_do_not_move_with_the_lines() -> None:
    def prints(*lines: int) -> list[str]:
        found = [Diagnostic("p.yaml", line, 1, 1, "error", "unknown-key", "m") for line in lines]
        results = to_sarif(found, "1")["runs"][0]["results"]
        return [result["partialFingerprints"]["simgate/v1"] for result in results]

    assert len(set(prints(3, 9))) == 2
    assert prints(3, 9) == prints(4, 20)


def test_github_gets_one_command_for_each_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, ".", "--format", "github")
    assert code == 1
    first, second, last = text.splitlines()
    assert first == (
        "::error file=my packs/wrong.yaml,line=7,endLine=7,col=1,endColumn=5,"
        "title=simgate lint%3A unknown-key::unknown key 'sede' in the pack%0Adid you mean 'seed'?"
    )
    assert re.match(r"::error file=my packs/wrong.yaml,line=\d+,.*wrong-value::unknown severity", second)
    assert last == "1 pack checked: 2 problems in 1 file"


def test_what_would_break_a_command_is_escaped() -> None:
    line = to_github(Diagnostic("a,b:c%.yaml", 1, 2, 3, "warning", "wrong-value", "50 %", "of\nit"))
    assert line.startswith("::warning file=a%2Cb%3Ac%25.yaml,line=1,")
    assert line.endswith("::50 %25%0Aof\\nit")


def test_long_hints_stand_below_the_line_within_the_width() -> None:
    hint = "known: " + ", ".join(f"parameter.number_{k}" for k in range(30))
    text = render(Diagnostic("p.yaml", 3, 7, 4, "error", "unknown-parameter", "m", hint), "      door: 3")
    lines = text.splitlines()
    assert lines[2] == "      |       ^^^^"
    assert lines[3].startswith("      = known: parameter.number_0, ")
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(line.strip(" =") for line in lines[3:]) == hint


def test_very_long_source_lines_are_cut_around_the_mistake() -> None:
    source = "x: [" + "aaaa, " * 400 + "here, " + "bbbb, " * 400 + "]"
    column = source.index("here") + 1
    lines = render(Diagnostic("p.yaml", 3, column, 4, "error", "c", "m", "h"), source).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[1][lines[2].index("^") :].startswith("here")
