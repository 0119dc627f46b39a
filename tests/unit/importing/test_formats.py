"""What the files of other tools tell; each in the words of its tool's writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simgate.harness.importing.episode import CannotImport, Episode
from simgate.harness.importing.files import read_results
from simgate.harness.importing.tables import ColumnMap

NONE = ColumnMap({})


def told(folder: Path, content: object, name: str = "results.json", **more: Any) -> list[Episode]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return list(
        read_results(path, more.get("kind"), more.get("success"), more.get("columns", NONE))[0].episodes
    )


def lerobot_task(group: str, task: int, won: list[Any]) -> dict[str, Any]:
    metrics = {"sum_rewards": [1.5] * len(won), "max_rewards": [1.0] * len(won), "successes": won}
    return {"task_group": group, "task_id": task, "metrics": {**metrics, "video_paths": []}}


def test_lerobot_lists_episodes_by_task_and_tells_no_seeds(tmp_path: Path) -> None:
    tasks = [lerobot_task("libero_10", 3, [True, False]), lerobot_task("libero_10", 4, [True])]
    overall = {"pc_success": 66.7, "n_episodes": 3, "avg_sum_reward": float("nan")}
    first, second, third = told(tmp_path, {"per_task": tasks, "per_group": {}, "overall": overall})
    assert (first.scenario, first.name, first.success, first.pair) == ("libero_10-3", "e0", True, "")
    assert second.success is False
    assert third.scenario == "libero_10-4"
    assert first.metrics == {"return": 1.5, "max_reward": 1.0}


def test_lerobot_s_older_files_tell_the_seed_of_each_episode(tmp_path: Path) -> None:
    row = {"episode_ix": 4, "sum_reward": 2.0, "max_reward": 1.0, "success": True, "seed": 1004}
    (episode,) = told(tmp_path, {"per_episode": [row], "aggregated": {"pc_success": 100.0}})
    assert (episode.name, episode.pair) == ("e4", "1004")


def test_an_episode_of_vla_eval_that_did_not_run_is_no_failure_of_the_robot(tmp_path: Path) -> None:
    rows = [
        {"episode_id": 0, "metrics": {"success": True, "subtasks": 3}, "steps": 80},
        {
            "episode_id": 1,
            "metrics": {"success": False},
            "failure_reason": "server",
            "failure_detail": "gone",
        },
    ]
    task = {"task": "pick up the cup", "episodes": rows, "num_episodes": 2, "mean_success": 0.5}
    good, bad = told(
        tmp_path, {"benchmark": "libero", "mode": "sync", "tasks": [task], "config": {}, "seed": 7}
    )
    assert (good.success, good.pair) == (True, "")
    assert good.metrics == {"success": 1.0, "subtasks": 3.0, "episode_length": 80.0}
    assert (bad.failed_to_run, bad.success, bad.reason) == (True, None, "server: gone")


def test_what_a_vla_eval_that_was_cut_short_had_before_it_is_no_result(tmp_path: Path) -> None:
    task = {"task": "reach", "episodes": [{"episode_id": 0, "metrics": {"success": True}}], "num_episodes": 1}
    body = {"benchmark": "b", "tasks": [task], "partial": True, "num_episodes_total": 1}
    queue = [{"item": 7, "task_idx": 0, "shard_id": None}, {"item": 9, "task_idx": 0, "shard_id": 0}]
    # As vla-eval 0.8 exports a recording of a shared queue, and one of which a shard is missing.
    _, *left = told(tmp_path, {**body, "queue_unfinished": queue})
    assert [(one.name, one.failed_to_run, one.success) for one in left] == [
        ("7", True, None),
        ("9", True, None),
    ]
    assert [one.name for one in told(tmp_path, body)] == ["e0", "rest"]
    assert len(told(tmp_path, {**body, "partial": False})) == 1


def test_a_number_beyond_all_floats_is_none_and_a_truth_is_0_or_1(tmp_path: Path) -> None:
    rows = [{"episode_id": 0, "metrics": {"success": True, "reach": 10**400, "held": False}}]
    (one,) = told(tmp_path, {"benchmark": "b", "tasks": [{"task": "t", "episodes": rows}]})
    assert one.metrics == {"success": 1.0, "reach": None, "held": 0.0}


def inspect_log(**sample: Any) -> dict[str, Any]:
    scene = {"scene_id": "scene-0", "status": "success", "epochs": [{"success_at_end": 1.0}], **sample}
    info = {"capabilities": ["seedable"]}
    about = {
        "task": "reach",
        "policy": "scripted",
        "policy_checkpoint": "a1",
        "seed": 7,
        "embodiment_info": info,
    }
    results = {"total_trials": len(scene["epochs"])}
    return {
        "version": 1,
        "status": "success",
        "eval": about,
        "results": results,
        "samples": [scene],
        "error": None,
    }


def test_trials_of_inspect_robots_are_pairs_by_scene_seed_and_epoch(tmp_path: Path) -> None:
    epochs = [{"success_at_end": 1.0}, {"success_at_end": 0.0}, {}]
    log = inspect_log(epochs=epochs, termination_reasons=["success", "timeout", None])
    good, bad, broken = told(tmp_path, log)
    assert (good.success, good.pair, good.parameters) == (True, "7:scene-0:0", {"scene": "scene-0"})
    assert (bad.success, bad.reason) == (False, "it ended with 'timeout'")
    assert (broken.failed_to_run, broken.success) == (True, None)


def test_a_trial_that_no_operator_judged_is_unknown_though_its_score_is_zero(tmp_path: Path) -> None:
    epochs = [{"operator": 0.0}, {"operator": 0.0}]
    unseen, seen = told(tmp_path, inspect_log(epochs=epochs, operator_judgements=[None, "no"]))
    assert (unseen.success, seen.success) == (None, False)


def test_a_log_of_inspect_robots_that_was_broken_off_has_an_error(tmp_path: Path) -> None:
    log = inspect_log() | {"status": "error", "error": "EmbodimentError: cable"}
    *_, last = told(tmp_path, log)
    assert (last.failed_to_run, last.reason) == (True, "EmbodimentError: cable")


def gauntlet_row(**other: Any) -> dict[str, Any]:
    return {
        "suite_name": "smoke", "cell_index": 2, "episode_index": 1, "seed": 3142992634,
        "perturbation_config": {"lighting_intensity": 0.5}, "success": True, "terminated": True,
        "truncated": False, "step_count": 41, "total_reward": -39.5, "observation_invalid": False,
        "action_invalid": False, "gauntlet_version": "0.5.1", **other,
    }  # fmt: skip


def test_episodes_of_gauntlet_have_seeds_and_axes(tmp_path: Path) -> None:
    good, bad = told(tmp_path, [gauntlet_row(), gauntlet_row(action_invalid=True, total_reward="NaN")])
    assert (good.scenario, good.name, good.pair) == ("smoke", "c2-e1", "3142992634")
    assert good.parameters == {"lighting_intensity": 0.5}
    assert good.metrics["return"] == -39.5
    assert (bad.failed_to_run, bad.metrics["return"]) == (True, None)


def test_what_varied_of_gauntlet_is_kept_within_mappings_and_lists_too(tmp_path: Path) -> None:
    (one,) = told(tmp_path, [gauntlet_row(perturbation_config={"noise": {"std": 2, "axes": [0, 1]}})])
    assert one.parameters == {"noise.std": 2, "noise.axes.0": 0, "noise.axes.1": 1}


def test_the_seed_of_arena_is_the_runs_and_makes_no_pairs(tmp_path: Path) -> None:
    row = {
        "job_name": "pick", "env_id": 3, "episode_in_env": 1, "seed": 42, "success": False,
        "episode_length": 120, "variations": {"light": 500.0, "camera": [0.1, 0.2]},
    }  # fmt: skip
    lines = "\n".join(json.dumps(one) for one in (row, {**row, "success": None}))
    lost, unknown = told(tmp_path, lines + "\n", "episode_results.jsonl")
    assert (lost.scenario, lost.name, lost.success, lost.pair) == ("pick", "env3-e1", False, "")
    assert lost.parameters == {"light": 500.0, "camera.0": 0.1, "camera.1": 0.2}
    assert unknown.success is None


JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="robot" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="dock" name="a"><properties><property name="seed" value="7"/></properties></testcase>
<testcase classname="dock" name="b"><failure message="hit the wall">trace</failure></testcase>
<testcase name="c"><error message="no simulator"/></testcase>
<testcase name="d"><skipped message="no GPU"/></testcase>
</testsuite></testsuites>
"""


