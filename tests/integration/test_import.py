"""Results of other tools through the front door: the verdict of a hand computation, and what takes the run."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from simgate.harness.cli.main import main


def lerobot(path: Path, won: int, of: int) -> Path:
    metrics = {
        "sum_rewards": [1.0] * of,
        "max_rewards": [1.0] * of,
        "successes": [k < won for k in range(of)],
    }
    task = {"task_group": "pusht", "task_id": 0, "metrics": metrics}
    path.write_text(json.dumps({"per_task": [task], "per_group": {}, "overall": {"n_episodes": of}}))
    return path


def gauntlet(path: Path, won: list[bool], first_seed: int = 0) -> Path:
    rows = [
        {
            "suite_name": "pick", "cell_index": k % 2, "episode_index": k, "seed": first_seed + k, "success": one,
            "perturbation_config": {"light": float(k % 2)}, "step_count": 9, "total_reward": 1.0,
        }
        for k, one in enumerate(won)
    ]  # fmt: skip
    path.write_text(json.dumps(rows))
    return path


def took(tmp_path: Path, *words: object, name: str = "r") -> tuple[int, Path]:
    code = main(["import", *map(str, words), "--runs-dir", str(tmp_path / "runs"), "--run-name", name])
    return code, tmp_path / "runs" / name


def tail(least: int, of: int, share: float) -> float:
    """The chance of at least so many successes, by summing up the binomial distribution."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(least, of + 1))


@pytest.mark.parametrize(("won", "code"), [(59, 0), (58, 20), (50, 20), (49, 1)])
def test_the_verdict_is_that_of_the_exact_binomial_by_hand(tmp_path: Path, won: int, code: int) -> None:
    proven, refuted = tail(won, 60, 0.9) <= 0.05, 1 - tail(won + 1, 60, 0.9) <= 0.05
    assert code == (0 if proven else 1 if refuted else 20)
    assert took(tmp_path, lerobot(tmp_path / "eval_info.json", won, 60))[0] == code


@pytest.mark.parametrize(("unfinished", "code"), [(None, 20), ([{"item": 300}], 0)])
def test_a_result_that_lacks_nobody_knows_how_many_episodes_is_never_go(
    tmp_path: Path, unfinished: list[dict[str, int]] | None, code: int
) -> None:
    episodes = [{"episode_id": k, "metrics": {"success": True}} for k in range(300)]
    body = {"benchmark": "b", "tasks": [{"task": "reach", "episodes": episodes}], "partial": True}
    more = {} if unfinished is None else {"queue_unfinished": unfinished}
    (tmp_path / "r.json").write_text(json.dumps({**body, **more}))
    assert took(tmp_path, tmp_path / "r.json")[0] == code


def test_an_imported_run_says_what_it_is_and_cannot_be_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, run = took(tmp_path, gauntlet(tmp_path / "episodes.json", [True, False] * 4))
    out = capsys.readouterr().out
    assert "results of gauntlet, imported and not run here: no trace, no replay" in " ".join(out.split())
    assert "simgate replay" not in out
    assert "simgate replay" not in (run / "report.html").read_text() + (run / "junit.xml").read_text()
    page = (run / "report.html").read_text()
    assert "Nothing was measured by simgate: the results are those of gauntlet." in page
    for what in ("Perception latency", "No GPU was used", "worlds in a batch", "host time", "kept no hashes"):
        assert what not in page
    for words in (["replay", run, "pick::c0-e0"], ["pin", run, "pick::c0-e0"], ["run", "--resume", run]):
        assert main([str(word) for word in words]) == 2
        assert "r was imported from gauntlet; only that can run it again" in capsys.readouterr().err
    (record, *_) = map(json.loads, (run / "journal.ndjson").read_text().splitlines())
    assert record["trace_digest"] == ""
    for words in (["gate", run], ["report", run], ["explain", run, "pick::c1-e1"]):
        assert main([str(word) for word in words]) in (0, 1), words
    package = tmp_path / "evidence.zip"
    main(["evidence", "build", str(run), "--out", str(package)])
    assert "changed" not in capsys.readouterr().out
    assert any(name.endswith("/episodes.json") for name in ZipFile(package).namelist())
    main(["evidence", "verify", str(package)])
    assert "the verdict follows from manifest and journal: NO-GO" in capsys.readouterr().out


