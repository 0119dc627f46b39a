"""What is wrong ten thousand times is said fifty times, and how often more; numbers and tables have limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.frontend.packs import load_checked
from simgate.harness.frontend.user_errors import UserError
from simgate.policies.documents.diagnostics import MOST_SHOWN, Diagnostic, limited, near
from tests.unit.packs.sound_pack import SOUND

KEYS = 10_000


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pack.yaml"
    path.write_text(SOUND + "".join(f"key_{i}: 1\n" for i in range(KEYS)), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_ten_thousand_problems_are_counted_and_the_first_are_shown(
    wrong: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert main(["lint", "pack.yaml", "--format", form]) == 1
    out = capsys.readouterr().out
    assert len(out) < 100_000
    if form == "json":
        assert json.loads(out)["not_shown"] == {"pack.yaml": KEYS - MOST_SHOWN}
    else:
        assert f"pack.yaml: {KEYS - MOST_SHOWN:,} more here are not shown; mend these first" in out
    assert out.count("key_") >= MOST_SHOWN and "key_0" in out
    if form in ("text", "github"):
        assert "1 pack checked: 10,000 problems in 1 file" in out


def test_a_run_of_such_a_pack_says_no_more(wrong: Path) -> None:
    with pytest.raises(UserError) as error:
        load_checked(wrong)
    assert len(str(error.value)) < 100_000


def problem(line: int, severity: str, message: str = "wrong", path: str = "a.yaml") -> Diagnostic:
    return Diagnostic(path, line, 1, 1, severity, "wrong-value", message)  # type: ignore[arg-type]


def test_warnings_never_take_the_place_of_an_error_and_the_order_stays() -> None:
    found = [problem(n, "warning") for n in range(1, 80)] + [problem(80, "error")]
    shown, more = limited([*found, problem(1, "error", path="b.yaml")])
    assert [d.line for d in shown] == [*range(1, MOST_SHOWN), 80, 1]
    assert more == {"a.yaml": 30}


def test_long_messages_leave_room_for_fewer_and_one_is_always_shown() -> None:
    shown, more = limited([problem(n, "error", "x" * 5000) for n in range(1, 41)])
    assert 1 < len(shown) < MOST_SHOWN
    assert sum(len(d.message) for d in shown) <= 20_000
    assert more == {"a.yaml": 40 - len(shown)}
    assert shown[0].message.endswith("x...")


def test_of_thousands_of_known_words_the_closest_is_still_found() -> None:
    known = [f"column_{i}" for i in range(30_000)]
    assert near("column_2999x", known).startswith("did you mean 'column_2999")
    assert near("zzz", known).endswith("column_99 and 29,900 more")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gate.distance_m: {uniform: [3, 8]}", "gate.distance_m: {choice: {3: 1.0e308, 4: 1.0e308}}"),
        ("kinds: {choice: {box: 2, bin: 1}}", "kinds: {choice: {box: 1.7e308, bin: 1.7e308}}"),
    ],
)
def test_weights_whose_sum_no_number_holds_are_a_diagnostic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIMGATE_PLUGINS", "worlds:yard=tests.unit.packs.yard:YARD")
    Path("pack.yaml").write_text(SOUND.replace(old, new), encoding="utf-8")
    assert main(["lint", "pack.yaml"]) == 1
    out = capsys.readouterr().out
    assert "error[wrong-value]: the weights together are too large a number" in out
    assert "write smaller ones" in out


def test_a_table_of_a_hundred_thousand_columns_is_read_or_refused_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ",".join(f"c{i}" for i in range(100_000))
    Path("wide.csv").write_text(f"{names}\n{','.join('5' * 100_000)}\n", encoding="utf-8")
    value = "{from_file: {csv: wide.csv, column: d7}}"
    text = SOUND.replace("gate.distance_m: {uniform: [3, 8]}", f"gate.distance_m: {value}")
    Path("pack.yaml").write_text(text, encoding="utf-8")
    assert main(["lint", "pack.yaml"]) == 1
    out = capsys.readouterr().out
    assert "'wide.csv' has no column 'd7'" in out
    assert len(out) < 20_000


@pytest.mark.parametrize("command", ["lint", "expand", "run", "gate", "report", "coverage", "worlds"])
def test_names_that_no_file_can_have_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop.yaml").symlink_to("loop.yaml")
    for name in ("x" * 5000 + ".yaml", "loop.yaml"):
        assert main([command, name]) in (1, 2)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "loop.yaml does not exist; did you mean loop" not in shown.err


def test_a_folder_that_is_a_loop_of_links_is_no_run_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for words in (["compare", "loop", "loop"], ["baseline", "set", "main", "loop"]):
        assert main(words) == 2
        assert "Too many levels of symbolic links" in capsys.readouterr().err