def test_a_case_of_junit_is_an_episode_and_a_skipped_one_proves_nothing(tmp_path: Path) -> None:
    good, lost, broken, skipped = told(tmp_path, JUNIT, "junit.xml")
    assert (good.scenario, good.success, good.pair) == ("dock", True, "7")
    assert (lost.success, lost.reason) == (False, "hit the wall")
    assert (broken.scenario, broken.failed_to_run) == ("robot", True)
    assert (skipped.success, skipped.failed_to_run, skipped.reason) == (None, False, "skipped: no GPU")


@pytest.mark.parametrize("root", ["testsuite", "testsuites"])
def test_no_case_of_junit_is_lost_wherever_it_stands(tmp_path: Path, root: str) -> None:
    inner = '<testsuite name="in" tests="1"><testcase name="b"><failure/></testcase></testsuite>'
    text = f'<{root} name="out" tests="2"><testcase name="a"/>{inner}</{root}>'
    outer, deeper = told(tmp_path, text, "junit.xml")
    assert (outer.scenario, outer.name, outer.success) == ("out", "a", True)
    assert (deeper.scenario, deeper.name, deeper.success) == ("in", "b", False)


@pytest.mark.parametrize(
    "how",
    ['status="notrun" result="suppressed"', 'status="run" result="skipped"', 'status="disabled"'],
    ids=["googletest, disabled", "googletest 1.10, skipped", "CTest"],
)
def test_a_case_of_junit_that_was_not_run_has_not_passed(tmp_path: Path, how: str) -> None:
    ran = '<testcase name="a" status="run" result="completed"/>'
    good, left = told(
        tmp_path, f'<testsuite tests="2">{ran}<testcase name="b" {how}/></testsuite>', "junit.xml"
    )
    assert (good.success, left.success, left.failed_to_run) == (True, None, False)