def test_files_that_hold_each_others_results_have_changed_since_the_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [gauntlet(tmp_path / f"{k}.json", [True] * 4, first_seed=4 * k) for k in range(2)]
    _, run = took(tmp_path, *files)
    first, second = (file.read_bytes() for file in files)
    files[0].write_bytes(second)
    files[1].write_bytes(first)
    main(["evidence", "build", str(run), "--out", str(tmp_path / "evidence.zip")])
    said = " ".join(capsys.readouterr().out.split())
    assert "0.json, 1.json has changed since it was imported" in said


def test_an_episode_that_did_not_run_is_an_error_and_an_unknown_one_invalid(tmp_path: Path) -> None:
    rows = [
        {"episode_id": 0, "metrics": {"success": True}},
        {"episode_id": 1, "metrics": {"success": False}},
        {"episode_id": 2, "metrics": {"success": False}, "failure_reason": "server gone"},
        {"episode_id": 3, "metrics": {"success": float("nan")}},
    ]
    file = tmp_path / "libero.json"
    file.write_text(json.dumps({"benchmark": "libero", "tasks": [{"task": "cup", "episodes": rows}]}))
    _, run = took(tmp_path, file)
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    assert [one["outcome"] for one in records] == ["PASS", "FAIL", "ERROR", "INVALID"]
    assert [one["reason"] for one in records[2:]] == [
        "server gone",
        "the file does not say whether it succeeded",
    ]
    (rate, valid) = json.loads((run / "verdict.json").read_text())["rules"]
    assert [rate[key] for key in ("successes", "failures", "invalid", "errors")] == [1, 1, 1, 1]
    assert "import them" in valid["would_change"] and "--resume" not in valid["would_change"]


def compared(runs: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["compare", str(runs / "a"), str(runs / "b")])
    said = capsys.readouterr()
    # A terminal folds lines at its own width.
    return code, " ".join((said.out + said.err).split())


def test_episodes_are_pairs_by_their_seeds_whatever_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gauntlet(tmp_path / "a.json", [True] * 10)
    now = gauntlet(tmp_path / "b.json", [True] * 7 + [False] * 3)
    now.write_text(json.dumps(json.loads(now.read_text())[::-1]))
    for file, name in ((before, "a"), (now, "b")):
        took(tmp_path, file, "--name", "pick", "--policy", name, name=name)
    _, said = compared(tmp_path / "runs", capsys)
    assert "broken 3, fixed 0 of 10 pairs" in said


def test_runs_without_seeds_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for won, name in ((9, "a"), (8, "b")):
        took(tmp_path, lerobot(tmp_path / f"{name}.json", won, 10), "--name", "pusht", name=name)
    code, said = compared(tmp_path / "runs", capsys)
    assert code == 2
    manifests = [json.loads((tmp_path / "runs" / name / "manifest.json").read_text()) for name in "ab"]
    digests = [{one["digest"] for one in manifest["expected"]} for manifest in manifests]
    assert not digests[0] & digests[1]
    assert "a was imported from LeRobot, whose files tell no seeds: nothing is a pair" in said


def test_runs_judged_by_different_keys_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("once,at_end,s\n" + "".join(f"true,false,{k}\n" for k in range(8)))
    for name, key in (("a", "at_end"), ("b", "once")):
        took(tmp_path, log, "--column", f"success={key}", "--column", "seed=s", name=name)
    code, said = compared(tmp_path / "runs", capsys)
    assert code == 2
    assert "success was 'at_end', is 'once'" in said


