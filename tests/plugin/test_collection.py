"""What pytest collects from packs, and that it leaves everything else alone."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, HEAD, Bench, scenario

CLEAR_IDS = [f"pack.yaml::clear_way::v{index:04d}" for index in range(6)]
BLOCKED_IDS = [f"pack.yaml::blocked_way::v{index:04d}" for index in range(3)]


def test_a_pack_is_collected_as_pack_scenario_variant(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    result = bench.run("--co")
    result.stdout.fnmatch_lines(
        [
            "*<PackFile pack.yaml>",
            "*<ScenarioCollector clear_way>",
            "*<VariantItem v0005>",
            "*<ScenarioCollector blocked_way>",
            "*<VariantItem v0002>",
            "*9 tests collected*",
        ]
    )
    assert bench.collect([]) == [CLEAR_IDS + BLOCKED_IDS]


EDITOR = """\
import inspect, json, pytest

def pytest_collection_finish(session):
    tree = {}
    for item in session.items:
        between, node = [], item.parent
        while isinstance(node, pytest.Class):
            with pytest.raises(TypeError):
                inspect.getsourcelines(node.obj)
            between.insert(0, node.name)
            node = node.parent
        assert isinstance(node, pytest.File) and not hasattr(item, "callspec")
        tree.setdefault(node.path.name, {}).setdefault("/".join(between), []).append(item.name)
    print(json.dumps(tree))
"""


def test_the_test_tree_of_an_editor_shows_pack_scenario_and_variant(bench: Bench) -> None:
    """As VS Code's plugin builds it: test, the classes around it, file; a test without class lies in its file."""
    bench.pack(scenario("open_way", count=2), BLOCKED_WAY, gate="")
    bench.file("editor.py", EDITOR)
    tree = '{"pack.yaml": {"open_way": ["v0000", "v0001"], "blocked_way": ["v0000", "v0001", "v0002"]}}'
    result = bench.run("--collect-only", "-q", "-s", "-p", "editor")
    assert tree in result.outlines
    assert result.ret == 0


def test_an_id_with_dots_is_printed_as_pytest_takes_it(bench: Bench) -> None:
    bench.pack(scenario("open.way", count=1), gate="")
    result = bench.run("-v", "--setup-plan")
    [printed] = [line.split()[0] for line in result.outlines if line.startswith("pack.yaml::")]
    assert bench.collect([]) == [[printed]] == [["pack.yaml::open.way::v0000"]]


def test_collecting_runs_nothing_and_makes_no_run_folder(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    assert bench.run("--co").ret == 0
    assert bench.run("--co", "-n", "2").ret == 0
    assert not bench.run_dirs()


def test_yaml_without_the_key_simgate_is_no_pack(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file("other.yaml", "name: [unclosed\n")
    bench.file("nested.yaml", "tool:\n  simgate: 1\n")
    assert bench.collect([]) == [CLEAR_IDS]


def test_variants_are_selected_as_tests_are(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, BLOCKED_WAY)
    wanted = {
        "pack.yaml::clear_way::v0004": CLEAR_IDS[4:5],
        "pack.yaml::clear_way": CLEAR_IDS,
        "pack.yaml::clear_way::v0004 pack.yaml": CLEAR_IDS + BLOCKED_IDS,
        "-k v0002": [CLEAR_IDS[2], BLOCKED_IDS[2]],
        "-k NAV-001": CLEAR_IDS,
        "-k blocked": BLOCKED_IDS,
        "-m critical": CLEAR_IDS,
        "-m block": BLOCKED_IDS,
        "-m NAV-002": BLOCKED_IDS,
        "-m minor": [],
        "--deselect pack.yaml::clear_way": BLOCKED_IDS,
        "--variants 2": CLEAR_IDS[:2] + BLOCKED_IDS[:2],
    }
    found = bench.collect(*(line.split() for line in wanted))
    assert dict(zip(wanted, found, strict=True)) == wanted


def test_pinned_variants_are_collected_after_the_sampled_ones_whatever_the_limit(bench: Bench) -> None:
    bench.pack(CLEAR_WAY + "  pinned:\n    - {id: low, parameters: {block.offset_m: 1.1}}\n")
    (found,) = bench.collect(["--variants", "1"])
    assert found == ["pack.yaml::clear_way::v0000", "pack.yaml::clear_way::pin-low"]


def test_a_tag_named_like_a_marker_with_arguments_does_not_act_as_one(bench: Bench) -> None:
    bench.pack(scenario("tagged", count=4).replace("tags: [smoke]", "tags: [skip, xfail, night]"))
    as_marker, as_keyword = bench.collect(["-m", "night and not skip"], ["-k", "skip"])
    assert len(as_marker) == len(as_keyword) == 4
    bench.run().assert_outcomes(passed=4)


def test_problems_of_a_pack_are_shown_as_the_linter_shows_them(bench: Bench) -> None:
    bench.pack(CLEAR_WAY.replace("uniform", "unifrom"))
    result = bench.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*pack.yaml:*: error?*?: *unifrom*", "*^^^^^^^ did you mean 'uniform'?*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*loader.py*")


def test_with_a_broken_pack_nothing_runs_unless_asked(bench: Bench) -> None:
    bench.pack(CLEAR_WAY, name="a.yaml")
    bench.file("b.yaml", HEAD + "scenario: {}\n")
    assert bench.run().ret == 2
    assert not bench.run_dirs()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--workers", "many"], "--workers must be a whole number of at least 0, not 'many'"),
        (["--workers", "999999999"], "--workers must be at most 100,000, not '999999999'"),
        (["--variants", "0"], "--variants must be a whole number of at least 1, not '0'"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(bench: Bench, arguments: list[str], text: str) -> None:
    result = bench.run(*arguments)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{text}*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_a_second_pack_of_the_same_name_is_an_error_that_names_both(bench: Bench) -> None:
    bench.pack(CLEAR_WAY)
    bench.file("nightly/pack.yaml", (bench.path / "pack.yaml").read_text())
    result = bench.run("--co")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*pack.yaml: the pack has the name of *nightly/pack.yaml, 'tiny'*"])
    bench.file(
        "nightly/pack.yaml", (bench.path / "pack.yaml").read_text().replace("pack: tiny", "pack: small")
    )
    assert bench.run("--co").ret == 0