@pytest.mark.parametrize(
    ("case", "success", "error", "reason"),
    [
        ('><flakyFailure message="fell"/></testcase', False, False, "passed when it was run again: fell"),
        ('><flakyError message="died"/></testcase', None, True, "passed when it was run again: died"),
    ],
)
def test_a_case_of_junit_that_passed_only_again_is_no_pass(
    tmp_path: Path, case: str, success: bool | None, error: bool, reason: str
) -> None:
    (one,) = told(tmp_path, f'<testsuite tests="1"><testcase name="a"{case}></testsuite>', "junit.xml")
    assert (one.success, one.failed_to_run, one.reason) == (success, error, reason)


@pytest.mark.parametrize("outer", ["", ' failures="1"'])
def test_a_suite_of_junit_that_counts_more_failures_than_it_shows_is_not_whole(
    tmp_path: Path, outer: str
) -> None:
    inner = 'failures="0" errors="0"' if outer else 'failures="1" errors="1"'
    shown = "" if outer else "<failure/>"
    text = f'<testsuites{outer}><testsuite {inner}><testcase name="a">{shown}</testcase></testsuite></testsuites>'
    with pytest.raises(
        CannotImport, match=r"a suite says \d failures and errors, and \d are listed: not whole"
    ):
        told(tmp_path, text, "junit.xml")


def test_a_case_of_junit_with_a_failure_and_an_error_is_an_error_that_its_suite_may_count_twice(
    tmp_path: Path,
) -> None:
    case = '<testcase name="a"><failure message="hit"/><error message="teardown"/></testcase>'
    (one,) = told(tmp_path, f'<testsuite tests="1" failures="1" errors="1">{case}</testsuite>', "junit.xml")
    assert (one.success, one.failed_to_run, one.reason) == (None, True, "teardown")


def test_the_key_that_said_success_is_told_where_it_is_not_the_formats_only_one(tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    def key(content: object, success: str | None = None) -> str:
        path.write_text(json.dumps(content))
        return read_results(path, None, success, NONE).told.success

    log = inspect_log(epochs=[{"vlm": 1.0}, {"success_at_end": 0.0, "vlm": 1.0}])
    assert key(log) == "success_at_end, vlm"
    assert key(log, "vlm") == "vlm"
    assert key([gauntlet_row()]) == key([gauntlet_row()], "success") == ""
    assert key([gauntlet_row(held=True)], "held") == "held"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("<testsuite/>", "a.xml", "--success won names no key of it; JUnit's cases tell by themselves"),
        ("ok\n1\n", "a.csv", "--success won names no key of it; write --column success=NAME"),
        ('{"per_task": [], "overall": {}}', "a.json", "has no 'won' of an episode"),
    ],
)
def test_a_key_of_success_that_a_format_cannot_have_is_refused(
    tmp_path: Path, content: str, name: str, said: str
) -> None:
    with pytest.raises(CannotImport, match=said):
        told(tmp_path, content, name, success="won")


MAP = ColumnMap({"success": "ok", "scenario": "task", "seed": "s", "error": "err"}, ("lux",), ("time",))


