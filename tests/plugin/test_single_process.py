"""Plain pytest on packs: outcomes, order, selection by result, and what a QA engineer reads."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, HEAD, Bench, scenario
from tests.unit.execution.memory_pack import write_model

KNOWN = "  known_failures:\n    - {when: block.offset_m < 1, issue: NAV-77, until: 2999-01-01}\n"


def cases(bench: Bench) -> dict[str, ET.Element]:
    root = ET.parse(bench.path / "out.xml").getroot()
    return {f"{case.get('classname')}.{case.get('name')}": case for case in root.iter("testcase")}


def test_every_outcome_has_its_word_in_pytest(bench: Bench) -> None:
    bench.pack(
        CLEAR_WAY.replace("count: 6", "count: 4"),
        BLOCKED_WAY.replace("count: 3", "count: 1"),
        BLOCKED_WAY.replace("count: 3", "count: 1").replace("blocked_way", "known_way") + KNOWN,
        scenario("raises", count=1, fault="raise"),
        scenario("breaks", count=1, fault="nonfinite"),
        scenario("dies", count=1, fault="die"),
    )
    result = bench.run("--junitxml", "out.xml", workers=2)
    result.assert_outcomes(passed=4, failed=1, errors=3, skipped=1)
    assert result.ret == 1
    found = cases(bench)
    assert len(found) == 9
    kinds = {
        name.split(".")[-1] if "clear" in name else name.split(".")[-2]: [child.tag for child in case]
        for name, case in found.items()
    }
    assert kinds["blocked_way"][-1] == "failure"
    assert all(kinds[name][-1] == "error" for name in ("raises", "breaks", "dies"))
    assert kinds["known_way"][-1] == "skipped"
    result.stdout.fnmatch_lines(["host ? was lost (exit code 7); run again: dies::v0000", "SKIPPED *NAV-77*"])
    result.stdout.fnmatch_lines_random(
        [
            "FAILED pack.yaml::blocked_way::v0000 - FAIL: *collisions*",
            "ERROR pack.yaml::raises::v0000 - ERROR: *the tiny simulator cannot build this scene*",
            "ERROR pack.yaml::breaks::v0000 - INVALID: *non-finite*",
            "ERROR pack.yaml::dies::v0000 - ERROR: *died*",
        ]
    )


def test_a_failure_says_what_by_how_much_and_how_to_see_it_again(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY.replace("count: 3", "count: 1"), gate="")
    result = bench.run(workers=1)
    (run_dir,) = bench.run_dirs()
    run = f"runs/{run_dir.name}"
    result.stdout.fnmatch_lines(
        [
            "*_ blocked_way::v0000 _*",
            "FAIL  blocked_way::v0000  [[]major[]]",
            "A block stands in the way (NAV-002)",
            "  criterion  collisions at most 0",
            "  observed   1*",
            "  margin     -1*",
            "parameters, farthest from nominal first",
            "  block.offset_m  0.*percentile of 0 to 0.1",
            "look at",
            f"  start picture: {run}/frames/*.png",
            f"  failure picture: {run}/frames/*.png",
            "reproduce with either of",
            f"  simgate replay {run} blocked_way::v0000",
            '  pytest "pack.yaml::blocked_way::v0000"',
            f"run folder: {run}",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*outcomes.py*")
    for line in result.outlines:
        if "picture: " in line:
            assert (bench.path / line.partition("picture: ")[2]).is_file()


def test_the_reproduce_line_runs_the_same_variant_with_the_same_trace(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY, gate="")
    bench.run()
    (first,) = [record for record in bench.journal() if record["variant"] == "blocked_way::v0002"]
    (run_dir,) = bench.run_dirs()
    run_dir.rename(bench.path / "earlier")
    bench.run("pack.yaml::blocked_way::v0002").assert_outcomes(failed=1)
    (again,) = bench.journal()
    assert again["trace_digest"] == first["trace_digest"]


def test_x_stops_at_the_first_failure_and_hands_out_nothing_more(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY.replace("count: 3", "count: 20"), gate="")
    result = bench.run("-x")
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    assert len(bench.journal()) == 1
    assert len(bench.manifest()["expected"]) == 20
    result.stdout.fnmatch_lines(["stopped early: stopping after 1 failures"])


def test_maxfail_reports_exactly_so_many_failures_with_several_hosts(bench: Bench) -> None:
    bench.pack(BLOCKED_WAY.replace("count: 3", "count: 20"), gate="")
    bench.run("--maxfail", "3", workers=2).assert_outcomes(failed=3)
    assert 3 <= len(bench.journal()) <= 5


def test_last_failed_runs_only_what_failed(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    bench.run().assert_outcomes(passed=6, failed=3)
    bench.run("--ff", "-x", "--runs-dir", "first").assert_outcomes(failed=1)
    bench.run("--lf", "--runs-dir", "only").assert_outcomes(failed=3)


def test_the_manifest_says_why_it_is_not_the_whole_pack(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    bench.run("-k", "v0001")
    manifest = bench.manifest()
    assert manifest["selection"] == "2 of 9 variants (-k 'v0001')"
    assert [expected["id"] for expected in manifest["expected"]] == ["clear_way::v0001", "blocked_way::v0001"]
    assert manifest["command"][0] == "pytest"
    assert "-k" in manifest["command"]


def test_ordinary_tests_in_the_same_session_run_with_their_fixtures(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file(
        "test_ordinary.py",
        """
        import pytest

        @pytest.fixture(scope="session")
        def resource():
            yield "open"
            print("session fixture closed")

        @pytest.fixture(scope="module")
        def number(resource):
            yield 1

        def test_one(number):
            assert number == 1

        def test_two(number, resource):
            assert resource == "open"

        def test_wrong():
            assert False, "an ordinary failure"
        """,
    )
    result = bench.run("-rA")
    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*an ordinary failure*"])
    assert sum("session fixture closed" in line for line in result.outlines) == 1


def test_a_session_of_ordinary_tests_shows_and_loads_nothing_of_simgate(bench: Bench) -> None:
    bench.file(
        "test_ordinary.py",
        """
        import sys

        def test_one():
            assert not {"pydantic", "numpy", "mujoco", "simgate.harness.packs.loader"} & set(sys.modules)
        """,
    )
    result = bench.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= simgate =*")
    result.stdout.no_fnmatch_line("run folder*")
    assert not bench.run_dirs()


def test_each_case_has_the_variants_own_time(bench: Bench) -> None:
    bench.pack(scenario("slow", count=1, fault="slow"), CLEAR_WAY)
    bench.run("--junitxml", "out.xml")
    times = {name: float(case.get("time", "0")) for name, case in cases(bench).items()}
    slow = [seconds for name, seconds in times.items() if "slow" in name]
    quick = [seconds for name, seconds in times.items() if "clear" in name]
    assert 0.5 <= slow[0] < 2
    assert max(quick) < 0.4


def test_two_packs_make_two_runs(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a/pack.yaml")
    bench.pack(CLEAR_WAY, name="b/pack.yaml", head=HEAD.replace("pack: tiny", "pack: other"))
    bench.run().assert_outcomes(passed=12)
    assert len(bench.run_dirs()) == 2


@pytest.mark.parametrize("distributed", [[], ["-n", "2"]])
def test_a_variant_that_is_asked_for_twice_is_reported_twice(bench: Bench, distributed: list[str]) -> None:
    path = str(bench.pack(CLEAR_WAY, BLOCKED_WAY))
    bench.run("--keep-duplicates", path, path, *distributed).assert_outcomes(passed=12, failed=6)
    assert len(bench.manifest()["expected"]) == 9
    assert bench.manifest()["selection"] == ""
    result = bench.run("--last-failed", "--keep-duplicates", path, path, *distributed)
    result.assert_outcomes(failed=6)


def test_hosts_zero_runs_in_the_process_of_pytest(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.run(workers=0).assert_outcomes(passed=6)
    (run_dir,) = bench.run_dirs()
    assert not list((run_dir / "hosts").glob("*.log"))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--sim-adapter", "tinny"], "*unknown sim adapter 'tinny'*did you mean 'tiny'?*"),
        (["--model", "nowhere/model.yaml"], "*nowhere/model.yaml*"),
        (["--model", "nosuch://bucket/model"], "*nosuch://bucket/model: error*cannot be read*"),
    ],
)
def test_what_cannot_be_planned_is_said_before_anything_runs(
    bench: Bench, arguments: list[str], text: str
) -> None:
    bench.pack(CLEAR_WAY)
    result = bench.run(*arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines([text])
    result.stderr.no_fnmatch_line("*Traceback*")
    assert not bench.run_dirs()


def test_another_model_and_its_runtime_may_be_given(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    write_model(bench.path / "model")
    result = bench.run("--model", "model", "--sim-runtime", "torhc")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*unknown runtime 'torhc'*did you mean 'torch'?*"])
    bench.run("--model", "model", "--sim-runtime", "onnxruntime:cpu", workers=1).assert_outcomes(errors=6)
    assert bench.manifest()["fingerprint"]["runtime"] == "onnxruntime:cpu"
    assert {record["outcome"] for record in bench.journal()} == {"ERROR"}
    assert "cannot be loaded by ONNX Runtime" in bench.journal()[0]["reason"]


def test_settings_may_stand_in_the_ini_file(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    (bench.path / "tox.ini").write_text(
        "[pytest]\nsimgate_runs_dir = elsewhere\nsimgate_workers = 0\naddopts = -p no:hypothesispytest\n"
    )
    bench.pytester.runpytest_subprocess(timeout=60).assert_outcomes(passed=6)
    (run_dir,) = (bench.path / "elsewhere").glob("2*")
    assert not list((run_dir / "hosts").glob("*.log"))