def test_cases_of_one_seed_are_pairs_by_their_names_and_one_scene(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = '<properties><property name="seed" value="7"/></properties>'
    cases = [f'<testcase name="t{k}">{seed}{"<failure/>" if k < 4 else ""}</testcase>' for k in range(8)]
    for name, order in (("a", cases), ("b", cases[::-1])):
        file = tmp_path / f"{name}.xml"
        file.write_text(f"<testsuite>{''.join(order)}</testsuite>")
        _, run = took(tmp_path, file, "--name", "suite", name=name)
        assert len({one["scene"] for one in json.loads((run / "manifest.json").read_text())["expected"]}) == 1
    assert "broken 0, fixed 0 of 8 pairs" in compared(tmp_path / "runs", capsys)[1]


def test_scenarios_whose_names_come_to_one_id_are_pairs_by_their_names_whatever_their_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["a b,1,1\n", "a-b,1,0\n"]
    words = [word for one in ("scenario=of", "seed=s", "success=ok") for word in ("--column", one)]
    for name, order in (("a", rows), ("b", rows[::-1])):
        file = tmp_path / f"{name}.csv"
        file.write_text(f"of,s,ok\n{''.join(order)}")
        took(tmp_path, file, *words, "--name", "suite", name=name)
    assert "broken 0, fixed 0 of 2 pairs" in compared(tmp_path / "runs", capsys)[1]


def test_the_tools_own_key_is_the_same_named_or_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = gauntlet(tmp_path / "a.json", [True] * 4)
    took(tmp_path, file, name="a")
    took(tmp_path, file, "--success", "success", name="b")
    assert "broken 0, fixed 0 of 4 pairs" in compared(tmp_path / "runs", capsys)[1]


def test_a_copy_whose_lines_end_otherwise_is_the_same_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, end in (("lf.csv", "\n"), ("crlf.csv", "\r\n"), ("bom.csv", "\n")):
        text = f"ok{end}1{end}0{end}" if name != "bom.csv" else "\ufeffok\n1\n0"
        (tmp_path / name).write_bytes(text.encode())
        code, _ = took(tmp_path, tmp_path / "lf.csv", tmp_path / name, "--column", "success=ok", name=name[0])
        assert code == 2
        assert f"{name} is given twice, also by another name" in " ".join(capsys.readouterr().err.split())


def test_a_plan_of_an_imported_run_says_what_its_scenes_can_prove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.json"
    rows = json.loads(gauntlet(file, [True] * 60).read_text())
    lit = {"light": 1.0}
    file.write_text(
        json.dumps([{**row, "seed": row["seed"] // 2, "perturbation_config": lit} for row in rows])
    )
    _, run = took(tmp_path, file)
    capsys.readouterr()
    assert main(["plan", str(run)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    # 0.9 ** 30 is 0.042.
    assert "pick critical 60 30 - -" in said
    assert "GO with at most 0 failures in 30 scenes" in said
    assert "times: another tool has run it, and only that can say" in said
    assert main(["plan", str(run), "--probe"]) == 2
    assert "simgate cannot run what gauntlet has run" in capsys.readouterr().err


def test_repeats_of_one_seed_are_one_unit_of_proof(tmp_path: Path) -> None:
    files = [gauntlet(tmp_path / f"{k}.json", [True] * 10) for k in range(3)]
    for number, file in enumerate(files):
        file.write_text(file.read_text().replace('"total_reward": 1.0', f'"total_reward": {number}.0'))
    _, run = took(tmp_path, *files)
    expected = json.loads((run / "manifest.json").read_text())["expected"]
    assert len({one["id"] for one in expected}) == len({one["digest"] for one in expected}) == 30
    assert len({one["scene"] for one in expected}) == 10


def test_no_two_episodes_are_one_variant_whatever_the_file_calls_them(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("of,n,ok\na b,x,1\na-b,x,1\na-b-2,x,1\nc,y-2,1\nc,y,1\nc,y,1\nc,y,1\nc,y-3,1\n")
    words = [word for one in ("scenario=of", "name=n", "success=ok") for word in ("--column", one)]
    _, run = took(tmp_path, file, *words)
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    assert [one["scenario"] for one in records] == ["a-b-c8687a0", "a-b", "a-b-2", *["c"] * 5]
    assert len({one["variant"] for one in records}) == 8
    (rate, _) = json.loads((run / "verdict.json").read_text())["rules"]
    assert (rate["successes"], rate["missing"]) == (8, 0)


def test_success_of_a_record_is_what_it_was_judged_by(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("reached,success\n1,0\n0,1\n")
    _, run = took(tmp_path, file, "--column", "success=reached", "--metric", "success")
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    assert [one["metrics"]["success"] for one in records] == [True, False]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.json", "a.json"], "is given twice"),
        (["a.json", "copy.json"], "is given twice, also by another name"),
        (["a.json", "other.json"], "the files are of LeRobot and gauntlet"),
        (["none.json"], "none.json: No such file or directory"),
        (["."], "it is a folder, not a file"),
        (["a.json", "--at-least", "1"], "--at-least must lie between 0 and 1"),
        (["a.json", "--column", "success"], "--column success: write KEY=COLUMN"),
    ],
)
def test_what_cannot_be_imported_is_said_and_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: Any, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lerobot(tmp_path / "a.json", 3, 4)
    lerobot(tmp_path / "copy.json", 3, 4)
    gauntlet(tmp_path / "other.json", [True])
    assert took(tmp_path, *words)[0] == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