def test_columns_of_a_csv_file_are_what_the_user_says(tmp_path: Path) -> None:
    text = "task,ok,s,lux,time,err\ndock,yes,7,80,4.5,\ndock,0,8,90.5,nan,\ndock,,9,dim,1,crashed\ndock,NaN,9,1,2,\n"
    good, lost, broken, unknown = told(tmp_path, text, "r.csv", columns=MAP)
    assert (good.success, good.pair, good.parameters, good.metrics) == (True, "7", {"lux": 80}, {"time": 4.5})
    assert (lost.success, lost.parameters, lost.metrics) == (False, {"lux": 90.5}, {"time": None})
    assert (broken.failed_to_run, broken.reason) == (True, "crashed")
    assert unknown.success is None


GOOD_LEROBOT = {"per_task": [lerobot_task("g", 0, [True])], "overall": {"n_episodes": 1}}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("", "a.json", "a.json is empty; its first line must name the columns"),
        ('{"per_task": [', "a.json", "a.json:1:15: it is no whole JSON"),
        ("[" * 200_000, "a.json", "a.json is nested too deeply"),
        ('{"per_task": 1, "per_task": 2, "overall": {}}', "a.json", "the key 'per_task' stands twice"),
        ('{"results": []}', "a.json", "is no result of lerobot, vla-eval, inspect-robots, .* say which: --format"),
        ({"per_task": [], "overall": {"n_episodes": 0}}, "a.json", "a.json holds no episode"),
        ({"per_task": {}, "overall": {}}, "a.json", "per_task must be a list, not {}"),
        (GOOD_LEROBOT | {"overall": {"n_episodes": 2}}, "a.json", "says 2 episodes, and 1 are listed: .* not whole"),
        ({"per_task": [lerobot_task("g", 0, ["yes"])], "overall": {}}, "a.json",
         r"per_task\[0\].metrics.successes\[0\] must be true or false, not \"yes\""),
        ({"per_task": [lerobot_task("g", 0, [0.5])], "overall": {}}, "a.json", "must be true or false, not 0.5"),
        ({"benchmark": "b", "tasks": [{"task": "t", "episodes": [{"episode_id": 0, "metrics": {}}]}]}, "a.json",
         r"tasks\[0\].episodes\[0\].metrics has no 'success'"),
        (inspect_log() | {"version": 2}, "a.json", "version is of a newer log; this simgate reads version 1"),
        (inspect_log(epochs=[{"score": 1.0}]), "a.json", r"epochs\[0\] has no 'success_at_end'"),
        ([gauntlet_row(seed=None)], "a.json", r"\[0\] has no 'seed'"),
        ([gauntlet_row(suite_name="\x1b[2J", success="\x1b[2J")], "a.json", "u001b"),
        ('{"job_name": "j", "env_id": 0}\n{"job_name"\n', "a.jsonl", "a.jsonl:2:12: it is no whole JSON"),
        ("<testsuite", "a.xml", "a.xml is no whole XML"),
        ("<html/>", "a.xml", "a.xml is XML of 'html', not of JUnit's testsuites"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuite>&b;</testsuite>', "a.xml", "declares a document type"),
        (JUNIT.replace('tests="4"', 'tests="5"'), "a.xml", "a suite says 5 tests, and 4 are listed: not whole"),
        ("a,b\n1,2\n", "a.csv", "which column says whether an episode succeeded"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_in_a_sentence(
    tmp_path: Path, content: Any, name: str, said: str
) -> None:
    with pytest.raises(CannotImport, match=said) as caught:
        told(tmp_path, content, name)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task,ok,s,lux,time\n", "a.csv:1: there is no column 'err'"),
        ("task,ok,ok,s,lux,time,err\n", "a.csv:1: two columns have one name"),
        ("task,ok,s,lux,time,err\ndock,yes\n", "a.csv:2: 2 cells under 6 columns"),
        ("task,ok,s,lux,time,err\ndock,maybe,1,2,3,\n", "a.csv:2: 'ok' must be true or false, not 'maybe'"),
        ("task,ok,s,lux,time,err\ndock,yes,1,2,fast,\n", "a.csv:2: 'time' must be a number, not 'fast'"),
        ('task,ok,s,lux,time,err\n"dock,yes\n', "a.csv:2: it is no CSV"),
        ("task,ok,s,lux,time,err\n", "a.csv holds no episode"),
    ],
)
def test_a_table_that_does_not_fit_its_map_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CannotImport, match=said):
        told(tmp_path, text, "a.csv", columns=MAP)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{\xff\xfe")
    with pytest.raises(CannotImport, match="is not UTF-8 text: byte 1"):
        read_results(tmp_path / "a.json", None, None, NONE)
