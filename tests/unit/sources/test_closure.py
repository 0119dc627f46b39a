"""What the code of a plugin is: what it imports, by content, and releases by their version."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from simgate.harness.sources.closure import code_of
from tests.unit.sources.packages import direct_url, install, on_path, write


def test_the_code_of_a_plugin_is_every_module_of_its_package_that_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        acme__policies__door="from ..gains import KP\nfrom acme import helpers\nimport math\n",
        acme__gains="KP = 1.0\n",
        acme__helpers="def late():\n    from acme.deep import thing\n",
        acme__deep="thing = 1\n",
        acme__unused="boom = 1 / 0\n",
    )
    on_path(monkeypatch, tmp_path)
    code = code_of("acme.policies.door")
    assert sorted(code.files) == [
        "acme/__init__.py",
        "acme/deep.py",
        "acme/gains.py",
        "acme/helpers.py",
        "acme/policies/__init__.py",
        "acme/policies/door.py",
    ]
    assert code.files["acme/gains.py"] == hashlib.sha256(b"KP = 1.0\n").hexdigest()
    assert code.releases == {}


def test_the_same_code_in_another_place_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for place in ("here", "there/deeper"):
        write(tmp_path / place, acme_one="import acme_two\n", acme_two="x = 1\n")
        on_path(monkeypatch, tmp_path / place)
        found.append(code_of("acme_one"))
    assert found[0].files == found[1].files
    assert sorted(found[0].files) == ["acme_one.py", "acme_two.py"]


def test_an_edited_helper_changes_the_code_and_an_edited_neighbour_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme__policy="from acme import helper\n", acme__helper="x = 1\n", acme__world="y = 1\n")
    on_path(monkeypatch, tmp_path)
    before = code_of("acme.policy").files
    write(tmp_path, acme__world="y = 2\n")
    assert code_of("acme.policy").files == before
    write(tmp_path, acme__helper="x = 2\n")
    assert code_of("acme.policy").files != before


@pytest.mark.parametrize(
    "importing",
    [
        "import importlib\ndef make(name):\n    return importlib.import_module('acme.kinds.' + name)\n",
        "import pkgutil\nfrom acme import kinds\nKINDS = list(pkgutil.iter_modules(kinds.__path__))\n",
        "def make(name):\n    return __import__(f'acme.kinds.{name}')\n",
        "from importlib import import_module as load\ndef make(name):\n    return load(f'acme.kinds.{name}')\n",
    ],
)
def test_a_module_that_computes_what_it_imports_brings_its_whole_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, importing: str
) -> None:
    write(tmp_path, acme__policy=importing, acme__kinds__round="r = 1\n", acme__other="o = 1\n")
    on_path(monkeypatch, tmp_path)
    assert {"acme/kinds/round.py", "acme/other.py"} <= set(code_of("acme.policy").files)


def test_a_module_named_in_a_call_is_followed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    importing = "import importlib\nthing = importlib.import_module('acme.late')\n"
    write(tmp_path, acme__policy=importing, acme__late="", acme__other="")
    on_path(monkeypatch, tmp_path)
    assert sorted(code_of("acme.policy").files) == ["acme/__init__.py", "acme/late.py", "acme/policy.py"]


def test_a_library_from_an_index_counts_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="import acme_library\n", acme_library="x = 1\n")
    install(tmp_path, "acme-library", "2.5", "acme_library")
    on_path(monkeypatch, tmp_path)
    code = code_of("acme_policy")
    assert list(code.files) == ["acme_policy.py"]
    assert code.releases == {"acme-library": "2.5"}


def test_the_plugins_own_distribution_counts_by_content_although_it_was_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="import acme_helper\n", acme_helper="x = 1\n")
    install(tmp_path, "Acme_Policy", "0.1", "acme_policy", "acme_helper")
    on_path(monkeypatch, tmp_path)
    assert sorted(code_of("acme_policy", "acme-policy").files) == ["acme_helper.py", "acme_policy.py"]


@pytest.mark.parametrize(
    ("how", "by_content"),
    [
        ({"dir_info": {}}, True),
        ({"dir_info": {"editable": True}}, True),
        ({"vcs_info": {"vcs": "git", "commit_id": "c" * 40}}, True),
        ({"archive_info": {"hashes": {"sha256": "ab12"}}}, False),
        ({"archive_info": {}}, True),
    ],
)
def test_a_library_from_a_folder_or_a_repository_counts_by_content_and_one_from_an_archive_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, object], by_content: bool
) -> None:
    write(tmp_path, acme_policy="import acme_common\n", acme_common="x = 1\n")
    install(tmp_path, "acme-common", "0.0.0", "acme_common", direct_url_json=direct_url(**how))
    on_path(monkeypatch, tmp_path)
    code = code_of("acme_policy")
    assert ("acme_common.py" in code.files) is by_content
    assert code.releases == ({} if by_content else {"acme-common": "0.0.0 sha256:ab12"})


def test_a_folder_on_the_path_that_hides_a_release_counts_by_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, mine = tmp_path / "site", tmp_path / "mine"
    write(site, acme_library="x = 1\n")
    install(site, "acme-library", "2.5", "acme_library")
    write(mine, acme_policy="import acme_library\n", acme_library="x = 2\n")
    on_path(monkeypatch, site, mine)
    assert sorted(code_of("acme_policy").files) == ["acme_library.py", "acme_policy.py"]


def test_nothing_is_run_to_find_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, acme__policy="from acme.bad import x\n", acme__bad="raise SystemExit('was run')\n")
    on_path(monkeypatch, tmp_path)
    assert "acme/bad.py" in code_of("acme.policy").files


def test_what_cannot_be_parsed_or_is_not_there_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path, acme__policy="try:\n    import acme_fast\nexcept ImportError:\n    pass\nimport acme.bad\n"
    )
    write(tmp_path, acme__bad="def (:\n")
    on_path(monkeypatch, tmp_path)
    assert sorted(code_of("acme.policy").files) == ["acme/__init__.py", "acme/bad.py", "acme/policy.py"]


def test_the_core_holds_what_judges_and_neither_command_line_nor_reports() -> None:
    files = code_of("simgate.harness.execution.worker", "simgate").files
    assert {
        "simgate/harness/execution/episode/loop.py",
        "simgate/harness/tasks/reach_or_report/metrics_safety.py",
        "simgate/sim_adapters/sensors/effects.py",
    } <= set(files)
    assert not [name for name in files if name.startswith(("simgate/reports", "simgate/harness/cli"))]


def test_decoders_and_preprocessing_are_part_of_the_core_and_what_else_a_runtime_needs_of_it() -> None:
    core = code_of("simgate.harness.execution.worker", "simgate")
    runtime = code_of(
        "simgate.policies.perception.runtimes.onnxruntime_runtime", "simgate", core.modules
    ).files
    assert "simgate/policies/perception/decoding/center_heatmap.py" in core.files
    assert "simgate/policies/perception/preprocessing/preprocess.py" in core.files
    assert "simgate/policies/perception/runtimes/onnxruntime_runtime.py" in runtime
    assert not set(runtime) & set(core.files)


def test_a_folder_without_an_init_inside_another_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, acme_policy="def late():\n    from acme_plain.deep import gains\n")
    gains = tmp_path / "acme_plain" / "deep" / "gains.py"
    gains.parent.mkdir(parents=True)
    gains.write_text("KP = 1.0\n")
    on_path(monkeypatch, tmp_path)
    assert sorted(code_of("acme_policy").files) == ["acme_plain/deep/gains.py", "acme_policy.py"]
